#include "../../test.h"
#include "sched/run_queue.h"

/* The scheduler's other half, as far as the queues need it. */
static struct run_queue test_queue;
static struct thread *test_current;
static struct spinlock *test_lock_free_in_switch;
static void (*test_in_switch)(void);

struct run_queue *run_queue_current(void)
{
	return &test_queue;
}

struct thread *thread_current(void)
{
	return test_current;
}

void sched_switch(void)
{
	assert_int_equal(test_lock_free_in_switch->held, 0);
	if (test_in_switch)
		test_in_switch();
}

static void test_threads_make(struct thread *threads, size_t count)
{
	run_queue_init(&test_queue);
	for (size_t i = 0; i < count; i++) {
		threads[i] = (struct thread){.id = i + 1, .state = THREAD_BLOCKED};
		list_init(&threads[i].link);
	}
}

static void run_queue_is_first_in_first_out(void **)
{
	struct thread threads[3];
	test_threads_make(threads, 3);
	assert_null(run_queue_take(&test_queue));
	for (size_t i = 0; i < 3; i++)
		run_queue_put(&test_queue, &threads[i]);
	assert_int_equal(threads[1].state, THREAD_READY);
	assert_ptr_equal(run_queue_take(&test_queue), &threads[0]);
	run_queue_put(&test_queue, &threads[0]);
	assert_ptr_equal(run_queue_take(&test_queue), &threads[1]);
	assert_ptr_equal(run_queue_take(&test_queue), &threads[2]);
	assert_ptr_equal(run_queue_take(&test_queue), &threads[0]);
	assert_null(run_queue_take(&test_queue));
	assert_int_equal(test_queue.lock.held, 0);
}

static struct wait_queue test_waiters;

static void sleep_all(struct thread *threads, size_t count)
{
	static struct spinlock lock;
	wait_queue_init(&test_waiters);
	test_lock_free_in_switch = &lock;
	test_in_switch = NULL;
	for (size_t i = 0; i < count; i++) {
		test_current = &threads[i];
		spinlock_acquire(&lock);
		wait_queue_sleep(&test_waiters, &lock);
		assert_int_equal(lock.held, 1);
		spinlock_release(&lock);
	}
}

static void wake_one_wakes_the_longest_waiting(void **)
{
	struct thread threads[3];
	test_threads_make(threads, 3);
	sleep_all(threads, 3);
	assert_null(run_queue_take(&test_queue));
	wait_queue_wake_one(&test_waiters);
	assert_ptr_equal(run_queue_take(&test_queue), &threads[0]);
	assert_null(run_queue_take(&test_queue));
	assert_int_equal(threads[1].state, THREAD_BLOCKED);
}

static void wake_all_wakes_everyone_in_order(void **)
{
	struct thread threads[3];
	test_threads_make(threads, 3);
	sleep_all(threads, 3);
	wait_queue_wake_all(&test_waiters);
	for (size_t i = 0; i < 3; i++)
		assert_ptr_equal(run_queue_take(&test_queue), &threads[i]);
	wait_queue_wake_one(&test_waiters);
	wait_queue_wake_all(&test_waiters);
	assert_null(run_queue_take(&test_queue));
}

static void wake_in_switch(void)
{
	wait_queue_wake_one(&test_waiters);
}

/* The lock is free and the sleeper is not switched out yet: the wake must still find it. */
static void wake_between_unlock_and_switch_is_not_lost(void **)
{
	static struct spinlock lock;
	struct thread thread;
	test_threads_make(&thread, 1);
	wait_queue_init(&test_waiters);
	test_current = &thread;
	test_lock_free_in_switch = &lock;
	test_in_switch = wake_in_switch;
	spinlock_acquire(&lock);
	wait_queue_sleep(&test_waiters, &lock);
	assert_ptr_equal(run_queue_take(&test_queue), &thread);
	assert_true(list_empty(&test_waiters.waiters));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(run_queue_is_first_in_first_out),
	        cmocka_unit_test(wake_one_wakes_the_longest_waiting),
	        cmocka_unit_test(wake_all_wakes_everyone_in_order),
	        cmocka_unit_test(wake_between_unlock_and_switch_is_not_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
