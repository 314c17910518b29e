/*
 * What the kernel holds for a process counts for it: threads, what lies in pipes, what waits in
 * sockets. Each check is a copy of this process, since a limit can't be raised again.
 */
#include "ipc_limits.h"
#include <linux_calls/api.h>

enum {
	PAGE = 4096,
	MIB = 1 << 20,
	NONBLOCK = 04000,
	LOCAL = 1, /* AF_UNIX */
	DATAGRAM = 2,
	TRIES = 200, /* far more than MIB holds */
	STACK_BYTES = 1024,
};

struct filled {
	uint64_t bytes;
	int64_t last; /* what ended it */
};

static char piece[PAGE];

static uint64_t bytes_now(void)
{
	struct memory_use use;
	if (rustos_memory_usage(&use) != OK)
		rustos_process_exit(1);
	return use.bytes;
}

static void limit_to(uint64_t more)
{
	if (rustos_process_set_limit(PROCESS_LIMIT_MEMORY, bytes_now() + more) != OK)
		rustos_process_exit(2);
}

static void expect(int32_t number, bool holds, int64_t got)
{
	if (holds)
		return;
	print("# step %d: got %ld\n", number, got);
	rustos_process_exit(number);
}

/* Until it takes no more. */
static void fill_one(int32_t file, struct filled *filled)
{
	int64_t len;
	while ((len = CALL(LINUX_WRITE, file, piece, sizeof piece)) > 0)
		filled->bytes += (uint64_t)len;
	filled->last = len;
}

static int64_t make_pipe(int32_t ends[2])
{
	return CALL(LINUX_PIPE2, ends, NONBLOCK);
}

static int64_t make_sockets(int32_t ends[2])
{
	return CALL(LINUX_SOCKETPAIR, LOCAL, DATAGRAM | NONBLOCK, 0, ends);
}

static void check_filled(int64_t (*make)(int32_t ends[2]))
{
	static int32_t ends[TRIES][2];
	struct filled filled = {.last = ERR_TRY_AGAIN};
	int made = 0;
	for (int i = 0; i < TRIES; i++) /* the pages of the table are there */
		ends[i][0] = ends[i][1] = -1;
	piece[0] = 1;
	limit_to(MIB);
	uint64_t before = bytes_now();
	while (made < TRIES && filled.last == ERR_TRY_AGAIN && make(ends[made]) == OK)
		fill_one(ends[made++][1], &filled);
	expect(20, filled.last == ERR_NO_MEMORY, filled.last);
	expect(21, filled.bytes > MIB / 2 && filled.bytes <= MIB, (int64_t)filled.bytes);
	for (int i = 0; i < made; i++) {
		CALL(LINUX_CLOSE, ends[i][0]);
		CALL(LINUX_CLOSE, ends[i][1]);
	}
	expect(22, bytes_now() == before, (int64_t)(bytes_now() - before));
}

static void fills_pipes(void)
{
	check_filled(make_pipe);
}

static void fills_sockets(void)
{
	check_filled(make_sockets);
}

static void thread_waits(uint64_t)
{
	for (;;)
		CALL(LINUX_PAUSE);
}

static void makes_threads(void)
{
	static char stacks[TRIES][STACK_BYTES] __attribute__((aligned(16)));
	enum status status = OK;
	int made = 0;
	for (int i = 0; i < TRIES; i++)
		stacks[i][0] = stacks[i][STACK_BYTES - 1] = 1;
	limit_to(MIB);
	for (; made < TRIES && status == OK; made += status == OK) {
		uint64_t tid, stack = (uintptr_t)stacks[made] + STACK_BYTES;
		status = rustos_thread_create((uintptr_t)thread_waits, stack, 0, &tid);
	}
	expect(30, status == ERR_TRY_AGAIN, status);
	expect(31, made > 10 && made < TRIES, made);
}

/* What the maker of a pipe has put there is read when the maker is gone. */
static void outlives_its_maker(void)
{
	enum { WRITTEN = 4 * PAGE };
	int32_t ends[2], status = -1;
	int64_t got, sum = 0;
	int64_t reader = 0, maker = linux_fork_or_exit();
	if (maker == 0) {
		expect(40, make_pipe(ends) == OK, 0);
		for (int i = 0; i < WRITTEN / PAGE; i++)
			expect(41, CALL(LINUX_WRITE, ends[1], piece, PAGE) == PAGE, i);
		reader = linux_fork_or_exit();
		if (reader)
			rustos_process_exit(0);
		while (CALL(LINUX_GETPPID) != 1)
			CALL(LINUX_SCHED_YIELD);
		CALL(LINUX_CLOSE, ends[1]);
		while ((got = CALL(LINUX_READ, ends[0], piece, PAGE)) > 0)
			sum += got;
		rustos_process_exit(sum == WRITTEN ? 0 : 42);
	}
	CALL(LINUX_WAIT4, maker, &status, 0, 0);
	expect(43, status == 0, status);
}

void check_what_is_held(struct tap *tap)
{
	tap_check_equal(tap, status_of(fills_pipes), 0,
	                "what lies in pipes counts for their maker");
	tap_check_equal(tap, status_of(makes_threads), 0, "so do threads");
	tap_check_equal(tap, status_of(fills_sockets), 0, "and what waits in sockets");
	tap_check_equal(tap, status_of(outlives_its_maker), 0, "and it may be there after him");
}
