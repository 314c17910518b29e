#include "mm/frame/frame_map.h"
#include <base/cleanup.h>

static paddr_t frame_map_down(paddr_t address)
{
	return address & ~(paddr_t)(PAGE_SIZE - 1);
}

static paddr_t frame_map_up(paddr_t address)
{
	return frame_map_down(address + PAGE_SIZE - 1);
}

void frame_map_keep(struct frame_map *map, paddr_t start, paddr_t end)
{
	map->kept[map->kept_count++] =
	        (struct frame_range){frame_map_down(start), frame_map_up(end)};
}

/* Whole frames of a usable region. */
static struct frame_range frame_map_usable(const struct boot_region *region)
{
	const paddr_t top = (paddr_t)FRAME_COUNT_MAX * PAGE_SIZE;
	if (region->kind != BOOT_REGION_USABLE || region->start >= top)
		return (struct frame_range){};
	paddr_t end = region->end < top ? region->end : top;
	return (struct frame_range){frame_map_up(region->start), frame_map_down(end)};
}

/* Takes the first part of *rest that is not kept. False: none. *rest becomes what follows. */
static bool frame_map_next(const struct frame_map *map, struct frame_range *rest,
                           struct frame_range *out_part)
{
	while (rest->start < rest->end) {
		struct frame_range part = *rest;
		bool covered = false;
		for (size_t i = 0; i < map->kept_count && !covered; i++) {
			const struct frame_range *hole = &map->kept[i];
			covered = hole->start <= part.start && part.start < hole->end;
			if (covered)
				rest->start = hole->end;
			else if (hole->start > part.start && hole->start < part.end)
				part.end = hole->start;
		}
		if (covered)
			continue;
		rest->start = part.end;
		*out_part = part;
		return true;
	}
	return false;
}

size_t frame_map_frame_count(const struct frame_map *map)
{
	paddr_t top = 0;
	for (size_t i = 0; i < map->info->region_count; i++) {
		struct frame_range range = frame_map_usable(&map->info->regions[i]);
		if (range.start < range.end && range.end > top)
			top = range.end;
	}
	return top / PAGE_SIZE;
}

enum status frame_map_place(const struct frame_map *map, size_t size, paddr_t limit,
                            paddr_t *out_start)
{
	for (size_t i = 0; i < map->info->region_count; i++) {
		struct frame_range rest = frame_map_usable(&map->info->regions[i]);
		struct frame_range part;
		while (frame_map_next(map, &rest, &part)) {
			if (part.end - part.start < size || size > limit ||
			    part.start > limit - size)
				continue;
			*out_start = part.start;
			return OK;
		}
	}
	return ERR_NO_MEMORY;
}

enum status frame_map_add_all(const struct frame_map *map, struct frame_zones *zones)
{
	for (size_t i = 0; i < map->info->region_count; i++) {
		struct frame_range rest = frame_map_usable(&map->info->regions[i]);
		struct frame_range part;
		while (frame_map_next(map, &rest, &part))
			TRY(frame_zones_add(zones, part.start / PAGE_SIZE, part.end / PAGE_SIZE));
	}
	return OK;
}
