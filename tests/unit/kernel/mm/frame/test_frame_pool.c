#include "../../../test.h"

#include "mm/api.h"
#include "mm/frame/frame_pool.h"
#include <stdlib.h>
#include <string.h>

enum { POOL_FRAMES = 700, POOL_CPUS = 4 };

static struct frame_pool pool;
static void *pool_bookkeeping;
static char *pool_bytes;

void *direct_map(paddr_t address)
{
	assert_true(address < (paddr_t)POOL_FRAMES * PAGE_SIZE);
	return pool_bytes + address;
}

static int pool_start(void **)
{
	pool_bookkeeping = calloc(1, frame_pool_bookkeeping(POOL_FRAMES));
	pool_bytes = malloc((size_t)POOL_FRAMES * PAGE_SIZE);
	memset(pool_bytes, 0xa5, (size_t)POOL_FRAMES * PAGE_SIZE);
	frame_pool_init(&pool, POOL_FRAMES, pool_bookkeeping);
	assert_int_equal(frame_zones_add(&pool.zones, 0, POOL_FRAMES), OK);
	return 0;
}

static int pool_end(void **)
{
	free(pool_bookkeeping);
	free(pool_bytes);
	return 0;
}

static bool frame_is_zero(size_t frame)
{
	const char *bytes = direct_map(frame * PAGE_SIZE);
	for (size_t i = 0; i < PAGE_SIZE; i++)
		if (bytes[i])
			return false;
	return true;
}

static void single_frames_come_through_the_cache_in_batches(void **)
{
	size_t frame;
	assert_int_equal(frame_pool_take(&pool, 1, &frame), OK);
	assert_int_equal(pool.caches[1].count, FRAME_CACHE_BATCH - 1);
	assert_int_equal(frame_zones_free(&pool.zones), POOL_FRAMES - FRAME_CACHE_BATCH);
	assert_int_equal(frame_pool_statistics(&pool).free_frames, POOL_FRAMES - 1);
	/* the warm one is the next */
	size_t again;
	assert_int_equal(frame_pool_give(&pool, 1, frame), OK);
	assert_int_equal(frame_pool_take(&pool, 1, &again), OK);
	assert_int_equal(again, frame);
	frame_pool_drain(&pool);
	assert_int_equal(frame_zones_free(&pool.zones), POOL_FRAMES - 1);
}

static void a_second_free_is_found_wherever_the_frame_lies(void **)
{
	size_t frame;
	assert_int_equal(frame_pool_take(&pool, 0, &frame), OK);
	assert_int_equal(frame_pool_give(&pool, 0, frame), OK);
	assert_int_equal(frame_pool_give(&pool, 0, frame), ERR_INVALID_ARGS);
	assert_int_equal(frame_pool_give(&pool, 1, frame), ERR_INVALID_ARGS);
	frame_pool_drain(&pool);
	assert_int_equal(frame_pool_give(&pool, 1, frame), ERR_INVALID_ARGS);
	assert_int_equal(frame_pool_give(&pool, 0, POOL_FRAMES), ERR_INVALID_ARGS);
	assert_int_equal(frame_pool_give_run(&pool, POOL_FRAMES - 1, 2), ERR_INVALID_ARGS);
}

static void every_frame_is_reachable_although_others_hold_caches(void **)
{
	size_t frame, count = 0;
	for (unsigned cpu = 0; cpu < POOL_CPUS; cpu++) {
		assert_int_equal(frame_pool_take(&pool, cpu, &frame), OK);
		assert_int_equal(frame_pool_give(&pool, cpu, frame), OK);
		assert_true(frame_pool_clean_one(&pool, cpu));
	}
	while (frame_pool_take(&pool, 0, &frame) == OK)
		count++;
	assert_int_equal(count, POOL_FRAMES);
	assert_int_equal(frame_pool_statistics(&pool).free_frames, 0);
	assert_int_equal(frame_pool_statistics(&pool).failures, 1);
	assert_false(frame_pool_clean_one(&pool, 0));
}

static void frames_cleaned_ahead_are_zero_and_used_first(void **)
{
	size_t frame;
	for (size_t i = 0; i < FRAME_CLEAN_MAX; i++)
		assert_true(frame_pool_clean_one(&pool, 0));
	assert_false(frame_pool_clean_one(&pool, 0));
	for (size_t i = 0; i < FRAME_CLEAN_MAX + 3; i++) {
		assert_int_equal(frame_pool_take_zeroed(&pool, 0, &frame), OK);
		assert_true(frame_is_zero(frame));
		assert_int_equal(pool.caches[0].clean_count,
		                 i < FRAME_CLEAN_MAX ? FRAME_CLEAN_MAX - 1 - i : 0);
	}
}

static void a_shared_frame_is_freed_by_its_last_owner(void **)
{
	size_t frame;
	assert_int_equal(frame_pool_take(&pool, 0, &frame), OK);
	assert_false(frame_pool_is_shared(&pool, frame));
	frame_pool_share(&pool, frame);
	frame_pool_share(&pool, frame);
	assert_true(frame_pool_is_shared(&pool, frame));
	assert_int_equal(frame_pool_give(&pool, 0, frame), ERR_INVALID_ARGS);
	assert_false(frame_pool_unshare(&pool, frame));
	assert_false(frame_pool_unshare(&pool, frame));
	assert_true(frame_pool_unshare(&pool, frame));
	assert_int_equal(frame_pool_give(&pool, 0, frame), OK);
}

static void runs_are_contiguous_aligned_bounded_and_given_back_whole(void **)
{
	static const struct {
		size_t count, limit;
		enum status expected;
	} cases[] = {
	        {3, SIZE_MAX, OK},
	        {100, 128, OK},
	        {100, 64, ERR_NO_MEMORY},
	        {0, SIZE_MAX, ERR_INVALID_ARGS},
	        {5000, SIZE_MAX, ERR_INVALID_ARGS},
	        {1, 1, OK},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t first = SIZE_MAX;
		assert_int_equal(
		        frame_pool_take_run(&pool, 0, cases[i].count, cases[i].limit, &first),
		        cases[i].expected);
		if (cases[i].expected != OK)
			continue;
		assert_true(first + cases[i].count <= cases[i].limit);
		size_t align = 1;
		while (align < cases[i].count)
			align *= 2;
		assert_int_equal(first % align, 0);
		assert_int_equal(frame_zones_free(&pool.zones), POOL_FRAMES - cases[i].count);
		assert_int_equal(frame_pool_give_run(&pool, first, cases[i].count), OK);
		assert_int_equal(frame_zones_free(&pool.zones), POOL_FRAMES);
	}
}

static void a_run_is_found_although_a_cache_keeps_a_piece_of_it(void **)
{
	size_t frame, first;
	assert_int_equal(frame_pool_take(&pool, 2, &frame), OK);
	assert_int_equal(frame_pool_give(&pool, 2, frame), OK);
	assert_int_equal(frame_pool_take_run(&pool, 0, 512, SIZE_MAX, &first), OK);
	assert_int_equal(first, 0);
}

static void requests_since_the_mark_are_counted_apart(void **)
{
	size_t frame;
	assert_int_equal(frame_pool_take(&pool, 0, &frame), OK);
	frame_pool_mark(&pool);
	assert_int_equal(frame_pool_take(&pool, 1, &frame), OK);
	assert_int_equal(frame_pool_take_run(&pool, 1, 4096, SIZE_MAX, &frame), ERR_NO_MEMORY);
	frame_pool_refuse(&pool, 2);

	struct frame_statistics got = frame_pool_statistics(&pool);
	assert_int_equal(got.allocations, 4);
	assert_int_equal(got.failures, 2);
	assert_int_equal(got.allocations_since_mark, 3);
	assert_int_equal(got.failures_since_mark, 2);
}

/* The reference: who owns each frame, and how often. */
static void it_agrees_with_a_table_of_owners_over_random_requests(void **)
{
	static unsigned owners[POOL_FRAMES];
	uint32_t random = 3;
	size_t taken = 0;
	memset(owners, 0, sizeof owners);
	for (int step = 0; step < 60000; step++) {
		random = random * 1664525 + 1013904223;
		unsigned cpu = (random >> 8) % POOL_CPUS, what = (random >> 12) % 16;
		size_t frame = (random >> 16) % POOL_FRAMES;
		if (what < 7) {
			enum status status = what < 3 ? frame_pool_take(&pool, cpu, &frame)
			                              : frame_pool_take_zeroed(&pool, cpu, &frame);
			assert_int_equal(status, taken < POOL_FRAMES ? OK : ERR_NO_MEMORY);
			if (status != OK)
				continue;
			assert_int_equal(owners[frame], 0);
			assert_true(what < 3 || frame_is_zero(frame));
			memset(direct_map(frame * PAGE_SIZE), 0xff, 32);
			owners[frame] = 1;
			taken++;
		} else if (what < 13) {
			if (!owners[frame])
				continue;
			bool last = frame_pool_unshare(&pool, frame);
			assert_int_equal(last, owners[frame] == 1);
			if (last)
				assert_int_equal(frame_pool_give(&pool, cpu, frame), OK);
			taken -= --owners[frame] == 0;
		} else if (what < 14 && owners[frame]) {
			frame_pool_share(&pool, frame);
			owners[frame]++;
		} else if (what == 14) {
			(void)frame_pool_clean_one(&pool, cpu);
		} else if (step % 64 == 0) {
			frame_pool_drain(&pool);
		}
		assert_int_equal(frame_pool_statistics(&pool).free_frames, POOL_FRAMES - taken);
	}
}

/* ---- what is kept for some ---- */

static bool pool_is_privileged;

static bool pool_caller_is_privileged(void)
{
	return pool_is_privileged;
}

static size_t pool_take_all(unsigned cpu)
{
	size_t count = 0, frame;
	while (frame_pool_take(&pool, cpu, &frame) == OK)
		count++;
	return count;
}

static void the_reserve_is_for_those_who_may_use_it(void **)
{
	enum { RESERVE = 50 };
	size_t frame, first;
	pool.reserve = RESERVE;
	pool.may_use_reserve = pool_caller_is_privileged;
	pool_is_privileged = false;
	assert_int_equal(pool_take_all(0), POOL_FRAMES - RESERVE);
	assert_int_equal(frame_pool_take_run(&pool, 0, 2, SIZE_MAX, &first), ERR_NO_MEMORY);
	/* nobody zeroes ahead, which would take it to where others find it */
	assert_false(frame_pool_clean_one(&pool, 0));
	pool_is_privileged = true;
	assert_false(frame_pool_clean_one(&pool, 0));
	assert_int_equal(frame_pool_take_run(&pool, 0, 2, SIZE_MAX, &first), OK);
	assert_int_equal(frame_pool_take(&pool, 0, &frame), OK);
	assert_int_equal(pool.caches[0].count, 0);
	pool_is_privileged = false;
	assert_int_equal(pool_take_all(0), 0);
	pool_is_privileged = true;
	assert_int_equal(pool_take_all(1), RESERVE - 3);
	/* what comes back is the reserve's first */
	assert_int_equal(frame_pool_give_run(&pool, first, 2), OK);
	assert_int_equal(frame_pool_give(&pool, 0, frame), OK);
	assert_int_equal(pool.caches[0].count, 0);
	pool_is_privileged = false;
	assert_int_equal(pool_take_all(0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(single_frames_come_through_the_cache_in_batches,
	                                        pool_start, pool_end),
	        cmocka_unit_test_setup_teardown(the_reserve_is_for_those_who_may_use_it, pool_start,
	                                        pool_end),
	        cmocka_unit_test_setup_teardown(a_second_free_is_found_wherever_the_frame_lies,
	                                        pool_start, pool_end),
	        cmocka_unit_test_setup_teardown(
	                every_frame_is_reachable_although_others_hold_caches, pool_start, pool_end),
	        cmocka_unit_test_setup_teardown(frames_cleaned_ahead_are_zero_and_used_first,
	                                        pool_start, pool_end),
	        cmocka_unit_test_setup_teardown(a_shared_frame_is_freed_by_its_last_owner,
	                                        pool_start, pool_end),
	        cmocka_unit_test_setup_teardown(
	                runs_are_contiguous_aligned_bounded_and_given_back_whole, pool_start,
	                pool_end),
	        cmocka_unit_test_setup_teardown(a_run_is_found_although_a_cache_keeps_a_piece_of_it,
	                                        pool_start, pool_end),
	        cmocka_unit_test_setup_teardown(requests_since_the_mark_are_counted_apart,
	                                        pool_start, pool_end),
	        cmocka_unit_test_setup_teardown(
	                it_agrees_with_a_table_of_owners_over_random_requests, pool_start,
	                pool_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
