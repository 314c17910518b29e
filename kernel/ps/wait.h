/*
 * Waiting for the first of several things, and the readiness of what can be waited for.
 *
 * Whatever a program can wait for has a readiness word (bits of enum ready) and a list of watches.
 * Nothing is ever asked: who changes the word tells the watches.
 */
#pragma once

#include "sched/api.h"
#include <abi/status.h>
#include <base/list.h>

/* The values are those of poll and epoll (Linux include/uapi/linux/eventpoll.h). */
enum ready {
	READY_IN = 1 << 0,
	READY_PRIORITY = 1 << 1,
	READY_OUT = 1 << 2,
	READY_ERROR = 1 << 3,
	READY_HANGUP = 1 << 4,
	READY_PEER_CLOSED = 1 << 13, /* the other side will write no more */
};

/* A thread that sleeps until somebody wakes it; any number of wakes before it sleeps count. */
struct waiter {
	struct spinlock lock;
	/* guarded by lock */
	bool woken;
	struct wait_queue queue;
};

void waiter_init(struct waiter *waiter);
/* From here on wakes count. */
void waiter_begin(struct waiter *waiter);
void waiter_wake(struct waiter *waiter);
/* Returns at once when it was woken since waiter_begin. False: deadline_ns of clock_ns passed; 0:
 * none. */
bool waiter_sleep(struct waiter *waiter, uint64_t deadline_ns);

/* For sections that may sleep, as a copy from user memory does. Not to be held for long. */
struct sleep_lock {
	struct spinlock lock;
	/* guarded by lock */
	bool held;
	struct wait_queue waiters;
};

void sleep_lock_init(struct sleep_lock *lock);
void sleep_lock_acquire(struct sleep_lock *lock);
void sleep_lock_release(struct sleep_lock *lock);

struct watch {
	struct list link;
	uint32_t events; /* enum ready: what it wants to hear of */
	/* The readiness is locked. May not sleep, nor touch its watches. */
	void (*notify)(struct watch *watch, uint32_t happened);
};

struct readiness {
	struct spinlock lock;
	/* guarded by lock */
	uint32_t word; /* atomic for readers */
	struct list watches; /* struct watch */
};

void readiness_init(struct readiness *readiness, uint32_t word);
static inline uint32_t readiness_word(const struct readiness *readiness)
{
	return __atomic_load_n(&readiness->word, __ATOMIC_ACQUIRE);
}
/* It has this word, and nobody is to be told: who comes later finds it. */
static inline bool readiness_stays(const struct readiness *readiness, uint32_t word)
{
	const struct list *watches = &readiness->watches;
	return readiness_word(readiness) == word &&
	       __atomic_load_n(&watches->next, __ATOMIC_RELAXED) == watches;
}
/* The word becomes word; happened is told to the watches, also where a bit was set before. */
void readiness_set(struct readiness *readiness, uint32_t word, uint32_t happened);
/* Returns the word at that moment: what is set in it will not be told. */
uint32_t readiness_watch(struct readiness *readiness, struct watch *watch);
/* Fine for one that is not watching. */
void readiness_unwatch(struct readiness *readiness, struct watch *watch);

/* A watch that wakes a thread. */
struct waiter_watch {
	struct watch watch;
	struct waiter *waiter;
};

/* Ready to be used with readiness_watch. */
void waiter_watch_init(struct waiter_watch *watch, struct waiter *waiter, uint32_t events);
