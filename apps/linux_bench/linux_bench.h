/* Rows of the program that measures, on both systems. */
#pragma once

#include <bench/api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* On both systems. */
#define LINUX_BENCH_PATH "/apps/linux_bench/linux_bench"

typedef void row_operation(void *context);

/* Ends the program with what failed. */
void must(bool held, const char *what);
/* "bench: name=NAME value=N". */
void row_print(const char *name, uint64_t value);
/* The median of so many samples after a few that do not count, less an empty sample. */
void row_measure(const char *name, size_t samples, row_operation *operation, void *context);

void bench_files(void);
/* With another process at the other end. */
void bench_partners(void);
void bench_programs(void);
