/*
 * Locks as kernel/hal checks them, for host tests: one CPU, interrupts off. A broken rule
 * ends the test.
 */
#include "hal/lock/lock_rules.h"
#include "hal/lock/spinlock.h"
#include <stdio.h>
#include <stdlib.h>

enum { FAKE_OWNER = 1 };

static struct lock_record fake_locks;

static void fake_lock_require(enum lock_violation violation)
{
	if (violation == LOCK_FINE)
		return;
	fprintf(stderr, "lock %s\n", lock_violation_text(violation));
	abort();
}

uint32_t spinlock_depth(void)
{
	return fake_locks.depth;
}

[[gnu::target("general-regs-only")]] void spinlock_wait(const struct spinlock *)
{
	fake_lock_require(LOCK_TWICE);
}

void spinlock_check(const struct spinlock *lock)
{
	const struct spinlock *other;
	fake_lock_require(lock_may_take(&fake_locks, lock, FAKE_OWNER, false, &other));
}

void spinlock_note_taken(struct spinlock *lock)
{
	lock_taken(&fake_locks, lock, FAKE_OWNER);
}

void spinlock_note_released(struct spinlock *lock)
{
	fake_lock_require(lock_released(&fake_locks, lock, FAKE_OWNER));
}

void spinlock_check_sleep(void)
{
	fake_lock_require(lock_may_sleep(&fake_locks));
}

/* After a panic that the test survived: what was held then stays held. */
void fake_locks_forget(void);

void fake_locks_forget(void)
{
	fake_locks = (struct lock_record){};
}
