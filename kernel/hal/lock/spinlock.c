/* Waiting for a lock, and the rules for locks where they are checked. */
#include "hal/api.h"
#include "hal/lock/lock_rules.h"

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

enum { SPINLOCK_USES = 4096 };

/* Debug: by address; two locks with the same place are each told from the other. */
static struct lock_use spinlock_uses[CONFIG_DEBUG_ASSERTIONS ? SPINLOCK_USES : 1];

static struct lock_use *spinlock_use(const struct spinlock *lock)
{
	uint64_t mixed = (uintptr_t)lock / sizeof *lock * 0x9e3779b97f4a7c15;
	return &spinlock_uses[(mixed >> 48) % COUNT(spinlock_uses)];
}

void spinlock_note_taken(struct spinlock *lock)
{
	struct cpu *cpu = cpu_current();
	if (!CONFIG_DEBUG_ASSERTIONS) {
		cpu->locks.depth++;
		return;
	}
	lock_taken(&cpu->locks, lock, spinlock_owner(cpu));
	lock_count(&cpu->locks, spinlock_use(lock), lock, spinlock_owner(cpu), cpu_read_tsc());
}

bool spinlock_figures(uint64_t *out_taken, uint64_t *out_shared)
{
	*out_taken = *out_shared = 0;
	for (uint64_t rest = cpu_online(); rest; rest &= rest - 1) {
		const struct lock_record *record = &cpu_at((uint32_t)__builtin_ctzll(rest))->locks;
		*out_taken += __atomic_load_n(&record->taken, __ATOMIC_RELAXED);
		*out_shared += __atomic_load_n(&record->shared, __ATOMIC_RELAXED);
	}
	return CONFIG_DEBUG_ASSERTIONS;
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
