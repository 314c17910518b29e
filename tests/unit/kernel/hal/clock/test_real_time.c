/* Dates of the CMOS clock to seconds since 1970. */
#include "../../../test.h"
#include "hal/api.h"

static uint64_t up_ns;

uint64_t clock_ns(void)
{
	return up_ns;
}

static void a_clock_that_is_set_goes_on_from_there(void **)
{
	up_ns = 500;
	assert_int_equal(clock_real_set(400), ERR_INVALID_ARGS);
	assert_int_equal(clock_real_set(500), ERR_INVALID_ARGS);
	assert_int_equal(clock_real_set(1000000), OK);
	assert_int_equal(clock_real_ns(), 1000000);
	up_ns = 700;
	assert_int_equal(clock_real_ns(), 1000200);
	assert_int_equal(clock_real_set(900000), OK);
	assert_int_equal(clock_real_ns(), 900000);
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
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(dates_are_seconds_since_1970),
	        cmocka_unit_test(a_clock_that_is_set_goes_on_from_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
