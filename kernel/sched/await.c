#include "sched/cpu_state.h"

struct await_deadline {
	struct timer timer;
	struct thread *thread;
	bool passed; /* written by the timer before it wakes the thread */
};

bool thread_claim(struct thread *thread)
{
	return __atomic_exchange_n(&thread->awaits, false, __ATOMIC_ACQ_REL);
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

static void await_switch(struct thread *self, struct thread *next)
{
	if (!next)
		thread_block();
	else if (self->lends)
		thread_call_to(next);
	else
		thread_block_to(next);
	self->lends = false;
}

/* Back from what was begun; false when somebody wakes this thread already. */
[[gnu::noinline]] bool thread_await_undo(struct thread *self, struct thread *next)
{
	if (!thread_claim(self))
		return false;
	self->state = THREAD_RUNNING;
	self->lends = false;
	if (next)
		thread_wake(next);
	return true;
}

/* Switched away from and back, or woken by the timer: false. */
[[gnu::noinline]] static bool await_until(struct thread *self, struct thread *next,
                                          uint64_t deadline_ns)
{
	struct await_deadline deadline = {
	        .timer = {.deadline_ns = deadline_ns, .fire = await_fire},
	        .thread = self,
	};
	timer_set(&deadline.timer);
	await_switch(self, next);
	timer_cancel(&deadline.timer);
	return !deadline.passed;
}

unsigned thread_await_begin(struct thread *self, struct spinlock *lock)
{
	thread_prepare_block();
	/* before stop looks: who makes it true looks here afterwards */
	__atomic_store_n(&self->awaits, true, __ATOMIC_SEQ_CST);
	spinlock_release(lock);
	return __atomic_load_n(&self->asks, __ATOMIC_ACQUIRE);
}

void thread_await_call(struct thread *next)
{
	thread_call_to(next);
	/* not kept over the switch: to look is as cheap */
	thread_current()->lends = false;
}

void thread_await_answer(struct thread *next)
{
	thread_block_to(next);
}

/* The heart of every call: with what it calls in one piece. */
[[gnu::flatten]] bool thread_await(const struct await_request *request)
{
	struct thread *self = thread_current();
	unsigned asks = thread_await_begin(self, request->lock);
	if (__builtin_expect(asks != 0, 0) && request->stop && request->stop() &&
	    thread_await_undo(self, request->next))
		return true;
	if (__builtin_expect(request->deadline_ns != 0, 0))
		return await_until(self, request->next, request->deadline_ns);
	await_switch(self, request->next);
	return true;
}
