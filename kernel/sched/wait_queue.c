#include "sched/api.h"

void wait_queue_init(struct wait_queue *queue)
{
	list_init(&queue->waiters);
}

void wait_queue_sleep(struct wait_queue *queue, struct spinlock *lock)
{
	/* in the queue before the lock is gone: a wake from now on finds this thread, and only
	 * this CPU takes it before its context is saved (thread.on_cpu) */
	struct thread *self = thread_current();
	thread_prepare_block();
	list_push_back(&queue->waiters, &self->link);
	spinlock_release(lock);
	thread_block();
	spinlock_acquire(lock);
}

void wait_queue_wake_one(struct wait_queue *queue)
{
	struct list *first = list_pop_front(&queue->waiters);
	if (first)
		thread_wake(container_of(first, struct thread, link));
}

void wait_queue_wake_all(struct wait_queue *queue)
{
	while (!list_empty(&queue->waiters))
		wait_queue_wake_one(queue);
}
