/* Shares follow weights over the whole machine, and affinity is kept. */
#include "selftest/spinner.h"

enum { SHARE_CLASSES = 4, SHARE_SPINNERS_MAX = SHARE_CLASSES * 8, SHARE_TOLERANCE = 30 };

static const uint64_t share_weights_micros[SHARE_CLASSES] = {100, 100, 200, 400};
static const uint64_t share_settle_ns = 100000000;
static const uint64_t share_measure_ns = 1500000000;

struct share_trial {
	struct selftest_crew crew;
	struct spinner spinners[SHARE_SPINNERS_MAX];
	size_t count;
};

/* Deviation of one share from what its weight promises, in thousandths. */
static uint64_t share_deviation(const struct share_trial *trial, size_t index)
{
	uint64_t weights = 0, run_ns = 0;
	for (size_t i = 0; i < trial->count; i++) {
		weights += fair_weight(trial->spinners[i].weight_micros);
		run_ns += trial->spinners[i].run_ns;
	}
	const struct spinner *spinner = &trial->spinners[index];
	uint64_t wanted = run_ns / 1000 * fair_weight(spinner->weight_micros) / weights * 1000;
	uint64_t apart =
	        spinner->run_ns > wanted ? spinner->run_ns - wanted : wanted - spinner->run_ns;
	return wanted ? apart * 1000 / wanted : 1000;
}

static void share_run(struct share_trial *trial, unsigned cpus)
{
	uint64_t start = clock_ns();
	selftest_crew_init(&trial->crew);
	trial->count = (size_t)cpus * SHARE_CLASSES;
	for (size_t i = 0; i < trial->count; i++) {
		trial->spinners[i] = (struct spinner){
		        .crew = &trial->crew,
		        .weight_micros = share_weights_micros[i % SHARE_CLASSES],
		        .from_ns = start + share_settle_ns,
		        .until_ns = start + share_settle_ns + share_measure_ns,
		};
		(void)spinner_start(&trial->spinners[i]); /* shows as a share of nothing */
	}
	selftest_crew_wait(&trial->crew);
}

static void share_test_pinned(struct selftest *test, struct share_trial *trial, unsigned cpus)
{
	uint64_t start = clock_ns(), elsewhere = 0;
	selftest_crew_init(&trial->crew);
	for (unsigned i = 0; i < cpus; i++) {
		trial->spinners[i] = (struct spinner){
		        .crew = &trial->crew,
		        .affinity = (uint64_t)1 << (cpus - 1 - i),
		        .from_ns = start,
		        .until_ns = start + 20000000,
		};
		(void)spinner_start(&trial->spinners[i]);
	}
	selftest_crew_wait(&trial->crew);
	for (unsigned i = 0; i < cpus; i++)
		elsewhere += trial->spinners[i].elsewhere;
	selftest_check(test, elsewhere == 0, "threads stay on the CPU that they are bound to");
}

void selftest_shares(struct selftest *test)
{
	unsigned cpus = selftest_cpu_count();
	struct share_trial *trial = heap_alloc(sizeof *trial);
	if (!trial || cpus > SHARE_SPINNERS_MAX / SHARE_CLASSES) {
		selftest_check(test, false, "room for the spinners of %u CPUs", cpus);
		heap_free(trial, sizeof *trial);
		return;
	}
	share_run(trial, cpus);
	uint64_t worst = 0, total = 0;
	for (size_t i = 0; i < trial->count; i++) {
		uint64_t deviation = share_deviation(trial, i);
		worst = deviation > worst ? deviation : worst;
		total += trial->spinners[i].run_ns;
		selftest_say("# share weight=%u run_us=%lu off=%lu/1000",
		             fair_weight(trial->spinners[i].weight_micros),
		             trial->spinners[i].run_ns / 1000, deviation);
	}
	selftest_check(test, worst <= SHARE_TOLERANCE,
	               "%zu threads on %u CPUs: no share is off by more than 3 %%: %lu/1000",
	               trial->count, cpus, worst);
	uint64_t used = total / (share_measure_ns / 1000 * cpus);
	selftest_check(test, used >= 970, "no CPU idles while threads wait: %lu/1000 used", used);
	share_test_pinned(test, trial, cpus);
	heap_free(trial, sizeof *trial);
}
