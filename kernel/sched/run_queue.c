#include "sched/run_queue.h"

enum { RUN_QUEUE_STEAL_LOOKS = 16 };

void run_queue_init(struct run_queue *queue, uint32_t index, struct fair_crowds *crowds)
{
	*queue = (struct run_queue){
	        .lock = SPINLOCK_INIT(LOCK_RUN_QUEUE),
	        .index = index,
	        .first_vruntime = UINT64_MAX,
	};
	fair_queue_init(&queue->fair, crowds);
}

void run_queue_publish(struct run_queue *queue)
{
	const struct fair_queue *fair = &queue->fair;
	uint64_t first = fair->ready.first ? fair->ready.first->key : UINT64_MAX;
	__atomic_store_n(&queue->ready_count, (uint32_t)fair->ready.count, __ATOMIC_RELAXED);
	__atomic_store_n(&queue->first_vruntime, first, __ATOMIC_RELAXED);
	__atomic_store_n(&queue->min_vruntime, fair->min_vruntime, __ATOMIC_RELAXED);
	__atomic_store_n(&queue->weight, fair->weight, __ATOMIC_RELAXED);
}

bool run_queue_put(struct run_queue *queue, struct thread *thread, enum fair_arrival how,
                   const struct fair_time *time)
{
	spinlock_acquire(&queue->lock);
	fair_give_back(&queue->fair, &thread->fair, time->now);
	fair_catch_up(&queue->fair, time->reference);
	thread->state = THREAD_READY;
	thread->cpu = queue->index;
	fair_put(&queue->fair, &thread->fair, how, time->now);
	bool preempts = fair_preempts(&queue->fair, &thread->fair) ||
	                (how == FAIR_MOVED && fair_is_late(&queue->fair, time->now));
	run_queue_publish(queue);
	spinlock_release(&queue->lock);
	return preempts;
}

static bool thread_can_move(const struct thread *thread, uint32_t index)
{
	return (__atomic_load_n(&thread->affinity, __ATOMIC_RELAXED) >> index & 1) &&
	       !__atomic_load_n(&thread->on_cpu, __ATOMIC_ACQUIRE);
}

/* Under lock. */
static struct thread *run_queue_movable(const struct run_queue *queue, uint32_t index)
{
	struct ordered_node *first = queue->fair.ready.first;
	if (!first)
		return NULL;
	struct thread *thread = thread_of_entity(container_of(first, struct fair_entity, node));
	if (thread_can_move(thread, index))
		return thread;
	int looks = 0;
	for (struct list *at = queue->fair.by_age.next;
	     at != &queue->fair.by_age && looks < RUN_QUEUE_STEAL_LOOKS; at = at->next, looks++) {
		thread = thread_of_entity(container_of(at, struct fair_entity, age));
		if (thread_can_move(thread, index))
			return thread;
	}
	return NULL;
}

struct thread *run_queue_steal(struct run_queue *queue, uint32_t index)
{
	spinlock_acquire(&queue->lock);
	struct thread *thread = run_queue_movable(queue, index);
	if (thread) {
		fair_take(&queue->fair, &thread->fair);
		run_queue_publish(queue);
	}
	spinlock_release(&queue->lock);
	return thread;
}

struct run_queue *run_queue_busiest(struct run_queue *const *queues, size_t count,
                                    const struct run_queue *own)
{
	struct run_queue *found = NULL;
	uint32_t most = 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t ready = __atomic_load_n(&queues[i]->ready_count, __ATOMIC_RELAXED);
		if (queues[i] == own || ready <= most)
			continue;
		most = ready;
		found = queues[i];
	}
	return found;
}

struct run_queue *run_queue_behind(struct run_queue *const *queues, size_t count,
                                   const struct run_queue *own, uint64_t lag)
{
	struct run_queue *found = NULL;
	uint64_t smallest = own->min_vruntime;
	if (smallest < lag)
		return NULL;
	smallest -= lag;
	for (size_t i = 0; i < count; i++) {
		uint64_t first = __atomic_load_n(&queues[i]->first_vruntime, __ATOMIC_RELAXED);
		if (queues[i] == own || first >= smallest)
			continue;
		smallest = first;
		found = queues[i];
	}
	return found;
}
