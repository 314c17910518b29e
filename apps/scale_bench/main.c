/*
 * What a call costs when one caller makes it and when four do, each on a CPU of its own: guest
 * instructions, or, where the kernel counts them, locks taken. Under -icount the time stamp counter
 * counts what all CPUs execute together, so its difference is the work of all callers.
 */
#include "scale_bench.h"

enum { CALLERS_MAX = 4, WARM_UP_PART = 10 };

/* In memory that all share. */
struct meeting {
	uint32_t step; /* futex: 0 to come, 1 to work, 2 to leave */
};

struct run {
	const struct workload *workload;
	uint32_t callers;
	struct meeting *meeting;
	int32_t told[2]; /* pipe: a byte each from who is ready, later from who is done */
};

enum { FUTEX_WAIT_SHARED = 0, FUTEX_WAKE_SHARED = 1 };

static void meeting_wait(struct meeting *meeting, uint32_t step)
{
	uint32_t now;
	while ((now = __atomic_load_n(&meeting->step, __ATOMIC_ACQUIRE)) < step)
		CALL(LINUX_FUTEX, &meeting->step, FUTEX_WAIT_SHARED, now, 0);
}

static void meeting_go_on(struct meeting *meeting, uint32_t step)
{
	__atomic_store_n(&meeting->step, step, __ATOMIC_RELEASE);
	CALL(LINUX_FUTEX, &meeting->step, FUTEX_WAKE_SHARED, CALLERS_MAX);
}

static void repeat(const struct workload *workload, struct caller *caller, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		workload->call(caller);
}

struct partner {
	const struct workload *workload;
	struct caller *caller;
};

static void partner_main(void *context)
{
	const struct partner *partner = context;
	partner->workload->partner(partner->caller);
}

/* One caller, on this CPU. */
[[gnu::noreturn]] static void caller_main(const struct run *run, uint32_t cpu)
{
	static char stack[16384], page[2 * SCALE_PAGE];
	static struct caller caller;
	static struct partner partner;
	const struct workload *workload = run->workload;
	const uint64_t mask = 1ULL << cpu, nap[2] = {0, 200000000};
	int32_t tid = 0;
	CALL(LINUX_SCHED_SETAFFINITY, 0, sizeof mask, &mask);
	caller.page = page + (SCALE_PAGE - (uintptr_t)page % SCALE_PAGE);
	caller_prepare(&caller);
	partner = (struct partner){workload, &caller};
	if (workload->partner)
		linux_thread_start(partner_main, &partner, stack + sizeof stack, &tid);
	repeat(workload, &caller, workload->calls / WARM_UP_PART);
	/* what other CPUs did to its locks is long ago then */
	CALL(LINUX_NANOSLEEP, nap, 0);
	CALL(LINUX_WRITE, run->told[1], "r", 1);
	meeting_wait(run->meeting, 1);
	repeat(workload, &caller, workload->calls);
	CALL(LINUX_WRITE, run->told[1], "d", 1);
	meeting_wait(run->meeting, 2);
	for (;;)
		CALL(LINUX_EXIT_GROUP, 0);
}

struct cost {
	uint64_t instructions, locks, shared;
};

static uint64_t number_after(const char *text, char mark)
{
	uint64_t value = 0;
	while (*text && *text != mark)
		text++;
	while (*text && *text != ' ')
		text++;
	for (; *text == ' ' || (*text >= '0' && *text <= '9'); text++)
		value = *text == ' ' ? 0 : value * 10 + (uint64_t)(*text - '0');
	return value;
}

/* So far; of the locks 0 where they are not counted. */
static struct cost cost_now(void)
{
	char text[64] = "";
	int64_t file = CALL(LINUX_OPEN, "/proc/rustos/locks", 0, 0);
	CALL(LINUX_READ, file, text, sizeof text - 1);
	CALL(LINUX_CLOSE, file);
	return (struct cost){bench_now(), number_after(text, 't'), number_after(text, 's')};
}

static void hear(const struct run *run)
{
	char byte;
	for (uint32_t i = 0; i < run->callers; i++)
		CALL(LINUX_READ, run->told[0], &byte, 1);
}

static struct cost run_callers(struct run *run)
{
	run->meeting->step = 0;
	for (uint32_t i = 0; i < run->callers; i++)
		if (linux_fork_or_exit() == 0)
			caller_main(run, i);
	hear(run);
	struct cost before = cost_now();
	meeting_go_on(run->meeting, 1);
	hear(run);
	struct cost after = cost_now();
	meeting_go_on(run->meeting, 2);
	for (uint32_t i = 0; i < run->callers; i++)
		CALL(LINUX_WAIT4, -1, 0, 0, 0);
	return (struct cost){after.instructions - before.instructions, after.locks - before.locks,
	                     after.shared - before.shared};
}

static void print_row(const struct run *run, const char *what, uint64_t all)
{
	uint64_t calls = (uint64_t)run->callers * run->workload->calls;
	print("bench: name=%s_%s_%u value=%lu unit=thousandths\n", run->workload->name, what,
	      run->callers, all * 1000 / calls);
}

static void run_workload(const struct workload *workload, struct meeting *meeting)
{
	struct run run = {.workload = workload, .meeting = meeting};
	CALL(LINUX_PIPE, run.told);
	for (run.callers = 1; run.callers <= CALLERS_MAX; run.callers += CALLERS_MAX - 1) {
		struct cost cost = run_callers(&run);
		if (!cost.locks) {
			print_row(&run, "instructions", cost.instructions);
			continue;
		}
		print_row(&run, "locks", cost.locks);
		print_row(&run, "shared", cost.shared);
	}
	CALL(LINUX_CLOSE, run.told[0]);
	CALL(LINUX_CLOSE, run.told[1]);
}

int main(int argc, char **, char **)
{
	static const char path[] = "/apps/scale_bench/scale_bench.elf";
	enum { READ_WRITE = 3, SHARED_ANONYMOUS = 0x21 };
	if (argc == 1) {
		/* as a Linux program, whose memory comes with the first touch */
		const char *const again[] = {path, "run", NULL};
		CALL(LINUX_EXECVE, path, again, 0);
		return 1;
	}
	int64_t meeting = CALL(LINUX_MMAP, 0, SCALE_PAGE, READ_WRITE, SHARED_ANONYMOUS, -1, 0);
	if (meeting < 0)
		return 1;
	for (uint32_t i = 0; i < workload_count; i++)
		run_workload(&workloads[i], (struct meeting *)meeting);
	return 0;
}
