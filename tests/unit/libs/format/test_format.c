#include "../../test.h"
#include <format/api.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 256 };

/* The C library is the oracle: both must give the same bytes. */
#define SAME(...)                                                                                  \
	do {                                                                                       \
		char want_[TEXT_MAX], bytes_[TEXT_MAX];                                            \
		int len_ = snprintf(want_, sizeof want_, __VA_ARGS__);                             \
		struct format_buffer got_ = {.ptr = bytes_, .size = sizeof bytes_};                \
		format_append(&got_, __VA_ARGS__);                                                 \
		assert_str(format_buffer_text(&got_), ((struct str){want_, (size_t)len_}));        \
	} while (0)

static void integers_are_formatted_as_the_c_library_does(void **)
{
	static const long numbers[] = {0,     1,       -1,      9,        10,      -10,
	                               12345, INT_MAX, INT_MIN, LONG_MAX, LONG_MIN};
	for (size_t i = 0; i < COUNT(numbers); i++) {
		long n = numbers[i];
		unsigned long u = (unsigned long)n;
		SAME("%ld|%li|%lu|%lx|%lX|%lo", n, n, u, u, u, u);
		SAME("%d|%u|%x|%i", (int)n, (unsigned)u, (unsigned)u, (int)n);
		SAME("%lld|%llu|%zd|%zu|%td|%jd", (long long)n, (unsigned long long)u, (ssize_t)n,
		     (size_t)u, (ptrdiff_t)n, (intmax_t)n);
		SAME("%hhd|%hhu|%hd|%hu", (signed char)n, (unsigned char)u, (short)n,
		     (unsigned short)u);
		SAME("[%20ld][%-20ld][%020ld][%+ld][% ld]", n, n, n, n, n);
		SAME("[%#lx][%#20lx][%-#20lx][%#020lx][%#lX]", u, u, u, u, u);
		SAME("[%.5ld][%10.5ld][%-10.5ld][%.0lu][%5.0lu]", n, n, n, u, u);
		SAME("[%*ld][%.*ld]", -8, n, 4, n);
		SAME("%" PRIu64 " %" PRIx64, (uint64_t)u, (uint64_t)u);
	}
}

static void text_and_bytes_are_formatted_as_the_c_library_does(void **)
{
	SAME("plain");
	SAME("%%|%c|%5c|%-5c|", 'x', 'y', 'z');
	SAME("%s|%10s|%-10s|%.2s|%.10s|%.0s|", "abc", "abc", "abc", "abc", "abc", "abc");
	SAME("%.*s|%*s", 2, "abc", 6, "ab");
	SAME("%p", (void *)(uintptr_t)0x1234abcd);
}

static void string_view_needs_no_nul(void **)
{
	char bytes[16];
	struct format_buffer buffer = {.ptr = bytes, .size = sizeof bytes};
	const char raw[3] = {'a', 'b', 'c'};
	format_append(&buffer, "<%.*s>", STR_ARG(((struct str){raw, 3})));
	format_append(&buffer, "<%.*s>", STR_ARG(((struct str){NULL, 0})));
	assert_str(format_buffer_text(&buffer), STR("<abc><>"));
	assert_false(buffer.cut);
}

static void what_does_not_fit_is_dropped_and_noted(void **)
{
	for (size_t size = 0; size < 14; size++) {
		char bytes[16];
		memset(bytes, '#', sizeof bytes);
		struct format_buffer buffer = {.ptr = bytes, .size = size};
		format_append(&buffer, "%s-%05d", "name", 42);
		const char *whole = "name-00042";
		size_t len = size < 10 ? size : 10;
		assert_str(format_buffer_text(&buffer), ((struct str){whole, len}));
		assert_int_equal(buffer.cut, size < 10);
		assert_int_equal(bytes[size], '#');
	}
}

static void huge_width_ends_at_the_buffer(void **)
{
	char bytes[8];
	struct format_buffer buffer = {.ptr = bytes, .size = sizeof bytes};
	format_append(&buffer, "%*d", INT_MAX, 1);
	assert_int_equal(buffer.len, sizeof bytes);
	assert_true(buffer.cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(integers_are_formatted_as_the_c_library_does),
	        cmocka_unit_test(text_and_bytes_are_formatted_as_the_c_library_does),
	        cmocka_unit_test(string_view_needs_no_nul),
	        cmocka_unit_test(what_does_not_fit_is_dropped_and_noted),
	        cmocka_unit_test(huge_width_ends_at_the_buffer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
