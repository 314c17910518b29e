/*
 * From the loader's memory map to the frames that may be used.
 *
 * Knows no address of its own kernel: what must be kept out is told. Runs on the host.
 */
#pragma once

#include "hal/api.h"
#include "mm/frame/frame_zones.h"

struct frame_range {
	paddr_t start;
	paddr_t end; /* exclusive */
};

enum { FRAME_MAP_KEPT_MAX = 6 };

struct frame_map {
	const struct boot_info *info;
	struct frame_range kept[FRAME_MAP_KEPT_MAX]; /* page aligned; never given out */
	size_t kept_count;
};

void frame_map_keep(struct frame_map *map, paddr_t start, paddr_t end);
/* Frames [0, this) hold all usable memory; at most FRAME_COUNT_MAX, what lies above is left out. */
size_t frame_map_frame_count(const struct frame_map *map);
/* Where size bytes of usable memory lie in one piece below limit. ERR_NO_MEMORY. */
enum status frame_map_place(const struct frame_map *map, size_t size, paddr_t limit,
                            paddr_t *out_start);
/* Gives every usable frame to zones. */
enum status frame_map_add_all(const struct frame_map *map, struct frame_zones *zones);

/* 1 TiB. */
#define FRAME_COUNT_MAX ((size_t)1 << 28)
