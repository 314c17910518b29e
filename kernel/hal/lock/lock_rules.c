#include "hal/lock/lock_rules.h"
#include "hal/lock/spinlock.h"
#include <stddef.h>

const char *lock_violation_text(enum lock_violation violation)
{
	static const char *const texts[LOCK_VIOLATIONS] = {
	        [LOCK_FINE] = "fine",
	        [LOCK_INTERRUPTS_ON] = "taken with interrupts on",
	        [LOCK_IN_CALL] = "taken while another CPU's call is answered",
	        [LOCK_TWICE] = "taken twice",
	        [LOCK_NO_RANK] = "taken, which nobody gave a rank",
	        [LOCK_ORDER] = "taken out of order",
	        [LOCK_NOT_HELD] = "released by a CPU that does not hold it",
	        [LOCK_SLEEP_HELD] = "held across a sleep",
	        [LOCK_SLEEP_CONTEXT] = "none, but an interrupt sleeps",
	};
	return texts[violation];
}

static uint32_t lock_recorded(const struct lock_record *record)
{
	return record->depth < LOCK_RECORD_MAX ? record->depth : LOCK_RECORD_MAX;
}

static bool lock_comes_before(const struct spinlock *held, const struct spinlock *lock)
{
	if (held->rank == LOCK_FUTEX && lock->rank == LOCK_FUTEX)
		return held < lock;
	return held->rank < lock->rank;
}

enum lock_violation lock_may_take(const struct lock_record *record, const struct spinlock *lock,
                                  uint16_t owner, bool interrupts_on,
                                  const struct spinlock **out_other)
{
	*out_other = NULL;
	if (interrupts_on)
		return LOCK_INTERRUPTS_ON;
	if (record->context == LOCK_CONTEXT_CALL)
		return LOCK_IN_CALL;
	if (lock->held && lock->owner == owner)
		return LOCK_TWICE;
	if (!lock->rank)
		return LOCK_NO_RANK;
	for (uint32_t i = 0; i < lock_recorded(record); i++) {
		*out_other = record->held[i];
		if (record->held[i] && !lock_comes_before(record->held[i], lock))
			return LOCK_ORDER;
	}
	*out_other = NULL;
	return LOCK_FINE;
}

void lock_taken(struct lock_record *record, struct spinlock *lock, uint16_t owner)
{
	if (record->depth < LOCK_RECORD_MAX)
		record->held[record->depth] = lock;
	record->depth++;
	lock->owner = owner;
}

enum lock_violation lock_released(struct lock_record *record, struct spinlock *lock, uint16_t owner)
{
	if (!lock->held || lock->owner != owner)
		return LOCK_NOT_HELD;
	lock->owner = 0;
	uint32_t count = lock_recorded(record), at = 0;
	while (at < count && record->held[at] != lock)
		at++;
	for (; at + 1 < count; at++)
		record->held[at] = record->held[at + 1];
	if (at < count)
		record->held[at] = NULL;
	record->depth--;
	return LOCK_FINE;
}

void lock_count(struct lock_record *record, struct lock_use *use, const struct spinlock *lock,
                uint16_t owner, uint64_t tsc)
{
	if (use->lock != lock)
		*use = (struct lock_use){.lock = lock, .owner = owner};
	if (use->owner != owner) {
		use->came = tsc;
		use->owner = owner;
	}
	bool shared = use->came && tsc - use->came <= LOCK_SHARED_TICKS;
	__atomic_store_n(&record->taken, record->taken + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&record->shared, record->shared + shared, __ATOMIC_RELAXED);
}

enum lock_violation lock_may_sleep(const struct lock_record *record)
{
	if (record->context != LOCK_CONTEXT_THREAD)
		return LOCK_SLEEP_CONTEXT;
	return record->depth ? LOCK_SLEEP_HELD : LOCK_FINE;
}
