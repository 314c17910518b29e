/* Who and where we are, time, random numbers. */
#include "linux_calls.h"

struct timespec_now {
	int64_t seconds, nanoseconds;
};

static void check_identity(struct tap *tap)
{
	char names[6][65];
	tap_check_equal(tap, CALL(LINUX_UNAME, names), OK, "uname answers");
	tap_check(tap,
	          str_equal(str_from_c(names[0]), STR("Linux")) &&
	                  str_equal(str_from_c(names[4]), STR("x86_64")),
	          "uname says what programs look for");
	tap_check_equal(tap, CALL(LINUX_UNAME, BAD_ADDRESS), ERR_BAD_ADDRESS,
	                "uname refuses a bad address");
	tap_check(tap, CALL(LINUX_GETPID) > 1, "getpid is not the first process");
	tap_check_equal(tap, CALL(LINUX_GETTID), CALL(LINUX_GETPID),
	                "the first thread has the process's number");
	tap_check_equal(tap, CALL(LINUX_GETPPID), 1, "the parent is the first process");
	tap_check_equal(tap, CALL(LINUX_GETUID), 0, "getuid answers");
}

/* struct sysinfo of Linux x86-64 */
struct system_information {
	int64_t uptime;
	uint64_t loads[3];
	uint64_t total, free, shared, buffers, total_swap, free_swap;
	uint16_t processes, pad[3];
	uint64_t total_high, free_high;
	uint32_t unit, reserved;
};

static void check_figures(struct tap *tap)
{
	struct system_information info = {};
	tap_check_equal(tap, CALL(LINUX_SYSINFO, &info), OK, "sysinfo answers");
	tap_check(tap, info.unit == 1 && info.total > info.free && info.free > 0,
	          "with memory, of which some is free");
	tap_check(tap, info.processes >= 2 && info.uptime >= 0, "and processes");
	tap_check_equal(tap, CALL(LINUX_SYSINFO, BAD_ADDRESS), ERR_BAD_ADDRESS,
	                "sysinfo refuses a bad address");
}

static void check_time(struct tap *tap)
{
	enum { MONOTONIC = 1, REALTIME = 0, NO_SUCH_CLOCK = 99 };
	struct timespec_now a = {}, b = {}, real = {};
	CALL(LINUX_CLOCK_GETTIME, MONOTONIC, &a);
	CALL(LINUX_CLOCK_GETTIME, MONOTONIC, &b);
	CALL(LINUX_CLOCK_GETTIME, REALTIME, &real);
	tap_check(tap,
	          b.seconds > a.seconds ||
	                  (b.seconds == a.seconds && b.nanoseconds >= a.nanoseconds),
	          "the monotonic clock does not go back");
	tap_check(tap, real.seconds > 1600000000, "the time of day is of this century");
	tap_check_equal(tap, CALL(LINUX_CLOCK_GETTIME, NO_SUCH_CLOCK, &a), ERR_INVALID_ARGS,
	                "an unknown clock is refused");
	tap_check_equal(tap, CALL(LINUX_CLOCK_GETTIME, MONOTONIC, KERNEL_ADDRESS), ERR_BAD_ADDRESS,
	                "the kernel's memory is no place for the time");
	struct timespec_now nap = {0, 2000000}, bad = {0, 1000000000};
	CALL(LINUX_CLOCK_GETTIME, MONOTONIC, &a);
	tap_check_equal(tap, CALL(LINUX_NANOSLEEP, &nap, 0), OK, "nanosleep comes back");
	CALL(LINUX_CLOCK_GETTIME, MONOTONIC, &b);
	int64_t slept = (b.seconds - a.seconds) * 1000000000 + b.nanoseconds - a.nanoseconds;
	tap_check(tap, slept >= nap.nanoseconds, "and not too early");
	tap_check_equal(tap, CALL(LINUX_NANOSLEEP, &bad, 0), ERR_INVALID_ARGS,
	                "a second of nanoseconds is refused");
}

static void check_set_time(struct tap *tap)
{
	enum { MONOTONIC = 1, REALTIME = 0, FORWARD = 86400 };
	struct timespec_now before = {}, after = {}, up = {}, real = {}, bad = {0, 1000000000};
	CALL(LINUX_CLOCK_GETTIME, MONOTONIC, &before);
	CALL(LINUX_CLOCK_GETTIME, REALTIME, &real);
	const struct timespec_now later = {real.seconds + FORWARD, real.nanoseconds};
	tap_check_equal(tap, CALL(LINUX_CLOCK_SETTIME, REALTIME, &later), OK, "the clock is set");
	CALL(LINUX_CLOCK_GETTIME, REALTIME, &real);
	CALL(LINUX_CLOCK_GETTIME, MONOTONIC, &up);
	int64_t most = later.seconds + 1 + up.seconds - before.seconds;
	tap_check(tap, real.seconds >= later.seconds && real.seconds <= most,
	          "and goes on from there");
	tap_check(tap, up.seconds - before.seconds < FORWARD, "the monotonic clock stays");
	real.seconds -= FORWARD;
	tap_check_equal(tap, CALL(LINUX_CLOCK_SETTIME, REALTIME, &real), OK, "it is set back");
	CALL(LINUX_CLOCK_GETTIME, REALTIME, &after);
	tap_check(tap, after.seconds >= real.seconds && after.seconds < later.seconds, "as well");
	tap_check_equal(tap, CALL(LINUX_CLOCK_SETTIME, MONOTONIC, &real), ERR_INVALID_ARGS,
	                "no other clock is set");
	tap_check_equal(tap, CALL(LINUX_CLOCK_SETTIME, REALTIME, BAD_ADDRESS), ERR_BAD_ADDRESS,
	                "from a bad address neither");
	tap_check_equal(tap, CALL(LINUX_CLOCK_SETTIME, REALTIME, &bad), ERR_INVALID_ARGS,
	                "nor with a second of nanoseconds");
	bad = (struct timespec_now){};
	tap_check_equal(tap, CALL(LINUX_CLOCK_SETTIME, REALTIME, &bad), ERR_INVALID_ARGS,
	                "nor to before the machine's start");
}

static void check_random(struct tap *tap)
{
	uint64_t words[4] = {};
	tap_check_equal(tap, CALL(LINUX_GETRANDOM, words, sizeof words, 0), sizeof words,
	                "getrandom fills all that was asked for");
	tap_check(tap, words[0] && words[1] && words[0] != words[1], "with differing words");
	tap_check_equal(tap, CALL(LINUX_GETRANDOM, words, 1, 8), ERR_INVALID_ARGS,
	                "getrandom refuses unknown flags");
	tap_check_equal(tap, CALL(LINUX_GETRANDOM, BAD_ADDRESS, 8, 0), ERR_BAD_ADDRESS,
	                "getrandom refuses a bad address");
}

static void check_bases(struct tap *tap)
{
	enum { SET_FS = 0x1002, GET_FS = 0x1003, SET_GS = 0x1001 };
	uint64_t word = 0x1122334455667788, seen, base = 0;
	CALL(LINUX_ARCH_PRCTL, SET_GS, &word);
	__asm__ volatile("movq %%gs:0, %0" : "=r"(seen));
	tap_check(tap, seen == word, "the base of gs is what was set");
	CALL(LINUX_ARCH_PRCTL, SET_FS, &word);
	CALL(LINUX_SCHED_YIELD);
	__asm__ volatile("movq %%fs:0, %0" : "=r"(seen));
	tap_check(tap, seen == word, "the base of fs outlives other threads");
	CALL(LINUX_ARCH_PRCTL, GET_FS, &base);
	tap_check_equal(tap, (int64_t)base, (int64_t)(uintptr_t)&word, "and can be asked for");
	tap_check_equal(tap, CALL(LINUX_ARCH_PRCTL, SET_FS, KERNEL_ADDRESS), ERR_NOT_PERMITTED,
	                "a base in the kernel is refused");
	tap_check_equal(tap, CALL(LINUX_ARCH_PRCTL, 1, 0), ERR_INVALID_ARGS,
	                "an unknown operation is refused");
}

static void check_log(struct tap *tap)
{
	enum { OPEN = 1, READ = 2, READ_ALL = 3, READ_CLEAR = 4, CLEAR = 5, LEVEL = 8, SIZE = 10 };
	enum { SOME = 1024 };
	static char bytes[SOME];
	tap_check_equal(tap, CALL(LINUX_SYSLOG, OPEN, 0, 0), OK, "the log can be opened");
	tap_check(tap, CALL(LINUX_SYSLOG, SIZE, 0, 0) > SOME, "it has a size");
	int64_t len = CALL(LINUX_SYSLOG, READ_ALL, bytes, SOME);
	tap_check(tap, len > 0 && len <= SOME && bytes[len - 1] == '\n' && bytes[0] == 's',
	          "and whole lines");
	tap_check_equal(tap, CALL(LINUX_SYSLOG, READ_ALL, bytes, -1), ERR_INVALID_ARGS,
	                "a negative length is refused");
	tap_check_equal(tap, CALL(LINUX_SYSLOG, READ_ALL, BAD_ADDRESS, SOME), ERR_BAD_ADDRESS,
	                "so is a bad address");
	tap_check_equal(tap, CALL(LINUX_SYSLOG, READ, bytes, SOME), ERR_NOT_IMPLEMENTED,
	                "nothing is taken out of it");
	tap_check(tap, CALL(LINUX_SYSLOG, READ_CLEAR, bytes, SOME) > 0, "it is read and cleared");
	tap_check_equal(tap, CALL(LINUX_SYSLOG, CLEAR, 0, 0), OK, "and only cleared");
	tap_check_equal(tap, CALL(LINUX_SYSLOG, LEVEL, 0, 0), ERR_INVALID_ARGS,
	                "no console is without the worst");
	tap_check_equal(tap, CALL(LINUX_SYSLOG, LEVEL, 0, 9), ERR_INVALID_ARGS, "9 is no level");
}

void check_system(struct tap *tap)
{
	check_log(tap);
	check_identity(tap);
	check_figures(tap);
	check_time(tap);
	check_set_time(tap);
	check_random(tap);
	check_bases(tap);
}
