/* Dates of the CMOS clock to seconds since 1970. */
#include "../../../test.h"
#include "hal/api.h"

uint64_t clock_ns(void)
{
	return 0;
}

static void dates_are_seconds_since_1970(void **)
{
	/* second, minute, hour, day, month, year */
	static const struct {
		uint8_t fields[6];
		uint64_t seconds;
	} cases[] = {
	        {{0, 0, 0, 1, 1, 0}, 946684800},
	        {{59, 59, 23, 29, 2, 24}, 1709251199},
	        {{5, 30, 16, 21, 11, 26}, 1795278605},
	        {{0, 0, 12, 31, 12, 99}, 4102401600},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(real_time_seconds(cases[i].fields), cases[i].seconds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(dates_are_seconds_since_1970)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
