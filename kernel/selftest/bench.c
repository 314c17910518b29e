/*
 * Guest instructions of the scheduler's own operations; to be run under -icount
 * shift=0,sleep=off, where the TSC counts instructions. Medians.
 */
#include "selftest/suite.h"
#include <bench/api.h>

enum { BENCH_SAMPLES = 2000, BENCH_WARM_UP = 100 };

struct bench {
	struct selftest_crew crew;
	struct thread *first, *second; /* of a ping-pong */
	bool over;
	uint64_t samples[BENCH_SAMPLES];
};

static void bench_report(struct bench *bench, const char *name)
{
	selftest_say("bench: name=%s value=%lu unit=instructions", name,
	             bench_median(bench->samples, BENCH_SAMPLES));
}

static void bench_empty(struct bench *bench)
{
	for (int i = 0; i < BENCH_SAMPLES; i++) {
		uint64_t start = bench_now();
		bench->samples[i] = bench_now() - start;
	}
	bench_report(bench, "kernel.empty_sample");
}

static void bench_yield_alone(struct bench *bench)
{
	for (int i = 0; i < BENCH_SAMPLES; i++) {
		uint64_t start = bench_now();
		thread_yield();
		bench->samples[i] = bench_now() - start;
	}
	bench_report(bench, "kernel.yield_alone");
}

static void bench_partner(void *argument)
{
	struct bench *bench = argument;
	while (!bench->over)
		thread_yield();
	selftest_crew_leave(&bench->crew);
}

/* The other thread yields at once: two switches a sample. */
static void bench_yield_pair(struct bench *bench)
{
	const struct thread_request request = {.entry = bench_partner, .argument = bench};
	bench->over = !selftest_crew_start(&bench->crew, &request);
	for (int i = -BENCH_WARM_UP; i < BENCH_SAMPLES; i++) {
		uint64_t start = bench_now();
		thread_yield();
		if (i >= 0)
			bench->samples[i] = (bench_now() - start) / 2;
	}
	bench->over = true;
	selftest_crew_wait(&bench->crew);
	bench_report(bench, "kernel.context_switch");
}

static void bench_answerer(void *argument)
{
	struct bench *bench = argument;
	while (!bench->over) {
		thread_prepare_block();
		thread_block_to(bench->first);
	}
	selftest_crew_leave(&bench->crew);
}

/* A hand-over and the one back, as a call and its answer do. */
static void bench_hand_over(struct bench *bench)
{
	const struct thread_request request = {.entry = bench_answerer, .argument = bench};
	struct thread *answerer;
	if (thread_create(&request, &answerer) != OK)
		return;
	bench->first = thread_current();
	bench->over = false;
	bench->crew.living = 1;
	for (int i = -BENCH_WARM_UP; i < BENCH_SAMPLES; i++) {
		uint64_t start = bench_now();
		bench->first->lends = true;
		thread_prepare_block();
		thread_call_to(answerer);
		bench->first->lends = false;
		if (i >= 0)
			bench->samples[i] = bench_now() - start;
	}
	bench->over = true;
	thread_wake(answerer);
	selftest_crew_wait(&bench->crew);
	bench_report(bench, "kernel.hand_over_and_back");
}

static void bench_timer_fired(struct timer *)
{
}

/* Interrupt entry, one due timer, the next deadline, and the way back. */
static void bench_timer_interrupt(struct bench *bench)
{
	const uint64_t soon_ns = 5000;
	for (int i = 0; i < BENCH_SAMPLES; i++) {
		struct timer timer = {.deadline_ns = clock_ns() + soon_ns,
		                      .fire = bench_timer_fired};
		timer_set(&timer);
		clock_spin_ns(2 * soon_ns);
		uint64_t start = bench_now();
		cpu_interrupts_window();
		bench->samples[i] = bench_now() - start;
		timer_cancel(&timer);
	}
	bench_report(bench, "kernel.timer_interrupt");
}

static void bench_nothing(void *argument)
{
	struct bench *bench = argument;
	selftest_crew_leave(&bench->crew);
}

static void bench_thread_life(struct bench *bench)
{
	const struct thread_request request = {.entry = bench_nothing, .argument = bench};
	for (int i = -BENCH_WARM_UP; i < BENCH_SAMPLES; i++) {
		uint64_t start = bench_now();
		if (!selftest_crew_start(&bench->crew, &request))
			return;
		selftest_crew_wait(&bench->crew);
		if (i >= 0)
			bench->samples[i] = bench_now() - start;
	}
	bench_report(bench, "kernel.thread_create_and_join");
}

void selftest_bench(struct selftest *test)
{
	struct bench *bench = heap_alloc(sizeof *bench);
	selftest_check(test, bench != NULL, "memory for samples");
	if (!bench)
		return;
	selftest_crew_init(&bench->crew);
	bench_empty(bench);
	bench_yield_alone(bench);
	bench_yield_pair(bench);
	bench_hand_over(bench);
	bench_timer_interrupt(bench);
	bench_thread_life(bench);
	heap_free(bench, sizeof *bench);
}
