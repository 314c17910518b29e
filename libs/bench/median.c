#include <bench/api.h>

uint64_t bench_median(uint64_t *samples, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		uint64_t value = samples[i];
		size_t at = i;
		for (; at > 0 && samples[at - 1] > value; at--)
			samples[at] = samples[at - 1];
		samples[at] = value;
	}
	return samples[count / 2];
}
