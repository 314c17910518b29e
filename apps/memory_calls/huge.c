/* Pages of a gigabyte, on a machine that has some. */
#include "memory_calls.h"
#include <linux_calls/api.h>

#define HUGE ((uint64_t)1 << 30)

enum {
	PRIVATE_ANONYMOUS = 0x22,
	FIXED = 0x10,
	HUGETLB_1G = 0x40000 | 30 << 26,
	MIDDLE = 1 << 29, /* of the page */
	TABLES = 8 * PAGE, /* what a huge page may cost beside itself */
};

static int64_t map_huge(uint64_t address, uint64_t size, uint32_t flags)
{
	return CALL(LINUX_MMAP, address, size, 3, PRIVATE_ANONYMOUS | HUGETLB_1G | flags, -1, 0);
}

/* A child has its own from then on, whoever writes first. */
static void check_copy(struct tap *tap, volatile char *memory)
{
	int32_t status = -1;
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		bool same = memory[1] == 'a' && memory[HUGE - 1] == 'z';
		memory[1] = 'c';
		CALL(LINUX_EXIT_GROUP, !same);
	}
	CALL(LINUX_WAIT4, pid, &status, 0, 0);
	tap_check_equal(tap, status, 0, "a copy has what was there");
	tap_check_equal(tap, memory[1], 'a', "and writes its own");
}

static void check_parts(struct tap *tap, char *memory)
{
	struct memory_use *hidden = (void *)(memory + MIDDLE),
	                  *beside = (void *)(memory + MIDDLE + PAGE);
	tap_check_equal(tap, CALL(LINUX_MPROTECT, memory + MIDDLE, PAGE, 1), OK,
	                "a part has other rights");
	tap_check_equal(tap, kernel_writes(hidden), ERR_BAD_ADDRESS, "that part");
	tap_check_equal(tap, kernel_writes(beside), OK, "and no other");
	tap_check_equal(tap, CALL(LINUX_MUNMAP, memory + MIDDLE, PAGE), OK, "a part goes");
	tap_check_equal(tap, kernel_reads(memory + MIDDLE), ERR_BAD_ADDRESS, "that part");
	tap_check_equal(tap, memory[1] + memory[HUGE - 1], 'a' + 'z', "the rest stays");
}

static void check_refusals(struct tap *tap)
{
	uint64_t address;
	tap_check_equal(tap, map_huge(LARGE_PAGE, HUGE, FIXED), ERR_INVALID_ARGS,
	                "it lies where one can lie");
	tap_check_equal(tap, map_huge(0, HUGE << 10, 0), ERR_NO_MEMORY, "there are not so many");
	tap_check_equal(tap, rustos_memory_map(0, LARGE_PAGE, RW, MEMORY_HUGE_PAGES, &address),
	                ERR_INVALID_ARGS, "a smaller one is not huge");
}

void check_huge(struct tap *tap)
{
	struct memory_use use;
	check_refusals(tap);
	if (rustos_memory_usage(&use) != OK || use.limit_bytes < 5 * (HUGE / 2))
		return;
	uint64_t before = bytes_held();
	int64_t place = map_huge(0, 1, 0);
	char *memory = (char *)place;
	tap_check(tap, place > 0 && place % (int64_t)HUGE == 0, "a page of a gigabyte is mapped");
	if (place <= 0)
		return;
	uint64_t more = bytes_held() - before;
	tap_check(tap, more >= HUGE && more < HUGE + TABLES,
	          "one, without tables for smaller ones");
	tap_check(tap, !memory[0] && !memory[MIDDLE] && !memory[HUGE - 1], "it is zero");
	memory[1] = 'a';
	memory[HUGE - 1] = 'z';
	tap_check_equal(tap, kernel_writes(memory + MIDDLE), OK, "and written by all");
	check_copy(tap, memory);
	check_parts(tap, memory);
	must_unmap(memory, HUGE);
	tap_check_equal(tap, (int64_t)bytes_held(), (int64_t)before, "all of it is given back");
	int64_t again = map_huge(0, HUGE, 0);
	tap_check(tap, again > 0, "and is a gigabyte again");
	must_unmap((const void *)again, HUGE);
}
