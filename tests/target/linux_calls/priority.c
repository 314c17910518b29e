/* Where threads run, and how much of a CPU they get. */
#include "linux_calls.h"
#include "signals.h"

enum { CPUS_MAX = 64, SHARED_READ_WRITE = 3, MAP_SHARED_ANONYMOUS = 0x21, OF_GROUP = 1 };

static uint32_t cpu_now(void)
{
	uint32_t cpu = CPUS_MAX;
	CALL(LINUX_GETCPU, &cpu, 0, 0);
	return cpu;
}

static uint64_t cpus_of(int64_t tid)
{
	uint64_t mask = 0;
	CALL(LINUX_SCHED_GETAFFINITY, tid, sizeof mask, &mask);
	return mask;
}

/* A child that would go on for ever without its parent, which may end for lack of memory. */
static void exit_without(int64_t parent)
{
	if (CALL(LINUX_GETPPID) != parent)
		CALL(LINUX_EXIT_GROUP, 1);
}

/* On each CPU in turn. */
static void check_own_places(struct tap *tap)
{
	const uint64_t all = cpus_of(0);
	bool there = true, told = true;
	for (uint32_t cpu = 0; cpu < CPUS_MAX; cpu++) {
		const uint64_t mask = 1ULL << cpu;
		if (!(all & mask))
			continue;
		there &= CALL(LINUX_SCHED_SETAFFINITY, 0, sizeof mask, &mask) == OK;
		for (int i = 0; i < 3; i++) {
			there &= cpu_now() == cpu;
			CALL(LINUX_SCHED_YIELD);
		}
		told &= cpus_of(0) == mask;
	}
	tap_check(tap, there, "a thread runs where it is told to");
	tap_check(tap, told, "and says where that is");
	const uint64_t none = 0, beyond = ~all;
	tap_check_equal(tap, CALL(LINUX_SCHED_SETAFFINITY, 0, sizeof none, &none), ERR_INVALID_ARGS,
	                "it must run somewhere");
	if (beyond)
		tap_check_equal(tap, CALL(LINUX_SCHED_SETAFFINITY, 0, sizeof beyond, &beyond),
		                ERR_INVALID_ARGS, "where a CPU is");
	tap_check_equal(tap, CALL(LINUX_SCHED_SETAFFINITY, 0, 8, BAD_ADDRESS), ERR_BAD_ADDRESS,
	                "a mask that is not there is refused");
	CALL(LINUX_SCHED_SETAFFINITY, 0, sizeof all, &all);
	tap_check_equal(tap, (int64_t)cpus_of(0), (int64_t)all, "everywhere again");
}

/* How many ticks of 10 ms a CPU has worked, by /proc/stat; -1: it has no line. */
static int64_t worked_ticks(uint32_t cpu)
{
	enum { USER, NICE, SYSTEM, TIMES };
	static char text[2 * PAGE];
	int64_t fd = CALL(LINUX_OPEN, "/proc/stat", 0, 0);
	int64_t len = CALL(LINUX_READ, fd, text, sizeof text);
	CALL(LINUX_CLOSE, fd);
	struct str rest = {text, len > 0 ? (size_t)len : 0};
	while (rest.len) {
		struct str_split line = str_cut(rest, '\n'), word = str_cut(line.head, ' ');
		uint64_t number, times[TIMES] = {};
		rest = line.rest;
		if (!str_starts_with(word.head, STR("cpu")) ||
		    !str_to_u64(str_slice(word.head, 3, word.head.len), &number) || number != cpu)
			continue;
		for (int i = 0; i < TIMES; i++) {
			word = str_cut(word.rest, ' ');
			if (!str_to_u64(word.head, &times[i]))
				return -1;
		}
		return (int64_t)(times[USER] + times[SYSTEM]);
	}
	return -1;
}

/* Whoever works on a CPU is seen there in the end, however slow the machine. */
static void check_times_of_cpus(struct tap *tap)
{
	enum { TICKS = 2 };
	const uint64_t all = cpus_of(0);
	bool told = true;
	for (uint32_t cpu = 0; cpu < CPUS_MAX && told; cpu++) {
		const uint64_t mask = 1ULL << cpu;
		if (!(all & mask))
			continue;
		CALL(LINUX_SCHED_SETAFFINITY, 0, sizeof mask, &mask);
		int64_t before = worked_ticks(cpu), now = before;
		while (now >= before && now < before + TICKS)
			now = worked_ticks(cpu);
		told = before >= 0 && now >= before;
	}
	tap_check(tap, told, "what each CPU has worked is told");
	CALL(LINUX_SCHED_SETAFFINITY, 0, sizeof all, &all);
}

static volatile uint32_t *map_word(void)
{
	return (volatile uint32_t *)CALL(LINUX_MMAP, 0, PAGE, SHARED_READ_WRITE,
	                                 MAP_SHARED_ANONYMOUS, -1, 0);
}

/* The child never sleeps; once its parent has said that it is told, it must be there. */
static void check_place_of_another(struct tap *tap)
{
	const uint64_t all = cpus_of(0);
	const uint32_t last = 63 - (uint32_t)__builtin_clzll(all);
	const uint64_t mask = 1ULL << last;
	const uint64_t first = all & -all;
	volatile uint32_t *told = map_word();
	CALL(LINUX_SCHED_SETAFFINITY, 0, sizeof first, &first);
	int64_t self = CALL(LINUX_GETPID), pid = linux_fork_or_exit();
	if (pid == 0) {
		bool inherited = true;
		for (; !*told; exit_without(self))
			inherited &= cpus_of(0) == first || cpus_of(0) == mask;
		CALL(LINUX_SCHED_YIELD);
		CALL(LINUX_EXIT_GROUP, !inherited || cpus_of(0) != mask || cpu_now() != last);
	}
	tap_check_equal(tap, CALL(LINUX_SCHED_SETAFFINITY, pid, sizeof mask, &mask), OK,
	                "another process is told, too");
	*told = 1;
	tap_check_equal(tap, wait_for(pid), 0, "and goes there");
	tap_check_equal(tap, CALL(LINUX_SCHED_SETAFFINITY, 999999, sizeof mask, &mask),
	                ERR_NO_PROCESS, "one that does not exist is not");
	CALL(LINUX_SCHED_SETAFFINITY, 0, sizeof all, &all);
	CALL(LINUX_MUNMAP, told, PAGE);
}

static void check_nice(struct tap *tap)
{
	enum { ZERO = 20, IDLE = 5, BATCH = 3, OTHER = 0 };
	const int32_t no_priority = 0;
	tap_check_equal(tap, CALL(LINUX_GETPRIORITY, 0, 0), ZERO, "nobody is nice at first");
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		bool good = CALL(LINUX_SETPRIORITY, 0, 0, 7) == OK &&
		            CALL(LINUX_GETPRIORITY, 0, 0) == ZERO - 7;
		CALL(LINUX_SETPGID, 0, 0);
		good &= CALL(LINUX_SETPRIORITY, OF_GROUP, 0, 100) == OK &&
		        CALL(LINUX_GETPRIORITY, OF_GROUP, 0) == ZERO - 19;
		good &= CALL(LINUX_SCHED_SETSCHEDULER, 0, IDLE, &no_priority) == OK &&
		        CALL(LINUX_SCHED_GETSCHEDULER, 0) == IDLE;
		good &= CALL(LINUX_SCHED_SETSCHEDULER, 0, BATCH, &no_priority) == OK &&
		        CALL(LINUX_SCHED_GETSCHEDULER, 0) == BATCH;
		CALL(LINUX_EXIT_GROUP, !good);
	}
	tap_check_equal(tap, wait_for(pid), 0, "a child can be, with its group, and idle");
	tap_check_equal(tap, CALL(LINUX_GETPRIORITY, 0, 0), ZERO, "its parent is not");
	tap_check_equal(tap, CALL(LINUX_SETPRIORITY, 3, 0, 1), ERR_INVALID_ARGS,
	                "there is no fourth kind of whom");
	tap_check_equal(tap, CALL(LINUX_SETPRIORITY, 0, 999999, 1), ERR_NO_PROCESS,
	                "nor this process");
	tap_check_equal(tap, CALL(LINUX_SCHED_SETPARAM, 0, &no_priority), OK,
	                "no priority may be asked for");
}

struct race {
	volatile uint64_t done[2];
	volatile uint32_t go;
};

static int64_t start_runner(struct race *race, int which, int nice)
{
	enum { ROUNDS = 256 };
	int64_t self = CALL(LINUX_GETPID), pid = linux_fork_or_exit();
	if (pid != 0)
		return pid;
	CALL(LINUX_SETPRIORITY, 0, 0, nice);
	for (; !race->go; exit_without(self))
		CALL(LINUX_SCHED_YIELD);
	for (; race->go == 1; exit_without(self))
		for (int i = 0; i < ROUNDS; i++)
			race->done[which]++;
	CALL(LINUX_EXIT_GROUP, 0);
	__builtin_unreachable();
}

/*
 * Two on one CPU: 10 steps are a share of nine times less. A machine that stands still for a while
 * spoils a round, but not all of them.
 */
static void check_shares(struct tap *tap)
{
	enum { STEPS = 10, ROUND_NS = 100000000, ROUNDS_MAX = 50, TIMES_AT_LEAST = 3 };
	const uint64_t all = cpus_of(0), one = all & -all;
	const struct timespec_wait nap = {0, ROUND_NS};
	struct race *race = (struct race *)(uintptr_t)map_word();
	CALL(LINUX_SCHED_SETAFFINITY, 0, sizeof one, &one);
	int64_t plain = start_runner(race, 0, 0), nice = start_runner(race, 1, STEPS);
	bool fair = false;
	race->go = 1;
	for (int i = 0; i < ROUNDS_MAX && !fair; i++) {
		const uint64_t before[] = {race->done[0], race->done[1]};
		CALL(LINUX_NANOSLEEP, &nap, 0);
		uint64_t most = race->done[0] - before[0], least = race->done[1] - before[1];
		fair = least > 0 && most > least * TIMES_AT_LEAST;
	}
	race->go = 2;
	wait_for(plain);
	wait_for(nice);
	tap_check(tap, fair, "who is nice leaves most of the CPU to others, and is not starved");
	CALL(LINUX_MUNMAP, race, PAGE);
	CALL(LINUX_SCHED_SETAFFINITY, 0, sizeof all, &all);
}

void check_priority(struct tap *tap)
{
	check_own_places(tap);
	check_times_of_cpus(tap);
	check_place_of_another(tap);
	check_nice(tap);
	check_shares(tap);
}
