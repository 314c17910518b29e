#include "../../test.h"
#include <random/api.h>
#include <string.h>

/* RFC 8439, section 2.3.2. */
static void key_stream_is_that_of_the_standard(void **)
{
	static const uint8_t expected[CHACHA20_BLOCK_BYTES] = {
	        0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f, 0xdd, 0x1f, 0xa3,
	        0x20, 0x71, 0xc4, 0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0, 0x68, 0x03, 0x04, 0x22,
	        0xaa, 0x9a, 0xc3, 0xd4, 0x6c, 0x4e, 0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa,
	        0x09, 0x14, 0xc2, 0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2, 0xb5, 0x12, 0x9c, 0xd1,
	        0xde, 0x16, 0x4e, 0xb9, 0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e};
	const struct chacha20_position position = {1, {0, 0, 0, 9, 0, 0, 0, 0x4a, 0, 0, 0, 0}};
	uint8_t key[RANDOM_KEY_BYTES], block[CHACHA20_BLOCK_BYTES];
	for (size_t i = 0; i < sizeof key; i++)
		key[i] = (uint8_t)i;
	chacha20_block(key, &position, block);
	assert_memory_equal(block, expected, sizeof block);
}

static void bytes_never_come_twice(void **)
{
	struct random_generator generator = {};
	uint8_t first[200], second[200];
	random_generator_add(&generator, "seed", 4);
	random_generator_fill(&generator, first, sizeof first);
	random_generator_fill(&generator, second, sizeof second);
	assert_memory_not_equal(first, second, sizeof first);
	for (size_t at = 0; at + 64 < sizeof first; at += 64)
		assert_memory_not_equal(first + at, first + at + 64, 64 < 200 - at - 64 ? 64 : 8);
}

static void every_request_replaces_the_key(void **)
{
	struct random_generator generator = {}, before;
	uint8_t byte;
	random_generator_add(&generator, "seed", 4);
	before = generator;
	random_generator_fill(&generator, &byte, 1);
	assert_memory_not_equal(&before, &generator, sizeof before);
	before = generator;
	random_generator_fill(&generator, &byte, 0);
	assert_memory_not_equal(&before, &generator, sizeof before);
}

static void what_is_added_counts_and_takes_nothing_away(void **)
{
	struct random_generator a = {}, b = {};
	random_generator_add(&a, "one", 3);
	random_generator_add(&b, "two", 3);
	assert_memory_not_equal(&a, &b, sizeof a);
	random_generator_add(&a, "same", 4);
	random_generator_add(&b, "same", 4);
	assert_memory_not_equal(&a, &b, sizeof a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(key_stream_is_that_of_the_standard),
	        cmocka_unit_test(bytes_never_come_twice),
	        cmocka_unit_test(every_request_replaces_the_key),
	        cmocka_unit_test(what_is_added_counts_and_takes_nothing_away),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
