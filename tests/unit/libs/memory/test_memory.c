#include "../../test.h"
#include <string.h>

/* Under other names, beside the C library's, which is the oracle. */
#define memcpy tested_memcpy
#define memmove tested_memmove
#define memset tested_memset
#define memcmp tested_memcmp
#define memchr tested_memchr
#define memrchr tested_memrchr
#define strlen tested_strlen
void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *to, int byte, size_t len);
int memcmp(const void *a, const void *b, size_t len);
void *memchr(const void *bytes, int byte, size_t len);
void *memrchr(const void *bytes, int byte, size_t len);
size_t strlen(const char *text);
#include "../../../../libs/memory/memory.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef memrchr
#undef strlen

enum { AREA = 80 };

static void area_fill(unsigned char area[AREA])
{
	for (unsigned i = 0; i < AREA; i++)
		area[i] = (unsigned char)(i * 7 + 1);
}

static void copies_and_moves_equal_the_oracle_at_every_offset(void **)
{
	unsigned char got[AREA], want[AREA], source[AREA];
	area_fill(source);
	for (unsigned from = 0; from < 20; from++) {
		for (unsigned to = 0; to < 20; to++) {
			for (unsigned len = 0; len < 40; len++) {
				area_fill(got);
				area_fill(want);
				assert_ptr_equal(tested_memmove(got + to, got + from, len),
				                 got + to);
				memmove(want + to, want + from, len);
				assert_memory_equal(got, want, AREA);
				assert_ptr_equal(tested_memcpy(got + to, source + from, len),
				                 got + to);
				memcpy(want + to, source + from, len);
				assert_memory_equal(got, want, AREA);
			}
		}
	}
}

static void fill_touches_nothing_else(void **)
{
	unsigned char got[AREA], want[AREA];
	for (unsigned to = 0; to < 10; to++) {
		for (unsigned len = 0; len < 40; len++) {
			area_fill(got);
			area_fill(want);
			assert_ptr_equal(tested_memset(got + to, 0x1a5, len), got + to);
			memset(want + to, 0xa5, len);
			assert_memory_equal(got, want, AREA);
		}
	}
}

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void compare_orders_unsigned_bytes(void **)
{
	static const struct {
		const char *a, *b;
		size_t len;
		int order;
	} cases[] = {
	        {"abc", "abc", 3, 0}, {"abc", "abd", 3, -1},  {"abd", "abc", 3, 1},
	        {"abc", "abd", 2, 0}, {"\x80", "\x7f", 1, 1}, {"a", "b", 0, 0},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(sign(tested_memcmp(cases[i].a, cases[i].b, cases[i].len)),
		                 cases[i].order);
}

static void searches_find_the_first_and_the_last(void **)
{
	char text[] = "a/b/c";
	assert_ptr_equal(tested_memchr(text, '/', 5), text + 1);
	assert_ptr_equal(tested_memrchr(text, '/', 5), text + 3);
	assert_null(tested_memchr(text, '/', 1));
	assert_null(tested_memrchr(text, 'x', 5));
	assert_null(tested_memchr(text, 'a', 0));
	assert_int_equal(tested_strlen(text), 5);
	assert_int_equal(tested_strlen(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(copies_and_moves_equal_the_oracle_at_every_offset),
	        cmocka_unit_test(fill_touches_nothing_else),
	        cmocka_unit_test(compare_orders_unsigned_bytes),
	        cmocka_unit_test(searches_find_the_first_and_the_last),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
