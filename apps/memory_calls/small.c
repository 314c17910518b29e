/* Programs that are all small fill the machine: who orders programs holds more than any of them. */
#include "memory_calls.h"
#include <linux_calls/api.h>

enum { SMALL_PAGES = 4, SIGNAL_KILL = 9 };

struct small_ones {
	uint32_t full; /* atomic; no more of them can be made */
	uint32_t never;
};

[[gnu::noreturn]] static void be_small(const struct small_ones *shared)
{
	volatile char *memory = must_map(SMALL_PAGES * PAGE, RW, 0);
	wait_until(&shared->full, 1);
	for (int i = 0; i < SMALL_PAGES; i++)
		memory[i * PAGE] = 1;
	wait_until(&shared->never, 1);
	rustos_process_exit(0);
}

/* In a group of their own, which ends as one. */
[[gnu::noreturn]] static void make_small_ones(struct small_ones *shared)
{
	enum { A_WHILE_NS = 500000000 };
	const uint64_t nap[2] = {0, A_WHILE_NS};
	int64_t pid;
	CALL(LINUX_SETPGID, 0, 0);
	do {
		pid = CALL(LINUX_FORK);
		if (pid == 0)
			be_small(shared);
	} while (pid > 0);
	tell(&shared->full);
	CALL(LINUX_NANOSLEEP, nap, 0);
	rustos_process_exit(0);
}

/* The scenario demands that none was ended but these. */
void check_small(struct tap *tap)
{
	enum { SHARED_ANONYMOUS = 0x21, END_TRIES = 1000 };
	struct small_ones *shared = (void *)CALL(LINUX_MMAP, 0, PAGE, 3, SHARED_ANONYMOUS, -1, 0);
	int32_t status = -1;
	*shared = (struct small_ones){};
	int64_t pid = linux_fork_or_exit();
	if (pid == 0)
		make_small_ones(shared);
	CALL(LINUX_WAIT4, pid, &status, 0, 0);
	tap_check(tap, status == 0 || status == SIGNAL_KILL, "small programs fill the machine");
	for (int i = 0; i < END_TRIES && CALL(LINUX_KILL, -pid, SIGNAL_KILL) == OK; i++)
		CALL(LINUX_SCHED_YIELD);
	must_unmap(shared, PAGE);
}
