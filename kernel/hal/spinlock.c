/* Waiting for a lock, and the rules for locks where they are checked. */
#include "hal/api.h"
#include "hal/lock_rules.h"

uint32_t spinlock_depth(void)
{
	return cpu_current()->locks.depth;
}

void spinlock_wait(const struct spinlock *lock)
{
	while (__atomic_load_n(&lock->held, __ATOMIC_RELAXED)) {
		cpu_answer_calls();
		cpu_pause();
	}
}

static uint16_t spinlock_owner(const struct cpu *cpu)
{
	return (uint16_t)(cpu->index + 1);
}

void spinlock_check(const struct spinlock *lock)
{
	const struct cpu *cpu = cpu_current();
	const struct spinlock *other;
	enum lock_violation violation =
	        lock_may_take(&cpu->locks, lock, spinlock_owner(cpu), cpu_interrupts_on(), &other);
	if (violation == LOCK_ORDER)
		PANIC("lock %p of rank %u %s: %p of rank %u is held", (const void *)lock,
		      lock->rank, lock_violation_text(violation), (const void *)other, other->rank);
	if (violation != LOCK_FINE)
		PANIC("lock %p of rank %u %s", (const void *)lock, lock->rank,
		      lock_violation_text(violation));
}

void spinlock_note_taken(struct spinlock *lock)
{
	struct cpu *cpu = cpu_current();
	if (CONFIG_DEBUG_ASSERTIONS)
		lock_taken(&cpu->locks, lock, spinlock_owner(cpu));
	else
		cpu->locks.depth++;
}

void spinlock_note_released(struct spinlock *lock)
{
	struct cpu *cpu = cpu_current();
	if (!CONFIG_DEBUG_ASSERTIONS) {
		cpu->locks.depth--;
		return;
	}
	enum lock_violation violation = lock_released(&cpu->locks, lock, spinlock_owner(cpu));
	if (violation != LOCK_FINE)
		PANIC("lock %p of rank %u %s", (const void *)lock, lock->rank,
		      lock_violation_text(violation));
}

void spinlock_check_sleep(void)
{
	const struct lock_record *record = &cpu_current()->locks;
	enum lock_violation violation = lock_may_sleep(record);
	if (violation == LOCK_SLEEP_HELD)
		PANIC("lock %p %s", (void *)record->held[0], lock_violation_text(violation));
	if (violation != LOCK_FINE)
		PANIC("lock %s", lock_violation_text(violation));
}
