/*
 * Where a thread may run, and how much: both are changed by the thread itself, on its way out of
 * the kernel, so that nothing about it changes under a queue's eyes.
 */
#include "core/api.h"
#include "sched/cpu_state.h"

void thread_inherit(struct thread *to, const struct thread *from)
{
	to->affinity = __atomic_load_n(&from->affinity, __ATOMIC_RELAXED);
	to->fair.weight = from->fair.weight;
	to->fair.crowd = __atomic_load_n(&from->fair.crowd, __ATOMIC_RELAXED);
	to->fair.owner = __atomic_load_n(&from->fair.owner, __ATOMIC_RELAXED);
}

void thread_set_crowd(struct thread *thread, uint64_t crowd, uint64_t owner)
{
	fair_entity_join(&thread->fair, crowd, owner);
}

enum status thread_ask_affinity(struct thread *thread, uint64_t mask)
{
	if (!(mask & cpu_online()))
		return ERR_INVALID_ARGS;
	__atomic_store_n(&thread->affinity, mask, __ATOMIC_RELAXED);
	return OK;
}

uint64_t thread_affinity(const struct thread *thread)
{
	return __atomic_load_n(&thread->affinity, __ATOMIC_RELAXED) & cpu_online();
}

void thread_ask_share(struct thread *thread, uint64_t weight_micros, int32_t nice)
{
	uint32_t weight = fair_nice_weight(fair_weight(weight_micros), nice);
	__atomic_store_n(&thread->wanted_weight, weight, __ATOMIC_RELAXED);
}

static void thread_take_weight(struct thread *self)
{
	uint32_t weight = __atomic_exchange_n(&self->wanted_weight, 0, __ATOMIC_RELAXED);
	struct run_queue *queue = &sched_cpu()->queue;
	spinlock_acquire(&queue->lock);
	fair_set_weight(&queue->fair, &self->fair, weight, clock_ns());
	run_queue_publish(queue);
	spinlock_release(&queue->lock);
}

void thread_settle(void)
{
	struct thread *self = thread_current();
	if (__atomic_load_n(&self->wanted_weight, __ATOMIC_RELAXED))
		thread_take_weight(self);
	/* who wakes is put where it may run */
	while (!(thread_affinity(self) >> cpu_current()->index & 1))
		thread_sleep_ns(1);
}
