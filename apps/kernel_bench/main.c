#include "kernel_bench.h"

static bool operation_empty(void *)
{
	return true;
}

static bool take_samples(struct bench *bench, bench_operation *operation, void *context)
{
	bool good = true;
	for (size_t i = 0; i < BENCH_SAMPLES && good; i++) {
		uint64_t begin = bench_now();
		good = operation(context);
		bench->samples[i] = bench_now() - begin;
	}
	return good;
}

void bench_row(struct bench *bench, const char *name, bench_operation *operation, void *context)
{
	if (!take_samples(bench, operation, context)) {
		print("bench: name=%s failed\n", name);
		bench->failed = true;
		return;
	}
	print("bench: name=%s value=%lu unit=instructions\n", name,
	      bench_median(bench->samples, BENCH_SAMPLES) - bench->empty);
}

int main(void)
{
	static struct bench bench;
	(void)take_samples(&bench, operation_empty, NULL);
	bench.empty = bench_median(bench.samples, BENCH_SAMPLES);
	bench_messages(&bench);
	return bench.failed;
}
