/*
 * Conversion between counts and nanoseconds by multiplication, and the order of
 * times that different CPUs read. No hardware. Inside kernel/hal.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Nanoseconds a count, times 2^32. */
static inline uint64_t clock_scale_of(uint64_t counts, uint64_t ns)
{
	unsigned __int128 scaled = (unsigned __int128)ns << 32;
	/* both are at most a few seconds: the shifted dividend is below 2^64 after this */
	while (scaled >> 64) {
		scaled >>= 1;
		counts >>= 1;
	}
	return counts ? (uint64_t)scaled / counts : 0;
}

static inline uint64_t clock_scale_apply(uint64_t scale, uint64_t counts)
{
	return (uint64_t)((unsigned __int128)counts * scale >> 32);
}

/* now, or the latest time that anybody was told when that is later. */
static inline uint64_t clock_not_before(uint64_t *latest, uint64_t now)
{
	uint64_t seen = __atomic_load_n(latest, __ATOMIC_RELAXED);
	while (seen < now)
		if (__atomic_compare_exchange_n(latest, &seen, now, false, __ATOMIC_RELAXED,
		                                __ATOMIC_RELAXED))
			return now;
	return seen;
}
