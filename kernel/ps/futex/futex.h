/*
 * Threads that wait at an address until somebody says so.
 *
 * A waiter queues before it looks at the word, so no lock is held while user memory is touched and
 * a wake that comes in between is not lost.
 */
#pragma once

#include "ps/wait.h"

/* The place: an address in one space, or in a memory object that several share. */
struct futex_key {
	const void *space; /* or the object; only to compare */
	uint64_t address;
};

struct futex_waiter {
	struct list link;
	struct futex_key key;
	uint32_t bits;
	bool queued; /* guarded by the bucket's lock */
	struct waiter *waiter;
};

enum { FUTEX_BUCKETS = 256, FUTEX_ALL_BITS = -1 };

struct futex_bucket {
	struct spinlock lock;
	/* guarded by lock */
	struct list waiters; /* struct futex_waiter, longest waiting first; empty list: all zero */
};

struct futex_table {
	struct futex_bucket buckets[FUTEX_BUCKETS];
};

/* For ps_init. */
void futexes_init(void);

void futex_table_init(struct futex_table *table);
/* waiter->key, bits and waiter are set. */
void futex_queue(struct futex_table *table, struct futex_waiter *waiter);
/* Takes it out; false when somebody has woken it. */
bool futex_unqueue(struct futex_table *table, struct futex_waiter *waiter);
/* Wakes up to count of those that share a bit with bits; how many. */
uint32_t futex_wake(struct futex_table *table, const struct futex_key *key, uint32_t count,
                    uint32_t bits);
/* Wakes up to wake_count, moves up to move_count of the others to another place; how many both. */
uint32_t futex_requeue(struct futex_table *table, const struct futex_key *from,
                       const struct futex_key *to, uint32_t wake_count, uint32_t move_count);
