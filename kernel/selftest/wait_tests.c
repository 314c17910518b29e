/* How long a thread that could run has to wait: equals, the lightest, and one that wakes. */
#include "selftest/spinner.h"

enum { WAIT_SPINNERS_A_CPU = 5, WAIT_SPINNERS_MAX = WAIT_SPINNERS_A_CPU * 8, WAIT_WAKES = 50 };

static const uint64_t wait_settle_ns = 50000000;
static const uint64_t wait_measure_ns = 300000000;

struct wait_trial {
	struct selftest_crew crew;
	struct spinner spinners[WAIT_SPINNERS_MAX];
	size_t count;
};

struct wait_sleeper {
	struct selftest_crew *crew;
	uint64_t from_ns; /* what counts */
	uint64_t latest_ns; /* how late it ran after its time, at most */
	uint64_t sum_ns, count;
};

static void wait_start(struct wait_trial *trial, size_t count, uint64_t weight_micros)
{
	uint64_t start = clock_ns();
	selftest_crew_init(&trial->crew);
	trial->count = count;
	for (size_t i = 0; i < count; i++) {
		trial->spinners[i] = (struct spinner){
		        .crew = &trial->crew,
		        .weight_micros = weight_micros,
		        .from_ns = start + wait_settle_ns,
		        .until_ns = start + wait_settle_ns + wait_measure_ns,
		};
		(void)spinner_start(&trial->spinners[i]); /* fewer make it easier */
	}
}

static uint64_t wait_longest(const struct wait_trial *trial)
{
	uint64_t longest = 0;
	for (size_t i = 0; i < trial->count; i++)
		if (trial->spinners[i].longest_wait_ns > longest)
			longest = trial->spinners[i].longest_wait_ns;
	return longest;
}

static void wait_test_equals(struct selftest *test, struct wait_trial *trial, unsigned cpus)
{
	wait_start(trial, (size_t)WAIT_SPINNERS_A_CPU * cpus, 0);
	selftest_crew_wait(&trial->crew);
	uint64_t bound = (uint64_t)trial->count * FAIR_GRANULARITY_NS + FAIR_TICK_NS;
	uint64_t longest = wait_longest(trial);
	selftest_check(test, longest <= bound,
	               "%zu equal threads on %u CPUs: the longest wait is %lu us of at most %lu",
	               trial->count, cpus, longest / 1000, bound / 1000);
}

/* The lightest possible one beside some of the heaviest. */
static void wait_test_lightest(struct selftest *test, struct wait_trial *trial, unsigned cpus)
{
	wait_start(trial, (size_t)2 * cpus, FAIR_WEIGHT_MAX);
	struct spinner *light = &trial->spinners[trial->count];
	*light = trial->spinners[0];
	light->weight_micros = 1;
	light->run_ns = light->longest_wait_ns = 0;
	(void)spinner_start(light);
	selftest_crew_wait(&trial->crew);
	uint64_t bound = (trial->count + 1) * FAIR_GRANULARITY_NS + FAIR_TICK_NS;
	selftest_check(test, light->run_ns > 0 && light->longest_wait_ns <= bound,
	               "the lightest thread runs: %lu us in all, wait at most %lu us of %lu",
	               light->run_ns / 1000, light->longest_wait_ns / 1000, bound / 1000);
}

static void wait_sleeper_main(void *argument)
{
	struct wait_sleeper *sleeper = argument;
	while (sleeper->count < WAIT_WAKES) {
		const uint64_t nap_ns = 3300000;
		uint64_t due = clock_ns() + nap_ns;
		thread_sleep_ns(nap_ns);
		uint64_t late = clock_ns() - due;
		if (due < sleeper->from_ns)
			continue;
		sleeper->count++;
		sleeper->latest_ns = late > sleeper->latest_ns ? late : sleeper->latest_ns;
		sleeper->sum_ns += late;
	}
	selftest_crew_leave(sleeper->crew);
}

static void wait_test_wakes(struct selftest *test, struct wait_trial *trial, unsigned cpus)
{
	struct wait_sleeper sleeper = {.crew = &trial->crew,
	                               .from_ns = clock_ns() + wait_settle_ns};
	const struct thread_request request = {.entry = wait_sleeper_main, .argument = &sleeper};
	wait_start(trial, (size_t)3 * cpus, 0);
	bool started = selftest_crew_start(&trial->crew, &request);
	selftest_crew_wait(&trial->crew);
	uint64_t bound = FAIR_GRANULARITY_NS + FAIR_TICK_NS;
	if (cpus > 1) /* those that come from a CPU that is behind may go first */
		bound = (trial->count + 1) * FAIR_GRANULARITY_NS + FAIR_TICK_NS;
	bool is_soon =
	        sleeper.latest_ns <= bound && sleeper.sum_ns / WAIT_WAKES <= FAIR_GRANULARITY_NS;
	selftest_check(
	        test, started && is_soon,
	        "beside %zu busy threads one that wakes runs within %lu us, %lu us on average",
	        trial->count, sleeper.latest_ns / 1000, sleeper.sum_ns / WAIT_WAKES / 1000);
}

void selftest_waits(struct selftest *test)
{
	unsigned cpus = selftest_cpu_count();
	struct wait_trial *trial = heap_alloc(sizeof *trial);
	if (!trial || cpus > WAIT_SPINNERS_MAX / WAIT_SPINNERS_A_CPU) {
		selftest_check(test, false, "room for the spinners of %u CPUs", cpus);
	} else {
		wait_test_equals(test, trial, cpus);
		wait_test_lightest(test, trial, cpus);
		wait_test_wakes(test, trial, cpus);
	}
	heap_free(trial, sizeof *trial);
}
