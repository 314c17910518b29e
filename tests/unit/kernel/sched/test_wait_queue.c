#include "../../test.h"
#include "sched/api.h"
#include <string.h>

enum { TEST_THREADS = 3 };

/* The scheduler's other half, as far as wait queues need it. */
static struct {
	struct wait_queue waiters;
	struct spinlock lock;
	struct thread threads[TEST_THREADS];
	struct thread *current;
	struct thread *woken[TEST_THREADS];
	size_t woken_count;
	void (*while_blocking)(void);
} test;

struct thread *thread_current(void)
{
	return test.current;
}

void thread_prepare_block(void)
{
	test.current->state = THREAD_BLOCKED;
}

void thread_block(void)
{
	spinlock_check_sleep();
	assert_int_equal(test.lock.held, 0);
	if (test.while_blocking)
		test.while_blocking();
}

void thread_wake(struct thread *thread)
{
	assert_int_equal(thread->state, THREAD_BLOCKED);
	thread->state = THREAD_READY;
	test.woken[test.woken_count++] = thread;
}

static void test_start(void)
{
	memset(&test, 0, sizeof test);
	spinlock_set_rank(&test.lock, LOCK_WAIT);
	wait_queue_init(&test.waiters);
	for (size_t i = 0; i < TEST_THREADS; i++)
		list_init(&test.threads[i].link);
}

static void test_sleep_all(void)
{
	for (size_t i = 0; i < TEST_THREADS; i++) {
		test.current = &test.threads[i];
		spinlock_acquire(&test.lock);
		wait_queue_sleep(&test.waiters, &test.lock);
		assert_int_equal(test.lock.held, 1);
		spinlock_release(&test.lock);
	}
}

static void wake_one_wakes_the_longest_waiting(void **)
{
	test_start();
	test_sleep_all();
	assert_int_equal(test.woken_count, 0);
	wait_queue_wake_one(&test.waiters);
	assert_int_equal(test.woken_count, 1);
	assert_ptr_equal(test.woken[0], &test.threads[0]);
	assert_int_equal(test.threads[1].state, THREAD_BLOCKED);
}

static void wake_all_wakes_everyone_in_order_and_once(void **)
{
	test_start();
	test_sleep_all();
	wait_queue_wake_all(&test.waiters);
	wait_queue_wake_one(&test.waiters);
	wait_queue_wake_all(&test.waiters);
	assert_int_equal(test.woken_count, TEST_THREADS);
	for (size_t i = 0; i < TEST_THREADS; i++)
		assert_ptr_equal(test.woken[i], &test.threads[i]);
}

static void wake_while_blocking(void)
{
	wait_queue_wake_one(&test.waiters);
}

/* The lock is free and the sleeper is not switched out yet: the wake must still find it. */
static void a_wake_between_unlock_and_block_is_not_lost(void **)
{
	test_start();
	test.current = &test.threads[0];
	test.while_blocking = wake_while_blocking;
	spinlock_acquire(&test.lock);
	wait_queue_sleep(&test.waiters, &test.lock);
	spinlock_release(&test.lock);
	assert_int_equal(test.woken_count, 1);
	assert_true(list_empty(&test.waiters.waiters));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(wake_one_wakes_the_longest_waiting),
	        cmocka_unit_test(wake_all_wakes_everyone_in_order_and_once),
	        cmocka_unit_test(a_wake_between_unlock_and_block_is_not_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
