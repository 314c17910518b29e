#include "sched/run_queue.h"

/* Nothing measures time yet, so no deadline passes. */
bool thread_block(struct thread *next, struct spinlock *lock, uint64_t)
{
	struct thread *self = thread_current();
	__atomic_store_n(&self->state, THREAD_BLOCKED, __ATOMIC_RELEASE);
	spinlock_release(lock);
	if (next)
		sched_switch_to(next);
	else
		sched_switch();
	return true;
}

bool thread_claim(struct thread *thread)
{
	enum thread_state expected = THREAD_BLOCKED;
	return __atomic_compare_exchange_n(&thread->state, &expected, THREAD_CLAIMED, false,
	                                   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

void thread_run_claimed(struct thread *thread)
{
	run_queue_put(run_queue_current(), thread);
}

void thread_wake(struct thread *thread)
{
	if (thread_claim(thread))
		thread_run_claimed(thread);
}
