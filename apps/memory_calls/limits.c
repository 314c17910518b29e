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
	enum { HOGS = 3, SIGNAL_BUS = 7, SIGNAL_KILL = 9 };
	int64_t pids[HOGS];
	bool ended = true;
	for (int i = 0; i < HOGS; i++) {
		pids[i] = linux_fork_or_exit();
		if (pids[i] == 0)
			take_and_touch(size);
	}
	for (int i = 0; i < HOGS; i++) {
		int32_t status = -1;
		/* at its own limit, or as the one that holds most */
		ended &= CALL(LINUX_WAIT4, pids[i], &status, 0, 0) == pids[i] &&
		         (status == SIGNAL_BUS || status == SIGNAL_KILL);
	}
	tap_check(tap, ended, "programs that want all memory are ended");
	int64_t pid = linux_fork_or_exit();
	if (pid == 0)
		CALL(LINUX_EXIT_GROUP, 0);
	int32_t status = -1;
	CALL(LINUX_WAIT4, pid, &status, 0, 0);
	tap_check_equal(tap, status, 0, "and others can work afterwards");
}

/* What an innocent program and those that take everything tell each other; shared. */
struct innocence {
	uint32_t ready; /* atomic; how many have all that they need to wait and to tell */
	uint32_t begins; /* atomic */
	uint32_t takers_done; /* atomic; how many have got all they could */
	uint32_t over; /* atomic; the innocent one has done its work */
};

void wait_until(const uint32_t *word, uint32_t value)
{
	enum { FUTEX_WAIT = 0 };
	for (;;) {
		uint32_t now = __atomic_load_n(word, __ATOMIC_ACQUIRE);
		if (now >= value)
			return;
		CALL(LINUX_FUTEX, word, FUTEX_WAIT, now, 0);
	}
}

void tell(uint32_t *word)
{
	enum { FUTEX_WAKE = 1, EVERYBODY = 99 };
	__atomic_fetch_add(word, 1, __ATOMIC_RELEASE);
	CALL(LINUX_FUTEX, word, FUTEX_WAKE, EVERYBODY);
}

/*
 * In turn, all that is left, in ever smaller pieces; wired, so that the kernel says no. Then it
 * waits, and touches nothing new.
 */
[[gnu::noreturn]] static void take_the_rest(struct innocence *shared, uint32_t turn)
{
	uint64_t got;
	tell(&shared->ready);
	wait_until(&shared->begins, 1);
	wait_until(&shared->takers_done, turn);
	for (uint64_t size = (uint64_t)1 << 20; size >= PAGE; size /= 2)
		while (rustos_memory_map(0, size, RW, MEMORY_WIRED, &got) == OK)
			;
	tell(&shared->takers_done);
	wait_until(&shared->over, 1);
	rustos_process_exit(0);
}

/* Needs a little, when there is nothing any more. */
[[gnu::noreturn]] static void work_innocently(struct innocence *shared, uint32_t takers)
{
	enum { INNOCENT_PAGES = 256 }; /* more than anybody gives back meanwhile */
	volatile char *memory = must_map(INNOCENT_PAGES * PAGE, RW, 0);
	tell(&shared->ready);
	wait_until(&shared->takers_done, takers);
	int32_t wrong = 0;
	for (int i = 0; i < INNOCENT_PAGES; i++)
		memory[i * PAGE] = (char)(i + 1);
	for (int i = 0; i < INNOCENT_PAGES; i++)
		wrong += memory[i * PAGE] != (char)(i + 1);
	rustos_process_exit(wrong);
}

static int32_t status_of(int64_t pid)
{
	int32_t status = -1;
	CALL(LINUX_WAIT4, pid, &status, 0, 0);
	return status;
}

/* The first one takes most, up to its own limit at least; the second one what is left then. */
static void check_innocent(struct tap *tap)
{
	enum { TAKERS = 2, SHARED_ANONYMOUS = 0x21, SIGNAL_KILL = 9 };
	struct innocence *shared = (void *)CALL(LINUX_MMAP, 0, PAGE, 3, SHARED_ANONYMOUS, -1, 0);
	*shared = (struct innocence){};
	int64_t innocent = linux_fork_or_exit();
	if (innocent == 0)
		work_innocently(shared, TAKERS);
	int64_t takers[TAKERS];
	for (uint32_t i = 0; i < TAKERS; i++) {
		takers[i] = linux_fork_or_exit();
		if (takers[i] == 0)
			take_the_rest(shared, i);
	}
	wait_until(&shared->ready, TAKERS + 1);
	tell(&shared->begins);
	tap_check_equal(tap, status_of(innocent), 0,
	                "when memory is out, who needs a page goes on");
	tell(&shared->over);
	tap_check_equal(tap, status_of(takers[0]), SIGNAL_KILL, "and who holds most is ended");
	int32_t second = status_of(takers[1]);
	tap_check(tap, second == 0 || second == SIGNAL_KILL, "and nothing else happens");
	must_unmap(shared, PAGE);
}

/* The copies have ended, and nobody waits for them. */
[[gnu::noreturn]] static void make_dead(void)
{
	enum { DEAD_MIN = 100 };
	int64_t pid;
	int count = -1;
	do {
		pid = CALL(LINUX_VFORK);
		if (pid == 0)
			CALL(LINUX_EXIT_GROUP, 0);
		count++;
	} while (pid > 0);
	rustos_process_exit(pid == ERR_TRY_AGAIN && count > DEAD_MIN ? 0 : 1);
}

static void check_dead(struct tap *tap)
{
	int64_t pid = linux_fork_or_exit();
	if (pid == 0)
		make_dead();
	tap_check_equal(tap, status_of(pid), 0, "there are not any number of the dead");
	pid = linux_fork_or_exit();
	if (pid == 0)
		rustos_process_exit(0);
	tap_check_equal(tap, status_of(pid), 0, "they are gone with who should have waited");
}

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
	check_innocent(tap);
	check_small(tap);
	check_dead(tap);
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
