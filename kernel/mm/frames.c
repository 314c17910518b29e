/*
 * The machine's page frames: built from the memory map, behind one lock.
 *
 * Kept out for ever: the first MiB (firmware, later the start code of further
 * CPUs), the kernel image, the boot archive, and the bookkeeping itself.
 */
#include "core/api.h"
#include "mm/api.h"
#include "mm/image.h"
#include <base/cleanup.h>
#include <string.h>

struct frames {
	struct spinlock lock;
	/* guarded by lock */
	struct frame_allocator allocator;
};

static struct frames kernel_frames;

static const paddr_t frames_low_end = 0x100000;
/* What the boot tables reach, so where the bookkeeping must lie. */
static const paddr_t frames_boot_window_end = 0x100000000;

void *direct_map(paddr_t address)
{
	return (void *)(uintptr_t)(DIRECT_MAP_BASE + address);
}

paddr_t direct_map_physical(const void *view)
{
	return (paddr_t)(uintptr_t)view - DIRECT_MAP_BASE;
}

struct frame_range {
	paddr_t start;
	paddr_t end; /* exclusive */
};

enum { FRAMES_KEPT_MAX = 4 };

struct frames_kept {
	struct frame_range ranges[FRAMES_KEPT_MAX];
	size_t count;
};

static paddr_t page_down(paddr_t address)
{
	return address & ~(paddr_t)(PAGE_SIZE - 1);
}

static paddr_t page_up(paddr_t address)
{
	return page_down(address + PAGE_SIZE - 1);
}

static struct frames_kept frames_kept_ranges(const struct boot_info *info)
{
	struct frames_kept kept = {.count = 3};
	kept.ranges[0] = (struct frame_range){0, frames_low_end};
	kept.ranges[1] = (struct frame_range){kernel_image_start(), kernel_image_end()};
	kept.ranges[2] = (struct frame_range){page_down(info->archive_start),
	                                      page_up(info->archive_start + info->archive_bytes)};
	return kept;
}

/*
 * Takes the first part of *rest that no kept range covers. False when there is
 * none; *rest is what follows.
 */
static bool frames_next_free(const struct frames_kept *kept, struct frame_range *rest,
                             struct frame_range *out_part)
{
	while (rest->start < rest->end) {
		struct frame_range part = *rest;
		bool covered = false;
		for (size_t i = 0; i < kept->count; i++) {
			const struct frame_range *hole = &kept->ranges[i];
			if (hole->start <= part.start && part.start < hole->end) {
				rest->start = hole->end;
				covered = true;
				break;
			}
			if (hole->start > part.start && hole->start < part.end)
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

/* Whole frames of a usable region. */
static struct frame_range frames_of_region(const struct boot_region *region)
{
	if (region->kind != BOOT_REGION_USABLE)
		return (struct frame_range){};
	return (struct frame_range){page_up(region->start), page_down(region->end)};
}

static enum status frames_place_bookkeeping(const struct boot_info *info,
                                            const struct frames_kept *kept, size_t size,
                                            paddr_t *out_start)
{
	for (size_t i = 0; i < info->region_count; i++) {
		struct frame_range rest = frames_of_region(&info->regions[i]);
		struct frame_range part;
		while (frames_next_free(kept, &rest, &part)) {
			if (part.end - part.start < size ||
			    part.start > frames_boot_window_end - size)
				continue;
			*out_start = part.start;
			return OK;
		}
	}
	return ERR_NO_MEMORY;
}

static enum status frames_add_usable(const struct boot_info *info, const struct frames_kept *kept)
{
	for (size_t i = 0; i < info->region_count; i++) {
		struct frame_range rest = frames_of_region(&info->regions[i]);
		struct frame_range part;
		while (frames_next_free(kept, &rest, &part))
			TRY(frame_allocator_add(&kernel_frames.allocator, part.start / PAGE_SIZE,
			                        part.end / PAGE_SIZE));
	}
	return OK;
}

enum status mm_init_frames(const struct boot_info *info)
{
	paddr_t top = 0;
	for (size_t i = 0; i < info->region_count; i++) {
		struct frame_range range = frames_of_region(&info->regions[i]);
		if (range.start < range.end)
			top = range.end;
	}

	size_t size = page_up(frame_allocator_bookkeeping(top / PAGE_SIZE));
	struct frames_kept kept = frames_kept_ranges(info);
	paddr_t bookkeeping;
	TRY(frames_place_bookkeeping(info, &kept, size, &bookkeeping));
	kept.ranges[kept.count++] = (struct frame_range){bookkeeping, bookkeeping + size};

	memset(direct_map(bookkeeping), 0, size);
	frame_allocator_init(&kernel_frames.allocator, top / PAGE_SIZE, direct_map(bookkeeping));
	return frames_add_usable(info, &kept);
}

enum status frames_alloc(unsigned order, paddr_t *out_first)
{
	size_t first;
	bool refused = fault_fires(FAULT_ALLOC_FRAME);

	spinlock_acquire(&kernel_frames.lock);
	enum status status = ERR_NO_MEMORY;
	if (refused)
		frame_allocator_refuse(&kernel_frames.allocator);
	else
		status = frame_allocator_take(&kernel_frames.allocator, order, &first);
	spinlock_release(&kernel_frames.lock);

	if (status == OK)
		*out_first = (paddr_t)first * PAGE_SIZE;
	return status;
}

void frames_free(paddr_t first, unsigned order)
{
	spinlock_acquire(&kernel_frames.lock);
	enum status status =
	        frame_allocator_give(&kernel_frames.allocator, order, first / PAGE_SIZE);
	spinlock_release(&kernel_frames.lock);
	if (status != OK || first % PAGE_SIZE)
		PANIC("page frame 0x%llx order %u freed twice or never allocated",
		      (unsigned long long)first, order);
}

enum status frame_alloc(paddr_t *out_frame)
{
	return frames_alloc(0, out_frame);
}

enum status frame_alloc_zeroed(paddr_t *out_frame)
{
	TRY(frame_alloc(out_frame));
	memset(direct_map(*out_frame), 0, PAGE_SIZE);
	return OK;
}

void frame_free(paddr_t frame)
{
	frames_free(frame, 0);
}

struct frame_statistics frame_statistics(void)
{
	spinlock_acquire(&kernel_frames.lock);
	struct frame_statistics statistics = frame_allocator_statistics(&kernel_frames.allocator);
	spinlock_release(&kernel_frames.lock);
	return statistics;
}

void frame_statistics_mark(void)
{
	spinlock_acquire(&kernel_frames.lock);
	frame_allocator_mark(&kernel_frames.allocator);
	spinlock_release(&kernel_frames.lock);
}
