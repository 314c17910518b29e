#include "toml_case.h"
#include <math.h>

static void integers_of_all_bases_have_their_value(void **)
{
	static const struct {
		struct str text;
		int64_t value;
	} cases[] = {
	        {STR_INIT("a = 0"), 0},
	        {STR_INIT("a = -0"), 0},
	        {STR_INIT("a = +1_000"), 1000},
	        {STR_INIT("a = 9223372036854775807"), INT64_MAX},
	        {STR_INIT("a = -9223372036854775808"), INT64_MIN},
	        {STR_INIT("a = 0xdead_BEEF"), 0xDEADBEEF},
	        {STR_INIT("a = 0o755"), 0755},
	        {STR_INIT("a = 0b1101_0110"), 0xD6},
	        {STR_INIT("a = 0x0001"), 1},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a;
		host_arena_init(&a);
		const struct toml_value *value = value_of_a(&a, cases[i].text);
		assert_int_equal(value->kind, TOML_INTEGER);
		assert_true(value->integer == cases[i].value);
		arena_release(&a);
	}
}

static void floats_are_the_nearest_double(void **)
{
	static const struct {
		struct str text;
		double value;
	} cases[] = {
	        {STR_INIT("a = 1.5"), 1.5},        {STR_INIT("a = -0.01"), -0.01},
	        {STR_INIT("a = 5e+22"), 5e22},     {STR_INIT("a = 6.626e-34"), 6.626e-34},
	        {STR_INIT("a = 1e0_6"), 1e6},      {STR_INIT("a = 1_0.2_5"), 10.25},
	        {STR_INIT("a = inf"), INFINITY},   {STR_INIT("a = -inf"), -INFINITY},
	        {STR_INIT("a = 1e999"), INFINITY},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a;
		host_arena_init(&a);
		const struct toml_value *value = value_of_a(&a, cases[i].text);
		assert_int_equal(value->kind, TOML_FLOAT);
		assert_true(value->real == cases[i].value);
		arena_release(&a);
	}
	struct arena a;
	host_arena_init(&a);
	assert_true(isnan(value_of_a(&a, STR("a = -nan"))->real));
	assert_true(signbit(value_of_a(&a, STR("a = -0.0"))->real) != 0);
	arena_release(&a);
}

static void what_is_wrong_with_a_number_is_said(void **)
{
	static const struct toml_case cases[] = {
	        CASE("a = 01", "1:5 a number can't begin with 0: '01' | write 1; octal is 0o...\n"),
	        CASE("a = -0_7",
	             "1:5 a number can't begin with 0: '-0_7' | write 7; octal is 0o...\n"),
	        CASE("a = 00", "1:5 a number can't begin with 0: '00' | write 0; octal is 0o...\n"),
	        CASE("a = 01.5", "1:5 a number can't begin with 0: '01.5'\n"),
	        CASE("a = 1__0", "1:5 '_' may only stand between two digits: '1__0'\n"),
	        CASE("a = 1_", "1:5 '_' may only stand between two digits: '1_'\n"),
	        CASE("a = 0x_1", "1:5 '_' may only stand between two digits: '0x_1'\n"),
	        CASE("a = 1.5_", "1:5 '_' may only stand between two digits: '1.5_'\n"),
	        CASE("a = 0x", "1:5 digits are missing: '0x'\n"),
	        CASE("a = 0b12", "1:5 a digit that the base does not have: '0b12'\n"),
	        CASE("a = 0o8", "1:5 a digit that the base does not have: '0o8'\n"),
	        CASE("a = 0XFF", "1:5 the base is written in lower case: '0XFF' | 0x, 0o or 0b\n"),
	        CASE("a = -0x1", "1:5 only decimal numbers have a sign: '-0x1'\n"),
	        CASE("a = 9223372036854775808", "1:5 an integer that does not fit into 64 bits "
	                                        "with sign: '9223372036854775808'\n"),
	        CASE("a = 0x1_0000_0000_0000_0000",
	             "1:5 an integer that does not fit into 64 bits with sign: "
	             "'0x1_0000_0000_0000_0000'\n"),
	        CASE("a = .5", "1:5 a digit is missing before '.': '.5'\n"),
	        CASE("a = 5.", "1:5 a digit is missing behind '.': '5.'\n"),
	        CASE("a = 5.e1", "1:5 a digit is missing behind '.': '5.e1'\n"),
	        CASE("a = 1e", "1:5 the exponent has no digits: '1e'\n"),
	        CASE("a = 1e+", "1:5 the exponent has no digits: '1e+'\n"),
	        CASE("a = 10s", "1:5 '10s' is not a number | a string needs quotes: \"10s\"\n"),
	        CASE("a = 1.2.3",
	             "1:5 '1.2.3' is not a number | a string needs quotes: \"1.2.3\"\n"),
	        CASE("a = 10 MiB", "1:8 unexpected text 'MiB'\n"),
	        CASE("a = --1", "1:5 '--1' is not a value | a string needs quotes: \"--1\"\n"),
	        CASE("a = +", "1:5 '+' is not a value | a string needs quotes: \"+\"\n"),
	};
	ASSERT_SAID(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(integers_of_all_bases_have_their_value),
	        cmocka_unit_test(floats_are_the_nearest_double),
	        cmocka_unit_test(what_is_wrong_with_a_number_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
