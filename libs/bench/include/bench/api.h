/*
 * What one operation costs: the median of many differences of the time stamp counter. Under
 * `-icount shift=0,sleep=off` these are guest instructions, the same in every run.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

static inline uint64_t bench_now(void)
{
	uint32_t low, high;
	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

/* Sorts the samples; count > 0. Meant for few distinct values: insertion is fast enough there. */
uint64_t bench_median(uint64_t *samples, size_t count);
