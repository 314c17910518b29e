/*
 * The lock of what any context writes to, an interrupt handler and a CPU that starts too: it is
 * checked by nothing, held for a moment, and with interrupts out.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct core_lock {
	bool held; /* atomic */
};

/* Returns what core_lock_release takes. */
uint64_t core_lock_take(struct core_lock *lock);
/* False after so many looks at a lock that stays held; then interrupts are as they were. */
bool core_lock_try(struct core_lock *lock, unsigned tries, uint64_t *out_interrupts);
void core_lock_release(struct core_lock *lock, uint64_t interrupts);
