#include "toml_case.h"

static void dates_and_times_of_four_kinds_are_read(void **)
{
	static const struct {
		struct str text;
		enum toml_kind kind;
		struct toml_date_time value;
	} cases[] = {
	        {STR_INIT("a = 1979-05-27T07:32:00Z"),
	         TOML_OFFSET_DATE_TIME,
	         {1979, 5, 27, 7, 32, 0, 0, 0}},
	        {STR_INIT("a = 1979-05-27 07:32:01.5-03:30"),
	         TOML_OFFSET_DATE_TIME,
	         {1979, 5, 27, 7, 32, 1, 500000000, -210}},
	        {STR_INIT("a = 1979-05-27t07:32:00+09:00"),
	         TOML_OFFSET_DATE_TIME,
	         {1979, 5, 27, 7, 32, 0, 0, 540}},
	        {STR_INIT("a = 1979-05-27T07:32:00.000000001"),
	         TOML_LOCAL_DATE_TIME,
	         {1979, 5, 27, 7, 32, 0, 1, 0}},
	        {STR_INIT("a = 2024-02-29 # leap"), TOML_LOCAL_DATE, {2024, 2, 29, 0, 0, 0, 0, 0}},
	        {STR_INIT("a = 23:59:60.9999999999"),
	         TOML_LOCAL_TIME,
	         {0, 0, 0, 23, 59, 60, 999999999, 0}},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a;
		host_arena_init(&a);
		const struct toml_value *value = value_of_a(&a, cases[i].text);
		const struct toml_date_time *got = &value->date_time, *want = &cases[i].value;
		assert_int_equal(value->kind, cases[i].kind);
		assert_int_equal(got->year, want->year);
		assert_int_equal(got->month, want->month);
		assert_int_equal(got->day, want->day);
		assert_int_equal(got->hour, want->hour);
		assert_int_equal(got->minute, want->minute);
		assert_int_equal(got->second, want->second);
		assert_int_equal(got->nanosecond, want->nanosecond);
		assert_int_equal(got->offset_minutes, want->offset_minutes);
		arena_release(&a);
	}
}

static void what_is_wrong_with_a_date_or_time_is_said(void **)
{
	static const struct toml_case cases[] = {
	        CASE("a = 2024-13-01", "1:5 a month outside 01..12: '2024-13-01'\n"),
	        CASE("a = 2023-02-29", "1:5 a day that the month does not have: '2023-02-29'\n"),
	        CASE("a = 2024-1-1", "1:5 not a date: '2024-1-1' | dates are written 2024-01-31\n"),
	        CASE("a = 24:00:00", "1:5 a time that no clock shows: '24:00:00'\n"),
	        CASE("a = 07:32",
	             "1:5 a time without seconds: '07:32' | TOML 1.0 wants hh:mm:ss\n"),
	        CASE("a = 07:3", "1:5 not a time: '07:3' | times are written 23:59:00\n"),
	        CASE("a = 07:32:00.", "1:5 digits are missing behind the point of the seconds: "
	                              "'07:32:00.'\n"),
	        CASE("a = 2024-01-01T",
	             "1:5 not a time: '2024-01-01T' | times are written 23:59:00\n"),
	        CASE("a = 2024-01-01T00:00:00+9:00",
	             "1:5 not a time offset: '2024-01-01T00:00:00+9:00' | offsets are written Z, "
	             "+09:00 "
	             "or -03:30\n"),
	        CASE("a = 2024-01-01T00:00:00+24:00",
	             "1:5 a time offset outside 23:59: '2024-01-01T00:00:00+24:00'\n"),
	        CASE("a = 2024-01-01-beta",
	             "1:5 text behind a date or time: '2024-01-01-beta' | a string needs quotes\n"),
	        CASE("a = 07:32:00Z",
	             "1:5 text behind a date or time: '07:32:00Z' | a string needs "
	             "quotes\n"),
	        CASE("a = 2024-01-01 x", "1:16 unexpected text 'x'\n"),
	};
	ASSERT_SAID(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(dates_and_times_of_four_kinds_are_read),
	        cmocka_unit_test(what_is_wrong_with_a_date_or_time_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
