#include "../../../test.h"

#include "../fake_memory.h"

enum { OBJECTS = 700 };

static void objects_are_zeroed_aligned_and_apart(void **)
{
	static const size_t sizes[] = {1, 16, 17, 100, 480, 1000, 1984, 1985, 4096, 5000, 70000};
	for (size_t i = 0; i < COUNT(sizes); i++) {
		char *a = heap_alloc(sizes[i]);
		char *b = heap_alloc(sizes[i]);
		assert_non_null(a);
		assert_non_null(b);
		assert_int_equal((uintptr_t)a % 16, 0);
		assert_true(a + sizes[i] <= b || b + sizes[i] <= a);
		for (size_t k = 0; k < sizes[i]; k++)
			assert_int_equal(a[k], 0);
		memset(a, 0xff, sizes[i]);
		memset(b, 0xff, sizes[i]);
		heap_free(b, sizes[i]);
		heap_free(a, sizes[i]);
		char *again = heap_alloc(sizes[i]);
		for (size_t k = 0; k < sizes[i]; k++)
			assert_int_equal(again[k], 0);
		heap_free(again, sizes[i]);
	}
}

static void too_large_and_no_memory_give_null(void **)
{
	assert_null(heap_alloc(HEAP_ALLOC_MAX + 1));
	assert_null(heap_alloc(SIZE_MAX));
	fake.fail_in = 0;
	assert_null(heap_alloc(2000));
	fake.fail_in = 0;
	assert_null(heap_alloc(600));
	assert_non_null(heap_alloc(600));
}

static void freeing_null_is_nothing(void **)
{
	size_t before = fake_free_frames();
	heap_free(NULL, 40);
	heap_free(NULL, 40000);
	assert_int_equal(fake_free_frames(), before);
}

static void frames_come_back_except_one_empty_slab(void **)
{
	static char *objects[OBJECTS];
	for (unsigned seed = 1; seed < 8; seed++) {
		size_t before = fake_free_frames();
		size_t size = seed * 150;
		for (size_t i = 0; i < OBJECTS; i++) {
			objects[i] = heap_alloc(size);
			assert_non_null(objects[i]);
			memset(objects[i], (int)i, size);
		}
		for (size_t i = 0; i < OBJECTS; i++) {
			size_t at = i * 389 % OBJECTS;
			assert_int_equal((unsigned char)objects[at][size - 1], at & 0xff);
			heap_free(objects[at], size);
		}
		assert_in_range(fake_free_frames(), before - 1, before);
	}
}

struct sample {
	char bytes[200];
};

static void typed_objects_are_freed_by_their_size_and_only_that(void **)
{
	struct sample *sample = HEAP_NEW(struct sample);
	assert_non_null(sample);
	assert_string_equal(slab_of(sample)->name, "struct sample");
	assert_true(FAKE_PANICS(heap_free(sample, sizeof *sample - 1)));
	heap_free(sample, sizeof *sample);
	assert_int_equal(slab_object_count(slab_first()), 0);
}

static void large_pieces_are_counted_in_frames(void **)
{
	uint64_t before = heap_large_frame_count();
	char *large = heap_alloc(3 * PAGE_SIZE + 1);
	assert_int_equal(heap_large_frame_count(), before + 4);
	heap_free(large, 3 * PAGE_SIZE + 1);
	assert_int_equal(heap_large_frame_count(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(objects_are_zeroed_aligned_and_apart),
	        cmocka_unit_test(too_large_and_no_memory_give_null),
	        cmocka_unit_test(freeing_null_is_nothing),
	        cmocka_unit_test(frames_come_back_except_one_empty_slab),
	        cmocka_unit_test(typed_objects_are_freed_by_their_size_and_only_that),
	        cmocka_unit_test(large_pieces_are_counted_in_frames),
	};
	return cmocka_run_group_tests(tests, fake_memory_start, fake_memory_end);
}
