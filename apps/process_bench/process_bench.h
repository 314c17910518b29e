/* Linux calls by number, and one row of measurements. */
#pragma once

#include <bench/api.h>
#include <linux_calls/api.h>

enum { BENCH_SAMPLES_MAX = 2001 };

typedef void bench_operation(void *context);

struct bench {
	uint64_t samples[BENCH_SAMPLES_MAX];
	uint64_t empty; /* what an empty sample costs */
};

/* Prints the median of so many samples, less an empty one. */
void bench_row(struct bench *bench, const char *name, size_t count, bench_operation *operation,
               void *context);
/* A handler with all three arguments, in the kernel's words. */
void bench_handle(int signal, uintptr_t handler);
void bench_faults(struct bench *bench);
void bench_files(struct bench *bench);
void bench_messages(struct bench *bench);
void bench_yields(struct bench *bench);
void bench_memory(void);
