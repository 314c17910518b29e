/* A loop that waits for another CPU pauses at each turn: an emulator that runs all CPUs in turn
 * goes on to the next one there, and without it the holder may never be run again. */
#include "fake_core.h"

enum { TURNS = 5 };

static struct core_lock lock;
static struct log test_log;
static struct fault_runtime faults;
static char ring[512];

/* What another CPU does meanwhile. */
static void release_after_some_turns(void)
{
	if (fake_core.pauses < TURNS)
		return;
	lock.held = false;
	test_log.lock.held = false;
	faults.lock.held = false;
}

static void start(void)
{
	fake_core_install();
	fake_core.on_pause = release_after_some_turns;
	lock = (struct core_lock){.held = true};
	log_init(&test_log, ring, sizeof ring);
	memset(test_log.thresholds, LOG_LEVEL_INFO, sizeof test_log.thresholds);
	test_log.lock.held = true;
	faults = (struct fault_runtime){.lock = {.held = true}};
}

static void who_waits_for_a_lock_pauses(void **)
{
	start();
	uint64_t interrupts = core_lock_take(&lock);
	assert_int_equal(fake_core.pauses, TURNS);
	assert_int_equal(fake_core.interrupts_out, 1);
	assert_true(lock.held);
	core_lock_release(&lock, interrupts);
	assert_int_equal(fake_core.interrupts_out, 0);
	assert_false(lock.held);
}

static void tries_pause_and_come_to_an_end(void **)
{
	uint64_t interrupts;
	start();
	assert_false(core_lock_try(&lock, TURNS - 1, &interrupts));
	assert_int_equal(fake_core.pauses, TURNS - 1);
	assert_int_equal(fake_core.interrupts_out, 0);
	assert_true(core_lock_try(&lock, 2, &interrupts));
	assert_int_equal(fake_core.interrupts_out, 1);
	core_lock_release(&lock, interrupts);
}

static void a_free_lock_costs_no_pause(void **)
{
	start();
	lock.held = false;
	core_lock_release(&lock, core_lock_take(&lock));
	assert_int_equal(fake_core.pauses, 0);
}

static void writers_and_readers_of_the_log_pause(void **)
{
	char out[64];
	start();
	log_write_plain(&test_log, STR("line\n"));
	assert_int_equal(fake_core.pauses, TURNS);
	assert_true(fake_core_wrote("line\n"));

	fake_core.pauses = 0;
	test_log.lock.held = true;
	log_write_terminal(&test_log, STR("text\n"), false);
	assert_int_equal(fake_core.pauses, TURNS);

	fake_core.pauses = 0;
	test_log.lock.held = true;
	assert_int_equal(log_snapshot(&test_log, out, sizeof out), strlen("line\n"));
	assert_int_equal(fake_core.pauses, TURNS);
}

static void consults_of_fault_points_pause(void **)
{
	uint64_t delay_ms;
	struct fault_point_rule rule;
	start();
	faults.rules[FAULT_ALLOC_FRAME] =
	        (struct fault_point_rule){.set = true, .action = FAULT_FAIL};
	assert_true(fault_runtime_consult_unwaited(&faults, FAULT_ALLOC_FRAME, &delay_ms));
	assert_int_equal(fake_core.pauses, TURNS);

	fake_core.pauses = 0;
	faults.lock.held = true;
	assert_true(fault_runtime_look(&faults, FAULT_ALLOC_FRAME, &rule));
	assert_int_equal(fake_core.pauses, TURNS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(who_waits_for_a_lock_pauses),
	        cmocka_unit_test(tries_pause_and_come_to_an_end),
	        cmocka_unit_test(a_free_lock_costs_no_pause),
	        cmocka_unit_test(writers_and_readers_of_the_log_pause),
	        cmocka_unit_test(consults_of_fault_points_pause),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
