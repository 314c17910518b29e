/*
 * How long a CPU has kept interrupts out at a stretch: from an entry into the kernel until it lets
 * them in, whoever ran in between. Measured in the debug build, in ticks of the time stamp counter.
 * Included by hal/api.h.
 */
#pragma once

#include "hal/cpu/cpu.h"

/* Interrupts were on until now. */
static inline void off_time_begin(void)
{
	if (CONFIG_DEBUG_ASSERTIONS)
		cpu_current()->off_time.since = cpu_read_tsc();
}

/* They are let in next. */
static inline void off_time_end(void)
{
	if (!CONFIG_DEBUG_ASSERTIONS)
		return;
	struct off_time *off = &cpu_current()->off_time;
	uint64_t ticks = cpu_read_tsc() - off->since;
	if (off->since && ticks > __atomic_load_n(&off->longest, __ATOMIC_RELAXED))
		__atomic_store_n(&off->longest, ticks, __ATOMIC_RELAXED);
}

/* Lets the interrupts that are waiting come in, and no others for long. */
static inline void off_time_window(void)
{
	off_time_end();
	cpu_interrupts_window();
	off_time_begin();
}

/* The longest of all CPUs since this was last asked; 0 in a release. */
uint64_t off_time_take_longest(void);
