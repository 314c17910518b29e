/* A queue against a device of ours, honest and not. */
#include "../../test.h"
#include <abi/status.h>
#include <stdlib.h>
#include <string.h>
#include <virtio/api.h>

static unsigned complaints;

void driver_print(uint32_t, const char *, ...)
{
	complaints++;
}

struct bench {
	struct virtio_device device;
	struct virtio_queue queue;
	void *memory;
	uint16_t taken; /* of the available ring, by the device */
};

static struct bench *bench_create(uint16_t size)
{
	struct bench *bench = calloc(1, sizeof *bench);
	bench->memory = calloc(1, virtio_queue_bytes(size));
	bench->queue.device = &bench->device;
	virtio_queue_init(&bench->queue, size, bench->memory);
	complaints = 0;
	return bench;
}

static void bench_destroy(struct bench *bench)
{
	free(bench->memory);
	free(bench);
}

/* The device takes the next request; false: there is none. */
static bool device_take(struct bench *bench, uint16_t *out_head)
{
	if (bench->taken == bench->queue.available->index)
		return false;
	*out_head = bench->queue.available->ring[bench->taken++ % bench->queue.size];
	return true;
}

static void device_finish(struct bench *bench, uint32_t head, uint32_t len)
{
	volatile struct virtio_used *used = bench->queue.used;
	volatile struct virtio_used_element *element = &used->ring[used->index % bench->queue.size];
	element->head = head;
	element->len = len;
	used->index++;
}

static void chain_says_what_the_buffers_are(void **)
{
	struct bench *bench = bench_create(8);
	const struct virtio_buffer buffers[] = {
	        {0x1000, 16, false}, {0x2000, 512, true}, {0x3000, 1, true}};
	int token;
	uint16_t head;
	assert_int_equal(virtio_queue_add(&bench->queue, buffers, 3, &token), OK);
	assert_true(device_take(bench, &head));
	for (size_t i = 0; i < 3; i++) {
		const struct virtio_descriptor *d = &bench->queue.descriptors[head];
		assert_int_equal(d->physical, buffers[i].physical);
		assert_int_equal(d->len, buffers[i].len);
		assert_int_equal(d->flags, (i < 2 ? 1 : 0) | (buffers[i].device_writes ? 2 : 0));
		head = d->next;
	}
	assert_int_equal(bench->queue.free_count, 5);
	bench_destroy(bench);
}

static void requests_come_back_in_any_order(void **)
{
	struct bench *bench = bench_create(16);
	char tokens[16];
	uint16_t heads[16];
	unsigned random = 3;
	for (int round = 0; round < 2000; round++) {
		size_t made = 0, taken = 0;
		const struct virtio_buffer buffers[3] = {};
		size_t each = random % 3 + 1;
		while (virtio_queue_add(&bench->queue, buffers, each, &tokens[made]) == OK)
			made++;
		assert_int_equal(made, 16 / each);
		while (device_take(bench, &heads[taken]))
			taken++;
		assert_int_equal(taken, made);
		bool seen[16] = {};
		for (; taken; taken--) {
			random = random * 1103515245 + 12345;
			size_t pick = random / 65536 % taken;
			uint32_t len;
			device_finish(bench, heads[pick], (uint32_t)pick);
			heads[pick] = heads[taken - 1];
			char *token = virtio_queue_take(&bench->queue, &len);
			assert_non_null(token);
			assert_int_equal(len, pick);
			assert_false(seen[token - tokens]);
			seen[token - tokens] = true;
		}
		assert_int_equal(bench->queue.free_count, 16);
	}
	bench_destroy(bench);
}

static void full_queue_says_try_again(void **)
{
	struct bench *bench = bench_create(4);
	const struct virtio_buffer buffers[VIRTIO_CHAIN_MAX + 1] = {};
	int token;
	assert_int_equal(virtio_queue_add(&bench->queue, buffers, 5, &token), ERR_TRY_AGAIN);
	assert_int_equal(virtio_queue_add(&bench->queue, buffers, 0, &token), ERR_INVALID_ARGS);
	assert_int_equal(virtio_queue_add(&bench->queue, buffers, VIRTIO_CHAIN_MAX + 1, &token),
	                 ERR_INVALID_ARGS);
	assert_int_equal(virtio_queue_add(&bench->queue, buffers, 1, NULL), ERR_INVALID_ARGS);
	bench_destroy(bench);
}

static void lie_of_head(struct bench *bench)
{
	device_finish(bench, 4, 0);
}

static void lie_of_large_head(struct bench *bench)
{
	device_finish(bench, UINT32_MAX, 0);
}

static void lie_of_free_head(struct bench *bench)
{
	device_finish(bench, 3, 0);
}

static void lie_of_second_in_chain(struct bench *bench)
{
	device_finish(bench, 1, 0);
}

static void lie_of_index(struct bench *bench)
{
	bench->queue.used->index = 100;
}

static void device_that_lies_is_not_used_any_more(void **)
{
	static void (*const lies[])(struct bench *) = {lie_of_head, lie_of_large_head,
	                                               lie_of_free_head, lie_of_second_in_chain,
	                                               lie_of_index};
	for (size_t i = 0; i < COUNT(lies); i++) {
		struct bench *bench = bench_create(4);
		const struct virtio_buffer buffers[2] = {};
		int token;
		uint32_t len;
		assert_int_equal(virtio_queue_add(&bench->queue, buffers, 2, &token), OK);
		assert_null(virtio_queue_take(&bench->queue, &len));
		lies[i](bench);
		assert_null(virtio_queue_take(&bench->queue, &len));
		assert_true(bench->device.broken);
		assert_int_equal(complaints, 1);
		assert_int_equal(virtio_queue_add(&bench->queue, buffers, 1, &token), ERR_IO);
		bench_destroy(bench);
	}
}

/* It may write over its descriptors as it likes: the chain is remembered apart. */
static void descriptors_written_by_the_device_change_nothing(void **)
{
	struct bench *bench = bench_create(4);
	const struct virtio_buffer buffers[3] = {};
	int token;
	uint32_t len;
	assert_int_equal(virtio_queue_add(&bench->queue, buffers, 3, &token), OK);
	memset(bench->queue.descriptors, 0xff, 4 * sizeof *bench->queue.descriptors);
	device_finish(bench, 0, 0);
	assert_ptr_equal(virtio_queue_take(&bench->queue, &len), &token);
	assert_int_equal(bench->queue.free_count, 4);
	bench_destroy(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(chain_says_what_the_buffers_are),
	        cmocka_unit_test(requests_come_back_in_any_order),
	        cmocka_unit_test(full_queue_says_try_again),
	        cmocka_unit_test(device_that_lies_is_not_used_any_more),
	        cmocka_unit_test(descriptors_written_by_the_device_change_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
