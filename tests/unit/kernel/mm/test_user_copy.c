#include "../../test.h"

#include "mm/api.h"
#include <string.h>

/* The program's memory: host memory lies in the user range, and ends where we say. */
static char program[2 * PAGE_SIZE];
static size_t program_len;

size_t user_copy_raw(void *dst, const void *src, size_t len)
{
	bool reads = (const char *)src >= program && (const char *)src <= program + sizeof program;
	const char *at = reads ? src : dst;
	size_t offset = (size_t)(at - program);
	size_t there = offset < program_len ? program_len - offset : 0;
	size_t copied = len < there ? len : there;
	memcpy(dst, src, copied);
	return len - copied;
}

bool user_put_words(uintptr_t dst, const uint64_t words[4])
{
	return user_copy_raw((void *)dst, words, 4 * sizeof words[0]) == 0;
}

bool user_put_pair(uintptr_t dst, uint64_t first, uint64_t second)
{
	const uint64_t words[] = {first, second};
	return user_copy_raw((void *)dst, words, sizeof words) == 0;
}

bool user_exchange_word(uintptr_t address, uint32_t expected, uint32_t word, uint32_t *out_old)
{
	if (user_copy_raw(out_old, (const void *)address, sizeof word))
		return false;
	if (*out_old == expected)
		memcpy((void *)address, &word, sizeof word);
	return true;
}

static void a_word_is_exchanged_where_it_may_be(void **)
{
	uint32_t old = 0;
	uintptr_t first = ((uintptr_t)program + 3) & ~(uintptr_t)3;
	program_len = first - (uintptr_t)program + sizeof old;
	assert_int_equal(user_copy_out((struct user_out){first, sizeof old}, &old), OK);
	assert_int_equal(user_exchange(first, 0, 5, &old), OK);
	assert_int_equal(old, 0);
	assert_int_equal(user_exchange(first, 0, 6, &old), OK);
	assert_int_equal(old, 5);
	assert_int_equal(user_exchange(first + 4, 5, 6, &old), ERR_BAD_ADDRESS);
	assert_int_equal(user_exchange(first + 1, 5, 6, &old), ERR_BAD_ADDRESS);
	assert_int_equal(user_exchange(USER_END, 5, 6, &old), ERR_BAD_ADDRESS);
	assert_int_equal(user_exchange(KERNEL_IMAGE_BASE, 5, 6, &old), ERR_BAD_ADDRESS);
}

static void a_pair_is_written_whole_or_the_address_is_an_error(void **)
{
	const uint64_t words[2] = {1, 2};
	program_len = 100;
	uintptr_t last = (uintptr_t)program + program_len - sizeof words;
	assert_int_equal(user_copy_out_pair(last, 1, 2), OK);
	assert_memory_equal((const void *)last, words, sizeof words);
	assert_int_equal(user_copy_out_pair(last + 1, 1, 2), ERR_BAD_ADDRESS);
	assert_int_equal(user_copy_out_pair(USER_END - 15, 1, 2), ERR_BAD_ADDRESS);
	assert_int_equal(user_copy_out_pair(USER_BASE - 1, 1, 2), ERR_BAD_ADDRESS);
	assert_int_equal(user_copy_out_pair(UINTPTR_MAX, 1, 2), ERR_BAD_ADDRESS);
}

static void words_are_written_whole_or_the_address_is_an_error(void **)
{
	const uint64_t words[4] = {1, 2, 3, 4};
	program_len = 100;
	uintptr_t last = (uintptr_t)program + program_len - sizeof words;
	assert_int_equal(user_copy_out_words(last, words), OK);
	assert_memory_equal((const void *)last, words, sizeof words);
	assert_int_equal(user_copy_out_words(last + 1, words), ERR_BAD_ADDRESS);
	assert_int_equal(user_copy_out_words(USER_END - 31, words), ERR_BAD_ADDRESS);
	assert_int_equal(user_copy_out_words(USER_BASE - 1, words), ERR_BAD_ADDRESS);
}

static void copies_work_inside_and_fail_at_the_end_of_memory(void **)
{
	char bytes[8] = "1234567";
	program_len = 100;
	uintptr_t last = (uintptr_t)program + program_len - sizeof bytes;
	assert_int_equal(user_copy_out((struct user_out){last, 8}, bytes), OK);
	memset(bytes, 0, sizeof bytes);
	assert_int_equal(user_copy_in(bytes, (struct user_in){last, 8}), OK);
	assert_string_equal(bytes, "1234567");
	assert_int_equal(user_copy_in(bytes, (struct user_in){last + 1, 8}), ERR_BAD_ADDRESS);
	assert_int_equal(user_copy_out((struct user_out){last + 1, 8}, bytes), ERR_BAD_ADDRESS);
}

static void kernel_addresses_never_reach_the_copy(void **)
{
	static const struct user_in cases[] = {
	        {0, 1},           {USER_BASE - 1, 1},    {USER_END - 1, 2},
	        {USER_END, 1},    {DIRECT_MAP_BASE, 1},  {KERNEL_IMAGE_BASE, 1},
	        {UINTPTR_MAX, 1}, {USER_BASE, SIZE_MAX},
	};
	char byte = 0;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct user_out out = {cases[i].addr, cases[i].len};
		assert_int_equal(user_copy_in(&byte, cases[i]), ERR_BAD_ADDRESS);
		assert_int_equal(user_copy_out(out, &byte), ERR_BAD_ADDRESS);
	}
}

static void a_string_may_end_with_memory_or_be_too_long_or_run_out(void **)
{
	size_t page_end = PAGE_SIZE - (uintptr_t)program % PAGE_SIZE;
	struct {
		size_t start; /* 'a' from here to len, NUL in the last byte of memory when ends */
		size_t len;
		size_t capacity;
		bool ends;
		enum status expected;
	} cases[] = {
	        {page_end - 4, 4, 16, true, OK},
	        {page_end - 4, 6, 16, true, OK},
	        {page_end - 4, 6, 6, true, OK},
	        {page_end - 4, 6, 5, true, ERR_NAME_TOO_LONG},
	        {page_end - 4, 4, 16, false, ERR_BAD_ADDRESS},
	        {page_end - 4, 4, 4, false, ERR_NAME_TOO_LONG},
	        {page_end - 4, 1, 16, true, OK},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char copy[16];
		size_t len = 99;
		memset(program, 'a', sizeof program);
		program_len = cases[i].start + cases[i].len;
		/* what is readable ends with its page */
		if (cases[i].ends) {
			program[program_len - 1] = 0;
			program_len += PAGE_SIZE - ((uintptr_t)program + program_len) % PAGE_SIZE;
			if (program_len > sizeof program)
				program_len = sizeof program;
		}
		uintptr_t address = (uintptr_t)program + cases[i].start;
		assert_int_equal(user_copy_string(copy, cases[i].capacity, address, &len),
		                 cases[i].expected);
		assert_int_equal(len, cases[i].expected == OK ? cases[i].len - 1 : 99);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(words_are_written_whole_or_the_address_is_an_error),
	        cmocka_unit_test(a_word_is_exchanged_where_it_may_be),
	        cmocka_unit_test(a_pair_is_written_whole_or_the_address_is_an_error),
	        cmocka_unit_test(copies_work_inside_and_fail_at_the_end_of_memory),
	        cmocka_unit_test(kernel_addresses_never_reach_the_copy),
	        cmocka_unit_test(a_string_may_end_with_memory_or_be_too_long_or_run_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
