/* Page faults of mappings: of a file whose pages are in memory, and of memory that is shared. */
#include "process_bench.h"

enum {
	PAGES = 256,
	PAGE = 4096,
	OPEN_READ_WRITE_CREATE = 0102,
	MAY_READ = 1,
	MAY_WRITE = 2,
	SHARED = 1,
	PRIVATE = 2,
	ANONYMOUS = 0x20,
};

static const char fault_file[] = "/tmp/bench_faults";

/* Touches each page once; the kind says how it is mapped. */
static void touch_row(struct bench *bench, const char *name, int64_t flags, int64_t file)
{
	int64_t write = flags & PRIVATE || file < 0 ? MAY_WRITE : 0;
	int64_t memory = CALL(LINUX_MMAP, 0, PAGES * PAGE, MAY_READ | write, flags, file, 0);
	if (memory < 0) {
		print("bench: name=%s failed\n", name);
		return;
	}
	for (size_t i = 0; i < PAGES; i++) {
		volatile char *page = (volatile char *)memory + i * PAGE;
		uint64_t begin = bench_now();
		if (write)
			*page = 1;
		else
			(void)*page;
		bench->samples[i] = bench_now() - begin;
	}
	print("bench: name=%s value=%lu unit=instructions\n", name,
	      bench_median(bench->samples, PAGES) - bench->empty);
	CALL(LINUX_MUNMAP, memory, PAGES * PAGE);
}

void bench_faults(struct bench *bench)
{
	static const char content[PAGE] = "x";
	int64_t file = CALL(LINUX_OPEN, fault_file, OPEN_READ_WRITE_CREATE, 0600);
	for (size_t i = 0; i < PAGES; i++)
		CALL(LINUX_PWRITE64, file, content, PAGE, i * PAGE);
	touch_row(bench, "fault_file_read", SHARED, file);
	touch_row(bench, "fault_file_private_write", PRIVATE, file);
	touch_row(bench, "fault_shared_write", SHARED | ANONYMOUS, -1);
	CALL(LINUX_CLOSE, file);
	CALL(LINUX_UNLINK, fault_file);
}
