/* The limit of memory: each check in a copy of this process, since none can be raised again. */
#include "ipc_limits.h"
#include <linux_calls/api.h>

enum { PAGE = 4096, MIB = 1 << 20, RW = MEMORY_READ | MEMORY_WRITE, SIGNAL_BUS = 7 };

static struct memory_use memory_now(void)
{
	struct memory_use use;
	if (rustos_memory_usage(&use) != OK)
		rustos_process_exit(1);
	return use;
}

/* A copy's exit status is the number of the step that went wrong. */
static void step(int32_t number, int64_t got, int64_t expected)
{
	if (got == expected)
		return;
	print("# step %d: got %ld, expected %ld\n", number, got, expected);
	rustos_process_exit(number);
}

int32_t status_of(void (*check)(void))
{
	int32_t status = -1;
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		check();
		rustos_process_exit(0);
	}
	CALL(LINUX_WAIT4, pid, &status, 0, 0);
	return status;
}

static void lower_to(uint64_t limit)
{
	step(10, rustos_process_set_limit(PROCESS_LIMIT_MEMORY, limit), OK);
	step(11, (int64_t)memory_now().limit_bytes, (int64_t)limit);
}

static void is_refused(void)
{
	uint64_t got = 0, limit = memory_now().bytes + MIB;
	lower_to(limit);
	step(20, rustos_process_set_limit(PROCESS_LIMIT_MEMORY, limit + 1), ERR_ACCESS_DENIED);
	step(21, rustos_memory_map(0, 2 * MIB, RW, MEMORY_WIRED, &got), ERR_NO_MEMORY);
	step(22, (int64_t)memory_now().refusals, 1);
	step(23, rustos_memory_map(0, MIB / 2, RW, MEMORY_WIRED, &got), OK);
	step(24, rustos_memory_map(0, MIB / 2, RW, MEMORY_WIRED, &got), ERR_NO_MEMORY);
}

static void touches_too_much(void)
{
	uint64_t start = 0;
	lower_to(memory_now().bytes + MIB);
	step(30, rustos_memory_map(0, 2 * MIB, RW, 0, &start), OK);
	for (uint64_t at = start; at < start + 2 * MIB; at += PAGE)
		*(volatile char *)at = 1;
}

static void keeps_what_it_has(void)
{
	uint64_t got = 0;
	step(40, rustos_memory_map(0, MIB, RW, MEMORY_WIRED, &got), OK);
	lower_to(0);
	*(volatile char *)got = 1;
	step(41, *(volatile char *)got, 1);
	step(42, rustos_memory_map(0, PAGE, RW, MEMORY_WIRED, &got), ERR_NO_MEMORY);
	step(43, CALL(LINUX_FORK), ERR_NO_MEMORY);
}

static uint64_t parents_limit;

static void has_its_parents_limits(void)
{
	uint64_t len;
	step(50, (int64_t)memory_now().limit_bytes, (int64_t)parents_limit);
	step(51, rustos_process_set_limit(PROCESS_LIMIT_MEMORY, parents_limit + 1),
	     ERR_ACCESS_DENIED);
	step(52, rustos_ipc_call(0, NULL, 0, NULL, 0, &len), ERR_TRY_AGAIN);
	step(53, rustos_process_set_limit(PROCESS_LIMIT_HANDLES, IPC_PROCESS_HANDLES_MAX),
	     ERR_ACCESS_DENIED);
}

static void copies_itself(void)
{
	parents_limit = memory_now().bytes + 4 * MIB;
	lower_to(parents_limit);
	step(60, rustos_process_set_limit(PROCESS_LIMIT_CALLS_IN_FLIGHT, 0), OK);
	step(61, rustos_process_set_limit(PROCESS_LIMIT_HANDLES, IPC_PROCESS_HANDLES_MAX / 2), OK);
	step(62, status_of(has_its_parents_limits), 0);
}

void check_limit_of_memory(struct tap *tap)
{
	uint64_t limit = memory_now().limit_bytes;
	tap_check_equal(tap, rustos_process_set_limit(PROCESS_LIMIT_MEMORY, limit + 1),
	                ERR_ACCESS_DENIED, "the limit of memory can't be raised");
	tap_check_equal(tap, status_of(is_refused), 0, "over it memory is refused");
	tap_check_equal(tap, status_of(touches_too_much), SIGNAL_BUS,
	                "and who touches more is ended");
	tap_check_equal(tap, status_of(keeps_what_it_has), 0,
	                "a limit below what is held takes nothing away");
	tap_check_equal(tap, status_of(copies_itself), 0, "a copy has the limits of its parent");
	tap_check_equal(tap, (int64_t)memory_now().limit_bytes, (int64_t)limit,
	                "and nobody else's are lower");
}
