#include "sched/cpu_state.h"

struct await_deadline {
	struct timer timer;
	struct thread *thread;
	bool passed; /* written by the timer before it wakes the thread */
};

bool thread_claim(struct thread *thread)
{
	bool expected = true;
	return __atomic_compare_exchange_n(&thread->awaits, &expected, false, false,
	                                   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

void thread_wake_awaiting(struct thread *thread)
{
	if (thread_claim(thread))
		thread_wake(thread);
}

static void await_fire(struct timer *timer)
{
	struct await_deadline *deadline = container_of(timer, struct await_deadline, timer);
	if (!thread_claim(deadline->thread))
		return;
	deadline->passed = true;
	thread_wake(deadline->thread);
}

static void await_switch(struct thread *next)
{
	if (next)
		thread_block_to(next);
	else
		thread_block();
}

bool thread_await(struct thread *next, struct spinlock *lock, uint64_t deadline_ns)
{
	struct thread *self = thread_current();
	thread_prepare_block();
	__atomic_store_n(&self->awaits, true, __ATOMIC_RELEASE);
	spinlock_release(lock);
	if (__builtin_expect(deadline_ns == 0, 1)) {
		await_switch(next);
		return true;
	}
	struct await_deadline deadline = {
	        .timer = {.deadline_ns = deadline_ns, .fire = await_fire},
	        .thread = self,
	};
	timer_set(&deadline.timer);
	await_switch(next);
	timer_cancel(&deadline.timer);
	return !deadline.passed;
}
