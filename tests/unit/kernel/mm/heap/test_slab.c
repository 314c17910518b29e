#include "../../../test.h"

#include "../fake_memory.h"
#include "mm/heap/slab_frames.h"

enum { SLAB_OBJECTS = 900 };

static void objects_are_zeroed_aligned_counted_and_apart(void **)
{
	static struct slab slabs[] = {SLAB_INIT("tiny", 1), SLAB_INIT("odd", 33),
	                              SLAB_INIT("middle", 512),
	                              SLAB_INIT("large", SLAB_OBJECT_MAX)};
	for (size_t i = 0; i < COUNT(slabs); i++) {
		struct slab *slab = &slabs[i];
		char *last = NULL;
		for (unsigned k = 1; k <= 40; k++) {
			char *object = slab_alloc(slab);
			assert_non_null(object);
			assert_int_equal((uintptr_t)object % 16, 0);
			assert_true((uintptr_t)object % PAGE_SIZE + slab->size <= PAGE_SIZE);
			for (size_t at = 0; at < slab->size; at++)
				assert_int_equal(object[at], 0);
			memset(object, 0xff, slab->size);
			assert_int_equal(slab_object_count(slab), k);
			assert_ptr_equal(slab_of(object), slab);
			last = object;
		}
		slab_free(slab, last);
		assert_int_equal(slab_object_count(slab), 39);
	}
	slabs_drain();
}

static void no_memory_gives_null_and_frees_come_back(void **)
{
	static struct slab slab = SLAB_INIT("returning", 100);
	static void *objects[SLAB_OBJECTS];
	fake.fail_in = 0;
	assert_null(slab_alloc(&slab));
	fake.fail_in = FAKE_NEVER;
	size_t before = fake_free_frames();
	for (size_t i = 0; i < SLAB_OBJECTS; i++)
		assert_non_null(objects[i] = slab_alloc(&slab));
	for (size_t i = 0; i < SLAB_OBJECTS; i++)
		slab_free(&slab, objects[i * 389 % SLAB_OBJECTS]);
	assert_int_equal(slab_object_count(&slab), 0);
	assert_int_equal(fake_free_frames(), before - 1);
	slabs_drain();
	assert_int_equal(fake_free_frames(), before);
	assert_int_equal(slab.frame_count, 0);
}

static void what_must_not_be_freed_panics(void **)
{
	static struct slab slab = SLAB_INIT("strict", 64), other = SLAB_INIT("other", 64);
	char *object = slab_alloc(&slab);
	char *kept = slab_alloc(&slab);
	void *foreign = slab_alloc(&other);
	assert_true(FAKE_PANICS(slab_free(&slab, foreign)));
	assert_true(FAKE_PANICS(slab_free(&slab, object + 16)));
	slab.lock.held = 0;
	slab_free(&slab, object);
	assert_true(FAKE_PANICS(slab_free(&slab, object)));
	slab.lock.held = 0;
	slab_free(&slab, kept);
	slab_free(&slab, NULL);
	slab_free(&other, foreign);
}

static void the_debug_build_finds_damage(void **)
{
	static struct slab slab = SLAB_INIT("watched", 40);
	if (!CONFIG_DEBUG_ASSERTIONS)
		skip();
	char *object = slab_alloc(&slab);

	object[40] = 1; /* one byte too far */
	assert_true(FAKE_PANICS(slab_free(&slab, object)));
	slab.lock.held = 0;
	memset(object + 40, 0xbb, 8);

	object[-1] = 1;
	assert_true(FAKE_PANICS(slab_free(&slab, object)));
	slab.lock.held = 0;
	object[-1] = (char)0xbb;

	char *after = slab_alloc(&slab);
	slab_free(&slab, object);
	object[5] = 1; /* after it was freed */
	assert_true(FAKE_PANICS((void)slab_drain_frames(&slab, true)));
	slab.lock.held = 0;
	assert_true(FAKE_PANICS((void)slab_alloc(&slab)));
	object[5] = (char)0xdd;
	slab_free(&slab, after);
}

static void one_leaked_object_is_found_by_comparing(void **)
{
	static struct slab slab = SLAB_INIT("planted", 48), quiet = SLAB_INIT("quiet", 48);
	static struct mm_usage before, after;
	mm_usage_take(&before);
	void *leaked = slab_alloc(&slab);
	slab_free(&quiet, slab_alloc(&quiet));
	mm_usage_take(&after);
	/* the object, and the frame that holds it */
	assert_int_equal(mm_usage_compare(&before, &after, false), 2);

	slab_free(&slab, leaked);
	mm_usage_take(&after);
	assert_int_equal(mm_usage_compare(&before, &after, true), 0);
	fake.stack_count++;
	mm_usage_take(&after);
	assert_int_equal(mm_usage_compare(&before, &after, false), 1);
	fake.stack_count--;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(objects_are_zeroed_aligned_counted_and_apart),
	        cmocka_unit_test(no_memory_gives_null_and_frees_come_back),
	        cmocka_unit_test(what_must_not_be_freed_panics),
	        cmocka_unit_test(the_debug_build_finds_damage),
	        cmocka_unit_test(one_leaked_object_is_found_by_comparing),
	};
	return cmocka_run_group_tests(tests, fake_memory_start, fake_memory_end);
}
