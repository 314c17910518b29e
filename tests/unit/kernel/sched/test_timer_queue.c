#include "../../test.h"
#include "sched/api.h"
#include "sched/timer_queue.h"
#include <stdlib.h>

enum { TIMERS = 100, STEPS = 20000 };

static uint64_t earliest(const struct timer *timers)
{
	uint64_t first = UINT64_MAX;
	for (size_t i = 0; i < TIMERS; i++)
		if (timers[i].pending && timers[i].deadline_ns < first)
			first = timers[i].deadline_ns;
	return first;
}

static void take_due(struct timer_queue *queue, const struct timer *timers, uint64_t now)
{
	uint64_t first = earliest(timers);
	const struct timer *timer = timer_queue_take(queue, now);
	if (first > now) {
		assert_null(timer);
		return;
	}
	assert_int_equal(timer->deadline_ns, first);
	assert_false(timer->pending);
}

static void timers_come_when_due_and_in_order(void **)
{
	static struct timer timers[TIMERS];
	struct timer_queue queue;
	uint64_t now = 0;
	timer_queue_init(&queue);
	srandom(3);
	for (int step = 0; step < STEPS; step++) {
		struct timer *timer = &timers[random() % TIMERS];
		bool was_pending = timer->pending;
		switch (random() % 3) {
		case 0:
			if (was_pending)
				break;
			timer->deadline_ns = now + (uint64_t)random() % 50;
			timer_queue_add(&queue, timer);
			break;
		case 1:
			assert_int_equal(timer_queue_remove(&queue, timer), was_pending);
			break;
		case 2:
			now += (uint64_t)random() % 3;
			take_due(&queue, timers, now);
			break;
		}
		assert_int_equal(timer_queue_next(&queue), earliest(timers));
	}
}

static void what_has_passed_is_counted_and_the_next_time_lies_ahead(void **)
{
	static const struct {
		uint64_t due, interval, now, times, next;
	} cases[] = {
	        {100, 10, 100, 1, 110},
	        {100, 10, 109, 1, 110},
	        {100, 10, 110, 2, 120},
	        {100, 1, 1000000, 999901, 1000001},
	        {100, 10, 50, 1, 110},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t next = cases[i].due;
		assert_int_equal(timer_catch_up(&next, cases[i].interval, cases[i].now),
		                 cases[i].times);
		assert_int_equal(next, cases[i].next);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_has_passed_is_counted_and_the_next_time_lies_ahead),
	        cmocka_unit_test(timers_come_when_due_and_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
