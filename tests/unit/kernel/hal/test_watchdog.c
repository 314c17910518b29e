#include "../../test.h"
#include "hal/watchdog.h"

enum { LOOK_MS = 55 };

static const uint64_t start_ns = 1000000000;

static uint64_t after(uint64_t ms)
{
	return start_ns + ms * 1000000;
}

static void progress_keeps_it_quiet(void **)
{
	struct watchdog watchdog = {};
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(watchdog_look(&watchdog, i / 2, after(i * LOOK_MS)),
		                 WATCHDOG_FINE);
}

static void a_stretch_without_progress_is_slow_once_and_then_a_hang(void **)
{
	struct watchdog watchdog = {};
	unsigned slow = 0;
	uint64_t ms = 0;
	enum watchdog_verdict verdict = WATCHDOG_FINE;
	for (; verdict != WATCHDOG_HANGS && ms < 60000; ms += LOOK_MS) {
		verdict = watchdog_look(&watchdog, 7, after(ms));
		slow += verdict == WATCHDOG_SLOW;
		if (verdict == WATCHDOG_SLOW)
			assert_in_range(ms, WATCHDOG_SLOW_MS, WATCHDOG_SLOW_MS + LOOK_MS);
	}
	assert_int_equal(slow, 1);
	assert_in_range(ms, WATCHDOG_HANG_MS, WATCHDOG_HANG_MS + 2 * LOOK_MS);
}

static void a_machine_that_stood_still_does_not_hang(void **)
{
	struct watchdog watchdog = {};
	(void)watchdog_look(&watchdog, 7, after(0));
	assert_int_equal(watchdog_look(&watchdog, 7, after(3600000)), WATCHDOG_FINE);
	assert_int_equal(watchdog_look(&watchdog, 8, after(3600001)), WATCHDOG_FINE);
}

static void after_progress_it_starts_anew(void **)
{
	struct watchdog watchdog = {};
	unsigned slow = 0;
	for (uint64_t i = 0; i < 100; i++)
		slow += watchdog_look(&watchdog, i / 20, after(i * LOOK_MS)) == WATCHDOG_SLOW;
	assert_int_equal(slow, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(progress_keeps_it_quiet),
	        cmocka_unit_test(a_stretch_without_progress_is_slow_once_and_then_a_hang),
	        cmocka_unit_test(a_machine_that_stood_still_does_not_hang),
	        cmocka_unit_test(after_progress_it_starts_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
