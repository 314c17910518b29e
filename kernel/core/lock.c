#include "core/lock.h"
#include "core/ops.h"

static bool core_lock_take_free(struct core_lock *lock)
{
	return !__atomic_load_n(&lock->held, __ATOMIC_RELAXED) &&
	       !__atomic_test_and_set(&lock->held, __ATOMIC_ACQUIRE);
}

uint64_t core_lock_take(struct core_lock *lock)
{
	uint64_t interrupts = core_operations()->interrupts_save();
	while (!core_lock_take_free(lock))
		core_operations()->pause();
	return interrupts;
}

bool core_lock_try(struct core_lock *lock, unsigned tries, uint64_t *out_interrupts)
{
	*out_interrupts = core_operations()->interrupts_save();
	for (unsigned i = 0; i < tries; i++) {
		if (core_lock_take_free(lock))
			return true;
		core_operations()->pause();
	}
	core_operations()->interrupts_restore(*out_interrupts);
	return false;
}

void core_lock_release(struct core_lock *lock, uint64_t interrupts)
{
	__atomic_clear(&lock->held, __ATOMIC_RELEASE);
	core_operations()->interrupts_restore(interrupts);
}
