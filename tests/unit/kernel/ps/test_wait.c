/* Readiness words and those who watch them. */
#include "../../test.h"
#include "ps/wait.h"

uint64_t clock_ns(void)
{
	return 0;
}

void wait_queue_init(struct wait_queue *queue)
{
	list_init(&queue->waiters);
}

void wait_queue_sleep(struct wait_queue *, struct spinlock *)
{
	fail_msg("nobody would wake this");
}

bool wait_queue_sleep_until(struct wait_queue *, struct spinlock *, uint64_t)
{
	return false;
}

void wait_queue_wake_one(struct wait_queue *)
{
}

void wait_queue_wake_all(struct wait_queue *)
{
}

struct counter {
	struct watch watch;
	unsigned count;
	uint32_t last;
};

static void count(struct watch *watch, uint32_t happened)
{
	struct counter *counter = container_of(watch, struct counter, watch);
	counter->count++;
	counter->last = happened;
}

static void watches_hear_of_what_they_asked_for(void **)
{
	struct readiness readiness;
	struct counter in = {.watch = {.events = READY_IN, .notify = count}};
	struct counter out = {.watch = {.events = READY_OUT | READY_ERROR, .notify = count}};
	readiness_init(&readiness, READY_OUT);
	assert_int_equal(readiness_watch(&readiness, &in.watch), READY_OUT);
	assert_int_equal(readiness_watch(&readiness, &out.watch), READY_OUT);
	readiness_set(&readiness, READY_IN | READY_OUT, READY_IN);
	assert_int_equal(in.count, 1);
	assert_int_equal(out.count, 0);
	assert_int_equal(readiness_word(&readiness), READY_IN | READY_OUT);
	readiness_set(&readiness, READY_ERROR, READY_ERROR);
	assert_int_equal(in.count, 1);
	assert_int_equal(out.last, READY_ERROR);
	readiness_unwatch(&readiness, &in.watch);
	readiness_unwatch(&readiness, &in.watch);
	readiness_set(&readiness, READY_IN, READY_IN);
	assert_int_equal(in.count, 1);
	readiness_unwatch(&readiness, &out.watch);
	assert_true(list_empty(&readiness.watches));
}

static void what_happens_again_is_told_though_the_word_stays(void **)
{
	struct readiness readiness;
	struct counter in = {.watch = {.events = READY_IN, .notify = count}};
	readiness_init(&readiness, READY_IN);
	readiness_set(&readiness, READY_IN, READY_IN);
	assert_int_equal(readiness_watch(&readiness, &in.watch), READY_IN);
	readiness_set(&readiness, READY_IN, READY_IN);
	assert_int_equal(in.count, 1);
	readiness_set(&readiness, READY_IN, 0);
	assert_int_equal(in.count, 1);
	readiness_set(&readiness, 0, READY_IN);
	assert_int_equal(in.count, 2);
	readiness_unwatch(&readiness, &in.watch);
}

static void a_wake_before_the_sleep_counts(void **)
{
	struct waiter waiter;
	struct readiness readiness;
	struct waiter_watch watch;
	waiter_init(&waiter);
	readiness_init(&readiness, 0);
	waiter_watch_init(&watch, &waiter, READY_IN);
	waiter_begin(&waiter);
	assert_int_equal(readiness_watch(&readiness, &watch.watch), 0);
	readiness_set(&readiness, READY_IN, READY_IN);
	assert_true(waiter_sleep(&waiter, 0));
	waiter_begin(&waiter);
	waiter_wake(&waiter);
	waiter_wake(&waiter);
	assert_true(waiter_sleep(&waiter, 0));
	readiness_unwatch(&readiness, &watch.watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(watches_hear_of_what_they_asked_for),
	        cmocka_unit_test(what_happens_again_is_told_though_the_word_stays),
	        cmocka_unit_test(a_wake_before_the_sleep_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
