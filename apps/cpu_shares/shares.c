/* Who gets how much, and how long the others wait for it. */
#include "cpu_shares.h"

enum { TOLERANCE = 30, NICEST = 19, THOUSAND = 1000 };

/* A slice is a hundredth of what the nicest gets in it. */
static const uint64_t share_measure_ns = 3000000000;
static const uint64_t wait_measure_ns = 500000000;

static uint64_t wait_bound(const struct runners *runners)
{
	return runners->count * GRANULARITY_NS + TICK_NS;
}

/* No CPU may stand still while somebody wants it. */
static uint64_t used_permille(const struct runners *runners)
{
	uint64_t run_us = 0;
	for (size_t i = 0; i < runners->count; i++)
		run_us += runners->all[i].run_ns / THOUSAND;
	return run_us / (share_measure_ns / THOUSAND / THOUSAND * cpu_count());
}

void check_programs(struct tap *tap, struct runners *runners)
{
	static const int32_t nice[] = {0, 3, 6, 6};
	enum { CLASSES = sizeof nice / sizeof nice[0] };
	runners_plan(runners, (size_t)cpu_count() * CLASSES, share_measure_ns);
	for (size_t i = 0; i < runners->count; i++)
		runners->all[i].nice = nice[i % CLASSES];
	runners_fork(runners);
	tap_check(tap, runners_wait(runners), "programs that are more and less nice run");
	uint64_t worst = runners_worst_share(runners), used = used_permille(runners);
	uint64_t longest = runners_longest_wait(runners);
	tell_figure("share_off", worst, "permille");
	tell_figure("cpus_used", used, "permille");
	tell_figure("programs_longest_wait", longest / THOUSAND, "us");
	tap_check(tap, worst <= TOLERANCE, "no share is off by more than 3 %");
	tap_check(tap, used >= THOUSAND - TOLERANCE, "no CPU stands still while programs wait");
	tap_check(tap, longest <= wait_bound(runners),
	          "and none of them waits longer than a slice of each, and a tick");
}

void check_threads(struct tap *tap, struct runners *runners)
{
	runners_plan(runners, (size_t)cpu_count() * RUNNERS_A_CPU, share_measure_ns);
	tap_check(tap, runners_as_threads(runners), "threads of one program run");
	uint64_t worst = runners_worst_share(runners), longest = runners_longest_wait(runners);
	tell_figure("thread_share_off", worst, "permille");
	tell_figure("longest_wait", longest / THOUSAND, "us");
	tell_figure("longest_wait_allowed", wait_bound(runners) / THOUSAND, "us");
	tap_check(tap, worst <= TOLERANCE, "each gets the same, within 3 %");
	tap_check(tap, longest <= wait_bound(runners),
	          "none waits longer than a slice of each, and a tick");
}

/* One that is as nice as can be, beside those that take all they can. */
void check_lightest(struct tap *tap, struct runners *runners)
{
	runners_plan(runners, (size_t)cpu_count() * 2 + 1, wait_measure_ns);
	struct runner *light = &runners->all[runners->count - 1];
	light->nice = NICEST;
	runners_fork(runners);
	tap_check(tap, runners_wait(runners), "the nicest program runs beside others");
	tell_figure("nicest_longest_wait", light->longest_wait_ns / THOUSAND, "us");
	tap_check(tap, light->run_ns > 0 && runners_longest_wait(runners) <= wait_bound(runners),
	          "and neither it nor they wait longer than a slice of each, and a tick");
}

/* On each CPU one that is as nice as can be beside one that is not. */
void check_pairs(struct tap *tap, struct runners *runners)
{
	runners_plan(runners, (size_t)cpu_count() * 2, wait_measure_ns);
	for (size_t i = 1; i < runners->count; i += 2)
		runners->all[i].nice = NICEST;
	runners_fork(runners);
	uint64_t longest = runners_wait(runners) ? runners_longest_wait(runners) : UINT64_MAX;
	tell_figure("pairs_longest_wait", longest / THOUSAND, "us");
	tap_check(tap, longest <= wait_bound(runners),
	          "of as many that are nice and that are not none waits longer, either");
}
