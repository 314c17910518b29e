/*
 * The memory map: regions in ascending order, without overlap, neighbours of
 * one kind merged. Firmware maps overlap now and then; then the stricter kind wins.
 */
#include "hal/boot/boot_info.h"
#include <string.h>

/* RAM addresses beyond this cannot be reached through the direct map. */
static const paddr_t boot_address_end = DIRECT_MAP_END - DIRECT_MAP_BASE;

static unsigned boot_region_strictness(enum boot_region_kind kind)
{
	static const uint8_t strictness[] = {
	        [BOOT_REGION_USABLE] = 0,   [BOOT_REGION_ACPI_RECLAIM] = 1,
	        [BOOT_REGION_ACPI_NVS] = 2, [BOOT_REGION_RESERVED] = 3,
	        [BOOT_REGION_BAD] = 4,
	};
	return strictness[kind];
}

static void boot_regions_remove(struct boot_info *info, size_t index)
{
	info->region_count--;
	memmove(&info->regions[index], &info->regions[index + 1],
	        (info->region_count - index) * sizeof info->regions[0]);
}

/* A full table keeps what it has: memory that is not listed is not used. */
static void boot_regions_insert(struct boot_info *info, size_t index, struct boot_region region)
{
	if (region.start >= region.end)
		return;
	if (info->region_count == BOOT_REGIONS_MAX) {
		info->regions_dropped++;
		return;
	}
	memmove(&info->regions[index + 1], &info->regions[index],
	        (info->region_count - index) * sizeof info->regions[0]);
	info->regions[index] = region;
	info->region_count++;
}

static void boot_regions_merge_at(struct boot_info *info, size_t index)
{
	if (index == 0 || index >= info->region_count)
		return;
	struct boot_region *before = &info->regions[index - 1];
	struct boot_region *here = &info->regions[index];
	if (before->end != here->start || before->kind != here->kind)
		return;
	before->end = here->end;
	boot_regions_remove(info, index);
}

static size_t boot_regions_position(const struct boot_info *info, paddr_t start)
{
	size_t index = 0;
	while (index < info->region_count && info->regions[index].end <= start)
		index++;
	return index;
}

/* Adds region where nothing lies yet, merging it with its neighbours. */
static void boot_regions_place(struct boot_info *info, struct boot_region region)
{
	size_t index = boot_regions_position(info, region.start);
	size_t before = info->region_count;
	boot_regions_insert(info, index, region);
	if (info->region_count == before)
		return;
	boot_regions_merge_at(info, index + 1);
	boot_regions_merge_at(info, index);
}

static void boot_regions_cut(struct boot_info *info, struct boot_region hole)
{
	size_t index = boot_regions_position(info, hole.start);
	while (index < info->region_count && info->regions[index].start < hole.end) {
		struct boot_region old = info->regions[index];
		boot_regions_remove(info, index);
		struct boot_region low = {old.start, hole.start, old.kind};
		struct boot_region high = {hole.end, old.end, old.kind};
		if (old.start < hole.start)
			boot_regions_insert(info, index++, low);
		if (old.end > hole.end)
			boot_regions_insert(info, index, high);
	}
}

/* The parts of region that no stricter one covers. */
static void boot_regions_fill(struct boot_info *info, struct boot_region region)
{
	while (region.start < region.end) {
		size_t index = boot_regions_position(info, region.start);
		struct boot_region free_part = region;
		if (index < info->region_count && info->regions[index].start < region.end) {
			free_part.end = info->regions[index].start;
			region.start = info->regions[index].end;
		} else {
			region.start = region.end;
		}
		if (free_part.start < free_part.end)
			boot_regions_place(info, free_part);
	}
}

/* Removes everything of a lower strictness from the range of region. */
static void boot_regions_displace(struct boot_info *info, struct boot_region region)
{
	size_t index = boot_regions_position(info, region.start);
	while (index < info->region_count && info->regions[index].start < region.end) {
		struct boot_region old = info->regions[index];
		if (boot_region_strictness(old.kind) >= boot_region_strictness(region.kind)) {
			index++;
			continue;
		}
		struct boot_region hole = region;
		hole.start = old.start > region.start ? old.start : region.start;
		hole.end = old.end < region.end ? old.end : region.end;
		boot_regions_cut(info, hole);
		index = boot_regions_position(info, hole.end);
	}
}

void boot_regions_add(struct boot_info *info, paddr_t start, uint64_t size, uint32_t kind)
{
	bool known = kind >= BOOT_REGION_USABLE && kind <= BOOT_REGION_BAD;
	struct boot_region region = {
	        .start = start,
	        .kind = known ? (enum boot_region_kind)kind : BOOT_REGION_RESERVED,
	};
	if (__builtin_add_overflow(start, size, &region.end) || region.end > boot_address_end)
		region.end = boot_address_end;
	if (region.start >= region.end)
		return;
	/* what was dropped may have been a hole in this one */
	if (info->regions_dropped && region.kind == BOOT_REGION_USABLE) {
		info->regions_dropped++;
		return;
	}
	boot_regions_displace(info, region);
	boot_regions_fill(info, region);
}
