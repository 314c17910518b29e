/* Timers whose interval is shorter than what serving them takes: the program goes on beside them.
 */
#include "linux_calls.h"
#include "signals.h"

enum {
	MONOTONIC = 1,
	NONBLOCK = 04000,
	REAL = 0,
	SIG_ALRM = 14,
	SIG_TIMER = 41,
	MASK_BLOCK = 0,
	MASK_UNBLOCK = 1,
	MANY = 40,
	NS_PER_SECOND = 1000000000,
	RUN_NS = 30000000,
	RUNS = 100,
};

struct timer_setting {
	int64_t interval_seconds, interval_ns, seconds, ns;
};

struct alarm_setting {
	int64_t interval_seconds, interval_us, seconds, us;
};

struct timer_event {
	uint64_t value;
	int32_t signal, notify, tid, rest[11];
};

static int64_t short_now(void)
{
	struct timespec_wait time = {};
	CALL(LINUX_CLOCK_GETTIME, MONOTONIC, &time);
	return time.seconds * NS_PER_SECOND + time.nanoseconds;
}

/* How often this goes round until the time is over. */
static int64_t short_run(void)
{
	int64_t loops = 0, end = short_now() + RUN_NS;
	while (short_now() < end)
		loops++;
	return loops;
}

/*
 * Does it go round as often as undisturbed, within RUNS times that time? Other programs of the
 * suite want the CPU as well, other machines the host's; but a timer that takes the CPU leaves next
 * to nothing of any run.
 */
static bool short_runs_on(int64_t undisturbed)
{
	int64_t loops = 0;
	for (int i = 0; i < RUNS && loops < undisturbed; i++)
		loops += short_run();
	return loops >= undisturbed;
}

/* Does the program go on, and has it handled signals meanwhile? */
static bool short_runs_and_handles(void)
{
	int64_t loops = 0;
	int handled = 0;
	for (int i = 0; i < RUNS && (loops == 0 || handled < 2); i++) {
		loops += short_run();
		handled += signal_count();
	}
	return loops > 0 && handled > 1;
}

static int64_t short_timer_file(int64_t interval_ns)
{
	const struct timer_setting setting = {0, interval_ns, 0, interval_ns};
	int64_t fd = CALL(LINUX_TIMERFD_CREATE, MONOTONIC, NONBLOCK);
	CALL(LINUX_TIMERFD_SETTIME, fd, 0, &setting, 0);
	return fd;
}

static void check_short_files(struct tap *tap, int64_t undisturbed, int64_t interval_ns)
{
	uint64_t count = 0;
	int64_t start = short_now(), fd = short_timer_file(interval_ns);
	int64_t started = short_now();
	bool runs_on = short_runs_on(undisturbed);
	int64_t before = short_now();
	tap_check(tap, runs_on, "a timer that is always due takes no CPU");
	CALL(LINUX_READ, fd, &count, sizeof count);
	int64_t after = short_now();
	tap_check(tap,
	          (int64_t)count >= (before - started) / interval_ns - 1 &&
	                  (int64_t)count <= (after - start) / interval_ns + 1,
	          "it has run out as often as its interval went by");
	before = short_now();
	while (CALL(LINUX_READ, fd, &count, sizeof count) == ERR_TRY_AGAIN &&
	       short_now() - before < NS_PER_SECOND)
		;
	tap_check(tap, short_now() - before < NS_PER_SECOND, "and goes on after it was read");
	CALL(LINUX_CLOSE, fd);
}

static void check_many_files(struct tap *tap, int64_t undisturbed)
{
	int64_t files[MANY];
	for (int i = 0; i < MANY; i++)
		files[i] = short_timer_file(1);
	tap_check(tap, short_runs_on(undisturbed), "nor do many of them");
	for (int i = 0; i < MANY; i++)
		CALL(LINUX_CLOSE, files[i]);
}

static void check_short_alarm(struct tap *tap, int64_t undisturbed)
{
	const struct alarm_setting often = {0, 1, 0, 1}, off = {};
	uint64_t mask = 1ULL << (SIG_ALRM - 1);
	signal_set(SIG_ALRM, 1);
	CALL(LINUX_SETITIMER, REAL, &often, 0);
	tap_check(tap, short_runs_on(undisturbed), "an alarm that is ignored takes no CPU");
	signal_handle(SIG_ALRM, 0);
	signal_count();
	tap_check(tap, short_runs_and_handles(),
	          "a program goes on beside one that is handled again and again");
	CALL(LINUX_RT_SIGPROCMASK, MASK_BLOCK, &mask, 0, sizeof mask);
	tap_check(tap, short_runs_on(undisturbed), "nothing comes of one that waits");
	CALL(LINUX_RT_SIGPROCMASK, MASK_UNBLOCK, &mask, 0, sizeof mask);
	signal_count();
	tap_check(tap, short_runs_and_handles(), "and then it goes on");
	CALL(LINUX_SETITIMER, REAL, &off, 0);
	signal_set(SIG_ALRM, 0);
	signal_count();
}

static void check_short_timer(struct tap *tap, int64_t undisturbed, int64_t interval_ns)
{
	const struct timer_setting often = {0, interval_ns, 0, interval_ns};
	const struct timer_event event = {.signal = SIG_TIMER};
	const struct timespec_wait soon = {1, 0};
	uint64_t mask = 1ULL << (SIG_TIMER - 1);
	int32_t timer = -1;
	signal_handle(SIG_TIMER, 0);
	signal_count();
	CALL(LINUX_TIMER_CREATE, MONOTONIC, &event, &timer);
	CALL(LINUX_TIMER_SETTIME, timer, 0, &often, 0);
	tap_check(tap, short_runs_and_handles(),
	          "a program goes on beside a timer that comes again and again");
	CALL(LINUX_RT_SIGPROCMASK, MASK_BLOCK, &mask, 0, sizeof mask);
	while (CALL(LINUX_RT_SIGTIMEDWAIT, &mask, 0, &(struct timespec_wait){}, 8) == SIG_TIMER)
		;
	int64_t start = short_now();
	tap_check(tap, short_runs_on(undisturbed), "blocked it takes no CPU");
	tap_check_equal(tap, CALL(LINUX_RT_SIGTIMEDWAIT, &mask, 0, &soon, 8), SIG_TIMER,
	                "its signal waits");
	int64_t overrun = CALL(LINUX_TIMER_GETOVERRUN, timer);
	tap_check(tap,
	          overrun >= RUN_NS / interval_ns / 2 &&
	                  overrun <= (short_now() - start) / interval_ns + RUN_NS,
	          "what ran out meanwhile is counted");
	tap_check_equal(tap, CALL(LINUX_RT_SIGTIMEDWAIT, &mask, 0, &soon, 8), SIG_TIMER,
	                "and the next one comes");
	CALL(LINUX_TIMER_DELETE, timer);
	signal_set(SIG_TIMER, 1); /* forgets what is pending */
	CALL(LINUX_RT_SIGPROCMASK, MASK_UNBLOCK, &mask, 0, sizeof mask);
	signal_set(SIG_TIMER, 0);
	signal_count();
}

void check_short_timers(struct tap *tap)
{
	enum { US = 1000 };
	int64_t undisturbed = short_run();
	check_short_files(tap, undisturbed, 1);
	check_short_files(tap, undisturbed, US);
	check_many_files(tap, undisturbed);
	check_short_alarm(tap, undisturbed);
	check_short_timer(tap, undisturbed, 1);
	check_short_timer(tap, undisturbed, US);
}
