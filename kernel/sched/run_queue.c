#include "sched/run_queue.h"

void run_queue_init(struct run_queue *queue)
{
	*queue = (struct run_queue){};
	list_init(&queue->ready);
}

void run_queue_put(struct run_queue *queue, struct thread *thread)
{
	spinlock_acquire(&queue->lock);
	thread->state = THREAD_READY;
	list_push_back(&queue->ready, &thread->link);
	spinlock_release(&queue->lock);
}

struct thread *run_queue_take(struct run_queue *queue)
{
	spinlock_acquire(&queue->lock);
	struct list *first = list_pop_front(&queue->ready);
	spinlock_release(&queue->lock);
	return first ? container_of(first, struct thread, link) : NULL;
}
