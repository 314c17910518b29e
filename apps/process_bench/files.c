/* Files in memory, through vfsd, and a fault that the program itself handles. */
#include "process_bench.h"

enum {
	FILE_PAGE = 4096,
	OPEN_READ_WRITE_CREATE = 0102,
	STAT_BYTES = 144,
	SIGNAL_SEGV = 11,
	FAULT_BYTES = 2, /* of the instruction that faults */
};

static const char file_path[] = "/tmp/bench";

static void operation_open(void *)
{
	int64_t file = CALL(LINUX_OPEN, file_path, 0, 0);
	CALL(LINUX_CLOSE, file);
}

static void operation_stat(void *)
{
	char facts[STAT_BYTES];
	CALL(LINUX_STAT, file_path, facts);
}

static char file_page[FILE_PAGE];

static void operation_read_page(void *context)
{
	CALL(LINUX_PREAD64, *(int64_t *)context, file_page, FILE_PAGE, 0);
}

static void operation_write_page(void *context)
{
	CALL(LINUX_PWRITE64, *(int64_t *)context, file_page, FILE_PAGE, 0);
}

struct fault_context {
	uint64_t flags, link, stack[3];
	uint64_t registers[16]; /* r8 to r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp */
	uint64_t rip;
};

_Static_assert(sizeof(struct fault_context) == 22 * sizeof(uint64_t));

static void skip_fault(int, void *, struct fault_context *context)
{
	context->rip += FAULT_BYTES;
}

static void operation_fault(void *)
{
	const char *nothing = NULL;
	__asm__ volatile("movb (%0), %%al" : : "D"(nothing) : "rax");
}

void bench_files(struct bench *bench)
{
	int64_t file = CALL(LINUX_OPEN, file_path, OPEN_READ_WRITE_CREATE, 0600);
	CALL(LINUX_PWRITE64, file, file_page, FILE_PAGE, 0);
	bench_row(bench, "open_close", BENCH_SAMPLES_MAX, operation_open, NULL);
	bench_row(bench, "stat", BENCH_SAMPLES_MAX, operation_stat, NULL);
	bench_row(bench, "pread_4096", BENCH_SAMPLES_MAX, operation_read_page, &file);
	bench_row(bench, "pwrite_4096", BENCH_SAMPLES_MAX, operation_write_page, &file);
	CALL(LINUX_CLOSE, file);
	bench_handle(SIGNAL_SEGV, (uintptr_t)skip_fault);
	bench_row(bench, "fault_to_handler", BENCH_SAMPLES_MAX, operation_fault, NULL);
}
