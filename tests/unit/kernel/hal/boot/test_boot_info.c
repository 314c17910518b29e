#include "../../../test.h"

#include "hal/boot/boot_info.h"
#include <stdlib.h>
#include <string.h>

static struct boot_info info;

static void assert_regions(const struct boot_region *expected, size_t count)
{
	assert_int_equal(info.region_count, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(info.regions[i].start, expected[i].start);
		assert_int_equal(info.regions[i].end, expected[i].end);
		assert_int_equal(info.regions[i].kind, expected[i].kind);
	}
}

static void neighbours_of_one_kind_merge_in_any_order(void **)
{
	static const uint64_t orders[][3] = {{1, 2, 3}, {3, 2, 1}, {1, 3, 2}, {2, 1, 3}};
	const struct boot_region expected[] = {{0x1000, 0x4000, BOOT_REGION_USABLE}};
	for (size_t i = 0; i < COUNT(orders); i++) {
		memset(&info, 0, sizeof info);
		for (size_t k = 0; k < 3; k++)
			boot_regions_add(&info, orders[i][k] * 0x1000, 0x1000, BOOT_REGION_USABLE);
		assert_regions(expected, 1);
	}
}

static void the_stricter_kind_wins_where_regions_overlap(void **)
{
	const struct boot_region expected[] = {
	        {0x1000, 0x3000, BOOT_REGION_USABLE},
	        {0x3000, 0x5000, BOOT_REGION_RESERVED},
	        {0x5000, 0x9000, BOOT_REGION_USABLE},
	};
	for (int reserved_first = 0; reserved_first < 2; reserved_first++) {
		memset(&info, 0, sizeof info);
		if (reserved_first)
			boot_regions_add(&info, 0x3000, 0x2000, BOOT_REGION_RESERVED);
		boot_regions_add(&info, 0x1000, 0x8000, BOOT_REGION_USABLE);
		if (!reserved_first)
			boot_regions_add(&info, 0x3000, 0x2000, BOOT_REGION_RESERVED);
		assert_regions(expected, 3);
	}
}

static void sizes_that_overflow_or_are_empty_do_no_harm(void **)
{
	memset(&info, 0, sizeof info);
	boot_regions_add(&info, 0x1000, 0, BOOT_REGION_USABLE);
	assert_int_equal(info.region_count, 0);
	boot_regions_add(&info, UINT64_MAX - 0xfff, 0x10000, BOOT_REGION_USABLE);
	assert_int_equal(info.region_count, 0);
	boot_regions_add(&info, 0x1000, UINT64_MAX, BOOT_REGION_USABLE);
	const struct boot_region expected[] = {
	        {0x1000, DIRECT_MAP_END - DIRECT_MAP_BASE, BOOT_REGION_USABLE}};
	assert_regions(expected, 1);
}

static void unknown_kinds_are_reserved(void **)
{
	static const uint32_t kinds[] = {0, 6, 7, 0xffffffff};
	for (size_t i = 0; i < COUNT(kinds); i++) {
		memset(&info, 0, sizeof info);
		boot_regions_add(&info, 0x1000, 0x1000, kinds[i]);
		assert_int_equal(info.regions[0].kind, BOOT_REGION_RESERVED);
	}
}

static void a_full_table_drops_and_never_makes_memory_usable_by_that(void **)
{
	memset(&info, 0, sizeof info);
	for (uint64_t i = 0; i < BOOT_REGIONS_MAX; i++)
		boot_regions_add(&info, i * 0x2000, 0x1000, BOOT_REGION_RESERVED);
	assert_int_equal(info.regions_dropped, 0);
	boot_regions_add(&info, 0x1000000, 0x1000, BOOT_REGION_RESERVED);
	assert_int_equal(info.regions_dropped, 1);
	assert_int_equal(info.region_count, BOOT_REGIONS_MAX);

	/* makes room in the table */
	boot_regions_add(&info, 0, 0x9000, BOOT_REGION_BAD);
	assert_true(info.region_count < BOOT_REGIONS_MAX);
	boot_regions_add(&info, 0xfff000, 0x4000, BOOT_REGION_USABLE);
	assert_int_equal(info.regions_dropped, 2);
	for (size_t i = 0; i < info.region_count; i++)
		assert_int_not_equal(info.regions[i].kind, BOOT_REGION_USABLE);
}

/* The reference: the strictest kind per page; usable < ACPI reclaim < NVS < reserved < bad. */
static void it_agrees_with_a_page_map_over_random_regions(void **)
{
	enum { PAGES = 200 };
	static const int strictness[] = {0, 1, 4, 2, 3, 5};
	uint32_t random = 7;
	for (int round = 0; round < 300; round++) {
		uint8_t kinds[PAGES] = {};
		memset(&info, 0, sizeof info);
		for (int i = 0; i < 25; i++) {
			random = random * 1664525 + 1013904223;
			uint32_t start = (random >> 8) % PAGES;
			uint32_t len = (random >> 16) % (PAGES - start) % 40;
			uint32_t kind = 1 + (random >> 24) % 5;
			boot_regions_add(&info, start * 0x1000, len * 0x1000, kind);
			for (uint32_t page = start; page < start + len; page++)
				if (strictness[kind] > strictness[kinds[page]])
					kinds[page] = (uint8_t)kind;
		}
		size_t covered = 0, expected = 0;
		for (size_t i = 0; i < info.region_count; i++) {
			const struct boot_region *region = &info.regions[i];
			assert_true(i == 0 || info.regions[i - 1].end <= region->start);
			assert_false(i && info.regions[i - 1].end == region->start &&
			             info.regions[i - 1].kind == region->kind);
			for (paddr_t at = region->start; at < region->end; at += 0x1000, covered++)
				assert_int_equal(kinds[at / 0x1000], region->kind);
		}
		for (size_t page = 0; page < PAGES; page++)
			expected += kinds[page] != 0;
		assert_int_equal(covered, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(neighbours_of_one_kind_merge_in_any_order),
	        cmocka_unit_test(the_stricter_kind_wins_where_regions_overlap),
	        cmocka_unit_test(sizes_that_overflow_or_are_empty_do_no_harm),
	        cmocka_unit_test(unknown_kinds_are_reserved),
	        cmocka_unit_test(a_full_table_drops_and_never_makes_memory_usable_by_that),
	        cmocka_unit_test(it_agrees_with_a_page_map_over_random_regions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
