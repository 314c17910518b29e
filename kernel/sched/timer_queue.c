#include "sched/timer_queue.h"
#include "sched/api.h"

void timer_queue_init(struct timer_queue *queue)
{
	*queue = (struct timer_queue){};
	ordered_tree_init(&queue->pending);
}

void timer_queue_add(struct timer_queue *queue, struct timer *timer)
{
	timer->pending = true;
	ordered_tree_insert(&queue->pending, &timer->node, timer->deadline_ns);
}

bool timer_queue_remove(struct timer_queue *queue, struct timer *timer)
{
	if (!timer->pending)
		return false;
	timer->pending = false;
	ordered_tree_remove(&queue->pending, &timer->node);
	return true;
}

struct timer *timer_queue_take(struct timer_queue *queue, uint64_t now)
{
	if (timer_queue_next(queue) > now)
		return NULL;
	struct timer *timer = container_of(queue->pending.first, struct timer, node);
	(void)timer_queue_remove(queue, timer); /* it was the first: pending */
	return timer;
}

uint64_t timer_queue_next(const struct timer_queue *queue)
{
	return queue->pending.first ? queue->pending.first->key : UINT64_MAX;
}

uint64_t timer_catch_up(uint64_t *deadline_ns, uint64_t interval_ns, uint64_t now_ns)
{
	uint64_t late = now_ns > *deadline_ns ? now_ns - *deadline_ns : 0;
	uint64_t times = late / interval_ns + 1;
	*deadline_ns += times * interval_ns;
	return times;
}
