/* Signals that are read (signalfd), and timers that send them (timer_create). */
#include "linux_calls.h"
#include "signals.h"

enum { BLOCK = 0, UNBLOCK = 1, NONBLOCK = 04000, IN = 1, RECORD = 128, MONOTONIC = 1 };

struct record {
	uint32_t signal;
	int32_t error, code;
	uint32_t pid, uid;
	int32_t descriptor;
	uint32_t timer, band, overrun, trap;
	int32_t status, value;
	uint64_t pointer;
	uint8_t rest[72];
};

_Static_assert(sizeof(struct record) == RECORD);

static uint64_t bit(int signal)
{
	return 1ULL << (signal - 1);
}

/* poll: is there something to read? */
static int64_t is_ready(int64_t fd, int64_t timeout_ms)
{
	struct {
		int32_t fd;
		int16_t events, happened;
	} entry = {(int32_t)fd, IN, 0};
	return CALL(LINUX_POLL, &entry, 1, timeout_ms);
}

static void check_reading(struct tap *tap)
{
	const uint64_t both = bit(SIG_USR1) | bit(SIG_USR2), first = bit(SIG_USR1);
	struct record records[3] = {};
	int64_t self = CALL(LINUX_GETPID);
	CALL(LINUX_RT_SIGPROCMASK, BLOCK, &both, 0, 8);
	int64_t fd = CALL(LINUX_SIGNALFD4, -1, &first, 8, NONBLOCK);
	tap_check(tap, fd >= 0, "signals can be a file");
	tap_check_equal(tap, CALL(LINUX_READ, fd, records, RECORD), ERR_TRY_AGAIN,
	                "none is pending");
	tap_check_equal(tap, is_ready(fd, 0), 0, "and none is told");
	CALL(LINUX_KILL, self, SIG_USR2);
	tap_check_equal(tap, is_ready(fd, 0), 0, "one that was not asked for is not, either");
	CALL(LINUX_KILL, self, SIG_USR1);
	tap_check_equal(tap, is_ready(fd, -1), 1, "one that was makes it ready");
	tap_check_equal(tap, CALL(LINUX_READ, fd, records, RECORD - 1), ERR_INVALID_ARGS,
	                "it is read as a whole");
	tap_check_equal(tap, CALL(LINUX_READ, fd, records, sizeof records), RECORD,
	                "as many as there are");
	tap_check_equal(tap, records[0].signal, SIG_USR1, "its number");
	tap_check_equal(tap, records[0].pid, self, "and its sender");
	tap_check_equal(tap, is_ready(fd, 0), 0, "then it is gone");
	tap_check_equal(tap, CALL(LINUX_SIGNALFD4, fd, &both, 8, 0), fd, "others can be asked for");
	tap_check_equal(tap, is_ready(fd, 0), 1, "also such as were there before");
	tap_check_equal(tap, CALL(LINUX_TGKILL, self, self, SIG_USR1), OK,
	                "one for this thread alone");
	tap_check_equal(tap, CALL(LINUX_READ, fd, records, sizeof records), 2 * RECORD,
	                "is read with those for all");
	CALL(LINUX_CLOSE, fd);
	CALL(LINUX_RT_SIGPROCMASK, UNBLOCK, &both, 0, 8);
}

/* Memory ends behind the first of two records. */
static void check_torn_read(struct tap *tap)
{
	enum { PAGE = 4096, READ_WRITE = 3, PRIVATE_ANONYMOUS = 0x22 };
	const uint64_t both = bit(SIG_USR1) | bit(SIG_USR2);
	int64_t self = CALL(LINUX_GETPID);
	int64_t at = CALL(LINUX_MMAP, 0, 2 * PAGE, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0);
	CALL(LINUX_MUNMAP, at + PAGE, PAGE);
	CALL(LINUX_RT_SIGPROCMASK, BLOCK, &both, 0, 8);
	int64_t fd = CALL(LINUX_SIGNALFD4, -1, &both, 8, NONBLOCK);
	CALL(LINUX_KILL, self, SIG_USR1);
	CALL(LINUX_KILL, self, SIG_USR2);
	struct record *record = (struct record *)(at + PAGE - RECORD);
	tap_check_equal(tap, CALL(LINUX_READ, fd, record, 2 * RECORD), RECORD,
	                "a read that can go no further tells of what it wrote");
	tap_check_equal(tap, record->signal, SIG_USR1, "which is whole");
	CALL(LINUX_KILL, self, SIG_USR1);
	tap_check_equal(tap, CALL(LINUX_READ, fd, at + PAGE, RECORD), ERR_BAD_ADDRESS,
	                "one that wrote nothing fails");
	while (is_ready(fd, 0) == 1)
		CALL(LINUX_READ, fd, record, RECORD);
	CALL(LINUX_CLOSE, fd);
	CALL(LINUX_MUNMAP, at, PAGE);
	CALL(LINUX_RT_SIGPROCMASK, UNBLOCK, &both, 0, 8);
}

/* The read waits, and ends with the child's signal. */
static void check_waiting(struct tap *tap)
{
	const uint64_t mask = bit(SIG_CHLD);
	struct record record = {};
	CALL(LINUX_RT_SIGPROCMASK, BLOCK, &mask, 0, 8);
	int64_t fd = CALL(LINUX_SIGNALFD4, -1, &mask, 8, 0);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0)
		CALL(LINUX_EXIT_GROUP, 7);
	tap_check_equal(tap, CALL(LINUX_READ, fd, &record, RECORD), RECORD,
	                "a read waits for a signal");
	tap_check_equal(tap, record.signal, SIG_CHLD, "a child's end");
	tap_check_equal(tap, record.pid, pid, "says whose");
	tap_check_equal(tap, record.status, 7, "and how");
	wait_for(pid);
	CALL(LINUX_CLOSE, fd);
	CALL(LINUX_RT_SIGPROCMASK, UNBLOCK, &mask, 0, 8);
	tap_check_equal(tap, CALL(LINUX_SIGNALFD4, 1, &mask, 8, 0), ERR_INVALID_ARGS,
	                "the console is no file of signals");
	tap_check_equal(tap, CALL(LINUX_SIGNALFD4, -1, &mask, 4, 0), ERR_INVALID_ARGS,
	                "half a mask is refused");
	tap_check_equal(tap, CALL(LINUX_SIGNALFD4, -1, BAD_ADDRESS, 8, 0), ERR_BAD_ADDRESS,
	                "so is one that is not there");
}

struct timer_event {
	uint64_t value;
	int32_t signal, notify, tid, rest[11];
};

struct timer_time {
	int64_t interval_seconds, interval_ns, seconds, ns;
};

/* Its signal is read from a file, so nothing depends on when it comes. */
static void check_timer_signals(struct tap *tap)
{
	enum { NOTIFY_THREAD = 4, VALUE = 77, FROM_TIMER = -2 };
	const uint64_t mask = bit(SIG_RT);
	const struct timer_time once = {0, 0, 0, 1000000}, often = {0, 1000000, 0, 1000000},
	                        off = {};
	struct timer_time now = {};
	struct timer_event event = {.value = VALUE, .signal = SIG_RT};
	struct record record = {};
	int32_t timer = -1, second = -1;
	CALL(LINUX_RT_SIGPROCMASK, BLOCK, &mask, 0, 8);
	int64_t fd = CALL(LINUX_SIGNALFD4, -1, &mask, 8, 0);
	tap_check_equal(tap, CALL(LINUX_TIMER_CREATE, MONOTONIC, &event, &timer), OK,
	                "a timer of signals is made");
	tap_check_equal(tap, CALL(LINUX_TIMER_SETTIME, timer, 0, &once, 0), OK, "and set");
	tap_check_equal(tap, CALL(LINUX_READ, fd, &record, RECORD), RECORD, "its signal comes");
	tap_check_equal(tap, record.code, FROM_TIMER, "as that of a timer");
	tap_check_equal(tap, record.value, VALUE, "with its value");
	tap_check_equal(tap, record.timer, timer, "and its number");
	CALL(LINUX_TIMER_GETTIME, timer, &now);
	tap_check(tap, now.seconds == 0 && now.ns == 0, "it is off then");
	CALL(LINUX_TIMER_SETTIME, timer, 0, &often, 0);
	const struct timespec_wait nap = {0, 5500000};
	CALL(LINUX_NANOSLEEP, &nap, 0);
	CALL(LINUX_READ, fd, &record, RECORD);
	tap_check(tap, record.overrun >= 3, "while its signal waits it counts");
	CALL(LINUX_READ, fd, &record, RECORD);
	tap_check_equal(tap, CALL(LINUX_TIMER_SETTIME, timer, 0, &off, &now), OK, "it is stopped");
	tap_check_equal(tap, now.interval_ns, 1000000, "and says its interval");
	tap_check(tap, CALL(LINUX_TIMER_GETOVERRUN, timer) >= 0, "and how often it was missed");
	event.notify = NOTIFY_THREAD;
	event.tid = (int32_t)CALL(LINUX_GETTID);
	tap_check_equal(tap, CALL(LINUX_TIMER_CREATE, MONOTONIC, &event, &second), OK,
	                "one for a single thread");
	tap_check(tap, second != timer, "has another number");
	while (is_ready(fd, 0) == 1)
		CALL(LINUX_READ, fd, &record, RECORD);
	CALL(LINUX_TIMER_SETTIME, second, 0, &once, 0);
	CALL(LINUX_READ, fd, &record, RECORD);
	tap_check_equal(tap, record.timer, second, "and sends its own");
	tap_check_equal(tap, CALL(LINUX_TIMER_DELETE, timer), OK, "a timer is deleted");
	tap_check_equal(tap, CALL(LINUX_TIMER_DELETE, timer), ERR_INVALID_ARGS, "once");
	CALL(LINUX_TIMER_SETTIME, second, 0, &often, 0);
	CALL(LINUX_CLOSE, fd);
	CALL(LINUX_TIMER_DELETE, second);
	/* what came meanwhile shall not end this program */
	signal_set(SIG_RT, 1);
	CALL(LINUX_RT_SIGPROCMASK, UNBLOCK, &mask, 0, 8);
	signal_set(SIG_RT, 0);
}

static void check_timer_refusals(struct tap *tap)
{
	enum { NO_CLOCK = 77, NO_TIMER = 12345, NO_THREAD = 999999, NOTIFY_THREAD = 4, MANY = 100 };
	struct timer_event event = {.signal = 65};
	const struct timer_time bad = {0, 0, 0, 1000000000};
	int32_t timer = -1, made[MANY];
	tap_check_equal(tap, CALL(LINUX_TIMER_CREATE, NO_CLOCK, 0, &timer), ERR_INVALID_ARGS,
	                "an unknown clock is refused");
	tap_check_equal(tap, CALL(LINUX_TIMER_CREATE, MONOTONIC, &event, &timer), ERR_INVALID_ARGS,
	                "so is an unknown signal");
	event = (struct timer_event){.signal = SIG_RT, .notify = NOTIFY_THREAD, .tid = NO_THREAD};
	tap_check_equal(tap, CALL(LINUX_TIMER_CREATE, MONOTONIC, &event, &timer), ERR_INVALID_ARGS,
	                "and a thread of others");
	tap_check_equal(tap, CALL(LINUX_TIMER_CREATE, MONOTONIC, BAD_ADDRESS, &timer),
	                ERR_BAD_ADDRESS, "an event that is not there");
	tap_check_equal(tap, CALL(LINUX_TIMER_CREATE, MONOTONIC, 0, BAD_ADDRESS), ERR_BAD_ADDRESS,
	                "and no place for its number");
	tap_check_equal(tap, CALL(LINUX_TIMER_GETTIME, NO_TIMER, &event), ERR_INVALID_ARGS,
	                "a timer that does not exist");
	CALL(LINUX_TIMER_CREATE, MONOTONIC, 0, &timer);
	tap_check_equal(tap, CALL(LINUX_TIMER_SETTIME, timer, 0, &bad, 0), ERR_INVALID_ARGS,
	                "and a second of nanoseconds");
	CALL(LINUX_TIMER_DELETE, timer);
	int count = 0;
	while (count < MANY && CALL(LINUX_TIMER_CREATE, MONOTONIC, 0, &made[count]) == OK)
		count++;
	tap_check_equal(tap, count, 64, "there is a limit of them");
	for (int i = 0; i < count; i++)
		CALL(LINUX_TIMER_DELETE, made[i]);
	/* they go with their process */
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		const struct timer_time later = {100, 0, 100, 0};
		int64_t gone = CALL(LINUX_TIMER_DELETE, timer);
		CALL(LINUX_TIMER_CREATE, MONOTONIC, 0, &timer);
		CALL(LINUX_TIMER_SETTIME, timer, 0, &later, 0);
		CALL(LINUX_EXIT_GROUP, gone == ERR_INVALID_ARGS ? 0 : 1);
	}
	tap_check_equal(tap, wait_for(pid), 0, "a copy has none");
}

void check_signal_files(struct tap *tap)
{
	check_reading(tap);
	check_torn_read(tap);
	check_waiting(tap);
	check_timer_signals(tap);
	check_timer_refusals(tap);
}
