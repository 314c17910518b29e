/* Sleeping until a time, alone or in a wait queue. */
#include "sched/cpu_state.h"

struct sleeper {
	struct timer timer;
	struct thread *thread;
	struct spinlock *lock; /* of the wait queue */
	bool waiting; /* guarded by lock: in the queue, and nobody has woken it */
};

static void sleeper_fire(struct timer *timer)
{
	struct sleeper *sleeper = container_of(timer, struct sleeper, timer);
	struct thread *thread = sleeper->thread;
	spinlock_acquire(sleeper->lock);
	/* a waker takes it out of the queue */
	bool still_waits = sleeper->waiting && !list_empty(&thread->link);
	if (still_waits) {
		sleeper->waiting = false;
		list_remove(&thread->link);
	}
	spinlock_release(sleeper->lock);
	if (still_waits)
		thread_wake(thread);
}

bool wait_queue_sleep_until(struct wait_queue *queue, struct spinlock *lock, uint64_t deadline_ns)
{
	struct sleeper sleeper = {
	        .timer = {.deadline_ns = deadline_ns, .fire = sleeper_fire},
	        .thread = thread_current(),
	        .lock = lock,
	        .waiting = true,
	};
	thread_prepare_block();
	list_push_back(&queue->waiters, &sleeper.thread->link);
	spinlock_release(lock);
	timer_set(&sleeper.timer);
	thread_block();
	timer_cancel(&sleeper.timer);
	spinlock_acquire(lock);
	return sleeper.waiting;
}

bool thread_may_sleep(void)
{
	const struct thread *self = thread_current();
	return self && self != &sched_cpu()->idle && spinlock_depth() == 0;
}

void thread_sleep_ns(uint64_t ns)
{
	struct wait_queue queue;
	struct spinlock lock = SPINLOCK_INIT(LOCK_WAIT);
	uint64_t deadline = clock_ns() + ns;
	wait_queue_init(&queue);
	spinlock_acquire(&lock);
	/* nobody else knows the queue */
	while (wait_queue_sleep_until(&queue, &lock, deadline))
		;
	spinlock_release(&lock);
}
