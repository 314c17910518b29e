/* Who ends whom: copies, the machine, exceptions, memory that is out. */
#include "process_fixture.h"

static struct process *test_copied;

static void copy_ends_meanwhile(void)
{
	process_let_go(&test_copied);
}

static void whoever_is_copied_waits_for_the_end_of_that(void **)
{
	struct process *again = NULL;
	struct process_event event;
	size_t count;
	test_start();
	test_spawn(0);
	become(0);
	test_spawn(0);
	become(1);
	uint64_t pid = process_id(process_current());
	assert_int_equal(process_hold(pid + 1, &again), ERR_NO_PROCESS);
	assert_int_equal(process_hold(pid, &test_copied), OK);
	test_while_asleep = copy_ends_meanwhile;
	process_refuse_copies(process_current());
	assert_int_equal(test_sleeps, 1);
	assert_int_equal(process_hold(pid, &again), ERR_NO_PROCESS);
	assert_null(again);
	process_allow_copies(process_current());
	assert_int_equal(process_hold(pid, &again), OK);
	process_let_go(&again);
	assert_int_equal(test_exit(1, 0), 1);
	become(0);
	assert_int_equal(process_take_events(&event, 1, &test_wait, &count), OK);
	(void)test_exit(0, 0);
}

static void first_process_ends_the_machine_with_its_status(void **)
{
	test_start();
	test_spawn(0);
	assert_int_equal(test_exit(0, 3), 2);
	assert_int_equal(test_machine_status, 3);
	assert_int_equal(fake_memory.spaces, 0);
}

static void who_ends_after_the_first_process_is_freed(void **)
{
	test_start();
	test_spawn(0);
	become(0);
	test_spawn(0);
	become(1);
	test_spawn(0);
	test_others_live = true;
	assert_int_equal(test_exit(0, 0), 2);
	test_others_live = false;
	assert_int_equal(test_exit(1, 0), 1);
	assert_int_equal(test_exit(2, 0), 1);
	assert_int_equal(fake_memory.spaces, 0);
	assert_int_equal(fake_memory.heap_blocks, 0);
}

static int test_except(uint64_t vector, enum status status)
{
	struct trap_frame frame = {.vector = vector};
	int how = setjmp(test_end);
	if (how == 0)
		process_exception(&frame, 0x10, status);
	return how;
}

static void exception_ends_the_process_with_its_signal(void **)
{
	static const struct {
		uint64_t vector;
		enum status why;
		int32_t status;
	} cases[] = {{TRAP_PAGE_FAULT, ERR_BAD_ADDRESS, 139},
	             {TRAP_PAGE_FAULT, ERR_NO_MEMORY, 135},
	             {TRAP_PAGE_FAULT, ERR_IO, 135},
	             {TRAP_DIVIDE, OK, 136},
	             {TRAP_INVALID_OPCODE, OK, 132},
	             {TRAP_BREAKPOINT, OK, 133},
	             {TRAP_ALIGNMENT, OK, 135},
	             {TRAP_PROTECTION, OK, 139}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct process_event event;
		size_t count;
		test_start();
		test_spawn(0);
		become(0);
		/* not the first one, whose death is a panic */
		test_spawn(0);
		become(1);
		assert_int_equal(test_except(cases[i].vector, cases[i].why), 1);
		become(0);
		assert_int_equal(process_take_events(&event, 1, &test_wait, &count), OK);
		assert_int_equal(event.status, cases[i].status);
		assert_int_equal(test_exit(0, 0), 2);
	}
}

/* What the process of this thread holds from now on. */
static struct memory_account *test_hold(size_t started, uint64_t bytes)
{
	struct memory_account *account = NULL;
	become(started);
	assert_int_equal(memory_account_create(1 << 20, &account), OK);
	assert_int_equal(memory_charge(account, bytes), OK);
	process_current()->space->account = account;
	return account;
}

static bool test_ask_room(size_t started)
{
	become(started);
	return process_make_room(process_current()->space);
}

static bool test_ends(size_t started)
{
	become(started);
	return process_current()->exiting;
}

static void when_memory_is_out_who_holds_most_is_ended_but_no_service(void **)
{
	enum { FIRST, SERVICE, SMALL, LARGE, PROCESSES };
	static const uint64_t bytes[PROCESSES] = {900000, 800000, 1000, 500000};
	struct memory_account *accounts[PROCESSES];
	test_start();
	for (size_t i = 0; i < PROCESSES; i++) {
		test_spawn(i == SERVICE ? 1 << 3 : 0);
		accounts[i] = test_hold(i, bytes[i]);
		become(FIRST);
	}
	/* somebody has ended since, or memory was never out */
	assert_true(test_ask_room(SMALL));
	assert_false(test_ends(LARGE));
	fake_memory.is_low = true;
	/* its own limit is no reason */
	memory_account_set_limit(accounts[SMALL], bytes[SMALL]);
	assert_false(test_ask_room(SMALL));
	assert_false(test_ends(LARGE));
	memory_account_set_limit(accounts[SMALL], 1 << 20);
	assert_true(test_ask_room(SMALL));
	assert_true(test_ends(LARGE));
	assert_int_equal(process_current()->exit_signal, SIGNAL_KILL);
	/* one at a time: others wait for it, and it does not wait itself */
	assert_true(test_ask_room(SERVICE));
	assert_false(test_ask_room(LARGE));
	assert_false(test_ends(FIRST) || test_ends(SERVICE) || test_ends(SMALL));
	assert_int_equal(test_exit(LARGE, 0), 1);
	/* now it is the one that holds most itself */
	assert_false(test_ask_room(SMALL));
	assert_true(test_ends(SMALL));
	assert_int_equal(test_exit(SMALL, 0), 1);
	/* there is nobody to end */
	assert_false(test_ask_room(SERVICE));
	assert_false(test_ends(FIRST) || test_ends(SERVICE));
	for (size_t i = 0; i < PROCESSES; i++) {
		memory_uncharge(accounts[i], bytes[i]);
		memory_account_unref(accounts[i]);
	}
	assert_int_equal(test_exit(SERVICE, 0), 1);
	assert_int_equal(test_exit(FIRST, 0), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(whoever_is_copied_waits_for_the_end_of_that),
	        cmocka_unit_test(first_process_ends_the_machine_with_its_status),
	        cmocka_unit_test(who_ends_after_the_first_process_is_freed),
	        cmocka_unit_test(exception_ends_the_process_with_its_signal),
	        cmocka_unit_test(when_memory_is_out_who_holds_most_is_ended_but_no_service),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
