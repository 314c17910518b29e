#include "../../test.h"

static void str_cut_splits_at_the_first_separator(void **)
{
	static const struct {
		struct str in, head, rest;
	} cases[] = {
	        {STR_INIT("a=b=c"), STR_INIT("a"), STR_INIT("b=c")},
	        {STR_INIT("=b"), STR_INIT(""), STR_INIT("b")},
	        {STR_INIT("ab"), STR_INIT("ab"), STR_INIT("")},
	        {STR_INIT("ab="), STR_INIT("ab"), STR_INIT("")},
	        {STR_INIT(""), STR_INIT(""), STR_INIT("")},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str_split got = str_cut(cases[i].in, '=');
		assert_str(got.head, cases[i].head);
		assert_str(got.rest, cases[i].rest);
	}
}

static void str_cut_last_splits_at_the_last_separator(void **)
{
	static const struct {
		struct str in, head, rest;
	} cases[] = {
	        {STR_INIT("a/b/c"), STR_INIT("a/b"), STR_INIT("c")},
	        {STR_INIT("c"), STR_INIT(""), STR_INIT("c")},
	        {STR_INIT("a/"), STR_INIT("a"), STR_INIT("")},
	        {STR_INIT(""), STR_INIT(""), STR_INIT("")},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str_split got = str_cut_last(cases[i].in, '/');
		assert_str(got.head, cases[i].head);
		assert_str(got.rest, cases[i].rest);
	}
}

static void str_compare_orders_by_bytes_and_prefix_first(void **)
{
	static const struct {
		struct str a, b;
		int order;
	} cases[] = {
	        {STR_INIT("a"), STR_INIT("b"), -1},  {STR_INIT("b"), STR_INIT("a"), 1},
	        {STR_INIT("a"), STR_INIT("ab"), -1}, {STR_INIT("ab"), STR_INIT("a"), 1},
	        {STR_INIT("a"), STR_INIT("a"), 0},   {STR_INIT(""), STR_INIT(""), 0},
	        {STR_INIT(""), STR_INIT("\1"), -1},  {STR_INIT("\x80"), STR_INIT("a"), 1},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		int got = str_compare(cases[i].a, cases[i].b);
		assert_int_equal((got > 0) - (got < 0), cases[i].order);
	}
}

static void str_to_u64_takes_decimal_digits_only(void **)
{
	static const struct {
		struct str in;
		bool ok;
		uint64_t value;
	} cases[] = {
	        {STR_INIT("0"), true, 0},
	        {STR_INIT("007"), true, 7},
	        {STR_INIT("18446744073709551615"), true, UINT64_MAX},
	        {STR_INIT("18446744073709551616"), false, 0},
	        {STR_INIT("99999999999999999999"), false, 0},
	        {STR_INIT(""), false, 0},
	        {STR_INIT("+1"), false, 0},
	        {STR_INIT("-1"), false, 0},
	        {STR_INIT(" 1"), false, 0},
	        {STR_INIT("1 "), false, 0},
	        {STR_INIT("0x1"), false, 0},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t value = 42;
		assert_int_equal(str_to_u64(cases[i].in, &value), cases[i].ok);
		assert_true(value == (cases[i].ok ? cases[i].value : 42));
	}
}

static void str_trim_takes_blanks_off_both_ends(void **)
{
	assert_str(str_trim(STR(" \t a b \r\n")), STR("a b"));
	assert_str(str_trim(STR("  ")), STR(""));
	assert_str(str_trim(STR("")), STR(""));
}

static void str_slice_is_clamped_to_the_text(void **)
{
	assert_str(str_slice(STR("abc"), 1, 2), STR("b"));
	assert_str(str_slice(STR("abc"), 1, 99), STR("bc"));
	assert_str(str_slice(STR("abc"), 5, 9), STR(""));
	assert_str(str_slice((struct str){}, 0, 3), STR(""));
}

static void str_affixes_and_case(void **)
{
	assert_true(str_starts_with(STR("system/boot"), STR("system/")));
	assert_false(str_starts_with(STR("sys"), STR("system/")));
	assert_true(str_ends_with(STR("a.ko"), STR(".ko")));
	assert_false(str_ends_with(STR("ko"), STR(".ko")));
	assert_true(str_equal_no_case(STR("EFI/Boot"), STR("efi/bOOT")));
	assert_false(str_equal_no_case(STR("EFI"), STR("EF")));
	assert_false(str_equal_no_case(STR("@"),
	                               STR("`"))); /* differ in the case bit, but are no letters */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(str_cut_splits_at_the_first_separator),
	        cmocka_unit_test(str_cut_last_splits_at_the_last_separator),
	        cmocka_unit_test(str_compare_orders_by_bytes_and_prefix_first),
	        cmocka_unit_test(str_to_u64_takes_decimal_digits_only),
	        cmocka_unit_test(str_trim_takes_blanks_off_both_ends),
	        cmocka_unit_test(str_slice_is_clamped_to_the_text),
	        cmocka_unit_test(str_affixes_and_case),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
