/* Giving the CPU away, to nobody and to another process; and what an idle system holds. */
#include "process_bench.h"

static void operation_yield(void *)
{
	CALL(LINUX_SCHED_YIELD);
}

/* The partner gives the CPU back at once. */
static void bench_two(struct bench *bench)
{
	enum { SIGNAL_KILL = 9 };
	int64_t pid = CALL(LINUX_FORK);
	if (pid == 0)
		for (;;)
			CALL(LINUX_SCHED_YIELD);
	/* it has begun */
	for (int i = 0; i < 3; i++)
		CALL(LINUX_SCHED_YIELD);
	bench_row(bench, "yield_to_process_and_back", BENCH_SAMPLES_MAX, operation_yield, NULL);
	CALL(LINUX_KILL, pid, SIGNAL_KILL);
	CALL(LINUX_WAIT4, pid, 0, 0, 0);
}

void bench_yields(struct bench *bench)
{
	bench_row(bench, "yield_alone", BENCH_SAMPLES_MAX, operation_yield, NULL);
	bench_two(bench);
}

/* With rootd, vfsd and this program. */
void bench_memory(void)
{
	enum { BYTES_OF_KIB = 1024 };
	/* Linux include/uapi/linux/sysinfo.h */
	struct {
		int64_t uptime;
		uint64_t loads[3], total, free, shared, buffers, swap[2], processes, high[2];
		uint32_t unit, padding;
	} facts;
	_Static_assert(sizeof facts == 112);
	if (CALL(LINUX_SYSINFO, &facts) != OK)
		return;
	print("bench: name=idle_memory value=%lu unit=KiB\n",
	      (facts.total - facts.free) * facts.unit / BYTES_OF_KIB);
}
