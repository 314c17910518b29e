#include "linux_bench.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES_MAX = 2001, WARM_UP = 8 };

void must(bool held, const char *what)
{
	if (held)
		return;
	printf("bench: failed=%s error='%s'\n", what, strerror(errno));
	exit(1);
}

void row_print(const char *name, uint64_t value)
{
	printf("bench: name=%s value=%lu\n", name, (unsigned long)value);
}

static uint64_t median(size_t samples, row_operation *operation, void *context)
{
	static uint64_t values[SAMPLES_MAX];
	for (size_t i = 0; i < samples; i++) {
		uint64_t begin = bench_now();
		operation(context);
		values[i] = bench_now() - begin;
	}
	return bench_median(values, samples);
}

static void nothing(void *)
{
}

void row_measure(const char *name, size_t samples, row_operation *operation, void *context)
{
	for (size_t i = 0; i < WARM_UP && samples > WARM_UP; i++)
		operation(context);
	uint64_t value = median(samples, operation, context);
	row_print(name, value - median(samples, nothing, NULL));
}
