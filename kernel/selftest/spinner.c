#include "selftest/spinner.h"

enum { SPINNER_ROUND = 1000 };

/* The kernel is not preempted: between two offers lie microseconds of work. An emulator that
 * runs all CPUs in turn goes on to the next one at the pause. */
static void spinner_work(void)
{
	for (volatile int i = 0; i < SPINNER_ROUND; i++)
		;
	cpu_pause();
}

static void spinner_main(void *argument)
{
	struct spinner *spinner = argument;
	uint64_t before = clock_ns(), now = before, start_run = 0;
	while (now < spinner->until_ns) {
		spinner_work();
		thread_offer_cpu();
		now = clock_ns();
		if (before < spinner->from_ns)
			start_run = thread_run_ns(thread_current());
		else if (now < spinner->until_ns && now - before > spinner->longest_wait_ns)
			spinner->longest_wait_ns = now - before;
		spinner->elsewhere +=
		        spinner->affinity && !(spinner->affinity >> cpu_current()->index & 1);
		before = now;
	}
	spinner->run_ns = thread_run_ns(thread_current()) - start_run;
	selftest_crew_leave(spinner->crew);
}

bool spinner_start(struct spinner *spinner)
{
	const struct thread_request request = {
	        .entry = spinner_main,
	        .argument = spinner,
	        .weight_micros = spinner->weight_micros,
	        .affinity = spinner->affinity,
	};
	return selftest_crew_start(spinner->crew, &request);
}
