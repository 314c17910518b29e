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

/* Back from what was begun; false when somebody wakes this thread already. */
static bool await_undo(struct thread *self, struct thread *next)
{
	if (!thread_claim(self))
		return false;
	self->state = THREAD_RUNNING;
	if (next)
		thread_wake(next);
	return true;
}

bool thread_await(const struct await_request *request)
{
	struct thread *self = thread_current();
	thread_prepare_block();
	/* before stop looks: who makes it true looks here afterwards */
	__atomic_store_n(&self->awaits, true, __ATOMIC_SEQ_CST);
	spinlock_release(request->lock);
	if (request->stop && request->stop() && await_undo(self, request->next))
		return true;
	if (__builtin_expect(request->deadline_ns == 0, 1)) {
		await_switch(request->next);
		return true;
	}
	struct await_deadline deadline = {
	        .timer = {.deadline_ns = request->deadline_ns, .fire = await_fire},
	        .thread = self,
	};
	timer_set(&deadline.timer);
	await_switch(request->next);
	timer_cancel(&deadline.timer);
	return !deadline.passed;
}
