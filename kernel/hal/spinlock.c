/* Waiting for a lock, and the rules for locks. */
#include "hal/api.h"
#include "hal/registers.h"

uint32_t spinlock_depth(void)
{
	return cpu_current()->lock_depth;
}

void spinlock_wait(const struct spinlock *lock)
{
	while (__atomic_load_n(&lock->held, __ATOMIC_RELAXED)) {
		cpu_answer_calls();
		cpu_pause();
	}
}

void spinlock_check(const struct spinlock *lock)
{
	const struct cpu *cpu = cpu_current();
	if (cpu_interrupts_on())
		PANIC("lock %p taken with interrupts on", (const void *)lock);
	if (lock->held && lock->owner == cpu->index + 1)
		PANIC("lock %p taken twice", (const void *)lock);
	if (!lock->rank)
		return;
	for (uint32_t i = 0; i < cpu->lock_depth && i < CPU_LOCKS_MAX; i++)
		if (cpu->locks[i]->rank >= lock->rank)
			PANIC("lock %p of rank %u taken while %p of rank %u is held",
			      (const void *)lock, lock->rank, (const void *)cpu->locks[i],
			      cpu->locks[i]->rank);
}

void spinlock_note_taken(struct spinlock *lock)
{
	struct cpu *cpu = cpu_current();
	if (CONFIG_DEBUG_ASSERTIONS) {
		if (cpu->lock_depth < CPU_LOCKS_MAX)
			cpu->locks[cpu->lock_depth] = lock;
		lock->owner = (uint16_t)(cpu->index + 1);
	}
	cpu->lock_depth++;
}

void spinlock_note_released(struct spinlock *lock)
{
	struct cpu *cpu = cpu_current();
	cpu->lock_depth--;
	if (!CONFIG_DEBUG_ASSERTIONS)
		return;
	if (!lock->held || lock->owner != cpu->index + 1)
		PANIC("lock %p released by CPU %u, which does not hold it", (const void *)lock,
		      cpu->index);
	lock->owner = 0;
	/* not always in the order of taking */
	uint32_t count = cpu->lock_depth + 1;
	for (uint32_t i = 0; i + 1 < count && i + 1 < CPU_LOCKS_MAX; i++)
		if (cpu->locks[i] == lock) {
			cpu->locks[i] = cpu->locks[i + 1];
			cpu->locks[i + 1] = lock;
		}
}
