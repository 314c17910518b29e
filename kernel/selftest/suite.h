/* What the suites share. Inside kernel/selftest. */
#pragma once

#include "core/api.h"
#include "sched/api.h"
#include <base/api.h>

struct selftest {
	unsigned checks;
	unsigned failed;
};

/* One TAP line. */
[[gnu::format(printf, 3, 4)]] void selftest_check(struct selftest *test, bool passed,
                                                  const char *format, ...);
/* A comment, or a line of a bench. */
[[gnu::format(printf, 1, 2)]] void selftest_say(const char *format, ...);

/* Threads that a test starts and waits for. */
struct selftest_crew {
	struct spinlock lock;
	struct wait_queue over;
	size_t living; /* guarded by lock */
};

void selftest_crew_init(struct selftest_crew *crew);
/* request->owner is not used; the entry's last act is selftest_crew_leave. False without memory. */
bool selftest_crew_start(struct selftest_crew *crew, const struct thread_request *request);
void selftest_crew_leave(struct selftest_crew *crew);
/* Until all have left. */
void selftest_crew_wait(struct selftest_crew *crew);

unsigned selftest_cpu_count(void);

/* The suites. */
void selftest_clock(struct selftest *test);
void selftest_timers(struct selftest *test);
void selftest_calls(struct selftest *test);
void selftest_shares(struct selftest *test);
void selftest_loans(struct selftest *test);
void selftest_waits(struct selftest *test);
void selftest_threads(struct selftest *test);
void selftest_bench(struct selftest *test);
void selftest_lock_order(struct selftest *test);
void selftest_lock_sleep(struct selftest *test);
void selftest_slow(struct selftest *test);
void selftest_hang(struct selftest *test);
