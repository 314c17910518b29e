#include "ps/wait.h"
#include <base/cleanup.h>

void waiter_init(struct waiter *waiter)
{
	*waiter = (struct waiter){.lock = SPINLOCK_INIT(LOCK_WAITER)};
	wait_queue_init(&waiter->queue);
}

void waiter_begin(struct waiter *waiter)
{
	spinlock_acquire(&waiter->lock);
	waiter->woken = false;
	spinlock_release(&waiter->lock);
}

void waiter_wake(struct waiter *waiter)
{
	spinlock_acquire(&waiter->lock);
	waiter->woken = true;
	wait_queue_wake_all(&waiter->queue);
	spinlock_release(&waiter->lock);
}

static bool waiter_is_late(uint64_t deadline_ns)
{
	return deadline_ns && clock_ns() >= deadline_ns;
}

bool waiter_sleep(struct waiter *waiter, uint64_t deadline_ns)
{
	spinlock_acquire(&waiter->lock);
	while (!waiter->woken && !waiter_is_late(deadline_ns)) {
		if (deadline_ns)
			(void)wait_queue_sleep_until(&waiter->queue, &waiter->lock, deadline_ns);
		else
			wait_queue_sleep(&waiter->queue, &waiter->lock);
	}
	bool woken = waiter->woken;
	spinlock_release(&waiter->lock);
	return woken;
}

void readiness_init(struct readiness *readiness, uint32_t word)
{
	*readiness = (struct readiness){.lock = SPINLOCK_INIT(LOCK_READINESS), .word = word};
	list_init(&readiness->watches);
}

void readiness_set(struct readiness *readiness, uint32_t word, uint32_t happened)
{
	if (readiness_stays(readiness, word) && !(happened & ~word))
		return;
	spinlock_acquire(&readiness->lock);
	__atomic_store_n(&readiness->word, word, __ATOMIC_RELEASE);
	list_for_each(link, &readiness->watches) {
		struct watch *watch = container_of(link, struct watch, link);
		if (watch->events & happened)
			watch->notify(watch, happened);
	}
	spinlock_release(&readiness->lock);
}

uint32_t readiness_watch(struct readiness *readiness, struct watch *watch)
{
	spinlock_acquire(&readiness->lock);
	list_push_back(&readiness->watches, &watch->link);
	uint32_t word = readiness->word;
	spinlock_release(&readiness->lock);
	return word;
}

void readiness_unwatch(struct readiness *readiness, struct watch *watch)
{
	spinlock_acquire(&readiness->lock);
	list_remove(&watch->link);
	spinlock_release(&readiness->lock);
}

void sleep_lock_init(struct sleep_lock *lock)
{
	*lock = (struct sleep_lock){.lock = SPINLOCK_INIT(LOCK_WAITER)};
	wait_queue_init(&lock->waiters);
}

void sleep_lock_acquire(struct sleep_lock *lock)
{
	spinlock_acquire(&lock->lock);
	while (lock->held)
		wait_queue_sleep(&lock->waiters, &lock->lock);
	lock->held = true;
	spinlock_release(&lock->lock);
}

void sleep_lock_release(struct sleep_lock *lock)
{
	spinlock_acquire(&lock->lock);
	lock->held = false;
	wait_queue_wake_one(&lock->waiters);
	spinlock_release(&lock->lock);
}

static void waiter_watch_notify(struct watch *watch, uint32_t)
{
	waiter_wake(container_of(watch, struct waiter_watch, watch)->waiter);
}

void waiter_watch_init(struct waiter_watch *watch, struct waiter *waiter, uint32_t events)
{
	*watch = (struct waiter_watch){
	        .watch = {.events = events, .notify = waiter_watch_notify},
	        .waiter = waiter,
	};
	list_init(&watch->watch.link);
}
