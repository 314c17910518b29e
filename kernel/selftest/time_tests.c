/* The clock on all CPUs, timers, and sleep. */
#include "selftest/suite.h"
#include <base/cleanup.h>

enum { CLOCK_READS = 20000, TIMER_COUNT = 200, SLEEPS = 20 };

struct clock_reader {
	struct selftest_crew *crew;
	uint64_t *latest; /* atomic; of all readers */
	uint64_t *backward; /* atomic; reads that were before an earlier one */
};

static void selftest_read_clock(void *argument)
{
	const struct clock_reader *reader = argument;
	for (int i = 0; i < CLOCK_READS; i++) {
		uint64_t seen = __atomic_load_n(reader->latest, __ATOMIC_ACQUIRE);
		__asm__ volatile("lfence" : : : "memory");
		uint64_t now = clock_ns();
		if (now < seen)
			__atomic_fetch_add(reader->backward, 1, __ATOMIC_RELAXED);
		while (seen < now &&
		       !__atomic_compare_exchange_n(reader->latest, &seen, now, true,
		                                    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
			;
	}
	selftest_crew_leave(reader->crew);
}

void selftest_clock(struct selftest *test)
{
	struct selftest_crew crew;
	uint64_t latest = 0, backward = 0;
	struct clock_reader reader = {&crew, &latest, &backward};
	selftest_crew_init(&crew);
	for (uint64_t rest = cpu_online(); rest; rest &= rest - 1) {
		const struct thread_request request = {
		        .entry = selftest_read_clock,
		        .argument = &reader,
		        .affinity = rest & -rest,
		};
		(void)selftest_crew_start(&crew, &request); /* fewer readers see less */
	}
	selftest_crew_wait(&crew);
	selftest_check(test, backward == 0,
	               "the clock never went back in %d reads on each of %u CPUs", CLOCK_READS,
	               selftest_cpu_count());
}

struct timer_trial {
	struct timer timer;
	uint64_t fired_at; /* 0: not */
	uint32_t rank; /* how many had fired before it */
	uint32_t *fired;
};

static void selftest_timer_fire(struct timer *timer)
{
	struct timer_trial *trial = container_of(timer, struct timer_trial, timer);
	trial->fired_at = clock_ns();
	trial->rank = (*trial->fired)++;
}

struct timer_findings {
	unsigned early, unordered, missing, undead;
};

static struct timer_findings selftest_timers_judge(const struct timer_trial *trials)
{
	struct timer_findings found = {};
	for (size_t i = 0; i < TIMER_COUNT; i++) {
		const struct timer_trial *trial = &trials[i];
		bool cancelled = i % 4 == 3;
		found.missing += !cancelled && !trial->fired_at;
		found.undead += cancelled && trial->fired_at;
		found.early += trial->fired_at && trial->fired_at < trial->timer.deadline_ns;
		for (size_t j = 0; j < i; j++) {
			const struct timer_trial *other = &trials[j];
			bool both = trial->fired_at && other->fired_at;
			bool swapped = (other->timer.deadline_ns < trial->timer.deadline_ns) !=
			               (other->rank < trial->rank);
			found.unordered += both && swapped &&
			                   other->timer.deadline_ns != trial->timer.deadline_ns;
		}
	}
	return found;
}

void selftest_timers(struct selftest *test)
{
	struct timer_trial *trials = heap_alloc(TIMER_COUNT * sizeof *trials);
	if (!trials) {
		selftest_check(test, false, "memory for timers");
		return;
	}
	uint32_t fired = 0, random = 12345;
	uint64_t start = clock_ns() + 5000000;
	for (size_t i = 0; i < TIMER_COUNT; i++) {
		random = random * 1664525 + 1013904223;
		trials[i] = (struct timer_trial){
		        .timer = {.deadline_ns = start + random % 20000000,
		                  .fire = selftest_timer_fire},
		        .fired = &fired,
		};
		timer_set(&trials[i].timer);
	}
	for (size_t i = 3; i < TIMER_COUNT; i += 4)
		timer_cancel(&trials[i].timer);
	thread_sleep_ns(40000000);
	struct timer_findings found = selftest_timers_judge(trials);
	selftest_check(test, !found.missing && !found.undead,
	               "every timer fires that was not cancelled: missing=%u undead=%u",
	               found.missing, found.undead);
	selftest_check(test, !found.early && !found.unordered,
	               "timers fire in order, none early: early=%u unordered=%u", found.early,
	               found.unordered);
	heap_free(trials, TIMER_COUNT * sizeof *trials);

	unsigned short_sleeps = 0;
	for (uint64_t i = 0; i < SLEEPS; i++) {
		uint64_t before = clock_ns(), wanted = 100000 + i * 70000;
		thread_sleep_ns(wanted);
		short_sleeps += clock_ns() - before < wanted;
	}
	selftest_check(test, short_sleeps == 0, "no sleep is shorter than asked");
}
