/* Linux calls by number, and one row of measurements. */
#pragma once

#include <abi/linux_syscalls.h>
#include <rt/api.h>

#define CALL(number, ...) CALL_(number, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define CALL_(number, a, b, c, d, e, f, ...)                                                       \
	rustos_syscall(number, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d),         \
	               (uint64_t)(e), (uint64_t)(f))

enum { BENCH_SAMPLES_MAX = 2001 };

typedef void bench_operation(void *context);

struct bench {
	uint64_t samples[BENCH_SAMPLES_MAX];
	uint64_t empty; /* what an empty sample costs */
};

/* Prints the median of so many samples, less an empty one. */
void bench_row(struct bench *bench, const char *name, size_t count, bench_operation *operation,
               void *context);

/* A thread of this process on a stack of its own; *tid is 0 once it has ended. */
void bench_thread(void (*function)(void *), void *argument, char *stack_end, int32_t *tid);
void bench_join(int32_t *tid);
