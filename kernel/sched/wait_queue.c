#include "sched/run_queue.h"

void wait_queue_init(struct wait_queue *queue)
{
	list_init(&queue->waiters);
}

void wait_queue_sleep(struct wait_queue *queue, struct spinlock *lock)
{
	/* in the queue before the lock is gone: a wake from now on finds this thread, and a CPU
	 * that takes it waits until its context is saved (thread.on_cpu) */
	struct thread *self = thread_current();
	self->state = THREAD_BLOCKED;
	list_push_back(&queue->waiters, &self->link);
	spinlock_release(lock);
	sched_switch();
	spinlock_acquire(lock);
}

void wait_queue_wake_one(struct wait_queue *queue)
{
	struct list *first = list_pop_front(&queue->waiters);
	if (first)
		run_queue_put(run_queue_current(), container_of(first, struct thread, link));
}

void wait_queue_wake_all(struct wait_queue *queue)
{
	while (!list_empty(&queue->waiters))
		wait_queue_wake_one(queue);
}
