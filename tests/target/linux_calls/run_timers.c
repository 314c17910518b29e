/* Clocks and timers of what a process or one of its threads runs. */
#include "linux_calls.h"
#include "signals.h"

enum {
	MONOTONIC = 1,
	PROCESS_CLOCK = 2,
	THREAD_CLOCK = 3,
	OF_THREAD = 6, /* what is counted, of a thread */
	OF_PROCESS = 2,
	NO_SUCH_ID = 999999,
	SIGNAL = 40, /* one that queues */
	LENGTH_NS = 4000000,
	NS_PER_SECOND = 1000000000,
	MASK_BLOCK = 0,
	MASK_UNBLOCK = 1,
	ABSOLUTE = 1,
};

struct timer_event {
	uint64_t value;
	int32_t signal, notify, tid, rest[11];
};

struct timer_setting {
	int64_t interval_seconds, interval_ns, seconds, ns;
};

/* As clock_getcpuclockid(3) makes it. */
static int32_t clock_of(int64_t id, int32_t what)
{
	return (int32_t)(~(uint32_t)id << 3 | (uint32_t)what);
}

static int64_t run_ns(int32_t clock)
{
	struct timespec_wait time = {-1, 0};
	CALL(LINUX_CLOCK_GETTIME, clock, &time);
	return time.seconds * NS_PER_SECOND + time.nanoseconds;
}

static void check_run_clocks(struct tap *tap)
{
	int64_t pid = CALL(LINUX_GETPID), tid = CALL(LINUX_GETTID);
	int64_t before = run_ns(THREAD_CLOCK), between = run_ns(clock_of(tid, OF_THREAD));
	tap_check(tap, before > 0 && between >= before && run_ns(THREAD_CLOCK) >= between,
	          "the clock of a thread has a number");
	before = run_ns(PROCESS_CLOCK);
	between = run_ns(clock_of(pid, OF_PROCESS));
	tap_check(tap, between >= before && run_ns(clock_of(0, OF_PROCESS)) >= between,
	          "so has that of a process");
	tap_check(tap, run_ns(clock_of(1, OF_PROCESS)) >= 0, "also of another one");
	struct timespec_wait time;
	tap_check_equal(tap, CALL(LINUX_CLOCK_GETTIME, clock_of(NO_SUCH_ID, OF_PROCESS), &time),
	                ERR_INVALID_ARGS, "of nobody there is none");
	tap_check_equal(tap, CALL(LINUX_CLOCK_GETTIME, clock_of(1, OF_THREAD), &time),
	                ERR_INVALID_ARGS, "nor of another one's thread");
	tap_check_equal(tap, CALL(LINUX_CLOCK_GETTIME, -1, &time), ERR_INVALID_ARGS,
	                "nor of a descriptor");
}

static int32_t timer_of(int32_t clock)
{
	const struct timer_event event = {.signal = SIGNAL};
	int32_t timer = -1;
	CALL(LINUX_TIMER_CREATE, clock, &event, &timer);
	return timer;
}

/* The clock stands still while the program does: late by no more than a tick, however slow the
 * machine. */
static void check_run_timer(struct tap *tap, int32_t clock)
{
	struct timer_setting once = {.ns = LENGTH_NS}, far = {.seconds = 1000}, off = {}, seen,
	                     often = {.ns = LENGTH_NS, .interval_ns = LENGTH_NS}, at = {};
	int32_t timer = timer_of(clock);
	signal_handle(SIGNAL, 0);
	signal_count();
	tap_check_equal(tap, CALL(LINUX_TIMER_SETTIME, timer, 0, &far, 0), OK,
	                "a timer counts what is run");
	CALL(LINUX_TIMER_GETTIME, timer, &seen);
	tap_check(tap, seen.seconds == 999 || (seen.seconds == 1000 && seen.ns == 0),
	          "what is left of it is told");
	int64_t start = run_ns(clock);
	CALL(LINUX_TIMER_SETTIME, timer, 0, &once, 0);
	while (signal_count() == 0)
		;
	tap_check(tap, run_ns(clock) - start >= LENGTH_NS, "it comes once so much was run");
	CALL(LINUX_TIMER_GETTIME, timer, &seen);
	tap_check(tap, seen.seconds == 0 && seen.ns == 0, "once");
	CALL(LINUX_TIMER_SETTIME, timer, 0, &often, 0);
	for (int left = 3; left > 0;)
		left -= signal_count();
	CALL(LINUX_TIMER_SETTIME, timer, 0, &off, &seen);
	tap_check_equal(tap, seen.interval_ns, LENGTH_NS, "or again and again");
	signal_count();
	int64_t then = run_ns(clock) + LENGTH_NS;
	at.seconds = then / NS_PER_SECOND;
	at.ns = then % NS_PER_SECOND;
	CALL(LINUX_TIMER_SETTIME, timer, ABSOLUTE, &at, 0);
	while (signal_count() == 0)
		;
	tap_check(tap, run_ns(clock) >= then, "or at a time of that clock");
	tap_check_equal(tap, CALL(LINUX_TIMER_DELETE, timer), OK, "and is deleted");
	signal_set(SIGNAL, 0);
}

struct busy {
	uint32_t ends; /* atomic */
};

static void thread_be_busy(void *argument)
{
	struct busy *busy = argument;
	while (!__atomic_load_n(&busy->ends, __ATOMIC_ACQUIRE))
		;
}

/* The signal is let in only where it is waited for. */
static void check_timer_of_another(struct tap *tap)
{
	static const uint64_t none = 0, mask = 1ULL << (SIGNAL - 1);
	const struct timer_setting once = {.ns = LENGTH_NS};
	struct busy busy = {};
	int32_t tid = 0;
	CALL(LINUX_RT_SIGPROCMASK, MASK_BLOCK, &mask, 0, sizeof mask);
	signal_handle(SIGNAL, 0);
	signal_count();
	int64_t id = thread_begin(thread_be_busy, &busy, &tid);
	/* the thread has the same mask, so that only the waiting one is told */
	int32_t clock = clock_of(id, OF_THREAD), timer = timer_of(clock);
	CALL(LINUX_TIMER_SETTIME, timer, 0, &once, 0);
	tap_check_equal(tap, CALL(LINUX_RT_SIGSUSPEND, &none, sizeof none), ERR_INTERRUPTED,
	                "what another thread runs is counted");
	tap_check(tap, signal_count() == 1 && run_ns(clock) >= LENGTH_NS, "and told who waits");
	CALL(LINUX_TIMER_SETTIME, timer, 0, &once, 0);
	__atomic_store_n(&busy.ends, 1, __ATOMIC_RELEASE);
	linux_thread_join(&tid);
	tap_check_equal(tap, CALL(LINUX_TIMER_DELETE, timer), OK,
	                "a timer may be left whose thread is gone");
	CALL(LINUX_RT_SIGPROCMASK, MASK_UNBLOCK, &mask, 0, sizeof mask);
	signal_set(SIGNAL, 0);
	signal_count();
}

static int64_t sleep_by(int32_t clock, int32_t flags, int64_t ns, struct timespec_wait *left)
{
	const struct timespec_wait time = {ns / NS_PER_SECOND, ns % NS_PER_SECOND};
	return CALL(LINUX_CLOCK_NANOSLEEP, clock, flags, &time, left);
}

/* Nothing but the other thread makes the clocks go on, and it does until it is told. */
static void check_run_sleep(struct tap *tap)
{
	struct busy busy = {};
	int32_t tid = 0;
	int64_t id = thread_begin(thread_be_busy, &busy, &tid);
	int32_t clock = clock_of(id, OF_THREAD);
	int64_t start = run_ns(clock);
	tap_check_equal(tap, sleep_by(clock, 0, LENGTH_NS, 0), OK,
	                "one sleeps while another thread runs");
	tap_check(tap, run_ns(clock) - start >= LENGTH_NS, "until it has run for so long");
	int64_t then = run_ns(PROCESS_CLOCK) + LENGTH_NS;
	tap_check_equal(tap, sleep_by(PROCESS_CLOCK, ABSOLUTE, then, 0), OK,
	                "or until a time of the process's clock");
	tap_check(tap, run_ns(PROCESS_CLOCK) >= then, "which is there then");
	tap_check_equal(tap, sleep_by(PROCESS_CLOCK, ABSOLUTE, then, 0), OK,
	                "or not at all when it has passed");
	__atomic_store_n(&busy.ends, 1, __ATOMIC_RELEASE);
	linux_thread_join(&tid);
	tap_check_equal(tap, sleep_by(clock, 0, LENGTH_NS, 0), ERR_INVALID_ARGS,
	                "nobody sleeps by the clock of who is gone");
}

/* Ends by itself while it is waited for, or before. */
static void thread_be_busy_for_long(void *)
{
	int64_t start = run_ns(THREAD_CLOCK);
	while (run_ns(THREAD_CLOCK) - start < 4 * (int64_t)LENGTH_NS)
		;
}

static void check_run_sleep_ends(struct tap *tap)
{
	enum { FAR_SECONDS = 1000 };
	static const struct timer_setting often = {.ns = LENGTH_NS, .interval_ns = LENGTH_NS};
	struct timespec_wait left = {};
	int32_t tid = 0;
	int64_t far = (int64_t)FAR_SECONDS * NS_PER_SECOND;
	int64_t id = thread_begin(thread_be_busy_for_long, 0, &tid);
	tap_check_equal(tap, sleep_by(clock_of(id, OF_THREAD), 0, far, 0), ERR_INVALID_ARGS,
	                "whoever sleeps by it hears that it is gone");
	linux_thread_join(&tid);
	signal_handle(SIGNAL, 0);
	int32_t timer = timer_of(MONOTONIC);
	CALL(LINUX_TIMER_SETTIME, timer, 0, &often, 0);
	tap_check_equal(tap, sleep_by(PROCESS_CLOCK, 0, far, &left), ERR_INTERRUPTED,
	                "a signal ends such a sleep");
	tap_check(tap, left.seconds == FAR_SECONDS - 1 || left.seconds == FAR_SECONDS,
	          "and what was left of it is told");
	CALL(LINUX_TIMER_DELETE, timer);
	signal_set(SIGNAL, 0);
	signal_count();
	tap_check_equal(tap, sleep_by(clock_of(CALL(LINUX_GETTID), OF_THREAD), 0, far, 0),
	                ERR_INVALID_ARGS, "none can sleep by what it runs itself");
	tap_check_equal(tap, sleep_by(THREAD_CLOCK, 0, far, 0), ERR_NOT_SUPPORTED,
	                "by no name for it");
	tap_check_equal(tap, sleep_by(PROCESS_CLOCK, 0, -1, 0), ERR_INVALID_ARGS,
	                "nor for less than no time");
}

void check_run_timers(struct tap *tap)
{
	int32_t timer;
	check_run_clocks(tap);
	check_run_timer(tap, PROCESS_CLOCK);
	check_run_timer(tap, THREAD_CLOCK);
	check_timer_of_another(tap);
	check_run_sleep(tap);
	check_run_sleep_ends(tap);
	tap_check_equal(tap, CALL(LINUX_TIMER_CREATE, clock_of(1, OF_PROCESS), 0, &timer),
	                ERR_INVALID_ARGS, "what another process runs is not counted");
	tap_check_equal(tap, CALL(LINUX_TIMER_CREATE, clock_of(NO_SUCH_ID, OF_THREAD), 0, &timer),
	                ERR_INVALID_ARGS, "nor what a thread runs that is not there");
}
