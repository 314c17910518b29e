#include "../../../test.h"
#include "hal/watchdog/watchdog.h"

static void progress_keeps_it_quiet(void **)
{
	struct watchdog watchdog = {};
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(watchdog_look(&watchdog, 1 + i / (WATCHDOG_SLOW_ROUNDS - 1), 1),
		                 WATCHDOG_FINE);
}

static void a_stretch_without_progress_is_slow_once_and_then_a_hang(void **)
{
	struct watchdog watchdog = {};
	assert_int_equal(watchdog_look(&watchdog, 7, 1), WATCHDOG_FINE);
	for (uint32_t round = 1; round < WATCHDOG_HANG_ROUNDS; round++)
		assert_int_equal(watchdog_look(&watchdog, 7, 1),
		                 round == WATCHDOG_SLOW_ROUNDS ? WATCHDOG_SLOW : WATCHDOG_FINE);
	assert_int_equal(watchdog_look(&watchdog, 7, 1), WATCHDOG_HANGS);
	assert_int_equal(watchdog_stuck_ms(&watchdog), WATCHDOG_HANG_ROUNDS * WATCHDOG_ROUND_MS);
}

static void after_progress_it_starts_anew(void **)
{
	struct watchdog watchdog = {};
	unsigned slow = 0;
	for (uint64_t i = 0; i < 100; i++)
		slow += watchdog_look(&watchdog, 1 + i / 20, 1) == WATCHDOG_SLOW;
	assert_int_equal(slow, 5);
}

static void many_cpus_have_more_time(void **)
{
	struct watchdog watchdog = {};
	uint32_t rounds = 0;
	while (watchdog_look(&watchdog, 7, 64) != WATCHDOG_HANGS)
		rounds++;
	assert_int_equal(rounds, 4 * WATCHDOG_HANG_ROUNDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(progress_keeps_it_quiet),
	        cmocka_unit_test(a_stretch_without_progress_is_slow_once_and_then_a_hang),
	        cmocka_unit_test(after_progress_it_starts_anew),
	        cmocka_unit_test(many_cpus_have_more_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
