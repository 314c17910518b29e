#include "scale_bench.h"

void caller_prepare(struct caller *caller)
{
	(void)!rustos_ipc_endpoint_create(&caller->endpoint);
	CALL(LINUX_PIPE, caller->there);
	CALL(LINUX_PIPE, caller->back);
}

static void call_null(struct caller *)
{
	CALL(LINUX_GETPID);
}

static void call_ipc(struct caller *caller)
{
	uint64_t len;
	(void)!rustos_ipc_call(caller->endpoint, NULL, 0, NULL, 0, &len);
}

static void partner_ipc(struct caller *caller)
{
	struct ipc_message_info info = {};
	char buffer[1];
	uint64_t len;
	while (rustos_ipc_reply_receive(caller->endpoint, info.reply_cap, 0, buffer, sizeof buffer,
	                                &info, &len) == OK)
		;
}

enum { WAIT_PRIVATE = 128, WAKE_PRIVATE = 129 };

static void turn_wait(uint32_t *turn, uint32_t other)
{
	while (__atomic_load_n(turn, __ATOMIC_ACQUIRE) == other)
		CALL(LINUX_FUTEX, turn, WAIT_PRIVATE, other, 0);
}

static void turn_give(uint32_t *turn, uint32_t to)
{
	__atomic_store_n(turn, to, __ATOMIC_RELEASE);
	CALL(LINUX_FUTEX, turn, WAKE_PRIVATE, 1);
}

static void call_futex(struct caller *caller)
{
	turn_give(&caller->turn, 1);
	turn_wait(&caller->turn, 1);
}

static void partner_futex(struct caller *caller)
{
	for (;;) {
		turn_wait(&caller->turn, 0);
		turn_give(&caller->turn, 0);
	}
}

static void call_pipe(struct caller *caller)
{
	char byte = 'x';
	CALL(LINUX_WRITE, caller->there[1], &byte, 1);
	CALL(LINUX_READ, caller->back[0], &byte, 1);
}

static void partner_pipe(struct caller *caller)
{
	char byte;
	while (CALL(LINUX_READ, caller->there[0], &byte, 1) == 1)
		CALL(LINUX_WRITE, caller->back[1], &byte, 1);
}

static void call_map(struct caller *)
{
	enum { READ_WRITE = 3, PRIVATE_ANONYMOUS = 0x22 };
	int64_t at = CALL(LINUX_MMAP, 0, SCALE_PAGE, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0);
	if (at < 0)
		return;
	*(volatile char *)at = 1;
	CALL(LINUX_MUNMAP, at, SCALE_PAGE);
}

/* The page goes back, and comes again with the next touch. */
static void call_fault(struct caller *caller)
{
	enum { DONT_NEED = 4 };
	CALL(LINUX_MADVISE, caller->page, SCALE_PAGE, DONT_NEED);
	*(volatile char *)caller->page = 1;
}

static void call_fork(struct caller *)
{
	int64_t pid = CALL(LINUX_FORK);
	if (pid == 0)
		CALL(LINUX_EXIT_GROUP, 0);
	CALL(LINUX_WAIT4, pid, 0, 0, 0);
}

/* All callers ask one service. */
static void call_stat(struct caller *)
{
	char facts[144];
	CALL(LINUX_STAT, "/apps/scale_bench/scale_bench.elf", facts);
}

const struct workload workloads[] = {
        {"null_system_call", 20000, call_null, NULL},
        {"ipc_round_trip", 10000, call_ipc, partner_ipc},
        {"futex_ping_pong", 5000, call_futex, partner_futex},
        {"pipe_ping_pong", 5000, call_pipe, partner_pipe},
        {"page_fault", 2000, call_fault, NULL},
        {"map_touch_unmap", 2000, call_map, NULL},
        {"fork_exit_wait", 200, call_fork, NULL},
        {"stat", 1000, call_stat, NULL},
};

const uint32_t workload_count = COUNT(workloads);
