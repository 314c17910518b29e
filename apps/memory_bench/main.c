/*
 * Medians of TSC differences around one operation; under -icount shift=0,sleep=off these are guest
 * instructions, the same in every run.
 */
#include <bench/api.h>
#include <rt/api.h>

enum { PAGE = 4096, SAMPLES = 2000, WARM_UP = 100, RW = MEMORY_READ | MEMORY_WRITE };

/* Linux calls by number, for what only they can do. */
enum { LINUX_FORK = 57, LINUX_EXIT = 60, LINUX_WAIT4 = 61 };

static uint64_t samples[SAMPLES];

static void report(const char *name, size_t count)
{
	print("bench: name=%s value=%lu unit=instructions\n", name, bench_median(samples, count));
}

static volatile char *map(uint64_t pages, uint32_t flags)
{
	uint64_t address;
	enum status status = rustos_memory_map(0, pages * PAGE, RW, flags, &address);
	if (status != OK)
		rustos_process_exit(2);
	return (volatile char *)address;
}

static void unmap(const volatile void *memory, uint64_t pages)
{
	if (rustos_memory_unmap((uint64_t)memory, pages * PAGE) != OK)
		rustos_process_exit(3);
}

static void bench_empty(void)
{
	for (int i = 0; i < SAMPLES; i++) {
		uint64_t start = bench_now();
		samples[i] = bench_now() - start;
	}
	report("empty_sample", SAMPLES);
}

static void touch_each(volatile char *memory, const char *name, bool write)
{
	for (int i = -WARM_UP; i < SAMPLES; i++) {
		volatile char *page = memory + (uint64_t)(i + WARM_UP) * PAGE;
		uint64_t start = bench_now();
		if (write)
			*page = 1;
		else
			(void)*page;
		if (i >= 0)
			samples[i] = bench_now() - start;
	}
	report(name, SAMPLES);
}

static void bench_faults(void)
{
	volatile char *memory = map(SAMPLES + WARM_UP, 0);
	touch_each(memory, "fault_anonymous_write", true);
	unmap(memory, SAMPLES + WARM_UP);
	memory = map(SAMPLES + WARM_UP, 0);
	touch_each(memory, "fault_anonymous_read", false);
	unmap(memory, SAMPLES + WARM_UP);
}

/* Pages shared with a child that only sleeps in exit: the parent's writes copy. */
static void bench_copy_on_write(void)
{
	volatile char *memory = map(SAMPLES + WARM_UP, 0);
	for (int i = 0; i < SAMPLES + WARM_UP; i++)
		memory[(uint64_t)i * PAGE] = 1;
	int64_t child = rustos_syscall(LINUX_FORK, 0, 0, 0, 0, 0, 0);
	if (child == 0) {
		touch_each(memory, "fault_copy_on_write", true);
		rustos_syscall(LINUX_EXIT, 0, 0, 0, 0, 0, 0);
	}
	if (child > 0)
		rustos_syscall(LINUX_WAIT4, (uint64_t)child, 0, 0, 0, 0, 0);
	else
		print("# no fork here: fault_copy_on_write is not measured\n");
	unmap(memory, SAMPLES + WARM_UP);
}

static void bench_map_touch_unmap(void)
{
	for (int i = -WARM_UP; i < SAMPLES; i++) {
		uint64_t start = bench_now();
		volatile char *memory = map(1, 0);
		*memory = 1;
		unmap(memory, 1);
		if (i >= 0)
			samples[i] = bench_now() - start;
	}
	report("map_touch_unmap", SAMPLES);
}

static void bench_protect(void)
{
	volatile char *memory = map(3, 0);
	for (int i = 0; i < 3; i++)
		memory[i * PAGE] = 1;
	uint64_t page = (uint64_t)memory + PAGE;
	for (int i = -WARM_UP; i < SAMPLES; i++) {
		uint64_t start = bench_now();
		if (rustos_memory_protect(page, PAGE, MEMORY_READ) != OK ||
		    rustos_memory_protect(page, PAGE, RW) != OK)
			rustos_process_exit(4);
		if (i >= 0)
			samples[i] = bench_now() - start;
	}
	report("protect_both_ways", SAMPLES);
	unmap(memory, 3);
}

static void bench_large_page(void)
{
	enum { LARGE_PAGES = 512, ROUNDS = 20 };
	for (int i = 0; i < ROUNDS; i++) {
		volatile char *memory = map(LARGE_PAGES, MEMORY_LARGE_PAGES);
		uint64_t start = bench_now();
		*memory = 1;
		samples[i] = bench_now() - start;
		unmap(memory, LARGE_PAGES);
	}
	report("fault_large_page", ROUNDS);
}

int main(int, char **, char **)
{
	bench_empty();
	bench_faults();
	bench_copy_on_write();
	bench_map_touch_unmap();
	bench_protect();
	bench_large_page();
	return 0;
}
