/*
 * Programs and threads that always want to run, and what they see.
 *
 * The limits are those of docs/processes.md: who waits, waits for one slice of each other one that
 * wants to run, and a tick.
 */
#pragma once

#include <linux_calls/api.h>
#include <tap/api.h>

enum {
	CPUS_MAX = 4,
	RUNNERS_A_CPU = 5,
	RUNNERS_MAX = CPUS_MAX * RUNNERS_A_CPU + 1,

	TICK_NS = 1000000,
	GRANULARITY_NS = 3000000,
};

struct runner {
	/* set before the start */
	int32_t nice;
	uint64_t start_ns; /* sleeps until then, if it is a program */
	uint64_t from_ns, until_ns; /* what counts */

	/* results */
	uint64_t run_ns; /* ran between the two */
	uint64_t longest_wait_ns; /* without a CPU, between the two */
	bool was_ready; /* when it began to count */
};

/* In memory that children share. */
struct runners {
	struct runner all[RUNNERS_MAX];
	int64_t pids[RUNNERS_MAX];
	size_t count;
};

uint64_t now_ns(void);
void sleep_until(uint64_t ns);
unsigned cpu_count(void);
/* A figure for `make bench`, under its name and the number of CPUs. */
void tell_figure(const char *name, uint64_t value, const char *unit);

/* Shared memory, or the end of the program. */
void *shared_memory(size_t bytes);
/* count runners, all the same, that begin at once and are looked at for so long. */
void runners_plan(struct runners *runners, size_t count, uint64_t measure_ns);
/* Each is a program and a process group of its own. */
void runners_fork(struct runners *runners);
/* False when one failed or came too late to count. */
bool runners_wait(struct runners *runners);
/* Each is a thread of this program. */
bool runners_as_threads(struct runners *runners);
uint64_t runners_longest_wait(const struct runners *runners);
/* Deviation of one share from what its weight promises, in thousandths: the worst one. */
uint64_t runners_worst_share(const struct runners *runners);

void check_programs(struct tap *tap, struct runners *runners);
void check_threads(struct tap *tap, struct runners *runners);
void check_lightest(struct tap *tap, struct runners *runners);
void check_pairs(struct tap *tap, struct runners *runners);
void check_wakes(struct tap *tap, struct runners *runners);
