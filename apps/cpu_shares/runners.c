#include "cpu_shares.h"

enum {
	MONOTONIC = 1,
	THREAD_CLOCK = 3,
	ABSOLUTE = 1,
	NS_PER_SECOND = 1000000000,
	READ_WRITE = 3,
	SHARED_ANONYMOUS = 0x21,
	STACK_BYTES = 16384,
	THOUSAND = 1000,
};

/* Time to start them all, and until all of them have found a CPU. */
static const uint64_t start_after_ns = 100000000;
static const uint64_t settle_ns = 100000000;

struct time_spec {
	int64_t seconds, ns;
};

static uint64_t clock_now(int32_t clock)
{
	struct time_spec time = {};
	CALL(LINUX_CLOCK_GETTIME, clock, &time);
	return (uint64_t)(time.seconds * NS_PER_SECOND + time.ns);
}

uint64_t now_ns(void)
{
	return clock_now(MONOTONIC);
}

void sleep_until(uint64_t ns)
{
	const struct time_spec time = {(int64_t)(ns / NS_PER_SECOND),
	                               (int64_t)(ns % NS_PER_SECOND)};
	CALL(LINUX_CLOCK_NANOSLEEP, MONOTONIC, ABSOLUTE, &time, 0);
}

unsigned cpu_count(void)
{
	uint64_t mask = 0;
	CALL(LINUX_SCHED_GETAFFINITY, 0, sizeof mask, &mask);
	unsigned count = 0;
	for (; mask; mask &= mask - 1)
		count++;
	return count;
}

void tell_figure(const char *name, uint64_t value, const char *unit)
{
	print("bench: name=user.%s.%u_cpus value=%lu unit=%s\n", name, cpu_count(), value, unit);
}

void *shared_memory(size_t bytes)
{
	int64_t at = CALL(LINUX_MMAP, 0, bytes, READ_WRITE, SHARED_ANONYMOUS, -1, 0);
	if (at > 0)
		return (void *)at;
	print("Bail out! no memory: %ld\n", at);
	for (;;)
		CALL(LINUX_EXIT_GROUP, 1);
}

/* In user code, where it is preempted. An emulator that runs all CPUs in turn goes on to the next
 * one at the pause. */
static void runner_work(void)
{
	enum { ROUND = 200 };
	for (volatile int i = 0; i < ROUND; i++)
		;
	__builtin_ia32_pause();
}

static void runner_run(struct runner *runner)
{
	uint64_t before = now_ns(), now = before, run_before = 0;
	runner->was_ready = now < runner->from_ns;
	while (now < runner->until_ns) {
		runner_work();
		now = now_ns();
		if (before < runner->from_ns)
			run_before = clock_now(THREAD_CLOCK);
		else if (now < runner->until_ns && now - before > runner->longest_wait_ns)
			runner->longest_wait_ns = now - before;
		before = now;
	}
	runner->run_ns = clock_now(THREAD_CLOCK) - run_before;
}

void runners_plan(struct runners *runners, size_t count, uint64_t measure_ns)
{
	uint64_t start = now_ns() + start_after_ns;
	*runners = (struct runners){.count = count};
	for (size_t i = 0; i < count; i++)
		runners->all[i] = (struct runner){.start_ns = start,
		                                  .from_ns = start + settle_ns,
		                                  .until_ns = start + settle_ns + measure_ns};
}

void runners_fork(struct runners *runners)
{
	for (size_t i = 0; i < runners->count; i++) {
		struct runner *runner = &runners->all[i];
		int64_t pid = linux_fork_or_exit();
		if (pid != 0) {
			runners->pids[i] = pid;
			continue;
		}
		int64_t status = CALL(LINUX_SETPGID, 0, 0);
		status |= CALL(LINUX_SETPRIORITY, 0, 0, runner->nice);
		sleep_until(runner->start_ns);
		runner_run(runner);
		CALL(LINUX_EXIT_GROUP, status != 0);
	}
}

static bool runners_were_ready(const struct runners *runners)
{
	bool ready = true;
	for (size_t i = 0; i < runners->count; i++)
		ready &= runners->all[i].was_ready;
	return ready;
}

bool runners_wait(struct runners *runners)
{
	bool good = true;
	for (size_t i = 0; i < runners->count; i++) {
		int32_t status = 1;
		good &= CALL(LINUX_WAIT4, runners->pids[i], &status, 0, 0) == runners->pids[i];
		good &= status == 0;
	}
	return good && runners_were_ready(runners);
}

static void runner_thread(void *argument)
{
	struct runner *runner = argument;
	sleep_until(runner->start_ns);
	runner_run(runner);
}

bool runners_as_threads(struct runners *runners)
{
	static int32_t tids[RUNNERS_MAX];
	char *stacks = shared_memory(RUNNERS_MAX * STACK_BYTES);
	bool good = true;
	for (size_t i = 0; i < runners->count; i++)
		good &= linux_thread_start(runner_thread, &runners->all[i],
		                           stacks + (i + 1) * STACK_BYTES, &tids[i]) > 0;
	for (size_t i = 0; i < runners->count; i++)
		linux_thread_join(&tids[i]);
	CALL(LINUX_MUNMAP, stacks, RUNNERS_MAX * STACK_BYTES);
	return good && runners_were_ready(runners);
}

uint64_t runners_longest_wait(const struct runners *runners)
{
	uint64_t longest = 0;
	for (size_t i = 0; i < runners->count; i++)
		if (runners->all[i].longest_wait_ns > longest)
			longest = runners->all[i].longest_wait_ns;
	return longest;
}

/* A quarter more for each step, as nice(2) has it. */
static uint64_t runner_weight(const struct runner *runner)
{
	uint64_t weight = 1 << 20;
	for (int32_t i = 0; i < runner->nice; i++)
		weight = weight * 4 / 5;
	return weight;
}

uint64_t runners_worst_share(const struct runners *runners)
{
	uint64_t weights = 0, run_us = 0, worst = 0;
	for (size_t i = 0; i < runners->count; i++) {
		weights += runner_weight(&runners->all[i]);
		run_us += runners->all[i].run_ns / THOUSAND;
	}
	for (size_t i = 0; i < runners->count; i++) {
		const struct runner *runner = &runners->all[i];
		uint64_t wanted = run_us * runner_weight(runner) / weights;
		uint64_t got = runner->run_ns / THOUSAND;
		uint64_t apart = got > wanted ? got - wanted : wanted - got;
		uint64_t off = wanted ? apart * THOUSAND / wanted : THOUSAND;
		print("# nice %d ran %lu us of %lu: off by %lu/1000\n", runner->nice, got, wanted,
		      off);
		worst = off > worst ? off : worst;
	}
	return worst;
}
