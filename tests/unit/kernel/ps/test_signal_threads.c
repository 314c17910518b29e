/* Which of several threads is told of a signal to their process. */
#include "process_fixture.h"

enum { FIRST, PROGRAM };

static const struct signal_info test_signal = {.signal = SIGNAL_INT, .code = SIGNAL_FROM_KERNEL};
static struct task *test_tasks[2];

/* A process of two threads, of which the first was told and has not run since. */
static void test_tell_first(void)
{
	static const struct signal_action handled = {.handler = 0x10000};
	struct trap_frame frame = {};
	struct signal_action old;
	test_start();
	test_spawn(0);
	become(FIRST);
	test_spawn(0);
	become(PROGRAM);
	struct process *process = process_current();
	test_tasks[0] = task_current();
	assert_int_equal(task_create(process, &frame, &test_tasks[1]), OK);
	test_tasks[1]->tid = process_new_pid();
	list_push_back(&process->tasks, &test_tasks[1]->link);
	process->task_count++;
	task_start(test_tasks[1]);
	assert_int_equal(signal_set_action(SIGNAL_INT, &handled, &old), OK);
	assert_int_equal(signal_send(process_id(process), &test_signal), OK);
	assert_true(task_has_work(test_tasks[0]));
	assert_false(task_has_work(test_tasks[1]));
}

static void test_finish(bool first_is_gone)
{
	if (!first_is_gone)
		assert_int_equal(test_exit(PROGRAM, 0), 1);
	assert_int_equal(test_exit(PROGRAM + 1, 0), 1);
	test_others_live = false;
	(void)test_exit(FIRST, 0);
}

static void when_a_thread_ends_another_is_told(void **)
{
	test_tell_first();
	if (setjmp(test_end) == 0)
		task_exit();
	assert_true(task_has_work(test_tasks[1]));
	test_finish(true);
}

static void when_a_thread_begins_to_block_it_another_is_told(void **)
{
	test_tell_first();
	assert_int_equal(signal_set_mask(signal_bit(SIGNAL_INT)), 0);
	assert_true(task_has_work(test_tasks[1]));
	test_finish(false);
}

static void a_thread_that_blocks_it_is_not_told(void **)
{
	test_tell_first();
	test_tasks[1]->blocked = signal_bit(SIGNAL_INT);
	(void)signal_set_mask(signal_bit(SIGNAL_INT));
	assert_false(task_has_work(test_tasks[1]));
	test_finish(false);
}

static void another_signal_is_no_reason(void **)
{
	test_tell_first();
	(void)signal_set_mask(signal_bit(SIGNAL_HUP));
	assert_false(task_has_work(test_tasks[1]));
	test_finish(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(when_a_thread_ends_another_is_told),
	        cmocka_unit_test(when_a_thread_begins_to_block_it_another_is_told),
	        cmocka_unit_test(a_thread_that_blocks_it_is_not_told),
	        cmocka_unit_test(another_signal_is_no_reason),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
