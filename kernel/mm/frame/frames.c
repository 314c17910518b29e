/*
 * The machine's page frames: built from the memory map.
 *
 * Kept out for ever: the first MiB (firmware, later the start code of further
 * CPUs), the kernel image, the boot archive, and the bookkeeping itself.
 */
#include "core/api.h"
#include "mm/api.h"
#include "mm/frame/frame_map.h"
#include "mm/frame/frame_pool.h"
#include "mm/image.h"
#include <base/cleanup.h>
#include <string.h>

static struct frame_pool kernel_frames;

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

/* Kernel threads, and those whose threads run on the space of a service. */
static bool frames_may_use_reserve(void)
{
	const struct address_space *space = cpu_current()->address_space;
	return !space || space->uses_reserve;
}

static void frames_reserve_some(struct frame_pool *pool)
{
	enum { RESERVE_PART = 128, RESERVE_MIN = 32, RESERVE_MAX = 2048 };
	size_t part = frame_zones_total(&pool->zones) / RESERVE_PART;
	part = part > RESERVE_MIN ? part : RESERVE_MIN;
	pool->reserve = part < RESERVE_MAX ? part : RESERVE_MAX;
	pool->may_use_reserve = frames_may_use_reserve;
}

enum status mm_init_frames(const struct boot_info *info)
{
	struct frame_map map = {.info = info};
	frame_map_keep(&map, 0, frames_low_end);
	frame_map_keep(&map, kernel_image_start(), kernel_image_end());
	frame_map_keep(&map, info->archive_start, info->archive_start + info->archive_bytes);

	size_t frame_count = frame_map_frame_count(&map);
	size_t size = frame_pool_bookkeeping(frame_count);
	paddr_t bookkeeping;
	TRY(frame_map_place(&map, size, frames_boot_window_end, &bookkeeping));
	frame_map_keep(&map, bookkeeping, bookkeeping + size);

	memset(direct_map(bookkeeping), 0, size);
	frame_pool_init(&kernel_frames, frame_count, direct_map(bookkeeping));
	TRY(frame_map_add_all(&map, &kernel_frames.zones));
	frames_reserve_some(&kernel_frames);
	return OK;
}

static bool frames_refused(void)
{
	if (!fault_fires(FAULT_ALLOC_FRAME))
		return false;
	frame_pool_refuse(&kernel_frames, cpu_current()->index);
	return true;
}

static void frames_check_freed(enum status status, paddr_t first, size_t count)
{
	if (status != OK || first % PAGE_SIZE)
		PANIC("%zu page frames at 0x%llx freed twice or never allocated", count,
		      (unsigned long long)first);
}

enum status frame_alloc(paddr_t *out_frame)
{
	size_t frame;
	if (frames_refused())
		return ERR_NO_MEMORY;
	TRY(frame_pool_take(&kernel_frames, cpu_current()->index, &frame));
	*out_frame = (paddr_t)frame * PAGE_SIZE;
	return OK;
}

enum status frame_alloc_zeroed(paddr_t *out_frame)
{
	size_t frame;
	if (frames_refused())
		return ERR_NO_MEMORY;
	TRY(frame_pool_take_zeroed(&kernel_frames, cpu_current()->index, &frame));
	*out_frame = (paddr_t)frame * PAGE_SIZE;
	return OK;
}

void frame_free(paddr_t frame)
{
	enum status status =
	        frame_pool_give(&kernel_frames, cpu_current()->index, frame / PAGE_SIZE);
	frames_check_freed(status, frame, 1);
}

void frame_free_zeroed(paddr_t frame)
{
	enum status status =
	        frame_pool_give_zeroed(&kernel_frames, cpu_current()->index, frame / PAGE_SIZE);
	frames_check_freed(status, frame, 1);
}

uint32_t frame_count_uses(paddr_t frame, int32_t add)
{
	return frame_pool_count(&kernel_frames, frame / PAGE_SIZE, add);
}

enum status frames_alloc_run(size_t count, paddr_t limit, paddr_t *out_first)
{
	size_t first;
	if (count == 1 && limit == FRAMES_ANYWHERE)
		return frame_alloc(out_first);
	if (frames_refused())
		return ERR_NO_MEMORY;
	TRY(frame_pool_take_run(&kernel_frames, cpu_current()->index, count, limit / PAGE_SIZE,
	                        &first));
	*out_first = (paddr_t)first * PAGE_SIZE;
	return OK;
}

void frames_free_run(paddr_t first, size_t count)
{
	if (count == 1) {
		frame_free(first);
		return;
	}
	enum status status = frame_pool_give_run(&kernel_frames, first / PAGE_SIZE, count);
	frames_check_freed(status, first, count);
}

void frame_share(paddr_t frame)
{
	frame_pool_share(&kernel_frames, frame / PAGE_SIZE);
}

bool frame_is_shared(paddr_t frame)
{
	return frame_pool_is_shared(&kernel_frames, frame / PAGE_SIZE);
}

void frame_release(paddr_t frame)
{
	if (frame_pool_unshare(&kernel_frames, frame / PAGE_SIZE))
		frame_free(frame);
}

uint64_t frames_free_estimate(void)
{
	return frame_zones_free(&kernel_frames.zones);
}

uint64_t frames_reserve(void)
{
	return kernel_frames.reserve;
}

uint64_t frames_total(void)
{
	return frame_zones_total(&kernel_frames.zones);
}

bool frames_clean_one(void)
{
	return frame_pool_clean_one(&kernel_frames, cpu_current()->index);
}

void frames_drain(void)
{
	frame_pool_drain(&kernel_frames);
}

struct frame_statistics frame_statistics(void)
{
	return frame_pool_statistics(&kernel_frames);
}

void frame_statistics_mark(void)
{
	frame_pool_mark(&kernel_frames);
}
