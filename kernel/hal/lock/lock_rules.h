/*
 * The rules for locks, over a record of what one CPU holds. No hardware: the
 * caller says which CPU and what it is doing. Inside kernel/hal.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct spinlock;

enum {
	LOCK_RECORD_MAX = 8,
	LOCK_SHARED_TICKS = 1 << 27, /* of the TSC: some 50 ms */
};

/* What a CPU is doing; what may be done meanwhile grows less downwards. */
enum lock_context {
	LOCK_CONTEXT_THREAD, /* may take locks, and sleep when it holds none */
	LOCK_CONTEXT_INTERRUPT, /* may take locks, not sleep */
	LOCK_CONTEXT_CALL, /* answers another CPU, which may hold any lock: may take none */
};

struct lock_record {
	uint32_t depth; /* locks held */
	enum lock_context context;
	struct spinlock
	        *held[LOCK_RECORD_MAX]; /* oldest first; those beyond are only counted, and NULL */
	/* atomic; read by all */
	uint64_t taken;
	uint64_t shared; /* of these, locks that another CPU took LOCK_SHARED_TICKS ago or less */
};

enum lock_violation {
	LOCK_FINE,
	LOCK_INTERRUPTS_ON,
	LOCK_IN_CALL,
	LOCK_TWICE,
	LOCK_NO_RANK,
	LOCK_ORDER,
	LOCK_NOT_HELD,
	LOCK_SLEEP_HELD,
	LOCK_SLEEP_CONTEXT,
	LOCK_VIOLATIONS,
};

const char *lock_violation_text(enum lock_violation violation);

/* May this CPU take the lock? *out_other is the held one that speaks against it, or NULL. */
enum lock_violation lock_may_take(const struct lock_record *record, const struct spinlock *lock,
                                  uint16_t owner, bool interrupts_on,
                                  const struct spinlock **out_other);
void lock_taken(struct lock_record *record, struct spinlock *lock, uint16_t owner);
/* Locks need not be released in the order of taking. */
enum lock_violation lock_released(struct lock_record *record, struct spinlock *lock,
                                  uint16_t owner);

/* Which CPU took a lock last, and since when no other did. */
struct lock_use {
	const struct spinlock *lock; /* NULL: none */
	uint64_t came; /* of the time stamp counter; 0: no other took it before */
	uint16_t owner;
};

/* Counts the taking of a lock whose use this is, or that takes the place of another one. */
void lock_count(struct lock_record *record, struct lock_use *use, const struct spinlock *lock,
                uint16_t owner, uint64_t tsc);

enum lock_violation lock_may_sleep(const struct lock_record *record);
