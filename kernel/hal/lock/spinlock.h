/*
 * Locks for short sections.
 *
 * The kernel runs with interrupts off, so a lock saves no flag and an interrupt handler may take
 * any lock. A CPU that waits answers calls of other CPUs meanwhile (hal/cpu_calls.c), so a
 * holder may wait for other CPUs.
 *
 * With debug assertions the rules of hal/lock_rules.h are checked: order, context, no sleep with a
 * lock held. With neither assertions nor fault points all of this is compiled out.
 */
#pragma once

#include <config/kernel.h>
#include <stdbool.h>
#include <stdint.h>

/* Outer first: while a lock is held only such of a higher rank are taken. */
enum lock_rank {
	LOCK_UNRANKED = 0, /* forgotten: nobody may take it */
	LOCK_INTERRUPT = 5, /* held while a driver's handler runs */
	LOCK_DRIVER = 15, /* of modules */
	LOCK_PROCESS = 20, /* the table of processes, and what stands beside it */
	LOCK_TASKS = 21, /* of one process */
	LOCK_WRITE_BACK = 22,
	LOCK_PAGED_OBJECTS = 24,
	LOCK_MEMORY_OBJECT = 25,
	LOCK_SPACE = 30,
	LOCK_VNODES = 32,
	LOCK_VNODE_QUEUE = 34,
	LOCK_WATCHES = 35, /* of names: inotify */
	LOCK_EPOLL_LINKS = 36,
	LOCK_SERVICES = 40,
	LOCK_ENDPOINT = 42,
	LOCK_REPLIES = 44,
	LOCK_HANDLES = 46,
	LOCK_AUDIT = 48,
	LOCK_FILE = 49, /* what a file keeps, or all files of one kind */
	LOCK_WAIT = 50,
	LOCK_FUTEX = 51, /* several: in order of address */
	LOCK_READINESS = 52,
	LOCK_EPOLL_SET = 53, /* is told by the readiness of its files */
	LOCK_EPOLL_READINESS = 54,
	LOCK_WAITER = 56,
	LOCK_TIMERS = 60,
	LOCK_RUN_QUEUE = 70,
	LOCK_STACKS = 80,
	LOCK_SLABS = 85,
	LOCK_HEAP = 90,
	LOCK_FRAME_CACHES = 95,
	LOCK_FRAMES = 100,
	LOCK_IO_APIC = 105,
	LOCK_RANDOM = 110,
	LOCK_DISPLAY = 120,
};

enum { SPINLOCK_COUNTED = CONFIG_DEBUG_ASSERTIONS || CONFIG_FAULT_POINTS };

/* Zeroed memory is a free lock; with debug assertions one without rank is never taken. */
struct spinlock {
	uint32_t held;
	uint16_t rank; /* debug: enum lock_rank */
	uint16_t owner; /* debug: index of the holding CPU, plus 1 */
};

#define SPINLOCK_INIT(lock_rank_)                                                                  \
	{                                                                                          \
		.rank = CONFIG_DEBUG_ASSERTIONS ? (lock_rank_) : 0                                 \
	}

/* Of a lock in zeroed memory. */
static inline void spinlock_set_rank(struct spinlock *lock, enum lock_rank rank)
{
	if (CONFIG_DEBUG_ASSERTIONS)
		lock->rank = (uint16_t)rank;
}

/* How many locks this CPU holds; always 0 when not counted. */
uint32_t spinlock_depth(void);

/*
 * How often locks were taken since the start, on all CPUs; how often such that another CPU had
 * taken not long before. False: not counted in this build.
 */
bool spinlock_figures(uint64_t *out_taken, uint64_t *out_shared);

/* For the functions below. */
void spinlock_check(const struct spinlock *lock);
void spinlock_note_taken(struct spinlock *lock);
void spinlock_note_released(struct spinlock *lock);
/* Saves all registers itself, so that who finds the lock free saves none for it. */
[[gnu::no_caller_saved_registers, gnu::cold, gnu::noinline]] void
spinlock_wait(const struct spinlock *lock);

/* Debug: stops the machine where a thread must not sleep. */
void spinlock_check_sleep(void);

static inline bool spinlock_try(struct spinlock *lock)
{
	if (__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE))
		return false;
	if (SPINLOCK_COUNTED)
		spinlock_note_taken(lock);
	return true;
}

static inline void spinlock_acquire(struct spinlock *lock)
{
	if (CONFIG_DEBUG_ASSERTIONS)
		spinlock_check(lock);
	while (__builtin_expect(__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE), 0))
		spinlock_wait(lock);
	if (SPINLOCK_COUNTED)
		spinlock_note_taken(lock);
}

static inline void spinlock_release(struct spinlock *lock)
{
	if (SPINLOCK_COUNTED)
		spinlock_note_released(lock);
	__atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
}
