#include "mm/frame/frame_zones.h"
#include <base/cleanup.h>

/* Frame where each zone ends; multiples of the largest block, so that no block spans two. */
static const size_t frame_zone_ends[FRAME_ZONE_COUNT] = {
        [FRAME_ZONE_DMA] = 0x1000,
        [FRAME_ZONE_LOW] = 0x100000,
        [FRAME_ZONE_HIGH] = SIZE_MAX,
};

static size_t frame_zone_first(unsigned kind, size_t frame_count)
{
	size_t first = kind ? frame_zone_ends[kind - 1] : 0;
	return first < frame_count ? first : frame_count;
}

static size_t frame_zone_frames(unsigned kind, size_t frame_count)
{
	size_t end = frame_zone_ends[kind] < frame_count ? frame_zone_ends[kind] : frame_count;
	return end - frame_zone_first(kind, frame_count);
}

size_t frame_zones_bookkeeping(size_t frame_count)
{
	size_t bytes = 0;
	for (unsigned kind = 0; kind < FRAME_ZONE_COUNT; kind++)
		bytes += frame_allocator_bookkeeping(frame_zone_frames(kind, frame_count));
	return bytes;
}

void frame_zones_init(struct frame_zones *zones, size_t frame_count, void *bookkeeping)
{
	char *next = bookkeeping;

	*zones = (struct frame_zones){.frame_count = frame_count};
	for (unsigned kind = 0; kind < FRAME_ZONE_COUNT; kind++) {
		struct frame_zone *zone = &zones->zones[kind];
		size_t frames = frame_zone_frames(kind, frame_count);
		zone->lock = (struct spinlock)SPINLOCK_INIT(LOCK_FRAMES);
		zone->first = frame_zone_first(kind, frame_count);
		frame_allocator_init(&zone->allocator, frames, next);
		next += frame_allocator_bookkeeping(frames);
	}
}

static struct frame_zone *frame_zone_of(struct frame_zones *zones, size_t frame)
{
	unsigned kind = 0;
	while (frame >= frame_zone_ends[kind])
		kind++;
	return &zones->zones[kind];
}

enum status frame_zones_add(struct frame_zones *zones, size_t first, size_t end)
{
	if (first > end || end > zones->frame_count)
		return ERR_INVALID_ARGS;
	while (first < end) {
		struct frame_zone *zone = frame_zone_of(zones, first);
		size_t zone_end = zone->first + zone->allocator.frame_count;
		size_t part_end = end < zone_end ? end : zone_end;
		TRY(frame_allocator_add(&zone->allocator, first - zone->first,
		                        part_end - zone->first));
		first = part_end;
	}
	return OK;
}

static enum status frame_zone_take(struct frame_zone *zone, unsigned order, size_t limit,
                                   size_t *out_first)
{
	if (limit <= zone->first)
		return ERR_NO_MEMORY;
	size_t first;
	spinlock_acquire(&zone->lock);
	enum status status =
	        frame_allocator_take_below(&zone->allocator, order, limit - zone->first, &first);
	spinlock_release(&zone->lock);
	if (status == OK)
		*out_first = zone->first + first;
	return status;
}

enum status frame_zones_take(struct frame_zones *zones, unsigned order, size_t limit,
                             size_t *out_first)
{
	for (unsigned kind = FRAME_ZONE_COUNT; kind-- > 0;)
		if (frame_zone_take(&zones->zones[kind], order, limit, out_first) == OK)
			return OK;
	return ERR_NO_MEMORY;
}

/* More than the largest block has, and as much as several of them. */
static enum status frame_zones_take_row(struct frame_zones *zones, size_t count, size_t limit,
                                        size_t *out_first)
{
	const size_t block = (size_t)1 << FRAME_ORDER_MAX;
	if (count > FRAME_ROW_MAX || count & (count - 1) || limit != SIZE_MAX / PAGE_SIZE)
		return ERR_INVALID_ARGS;
	for (unsigned kind = FRAME_ZONE_COUNT; kind-- > 0;) {
		struct frame_zone *zone = &zones->zones[kind];
		size_t first;
		spinlock_acquire(&zone->lock);
		enum status status = frame_allocator_take_row(&zone->allocator, count / block,
		                                              zone->first / block, &first);
		spinlock_release(&zone->lock);
		if (status != OK)
			continue;
		*out_first = zone->first + first;
		return OK;
	}
	return ERR_NO_MEMORY;
}

enum status frame_zones_take_run(struct frame_zones *zones, size_t count, size_t limit,
                                 size_t *out_first)
{
	unsigned order = 0;
	while (order <= FRAME_ORDER_MAX && ((size_t)1 << order) < count)
		order++;
	if (order > FRAME_ORDER_MAX)
		return frame_zones_take_row(zones, count, limit, out_first);
	if (count == 0)
		return ERR_INVALID_ARGS;
	TRY(frame_zones_take(zones, order, limit, out_first));
	return frame_zones_give_run(zones, *out_first + count, ((size_t)1 << order) - count);
}

/* All of them in one block, which is one search instead of many. */
static bool frame_zone_take_block(struct frame_zone *zone, uint32_t *out_frames, size_t count)
{
	unsigned order = (unsigned)__builtin_ctzl(count);
	size_t first;
	if (count != (size_t)1 << order || order > FRAME_ORDER_MAX ||
	    frame_allocator_take(&zone->allocator, order, &first) != OK)
		return false;
	for (size_t i = 0; i < count; i++)
		out_frames[i] = (uint32_t)(zone->first + first + i);
	return true;
}

size_t frame_zones_take_many(struct frame_zones *zones, uint32_t *out_frames, size_t count)
{
	size_t taken = 0;
	for (unsigned kind = FRAME_ZONE_COUNT; kind-- > 0 && taken < count;) {
		struct frame_zone *zone = &zones->zones[kind];
		size_t first;
		spinlock_acquire(&zone->lock);
		if (taken == 0 && count && frame_zone_take_block(zone, out_frames, count))
			taken = count;
		while (taken < count && frame_allocator_take(&zone->allocator, 0, &first) == OK)
			out_frames[taken++] = (uint32_t)(zone->first + first);
		spinlock_release(&zone->lock);
	}
	return taken;
}

enum status frame_zones_give(struct frame_zones *zones, unsigned order, size_t first)
{
	struct frame_zone *zone = frame_zone_of(zones, first);
	spinlock_acquire(&zone->lock);
	enum status status = frame_allocator_give(&zone->allocator, order, first - zone->first);
	spinlock_release(&zone->lock);
	return status;
}

enum status frame_zones_give_run(struct frame_zones *zones, size_t first, size_t count)
{
	while (count) {
		unsigned order = FRAME_ORDER_MAX;
		while (first % ((size_t)1 << order) || ((size_t)1 << order) > count)
			order--;
		TRY(frame_zones_give(zones, order, first));
		first += (size_t)1 << order;
		count -= (size_t)1 << order;
	}
	return OK;
}

size_t frame_zones_free(const struct frame_zones *zones)
{
	size_t frames = 0;
	for (unsigned kind = 0; kind < FRAME_ZONE_COUNT; kind++)
		frames += __atomic_load_n(&zones->zones[kind].allocator.free_frames,
		                          __ATOMIC_RELAXED);
	return frames;
}

size_t frame_zones_total(const struct frame_zones *zones)
{
	size_t frames = 0;
	for (unsigned kind = 0; kind < FRAME_ZONE_COUNT; kind++)
		frames += zones->zones[kind].allocator.total_frames;
	return frames;
}
