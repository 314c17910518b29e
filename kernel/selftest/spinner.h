/* Threads that always want to run, and what they see. Inside kernel/selftest. */
#pragma once

#include "selftest/suite.h"

struct spinner {
	/* set before the start */
	struct selftest_crew *crew;
	uint64_t weight_micros;
	uint64_t affinity;
	uint64_t from_ns, until_ns; /* what counts */

	/* results */
	uint64_t run_ns; /* ran between the two */
	uint64_t longest_wait_ns; /* without the CPU, between the two */
	uint64_t elsewhere; /* rounds on a CPU outside affinity */
};

/* False without memory. */
bool spinner_start(struct spinner *spinner);
