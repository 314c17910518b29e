#include "../../../test.h"

#include "mm/api.h"
#include "mm/frame/frame_map.h"
#include "mm/frame/frame_pool.h"
#include <stdlib.h>

#define MIB ((paddr_t)1 << 20)
#define GIB ((paddr_t)1 << 30)

/* frame_pool.c would zero frames through it. */
void *direct_map(paddr_t)
{
	fail_msg("memory was touched");
	return NULL;
}

struct map_case {
	struct boot_info info;
	struct frame_map map;
	struct frame_zones zones;
	void *bookkeeping;
};

/* As mm_init_frames does it, with the image and an archive at fixed places. */
static struct map_case *map_case_new(const struct boot_region *regions, size_t count)
{
	struct map_case *c = calloc(1, sizeof *c);
	for (size_t i = 0; i < count; i++)
		c->info.regions[i] = regions[i];
	c->info.region_count = count;
	c->map.info = &c->info;
	frame_map_keep(&c->map, 0, MIB);
	frame_map_keep(&c->map, 2 * MIB, 3 * MIB);

	size_t frame_count = frame_map_frame_count(&c->map);
	paddr_t place;
	size_t size = frame_pool_bookkeeping(frame_count);
	assert_int_equal(frame_map_place(&c->map, size, 4 * GIB, &place), OK);
	assert_true(place >= 3 * MIB || place + size <= 2 * MIB);
	assert_true(place >= MIB);
	frame_map_keep(&c->map, place, place + size);
	c->bookkeeping = calloc(1, size);
	assert_non_null(c->bookkeeping);
	frame_zones_init(&c->zones, frame_count, c->bookkeeping);
	assert_int_equal(frame_map_add_all(&c->map, &c->zones), OK);
	return c;
}

static void map_case_free(struct map_case *c)
{
	free(c->bookkeeping);
	free(c);
}

static size_t kept_frames(const struct map_case *c)
{
	size_t frames = 0;
	for (size_t i = 0; i < c->map.kept_count; i++)
		frames += (c->map.kept[i].end - c->map.kept[i].start) / PAGE_SIZE;
	return frames;
}

static void thirty_two_mib_are_enough(void **)
{
	static const struct boot_region regions[] = {
	        {0, 0x9fc00, BOOT_REGION_USABLE},
	        {0xf0000, MIB, BOOT_REGION_RESERVED},
	        {MIB, 32 * MIB, BOOT_REGION_USABLE},
	};
	struct map_case *c = map_case_new(regions, COUNT(regions));
	assert_int_equal(frame_zones_free(&c->zones), 32 * MIB / PAGE_SIZE - kept_frames(c));
	/* less than a per cent is bookkeeping */
	assert_true(kept_frames(c) * PAGE_SIZE < 2 * MIB + 32 * MIB / 100);
	map_case_free(c);
}

static void one_tib_with_a_hole_is_all_there(void **)
{
	static const struct boot_region regions[] = {
	        {0, 0x9fc00, BOOT_REGION_USABLE},
	        {MIB, 3 * GIB, BOOT_REGION_USABLE},
	        {3 * GIB, 4 * GIB, BOOT_REGION_RESERVED},
	        {4 * GIB, 1024 * GIB, BOOT_REGION_USABLE},
	};
	struct map_case *c = map_case_new(regions, COUNT(regions));
	assert_int_equal(frame_zones_free(&c->zones), (1023 * GIB) / PAGE_SIZE - kept_frames(c));
	assert_int_equal(frame_zones_total(&c->zones), frame_zones_free(&c->zones));

	/* high memory first; bounded requests find their own */
	size_t first;
	assert_int_equal(frame_zones_take(&c->zones, 0, SIZE_MAX, &first), OK);
	assert_true(first >= 4 * GIB / PAGE_SIZE);
	assert_int_equal(frame_zones_take(&c->zones, 9, 4 * GIB / PAGE_SIZE, &first), OK);
	assert_in_range(first, 16 * MIB / PAGE_SIZE, 4 * GIB / PAGE_SIZE - 512);
	assert_int_equal(frame_zones_take(&c->zones, 4, 16 * MIB / PAGE_SIZE, &first), OK);
	assert_in_range(first, MIB / PAGE_SIZE, 16 * MIB / PAGE_SIZE - 16);
	map_case_free(c);
}

/* Beside what the kernel keeps, which lies in the first one. */
static void whole_gibs_are_found_wherever_they_are(void **)
{
	static const struct boot_region regions[] = {
	        {0, 0x9fc00, BOOT_REGION_USABLE},
	        {MIB, 3 * GIB, BOOT_REGION_USABLE},
	        {4 * GIB, 5 * GIB + 512 * MIB, BOOT_REGION_USABLE},
	        {6 * GIB + MIB, 8 * GIB, BOOT_REGION_USABLE},
	};
	static const uint64_t expected[] = {4, 7, 1, 2};
	struct map_case *c = map_case_new(regions, COUNT(regions));
	const size_t gib = GIB / PAGE_SIZE, any = SIZE_MAX / PAGE_SIZE;
	size_t first, free_before = frame_zones_free(&c->zones);
	for (size_t i = 0; i < COUNT(expected); i++) {
		assert_int_equal(frame_zones_take_run(&c->zones, gib, any, &first), OK);
		assert_int_equal(first, expected[i] * gib);
	}
	assert_int_equal(frame_zones_take_run(&c->zones, gib, any, &first), ERR_NO_MEMORY);
	assert_int_equal(frame_zones_free(&c->zones), free_before - COUNT(expected) * gib);
	assert_int_equal(frame_zones_take_run(&c->zones, gib / 2 + 1, any, &first),
	                 ERR_INVALID_ARGS);
	assert_int_equal(frame_zones_take_run(&c->zones, 2 * gib, any, &first), ERR_INVALID_ARGS);
	for (size_t i = 0; i < COUNT(expected); i++)
		assert_int_equal(frame_zones_give_run(&c->zones, expected[i] * gib, gib), OK);
	assert_int_equal(frame_zones_free(&c->zones), free_before);
	map_case_free(c);
}

static void what_lies_above_one_tib_is_left_out(void **)
{
	static const struct boot_region regions[] = {
	        {MIB, 64 * MIB, BOOT_REGION_USABLE},
	        {1023 * GIB, 2048 * GIB, BOOT_REGION_USABLE},
	        {4096 * GIB, 4097 * GIB, BOOT_REGION_USABLE},
	};
	struct boot_info info = {.region_count = COUNT(regions)};
	for (size_t i = 0; i < COUNT(regions); i++)
		info.regions[i] = regions[i];
	struct frame_map map = {.info = &info};
	assert_int_equal(frame_map_frame_count(&map), FRAME_COUNT_MAX);
}

static void bookkeeping_that_fits_nowhere_is_no_memory(void **)
{
	static const struct boot_region region = {5 * GIB, 6 * GIB, BOOT_REGION_USABLE};
	struct boot_info info = {.region_count = 1};
	info.regions[0] = region;
	struct frame_map map = {.info = &info};
	paddr_t place;
	assert_int_equal(frame_map_place(&map, MIB, 4 * GIB, &place), ERR_NO_MEMORY);
	assert_int_equal(frame_map_place(&map, 2 * GIB, 64 * GIB, &place), ERR_NO_MEMORY);
	assert_int_equal(frame_map_place(&map, MIB, 64 * GIB, &place), OK);
	assert_true(place == 5 * GIB);
}

static void no_kept_or_unusable_frame_is_ever_given_out(void **)
{
	uint32_t random = 7;
	for (int round = 0; round < 50; round++) {
		struct boot_region regions[12];
		paddr_t at = MIB;
		for (size_t i = 0; i < COUNT(regions); i++) {
			random = random * 1664525 + 1013904223;
			paddr_t end = at + (random >> 12) % (6 * MIB) + 1;
			regions[i] = (struct boot_region){
			        at, end, i % 3 == 1 ? BOOT_REGION_RESERVED : BOOT_REGION_USABLE};
			at = end + (random & 0xfff);
		}
		regions[0].end = regions[0].start + 8 * MIB;
		for (size_t i = 1; i < COUNT(regions); i++) {
			regions[i].start += 8 * MIB;
			regions[i].end += 8 * MIB;
		}
		struct map_case *c = map_case_new(regions, COUNT(regions));
		size_t frame;
		while (frame_zones_take(&c->zones, 0, SIZE_MAX, &frame) == OK) {
			paddr_t start = frame * PAGE_SIZE, end = start + PAGE_SIZE;
			bool usable = false;
			for (size_t i = 0; i < COUNT(regions); i++)
				usable |= regions[i].kind == BOOT_REGION_USABLE &&
				          regions[i].start <= start && end <= regions[i].end;
			assert_true(usable);
			for (size_t i = 0; i < c->map.kept_count; i++)
				assert_true(end <= c->map.kept[i].start ||
				            start >= c->map.kept[i].end);
		}
		map_case_free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(thirty_two_mib_are_enough),
	        cmocka_unit_test(one_tib_with_a_hole_is_all_there),
	        cmocka_unit_test(whole_gibs_are_found_wherever_they_are),
	        cmocka_unit_test(what_lies_above_one_tib_is_left_out),
	        cmocka_unit_test(bookkeeping_that_fits_nowhere_is_no_memory),
	        cmocka_unit_test(no_kept_or_unusable_frame_is_ever_given_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
