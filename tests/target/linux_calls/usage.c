/* Alarms, what was used, scheduling, limits. */
#include "linux_calls.h"
#include "signals.h"

enum {
	SIG_ALARM = 14,
	SIG_VIRTUAL_ALARM = 26,
	SIG_PROFILE = 27,
	REAL = 0,
	VIRTUAL = 1,
	PROFILE = 2,
	MASK_BLOCK = 0,
	MASK_UNBLOCK = 1,
};

struct timeval_pair {
	int64_t seconds, us;
};

struct alarm_setting {
	struct timeval_pair interval, value;
};

/* The signal is let in only here: it never comes before the wait for it. */
static int64_t wait_for_alarm(void)
{
	static const uint64_t none = 0;
	return CALL(LINUX_RT_SIGSUSPEND, &none, sizeof none);
}

/* Of 100 seconds; how many depends on how fast this goes. */
static bool has_left(int64_t seconds)
{
	return seconds > 0 && seconds <= 100;
}

static void check_alarm(struct tap *tap)
{
	static const uint64_t alarm = 1ULL << (SIG_ALARM - 1);
	struct alarm_setting off = {}, once = {.value = {0, 2000}}, seen,
	                     often = {{0, 1000}, {0, 1000}}, bad = {.value = {0, 1000000}};
	signal_handle(SIG_ALARM, 0);
	signal_count();
	tap_check_equal(tap, CALL(LINUX_ALARM, 0), 0, "no alarm is set at first");
	tap_check_equal(tap, CALL(LINUX_ALARM, 100), 0, "one is set");
	tap_check(tap, has_left(CALL(LINUX_ALARM, 0)), "and taken back: so much was left");
	CALL(LINUX_RT_SIGPROCMASK, MASK_BLOCK, &alarm, 0, sizeof alarm);
	tap_check_equal(tap, CALL(LINUX_SETITIMER, REAL, &once, 0), OK, "a timer is set");
	tap_check_equal(tap, wait_for_alarm(), ERR_INTERRUPTED, "and ends a pause");
	tap_check_equal(tap, signal_count(), 1, "with its signal");
	tap_check_equal(tap, CALL(LINUX_SETITIMER, REAL, &often, &seen), OK,
	                "one with an interval");
	tap_check(tap, seen.value.seconds == 0 && seen.value.us == 0, "nothing was left before");
	int count = 0;
	while (count < 3) {
		wait_for_alarm();
		count += signal_count();
	}
	tap_check(tap, count >= 3, "comes again and again");
	CALL(LINUX_GETITIMER, REAL, &seen);
	tap_check_equal(tap, seen.interval.us, 1000, "its interval can be asked for");
	CALL(LINUX_SETITIMER, REAL, &off, 0);
	CALL(LINUX_RT_SIGPROCMASK, MASK_UNBLOCK, &alarm, 0, sizeof alarm);
	signal_count();
	tap_check_equal(tap, CALL(LINUX_SETITIMER, REAL, &bad, 0), ERR_INVALID_ARGS,
	                "a second of microseconds is refused");
	tap_check_equal(tap, CALL(LINUX_SETITIMER, REAL, BAD_ADDRESS, 0), ERR_BAD_ADDRESS,
	                "a time that is not there too");
	tap_check_equal(tap, CALL(LINUX_SETITIMER, 3, &off, 0), ERR_INVALID_ARGS,
	                "there is no fourth timer");
	/* a copy has none; one that ends with its timer set takes it along */
	CALL(LINUX_ALARM, 100);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		int64_t left = CALL(LINUX_ALARM, 100);
		CALL(LINUX_EXIT_GROUP, left == 0 ? 0 : 1);
	}
	tap_check_equal(tap, wait_for(pid), 0, "a copy has no alarm");
	tap_check(tap, has_left(CALL(LINUX_ALARM, 0)), "its parent has");
	signal_set(SIG_ALARM, 0);
}

struct usage {
	struct timeval_pair user, system;
	int64_t rest[14];
};

static int64_t usage_us(const struct usage *usage)
{
	return usage->user.seconds * 1000000 + usage->user.us + usage->system.seconds * 1000000 +
	       usage->system.us;
}

static void spin_us(int64_t us)
{
	struct usage now = {}, start = {};
	CALL(LINUX_GETRUSAGE, 0, &start);
	do
		CALL(LINUX_GETRUSAGE, 0, &now);
	while (usage_us(&now) - usage_us(&start) < us);
}

static void check_usage(struct tap *tap)
{
	enum { SELF = 0, CHILDREN = -1, THREAD = 1, PROCESS_CLOCK = 2, SPIN_US = 3000 };
	struct usage before = {}, after = {}, child = {};
	int64_t ticks[4], status = 0;
	struct timespec_wait clock = {};
	tap_check_equal(tap, CALL(LINUX_GETRUSAGE, CHILDREN, &before), OK, "usage is told");
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		spin_us(SPIN_US);
		CALL(LINUX_EXIT_GROUP, 0);
	}
	tap_check_equal(tap, CALL(LINUX_WAIT4, pid, &status, 0, &child), pid, "a child ends");
	tap_check(tap, usage_us(&child) >= SPIN_US, "and how long it ran is told with it");
	CALL(LINUX_GETRUSAGE, CHILDREN, &after);
	tap_check(tap, usage_us(&after) - usage_us(&before) >= SPIN_US,
	          "its time is among the children's");
	CALL(LINUX_GETRUSAGE, SELF, &after);
	CALL(LINUX_GETRUSAGE, THREAD, &before);
	tap_check(tap, usage_us(&before) > 0 && usage_us(&after) + SPIN_US > usage_us(&before),
	          "a thread's time is part of its process's");
	CALL(LINUX_CLOCK_GETTIME, PROCESS_CLOCK, &clock);
	tap_check(tap, clock.seconds * 1000000 + clock.nanoseconds / 1000 >= usage_us(&after),
	          "which a clock tells, too");
	tap_check_equal(tap, CALL(LINUX_GETRUSAGE, 5, &after), ERR_INVALID_ARGS,
	                "of whom else is refused");
	tap_check_equal(tap, CALL(LINUX_GETRUSAGE, SELF, BAD_ADDRESS), ERR_BAD_ADDRESS,
	                "so is a place that is not there");
	tap_check(tap, CALL(LINUX_TIMES, ticks) >= 0 && ticks[0] >= 0 && ticks[2] >= 0,
	          "times tells the same in ticks");
	tap_check(tap, CALL(LINUX_TIMES, 0) >= 0, "or only the time");
}

/* Until the signal has come: the clock stands still while the program does, so that it is late by
 * no more than a tick, however slow the machine. */
static void check_own_alarm(struct tap *tap, int32_t which, int32_t signal)
{
	enum { LENGTH_US = 5000 };
	struct alarm_setting off = {}, once = {.value = {0, LENGTH_US}}, far = {.value = {1000, 0}},
	                     seen = {}, often = {{0, LENGTH_US}, {0, LENGTH_US}};
	struct usage start = {}, end = {};
	signal_handle(signal, 0);
	signal_count();
	tap_check_equal(tap, CALL(LINUX_SETITIMER, which, &far, 0), OK,
	                "a timer of its own time is set");
	CALL(LINUX_GETITIMER, which, &seen);
	tap_check(tap, seen.value.seconds > 0 && seen.value.seconds <= 1000, "it can be asked for");
	CALL(LINUX_GETRUSAGE, 0, &start);
	CALL(LINUX_SETITIMER, which, &once, 0);
	while (signal_count() == 0)
		;
	CALL(LINUX_GETRUSAGE, 0, &end);
	tap_check(tap, usage_us(&end) - usage_us(&start) >= LENGTH_US - 2,
	          "and comes once the program has run so long");
	CALL(LINUX_GETITIMER, which, &seen);
	tap_check(tap, seen.value.us == 0, "once");
	CALL(LINUX_SETITIMER, which, &often, 0);
	for (int left = 3; left > 0;)
		left -= signal_count();
	CALL(LINUX_SETITIMER, which, &off, &seen);
	tap_check_equal(tap, seen.interval.us, LENGTH_US, "or again and again");
	signal_set(signal, 0);
	signal_count();
}

/* Both grow in the end, whatever the ticks find. */
static void check_system_time(struct tap *tap)
{
	struct usage now = {};
	volatile unsigned turns = 0;
	do {
		for (unsigned i = 0; i < 100000; i++)
			turns++;
		CALL(LINUX_GETRUSAGE, 0, &now);
	} while (now.user.seconds == 0 && now.user.us < 10000);
	tap_check(tap, true, "a program that computes has user time");
	while (now.system.seconds == 0 && now.system.us < 10000)
		CALL(LINUX_GETRUSAGE, 0, &now);
	tap_check(tap, true, "one that calls has system time");
}

static void check_scheduling(struct tap *tap)
{
	enum { OTHER = 0, FIFO = 1, NO_POLICY = 9 };
	int32_t priority = 7, zero = 0, one = 1;
	uint64_t mask[2] = {};
	tap_check_equal(tap, CALL(LINUX_SCHED_GETAFFINITY, 0, sizeof mask, mask), 8,
	                "where a thread may run is one word");
	tap_check(tap, mask[0] & 1, "with the first processor in it");
	tap_check_equal(tap, CALL(LINUX_SCHED_GETAFFINITY, 0, 4, mask), ERR_INVALID_ARGS,
	                "half a word is too small");
	tap_check_equal(tap, CALL(LINUX_SCHED_GETSCHEDULER, 0), OTHER, "there is one policy");
	tap_check_equal(tap, CALL(LINUX_SCHED_GETSCHEDULER, 999999), ERR_NO_PROCESS,
	                "of nobody is refused");
	CALL(LINUX_SCHED_GETPARAM, 0, &priority);
	tap_check_equal(tap, priority, 0, "without priorities");
	tap_check_equal(tap, CALL(LINUX_SCHED_SETSCHEDULER, 0, OTHER, &zero), OK,
	                "which may be asked for");
	tap_check_equal(tap, CALL(LINUX_SCHED_SETSCHEDULER, 0, FIFO, &one), ERR_NOT_PERMITTED,
	                "and no other");
	tap_check_equal(tap, CALL(LINUX_SCHED_SETSCHEDULER, 0, NO_POLICY, &zero), ERR_INVALID_ARGS,
	                "least of all one that does not exist");
	tap_check_equal(tap, CALL(LINUX_SCHED_GET_PRIORITY_MAX, FIFO), 99, "99 is the highest");
	tap_check_equal(tap, CALL(LINUX_SCHED_GET_PRIORITY_MIN, FIFO), 1, "1 the lowest");
}

static void check_limits(struct tap *tap)
{
	enum { CORE = 4, DESCRIPTORS = 7, NO_LIMIT = 16 };
	uint64_t old[2] = {}, wanted[2];
	int64_t pid = linux_fork_or_exit();
	if (pid != 0) {
		tap_check_equal(tap, wait_for(pid), 0, "a limit of descriptors is kept");
	} else {
		CALL(LINUX_GETRLIMIT, DESCRIPTORS, old);
		wanted[0] = 3;
		wanted[1] = old[1];
		bool good = old[0] > 8 && CALL(LINUX_SETRLIMIT, DESCRIPTORS, wanted) == OK &&
		            CALL(LINUX_DUP, 0) < 0;
		wanted[0] = old[0];
		/* up to its maximum it may grow again */
		good &= CALL(LINUX_SETRLIMIT, DESCRIPTORS, wanted) == OK && CALL(LINUX_DUP, 0) > 2;
		CALL(LINUX_EXIT_GROUP, good ? 0 : 1);
	}
	CALL(LINUX_GETRLIMIT, CORE, old);
	tap_check_equal(tap, CALL(LINUX_SETRLIMIT, CORE, old), OK, "a limit may stay as it is");
	wanted[0] = 1;
	wanted[1] = 0;
	tap_check_equal(tap, CALL(LINUX_SETRLIMIT, CORE, wanted), ERR_INVALID_ARGS,
	                "more than its maximum is nonsense");
	tap_check_equal(tap, CALL(LINUX_GETRLIMIT, NO_LIMIT, old), ERR_INVALID_ARGS,
	                "there is no seventeenth");
	tap_check_equal(tap, CALL(LINUX_SETRLIMIT, CORE, BAD_ADDRESS), ERR_BAD_ADDRESS,
	                "a limit that is not there is refused");
}

void check_used(struct tap *tap)
{
	check_alarm(tap);
	check_usage(tap);
	check_own_alarm(tap, VIRTUAL, SIG_VIRTUAL_ALARM);
	check_own_alarm(tap, PROFILE, SIG_PROFILE);
	check_system_time(tap);
	check_scheduling(tap);
	check_limits(tap);
}
