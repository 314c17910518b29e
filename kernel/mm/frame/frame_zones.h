/*
 * All page frames, in three zones with a buddy allocator and a lock each, so that memory
 * which a device can reach is used last by those who do not need it.
 *
 * Frame numbers here are those of the machine. Runs on the host.
 */
#pragma once

#include "hal/api.h"
#include "mm/frame/frame_allocator.h"

enum frame_zone_kind {
	FRAME_ZONE_DMA, /* below 16 MiB */
	FRAME_ZONE_LOW, /* below 4 GiB */
	FRAME_ZONE_HIGH,
	FRAME_ZONE_COUNT,
};

struct frame_zone {
	struct spinlock lock;
	size_t first; /* frame of the machine that the allocator calls 0 */
	/* guarded by lock */
	struct frame_allocator allocator;
};

struct frame_zones {
	struct frame_zone zones[FRAME_ZONE_COUNT];
	size_t frame_count; /* frames [0, frame_count) are covered */
};

/* Bytes of bookkeeping for frames [0, frame_count). */
size_t frame_zones_bookkeeping(size_t frame_count);
/* bookkeeping: that many zeroed bytes, 8-byte aligned; kept. */
void frame_zones_init(struct frame_zones *zones, size_t frame_count, void *bookkeeping);
/* Frames [first, end) become free. ERR_INVALID_ARGS: outside or already free. */
enum status frame_zones_add(struct frame_zones *zones, size_t first, size_t end);

/* No frame at or above limit; SIZE_MAX: any. ERR_NO_MEMORY. */
enum status frame_zones_take(struct frame_zones *zones, unsigned order, size_t limit,
                             size_t *out_first);
/* In one piece, where a device's reach does not matter: a gigabyte. */
enum { FRAME_ROW_MAX = 1 << 18 };

/*
 * count frames in one piece, aligned to the next power of two. More than 1 << FRAME_ORDER_MAX of
 * them are a power of two, at most FRAME_ROW_MAX, and lie anywhere (limit SIZE_MAX / PAGE_SIZE).
 */
enum status frame_zones_take_run(struct frame_zones *zones, size_t count, size_t limit,
                                 size_t *out_first);
/* Up to count single frames; returns how many. */
size_t frame_zones_take_many(struct frame_zones *zones, uint32_t *out_frames, size_t count);
/* ERR_INVALID_ARGS: misaligned, outside, or part of it is free already. */
enum status frame_zones_give(struct frame_zones *zones, unsigned order, size_t first);
enum status frame_zones_give_run(struct frame_zones *zones, size_t first, size_t count);

/* Of all zones, without their locks: exact only while nothing changes. */
size_t frame_zones_free(const struct frame_zones *zones);
size_t frame_zones_total(const struct frame_zones *zones);
