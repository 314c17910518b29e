/* The ring of a pipe against a plain array, and its pages. */
#include "../../test.h"
#include "io/pipe_ring.h"
#include <stdlib.h>
#include <string.h>

static unsigned pages_alive;
static bool pages_fail;

void *heap_alloc(size_t size)
{
	assert_int_equal(size, PAGE_SIZE);
	if (pages_fail)
		return NULL;
	pages_alive++;
	return calloc(1, size);
}

void heap_free(void *memory, size_t)
{
	pages_alive -= memory != NULL;
	free(memory);
}

static uint64_t charged, charge_limit = UINT64_MAX;

struct memory_account *memory_account_ref(struct memory_account *account)
{
	return account;
}

void memory_account_unref(struct memory_account *)
{
}

enum status memory_charge(struct memory_account *, uint64_t bytes)
{
	if (charged + bytes > charge_limit)
		return ERR_NO_MEMORY;
	charged += bytes;
	return OK;
}

void memory_uncharge(struct memory_account *, uint64_t bytes)
{
	assert_true(bytes <= charged);
	charged -= bytes;
}

static size_t write_some(struct pipe_ring *ring, const uint8_t *bytes, size_t len)
{
	size_t done = 0;
	while (done < len) {
		struct pipe_space space;
		assert_int_equal(pipe_ring_writable(ring, &space), OK);
		if (!space.len)
			break;
		size_t part = space.len < len - done ? space.len : len - done;
		memcpy(space.at, bytes + done, part);
		pipe_ring_produce(ring, part);
		done += part;
	}
	return done;
}

static size_t read_some(struct pipe_ring *ring, uint8_t *bytes, size_t len)
{
	size_t done = 0;
	while (done < len && ring->count) {
		struct str piece = pipe_ring_readable(ring);
		size_t part = piece.len < len - done ? piece.len : len - done;
		memcpy(bytes + done, piece.ptr, part);
		pipe_ring_consume(ring, part);
		done += part;
	}
	return done;
}

static void bytes_come_out_as_they_went_in(void **)
{
	static uint8_t in[PIPE_BYTES], out[PIPE_BYTES];
	struct pipe_ring ring = {};
	uint32_t random = 7;
	uint64_t written = 0, taken = 0;
	for (int step = 0; step < 3000; step++) {
		random = random * 1664525 + 1013904223;
		size_t len = random >> 8 & (step % 3 ? 0xfff : 0xffff);
		if (random >> 31) {
			for (size_t i = 0; i < len; i++)
				in[i] = (uint8_t)((written + i) * 31 >> 3);
			size_t expected =
			        len < PIPE_BYTES - ring.count ? len : PIPE_BYTES - ring.count;
			assert_int_equal(write_some(&ring, in, len), expected);
			written += expected;
		} else {
			size_t got = read_some(&ring, out, len);
			assert_int_equal(got, len < written - taken ? len : written - taken);
			for (size_t i = 0; i < got; i++)
				assert_int_equal(out[i], (uint8_t)((taken + i) * 31 >> 3));
			taken += got;
		}
		assert_int_equal(ring.count, written - taken);
		assert_int_equal(ring.page_count, pages_alive);
		assert_int_equal(charged, pages_alive * PAGE_SIZE);
	}
	pipe_ring_release(&ring);
	assert_int_equal(pages_alive, 0);
	assert_int_equal(charged, 0);
}

static void an_empty_ring_keeps_at_most_a_page(void **)
{
	static uint8_t bytes[PIPE_BYTES];
	struct pipe_ring ring = {};
	assert_int_equal(pages_alive, 0);
	assert_int_equal(write_some(&ring, bytes, PIPE_BYTES), PIPE_BYTES);
	assert_int_equal(pages_alive, PIPE_PAGES);
	assert_int_equal(read_some(&ring, bytes, PIPE_BYTES), PIPE_BYTES);
	assert_true(pages_alive <= 1);
	pipe_ring_release(&ring);
	assert_int_equal(pages_alive, 0);
}

static void without_memory_nothing_is_lost(void **)
{
	uint8_t bytes[PAGE_SIZE] = {9};
	struct pipe_ring ring = {};
	struct pipe_space space;
	assert_int_equal(write_some(&ring, bytes, PAGE_SIZE), PAGE_SIZE);
	pages_fail = true;
	assert_int_equal(pipe_ring_writable(&ring, &space), ERR_NO_MEMORY);
	pages_fail = false;
	assert_int_equal(ring.count, PAGE_SIZE);
	assert_int_equal(read_some(&ring, bytes, 1), 1);
	assert_int_equal(bytes[0], 9);
	pipe_ring_release(&ring);
	assert_int_equal(charged, 0);
}

static void a_page_beyond_the_limit_is_refused(void **)
{
	uint8_t bytes[PAGE_SIZE] = {};
	struct pipe_ring ring = {};
	struct pipe_space space;
	charge_limit = PAGE_SIZE;
	assert_int_equal(write_some(&ring, bytes, PAGE_SIZE), PAGE_SIZE);
	assert_int_equal(pipe_ring_writable(&ring, &space), ERR_NO_MEMORY);
	assert_int_equal(pages_alive, 1);
	charge_limit = UINT64_MAX;
	assert_int_equal(pipe_ring_writable(&ring, &space), OK);
	pipe_ring_release(&ring);
	assert_int_equal(pages_alive, 0);
	assert_int_equal(charged, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(bytes_come_out_as_they_went_in),
	        cmocka_unit_test(an_empty_ring_keeps_at_most_a_page),
	        cmocka_unit_test(without_memory_nothing_is_lost),
	        cmocka_unit_test(a_page_beyond_the_limit_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
