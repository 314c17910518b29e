/*
 * Threads that are ready to run on one CPU. Inside kernel/sched.
 *
 * A thread is in at most one queue. A CPU never holds two queues' locks.
 */
#pragma once

#include "sched/api.h"

struct run_queue {
	_Alignas(64) struct spinlock lock;
	/* guarded by lock */
	struct fair_queue fair;
	uint32_t index; /* constant: of the CPU */

	/* atomic; written under lock, read without it by CPUs that look for work */
	uint32_t ready_count;
	uint64_t first_vruntime; /* UINT64_MAX when none is ready */
	uint64_t min_vruntime;
	uint64_t weight;
};

/* crowds: of all queues. */
void run_queue_init(struct run_queue *queue, uint32_t index, struct fair_crowds *crowds);
struct fair_time {
	uint64_t now; /* of the clock */
	uint64_t reference; /* how far the other CPUs are, as vruntime */
};

/* Makes the thread ready here. True when this CPU should look at once whom to run. */
bool run_queue_put(struct run_queue *queue, struct thread *thread, enum fair_arrival how,
                   const struct fair_time *time);
/*
 * A thread that waits here, is not on its way out of a CPU, and may run on CPU index: removed,
 * the one that is most behind if it qualifies; or NULL.
 */
struct thread *run_queue_steal(struct run_queue *queue, uint32_t index);

/*
 * Which of count queues a CPU should take a thread from: for an idle one where most wait,
 * otherwise where the threads are behind its own by more than lag. NULL: none.
 */
struct run_queue *run_queue_busiest(struct run_queue *const *queues, size_t count,
                                    const struct run_queue *own);
struct run_queue *run_queue_behind(struct run_queue *const *queues, size_t count,
                                   const struct run_queue *own, uint64_t lag);

/* Call under lock after any change. */
void run_queue_publish(struct run_queue *queue);

static inline struct thread *thread_of_entity(struct fair_entity *entity)
{
	return entity ? container_of(entity, struct thread, fair) : NULL;
}
