/* Mapping and unmapping, and when memory is there. */
#include "memory_calls.h"

static bool is_zero(const char *memory, uint64_t size)
{
	for (uint64_t i = 0; i < size; i++)
		if (memory[i])
			return false;
	return true;
}

static void check_first_touch(struct tap *tap)
{
	uint64_t before = bytes_held();
	char *memory = must_map((uint64_t)1 << 40, RW, 0);
	tap_check(tap, bytes_held() - before < PAGE,
	          "a terabyte that nobody touched costs nothing");
	tap_check(tap, is_zero(memory + ((uint64_t)1 << 39), PAGE), "new memory is zero");
	uint64_t touched = bytes_held() - before;
	tap_check(tap, touched >= PAGE && touched <= 5 * PAGE,
	          "a touched page costs itself and its tables");
	memory[0] = 1;
	must_unmap(memory, (uint64_t)1 << 40);
	tap_check_equal(tap, (int64_t)bytes_held(), (int64_t)before,
	                "unmapping gives pages and tables back");
}

static void check_fixed_addresses(struct tap *tap)
{
	uint64_t address;
	char *memory = must_map(4 * PAGE, RW, 0);
	uint64_t middle = (uint64_t)memory + PAGE;
	memory[PAGE] = 1;
	memory[3 * PAGE] = 2;
	tap_check_equal(tap, rustos_memory_map(middle, 2 * PAGE, RW, 0, &address), ERR_EXISTS,
	                "what is mapped is not mapped over");
	tap_check_equal(tap, memory[PAGE], 1, "and keeps its contents");
	tap_check_equal(tap, rustos_memory_map(middle, PAGE, RW, MEMORY_REPLACE, &address), OK,
	                "unless replacing is asked for");
	tap_check(tap, address == middle && memory[PAGE] == 0 && memory[3 * PAGE] == 2,
	          "which changes that page and no other");
	must_unmap(memory + PAGE, 2 * PAGE);
	tap_check_equal(tap, rustos_memory_map(middle, 2 * PAGE, RW, 0, &address), OK,
	                "a hole can be mapped again");
	must_unmap(memory, 4 * PAGE);
	tap_check_equal(tap, rustos_memory_unmap(middle, PAGE), OK,
	                "unmapping what is not there is fine");
}

static void check_large_pages(struct tap *tap)
{
	uint64_t before = bytes_held();
	char *memory = must_map(2 * LARGE_PAGE, RW, MEMORY_LARGE_PAGES);
	tap_check_equal(tap, (uint64_t)memory % LARGE_PAGE, 0, "large pages are aligned");
	memory[PAGE] = 1;
	uint64_t touched = bytes_held() - before;
	tap_check(tap, touched >= LARGE_PAGE && touched < LARGE_PAGE + 4 * PAGE,
	          "one touch brings 2 MiB");
	tap_check(tap, is_zero(memory + 2 * PAGE, LARGE_PAGE - 2 * PAGE), "all of them zero");
	memory[5 * PAGE] = 5;
	must_unmap(memory + PAGE, PAGE);
	tap_check(tap, memory[0] == 0 && memory[5 * PAGE] == 5,
	          "a large page with a hole keeps the rest");
	must_unmap(memory, 2 * LARGE_PAGE);
	tap_check_equal(tap, (int64_t)bytes_held(), (int64_t)before, "and all of it goes");
}

static void check_discard(struct tap *tap)
{
	char *memory = must_map(3 * PAGE, RW, 0);
	for (int i = 0; i < 3; i++)
		memory[i * PAGE] = 7;
	uint64_t before = bytes_held();
	tap_check_equal(tap, rustos_memory_discard((uint64_t)memory + PAGE, PAGE), OK,
	                "a page can be discarded");
	tap_check_equal(tap, (int64_t)(before - bytes_held()), PAGE, "which frees it");
	tap_check(tap, memory[0] == 7 && memory[PAGE] == 0 && memory[2 * PAGE] == 7,
	          "and makes it zero");
	must_unmap(memory, 3 * PAGE);
}

static void check_fragments(struct tap *tap)
{
	enum { COUNT_PAGES = 512 };
	uint64_t before = bytes_held();
	char *memory = must_map(COUNT_PAGES * PAGE, RW, 0);
	for (int i = 0; i < COUNT_PAGES; i += 2) {
		memory[i * PAGE] = (char)i;
		must_unmap(memory + (i + 1) * PAGE, PAGE);
	}
	bool kept = true;
	for (int i = 0; i < COUNT_PAGES; i += 2)
		kept &= memory[i * PAGE] == (char)i;
	tap_check(tap, kept, "256 pages with holes between them keep their contents");
	must_unmap(memory, COUNT_PAGES * PAGE);
	tap_check_equal(tap, (int64_t)bytes_held(), (int64_t)before,
	                "what described them is freed too");
}

void check_maps(struct tap *tap)
{
	check_first_touch(tap);
	check_fixed_addresses(tap);
	check_large_pages(tap);
	check_discard(tap);
	check_fragments(tap);
}
