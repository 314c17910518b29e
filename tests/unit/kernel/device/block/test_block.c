/* Requests to a disk that has little room, answers in any order, and fails now and then. */
#include "../../../test.h"
#include "device/block/block.h"
#include "sched/api.h"
#include <stdlib.h>
#include <string.h>

enum { REQUESTS = 40, ROOM_MAX = 4, BLOCKS = 1000, ROUNDS = 300 };

struct fake_disk {
	size_t room;
	size_t count;
	struct driver_block_request *taken[ROOM_MAX];
	bool at_once; /* completes inside of submit */
	int32_t refuses; /* what submit answers; 0: it takes */
	unsigned submits;
	uint64_t last_first_block;
};

static struct fake_disk fake;
static int32_t owed; /* answers of devices, as the scheduler is told */

/* The disk is slow only by a rule, and nothing here sets one. */
uint64_t clock_ns(void)
{
	return 0;
}

void timer_set(struct timer *)
{
	fail();
}

void sched_owe_answers(int32_t change)
{
	owed += change;
}

static int32_t fake_submit(void *, struct driver_block_request *request)
{
	fake.submits++;
	fake.last_first_block = request->first_block;
	if (fake.refuses)
		return fake.refuses;
	if (fake.at_once) {
		driver_block_complete(request, 0);
		return OK;
	}
	if (fake.count == fake.room)
		return ERR_TRY_AGAIN;
	fake.taken[fake.count++] = request;
	return OK;
}

struct job {
	struct block_request request;
	unsigned done;
};

static struct job jobs[REQUESTS];

static void job_done(struct block_request *request)
{
	container_of(request, struct job, request)->done++;
	assert_true(owed > 0); /* whoever waits is ready first */
}

static struct block_disk disk;
static struct block_device device;

static int setup(void **)
{
	memset(&fake, 0, sizeof fake);
	memset(jobs, 0, sizeof jobs);
	fake.room = ROOM_MAX;
	disk = (struct block_disk){
	        .driver = {.block_count = BLOCKS,
	                   .block_bytes = 512,
	                   .flags = DRIVER_BLOCK_CAN_FLUSH,
	                   .submit = fake_submit},
	        .lock = SPINLOCK_INIT(LOCK_WAIT),
	};
	list_init(&disk.waiting);
	device = (struct block_device){.disk = &disk, .first_block = 100, .block_count = 800};
	return 0;
}

static void submit(struct job *job, uint32_t operation, uint64_t first, uint64_t count)
{
	job->request = (struct block_request){
	        .driver.operation = operation,
	        .driver.first_block = first,
	        .driver.block_count = count,
	        .done = job_done,
	};
	job->done = 0;
	block_submit(&device, &job->request);
}

static enum status answer(uint32_t operation, uint64_t first, uint64_t count)
{
	fake.at_once = true;
	submit(&jobs[0], operation, first, count);
	assert_int_equal(jobs[0].done, 1);
	return jobs[0].request.status;
}

static void fake_finish(size_t which, int32_t status)
{
	struct driver_block_request *request = fake.taken[which];
	fake.taken[which] = fake.taken[--fake.count];
	driver_block_complete(request, status);
}

static void every_request_is_done_once_in_whatever_order(void **)
{
	unsigned random = 11;
	for (int round = 0; round < ROUNDS; round++) {
		fake.room = random % ROOM_MAX + 1;
		for (size_t i = 0; i < REQUESTS; i++)
			submit(&jobs[i], DRIVER_BLOCK_READ, i, 1);
		assert_int_equal(fake.count, fake.room);
		assert_int_equal(owed, REQUESTS);
		while (fake.count) {
			random = random * 1103515245 + 12345;
			fake_finish(random / 65536 % fake.count, random & 4096 ? 0 : ERR_IO);
		}
		for (size_t i = 0; i < REQUESTS; i++)
			assert_int_equal(jobs[i].done, 1);
		assert_int_equal(disk.in_flight, 0);
		assert_int_equal(owed, 0);
		assert_true(list_empty(&disk.waiting));
	}
}

static void status_of_the_driver_is_told(void **)
{
	submit(&jobs[0], DRIVER_BLOCK_READ, 0, 1);
	submit(&jobs[1], DRIVER_BLOCK_READ, 1, 1);
	fake_finish(0, ERR_IO);
	fake_finish(0, 0);
	assert_int_equal(jobs[0].request.status, ERR_IO);
	assert_int_equal(jobs[1].request.status, OK);
}

static void partition_ends_where_it_ends(void **)
{
	static const struct {
		uint64_t first, count;
		enum status status;
	} cases[] = {
	        {0, 1, OK},
	        {799, 1, OK},
	        {0, 800, OK},
	        {800, 1, ERR_INVALID_ARGS},
	        {799, 2, ERR_INVALID_ARGS},
	        {UINT64_MAX, 2, ERR_INVALID_ARGS},
	        {1, UINT64_MAX, ERR_INVALID_ARGS},
	        {0, 0, ERR_INVALID_ARGS},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(answer(DRIVER_BLOCK_READ, cases[i].first, cases[i].count),
		                 cases[i].status);
	assert_int_equal(answer(DRIVER_BLOCK_READ, 5, 1), OK);
	assert_int_equal(fake.last_first_block, 105);
}

static void what_is_read_only_is_not_written(void **)
{
	assert_int_equal(answer(DRIVER_BLOCK_WRITE, 0, 1), OK);
	device.read_only = true;
	assert_int_equal(answer(DRIVER_BLOCK_WRITE, 0, 1), ERR_ACCESS_DENIED);
	assert_int_equal(answer(DRIVER_BLOCK_READ, 0, 1), OK);
	assert_int_equal(fake.submits, 2);
}

static void disk_without_a_cache_is_not_asked_to_flush(void **)
{
	assert_int_equal(answer(DRIVER_BLOCK_FLUSH, 0, 0), OK);
	assert_int_equal(fake.submits, 1);
	disk.driver.flags = 0;
	assert_int_equal(answer(DRIVER_BLOCK_FLUSH, 0, 0), OK);
	assert_int_equal(fake.submits, 1);
}

/* Nothing is in flight, so nothing would ever try again. */
static void disk_that_never_has_room_is_an_error(void **)
{
	fake.refuses = ERR_TRY_AGAIN;
	submit(&jobs[0], DRIVER_BLOCK_READ, 0, 1);
	assert_int_equal(jobs[0].done, 1);
	assert_int_equal(jobs[0].request.status, ERR_IO);
	fake.refuses = ERR_NO_DEVICE;
	submit(&jobs[0], DRIVER_BLOCK_READ, 0, 1);
	assert_int_equal(jobs[0].request.status, ERR_NO_DEVICE);
	assert_int_equal(disk.in_flight, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(every_request_is_done_once_in_whatever_order, setup),
	        cmocka_unit_test_setup(status_of_the_driver_is_told, setup),
	        cmocka_unit_test_setup(partition_ends_where_it_ends, setup),
	        cmocka_unit_test_setup(what_is_read_only_is_not_written, setup),
	        cmocka_unit_test_setup(disk_without_a_cache_is_not_asked_to_flush, setup),
	        cmocka_unit_test_setup(disk_that_never_has_room_is_an_error, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
