/*
 * What one operation costs: the median of many, by the time stamp counter, less an empty sample.
 * Under `-icount shift=0,sleep=off` that is a number of guest instructions.
 */
#pragma once

#include <bench/api.h>
#include <rt/api.h>

enum { BENCH_SAMPLES = 2001 };

struct bench {
	uint64_t samples[BENCH_SAMPLES];
	uint64_t empty; /* what an empty sample costs */
	bool failed;
};

/* One operation; false ends the row with a failure. */
typedef bool bench_operation(void *context);

/* Prints `bench: name=NAME value=N unit=instructions`. */
void bench_row(struct bench *bench, const char *name, bench_operation *operation, void *context);

void bench_messages(struct bench *bench);
