/* Copies of the kernel into memory that is not there yet, limits, and hostile arguments. */
#include "memory_calls.h"
#include <linux_calls/api.h>

void check_copies(struct tap *tap)
{
	char *memory = must_map(4 * PAGE, RW, 0);
	struct memory_use *across = (void *)(memory + 2 * PAGE - sizeof(struct memory_use) / 2);
	tap_check_equal(tap, kernel_reads(memory), OK, "the kernel reads memory nobody touched");
	tap_check_equal(tap, kernel_writes(across), OK,
	                "and writes across two pages nobody touched");
	tap_check(tap, across->bytes > 0 && across->limit_bytes >= across->bytes,
	          "and the bytes arrive");
	must_unmap(memory + 3 * PAGE, PAGE);
	across = (void *)(memory + 3 * PAGE - sizeof(struct memory_use) / 2);
	tap_check_equal(tap, kernel_writes(across), ERR_BAD_ADDRESS,
	                "but not across the end of what is mapped");
	must_unmap(memory, 3 * PAGE);
}

/* Takes all it can get, a MiB at a time. */
static uint64_t take_all(uint64_t *out_pieces, uint64_t count_max)
{
	uint64_t count = 0;
	while (count < count_max &&
	       rustos_memory_map(0, (uint64_t)1 << 20, RW, MEMORY_WIRED, &out_pieces[count]) == OK)
		count++;
	return count;
}

/* Touches more memory than there is, until it is ended. */
[[gnu::noreturn]] static void take_and_touch(uint64_t size)
{
	volatile char *memory = must_map(size, RW, 0);
	for (uint64_t at = 0; at < size; at += PAGE)
		memory[at] = 1;
	rustos_process_exit(1);
}

/* Each may have most of the machine, so together they want more than there is. */
static void check_hogs(struct tap *tap, uint64_t size)
{
	enum { HOGS = 3, SIGNAL_BUS = 7 };
	int64_t pids[HOGS];
	bool ended = true;
	for (int i = 0; i < HOGS; i++) {
		pids[i] = linux_fork_or_exit();
		if (pids[i] == 0)
			take_and_touch(size);
	}
	for (int i = 0; i < HOGS; i++) {
		int32_t status = -1;
		ended &= CALL(LINUX_WAIT4, pids[i], &status, 0, 0) == pids[i] &&
		         status == SIGNAL_BUS;
	}
	tap_check(tap, ended, "programs that want all memory are ended");
	int64_t pid = linux_fork_or_exit();
	if (pid == 0)
		CALL(LINUX_EXIT_GROUP, 0);
	int32_t status = -1;
	CALL(LINUX_WAIT4, pid, &status, 0, 0);
	tap_check_equal(tap, status, 0, "and others can work afterwards");
}

enum { SMALL_MACHINE = 64 << 20 };

void check_limits(struct tap *tap)
{
	static uint64_t pieces[64];
	struct memory_use use;
	uint64_t address;
	tap_check_equal(tap, rustos_memory_usage(&use), OK, "the limit is told");
	uint64_t refusals = use.refusals;
	tap_check_equal(tap,
	                rustos_memory_map(0, use.limit_bytes & ~(uint64_t)(PAGE - 1), RW,
	                                  MEMORY_WIRED, &address),
	                ERR_NO_MEMORY, "nobody gets more than his limit");
	if (use.limit_bytes > SMALL_MACHINE)
		return;
	uint64_t count = take_all(pieces, COUNT(pieces));
	tap_check(tap, count > 0 && count < COUNT(pieces), "a small machine can be filled");
	tap_check_equal(tap, kernel_writes(&use), OK, "and goes on");
	tap_check(tap, use.refusals > refusals || use.bytes < use.limit_bytes,
	          "refusals are counted");
	for (uint64_t i = 0; i < count; i++)
		must_unmap((const void *)pieces[i], (uint64_t)1 << 20);
	check_hogs(tap, (uint64_t)2 * SMALL_MACHINE);
}

static void check_bad_ranges(struct tap *tap)
{
	static const struct {
		uint64_t address, size;
	} ranges[] = {
	        {0x10001, PAGE},
	        {0x10000, 0},
	        {0x10000, 1},
	        {0x10000, UINT64_MAX},
	        {0x10000, UINT64_MAX - PAGE + 1},
	        {0xf000, PAGE},
	        {0x7ffffffff000, 2 * PAGE},
	        {0x800000000000, PAGE},
	        {0xffff800000000000, PAGE},
	        {UINT64_MAX - PAGE + 1, PAGE},
	};
	bool refused = true;
	for (size_t i = 0; i < COUNT(ranges); i++) {
		uint64_t at = ranges[i].address, size = ranges[i].size, got;
		refused &= rustos_memory_map(at, size, RW, 0, &got) == ERR_INVALID_ARGS;
		refused &=
		        rustos_memory_map(at, size, RW, MEMORY_REPLACE, &got) == ERR_INVALID_ARGS;
		refused &= rustos_memory_unmap(at, size) == ERR_INVALID_ARGS;
		refused &= rustos_memory_protect(at, size, MEMORY_READ) == ERR_INVALID_ARGS;
		refused &= rustos_memory_discard(at, size) == ERR_INVALID_ARGS;
	}
	tap_check(tap, refused, "ranges outside, odd, empty or wrapping are refused");
}

void check_hostile(struct tap *tap)
{
	uint64_t got;
	check_bad_ranges(tap);
	tap_check_equal(tap, rustos_memory_map(0, PAGE, 8, 0, &got), ERR_INVALID_ARGS,
	                "unknown rights are refused");
	tap_check_equal(tap, rustos_memory_map(0, PAGE, RW, 8, &got), ERR_INVALID_ARGS,
	                "unknown flags are refused");
	tap_check_equal(tap, rustos_memory_map(0, PAGE, RW, 1 << 8, &got), ERR_INVALID_ARGS,
	                "flags of the kernel's own are refused");
	tap_check_equal(tap, rustos_memory_map(0, PAGE, RW | MEMORY_EXECUTE, 0, &got),
	                ERR_ACCESS_DENIED, "writable and executable memory is refused");
	tap_check_equal(tap, rustos_memory_map(0, 0x7fff00000000, RW, 0, &got), ERR_NO_MEMORY,
	                "more than there is room for is refused");
	tap_check_equal(tap, rustos_memory_protect(0x20000, PAGE, RW), ERR_BAD_ADDRESS,
	                "rights of what is not mapped can't be changed");
	tap_check_equal(tap, kernel_writes((void *)0xffff800000000000), ERR_BAD_ADDRESS,
	                "the kernel's memory is no place for answers");
	tap_check_equal(tap,
	                rustos_syscall(SYS_RUSTOS_MEMORY_MAP, 0, PAGE, (uint64_t)1 << 32, 0, 0, 0),
	                ERR_INVALID_ARGS, "rights are 32 bits");
}
