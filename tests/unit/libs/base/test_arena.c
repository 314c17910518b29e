#include "../../test.h"
#include <stdlib.h>
#include <string.h>

static size_t blocks_left;
static size_t blocks_held;

static void *limited_get(size_t size)
{
	if (!blocks_left)
		return NULL;
	blocks_left--;
	blocks_held++;
	void *block = malloc(size);
	memset(block, 0xa5, size);
	return block;
}

static void limited_put(void *block)
{
	blocks_held--;
	free(block);
}

static const struct arena_source limited = {limited_get, limited_put, 0};

static void arena_memory_is_zeroed_aligned_and_apart(void **)
{
	struct arena a;
	blocks_left = 1000;
	arena_init(&a, &limited);
	unsigned char *before = NULL;
	for (size_t size = 1; size < 200000; size = size * 3 + 1) {
		unsigned char *memory = arena_alloc(&a, size);
		assert_non_null(memory);
		assert_int_equal((uintptr_t)memory % 16, 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(memory[i], 0);
		memset(memory, 0xff, size);
		if (before)
			assert_int_equal(before[0], 0xff);
		before = memory;
	}
	arena_release(&a);
	assert_int_equal(blocks_held, 0);
}

static void a_joined_arena_lives_with_the_other(void **)
{
	struct arena a, b;
	blocks_left = 1000;
	arena_init(&a, &limited);
	arena_init(&b, &limited);
	char *first = arena_alloc(&a, 10), *second = NULL;
	for (int i = 0; i < 3; i++)
		second = arena_alloc(&b, 50000);
	arena_join(&a, &b);
	assert_int_equal(b.used_bytes, 0);
	arena_release(&b);
	memset(first, 1, 10);
	memset(second, 1, 50000);
	assert_non_null(arena_alloc(&b, 10)); /* can be used again */
	arena_join(&b, &a); /* and the other way round */
	arena_join(&b, &a); /* an empty one adds nothing */
	arena_release(&b);
	assert_int_equal(blocks_held, 0);
}

static void much_memory_comes_in_large_blocks(void **)
{
	static const struct arena_source large = {limited_get, limited_put, 1 << 20};
	struct arena a;
	blocks_left = 1000;
	arena_init(&a, &large);
	for (size_t i = 0; i < 20; i++)
		assert_non_null(arena_alloc(&a, 60000));
	assert_int_equal(blocks_held, 6); /* five small ones, then one for the rest */
	arena_release(&a);
	assert_int_equal(blocks_held, 0);
}

static void arena_says_null_when_its_source_is_empty_or_sizes_overflow(void **)
{
	struct arena a;
	blocks_left = 1;
	arena_init(&a, &limited);
	assert_non_null(arena_alloc(&a, 10));
	assert_null(arena_alloc(&a, 1 << 20));
	assert_non_null(arena_alloc(&a, 10)); /* the first block still has room */
	assert_null(arena_array(&a, SIZE_MAX / 2, 4));
	assert_null(arena_alloc(&a, SIZE_MAX - 3));
	arena_release(&a);
	assert_int_equal(blocks_held, 0);
}

static void arena_can_be_used_again_after_release(void **)
{
	struct arena a;
	blocks_left = 2;
	arena_init(&a, &limited);
	assert_str(arena_str(&a, STR("text")), STR("text"));
	arena_release(&a);
	assert_int_equal(a.used_bytes, 0);
	struct str copy = arena_str(&a, STR("more"));
	assert_str(copy, STR("more"));
	assert_int_equal(copy.ptr[copy.len], '\0');
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_joined_arena_lives_with_the_other),
	        cmocka_unit_test(much_memory_comes_in_large_blocks),
	        cmocka_unit_test(arena_memory_is_zeroed_aligned_and_apart),
	        cmocka_unit_test(arena_says_null_when_its_source_is_empty_or_sizes_overflow),
	        cmocka_unit_test(arena_can_be_used_again_after_release),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
