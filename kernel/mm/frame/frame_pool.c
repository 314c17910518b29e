#include "mm/frame/frame_pool.h"
#include "mm/api.h"
#include <base/cleanup.h>
#include <string.h>

size_t frame_pool_bookkeeping(size_t frame_count)
{
	size_t shares = frame_count * sizeof(uint32_t);
	return frame_zones_bookkeeping(frame_count) + ((shares + 7) & ~(size_t)7);
}

void frame_pool_init(struct frame_pool *pool, size_t frame_count, void *bookkeeping)
{
	memset(pool, 0, sizeof *pool);
	for (size_t i = 0; i < FRAME_CPUS_MAX; i++)
		pool->caches[i].lock = (struct spinlock)SPINLOCK_INIT(LOCK_FRAME_CACHES);
	frame_zones_init(&pool->zones, frame_count, bookkeeping);
	pool->shares =
	        (uint32_t *)(void *)((char *)bookkeeping + frame_zones_bookkeeping(frame_count));
}

static void frame_pool_set_owned(struct frame_pool *pool, size_t first, size_t count)
{
	if (count == 1)
		__atomic_store_n(&pool->shares[first], 0, __ATOMIC_RELAXED);
	else
		memset(&pool->shares[first], 0, count * sizeof pool->shares[0]);
}

/* All of them must have exactly one owner. */
static bool frame_pool_set_free(struct frame_pool *pool, size_t first, size_t count)
{
	if (first >= pool->zones.frame_count || count > pool->zones.frame_count - first)
		return false;
	for (size_t i = 0; i < count; i++) {
		uint32_t owned = 0;
		if (!__atomic_compare_exchange_n(&pool->shares[first + i], &owned,
		                                 FRAME_SHARES_FREE, false, __ATOMIC_RELAXED,
		                                 __ATOMIC_RELAXED))
			return false;
	}
	return true;
}

/* Frames of the zones that the caller may take; several CPUs at once may take a few more. */
static size_t frame_pool_room(struct frame_pool *pool)
{
	size_t free = frame_zones_free(&pool->zones);
	if (!pool->may_use_reserve)
		return free;
	if (free > pool->reserve + FRAME_CACHE_BATCH)
		return free - pool->reserve;
	if (pool->may_use_reserve())
		return free;
	return free > pool->reserve ? free - pool->reserve : 0;
}

/* Nobody else gets what one of those who may use the reserve has taken out of it. */
static size_t frame_pool_batch(struct frame_pool *pool)
{
	size_t room = frame_pool_room(pool);
	bool plenty = room >= FRAME_CACHE_BATCH &&
	              frame_zones_free(&pool->zones) >= pool->reserve + FRAME_CACHE_BATCH;
	if (!plenty)
		__atomic_store_n(&pool->is_short, true, __ATOMIC_RELAXED);
	return plenty ? FRAME_CACHE_BATCH : room != 0;
}

static bool frame_pool_is_short(struct frame_pool *pool)
{
	if (__builtin_expect(!__atomic_load_n(&pool->is_short, __ATOMIC_RELAXED), 1))
		return false;
	bool is_short = frame_zones_free(&pool->zones) < pool->reserve + FRAME_CACHE_BATCH;
	__atomic_store_n(&pool->is_short, is_short, __ATOMIC_RELAXED);
	return is_short;
}

/* False: it is still empty. */
[[gnu::noinline]] static bool frame_cache_refill(struct frame_pool *pool, struct frame_cache *cache)
{
	cache->count = (uint32_t)frame_zones_take_many(&pool->zones, cache->frames,
	                                               frame_pool_batch(pool));
	return cache->count != 0;
}

/* The caller holds the cache's lock. */
static inline bool frame_cache_pop(struct frame_pool *pool, struct frame_cache *cache,
                                   size_t *out_frame)
{
	if (__builtin_expect(cache->count == 0, 0) && !frame_cache_refill(pool, cache))
		return false;
	*out_frame = cache->frames[--cache->count];
	return true;
}

static bool frame_cache_pop_clean(struct frame_cache *cache, size_t *out_frame)
{
	if (cache->clean_count == 0)
		return false;
	*out_frame = cache->clean[--cache->clean_count];
	return true;
}

static void frame_cache_count_failure(struct frame_cache *cache)
{
	spinlock_acquire(&cache->lock);
	cache->failures++;
	spinlock_release(&cache->lock);
}

/* The frame may lie in another CPU's cache. */
[[gnu::noinline]] static enum status
frame_pool_take_last(struct frame_pool *pool, struct frame_cache *cache, size_t *out_frame)
{
	frame_pool_drain(pool);
	if (frame_pool_room(pool) && frame_zones_take(&pool->zones, 0, SIZE_MAX, out_frame) == OK)
		return OK;
	frame_cache_count_failure(cache);
	return ERR_NO_MEMORY;
}

enum status frame_pool_take(struct frame_pool *pool, unsigned cpu, size_t *out_frame)
{
	struct frame_cache *cache = &pool->caches[cpu];
	spinlock_acquire(&cache->lock);
	cache->allocations++;
	bool found =
	        frame_cache_pop(pool, cache, out_frame) || frame_cache_pop_clean(cache, out_frame);
	spinlock_release(&cache->lock);
	if (!found)
		TRY(frame_pool_take_last(pool, cache, out_frame));
	frame_pool_set_owned(pool, *out_frame, 1);
	return OK;
}

static void frame_pool_zero(size_t frame)
{
	memset(direct_map((paddr_t)frame * PAGE_SIZE), 0, PAGE_SIZE);
}

enum status frame_pool_take_zeroed(struct frame_pool *pool, unsigned cpu, size_t *out_frame)
{
	struct frame_cache *cache = &pool->caches[cpu];
	spinlock_acquire(&cache->lock);
	cache->allocations++;
	bool clean = frame_cache_pop_clean(cache, out_frame);
	bool found = clean || frame_cache_pop(pool, cache, out_frame);
	spinlock_release(&cache->lock);
	if (!found)
		TRY(frame_pool_take_last(pool, cache, out_frame));
	frame_pool_set_owned(pool, *out_frame, 1);
	if (!clean)
		frame_pool_zero(*out_frame);
	return OK;
}

enum status frame_pool_give(struct frame_pool *pool, unsigned cpu, size_t frame)
{
	if (!frame_pool_set_free(pool, frame, 1))
		return ERR_INVALID_ARGS;
	if (frame_pool_is_short(pool))
		return frame_zones_give(&pool->zones, 0, frame);

	struct frame_cache *cache = &pool->caches[cpu];
	enum status status = OK;
	spinlock_acquire(&cache->lock);
	if (cache->count == FRAME_CACHE_MAX) {
		/* the oldest go: the newest are in this CPU's data cache */
		for (size_t i = 0; i < FRAME_CACHE_BATCH && status == OK; i++)
			status = frame_zones_give(&pool->zones, 0, cache->frames[i]);
		cache->count -= FRAME_CACHE_BATCH;
		memmove(cache->frames, cache->frames + FRAME_CACHE_BATCH,
		        cache->count * sizeof cache->frames[0]);
	}
	cache->frames[cache->count++] = (uint32_t)frame;
	spinlock_release(&cache->lock);
	return status;
}

enum status frame_pool_give_zeroed(struct frame_pool *pool, unsigned cpu, size_t frame)
{
	struct frame_cache *cache = &pool->caches[cpu];
	if (frame_pool_is_short(pool))
		return frame_pool_give(pool, cpu, frame);
	spinlock_acquire(&cache->lock);
	bool kept = cache->clean_count < FRAME_CLEAN_MAX && frame_pool_set_free(pool, frame, 1);
	if (kept)
		cache->clean[cache->clean_count++] = (uint32_t)frame;
	spinlock_release(&cache->lock);
	return kept ? OK : frame_pool_give(pool, cpu, frame);
}

static enum status frame_pool_try_run(struct frame_pool *pool, size_t count, size_t limit,
                                      size_t *out_first)
{
	bool is_row = count <= FRAME_ROW_MAX && !(count & (count - 1));
	/* what can't be had at all the zones refuse */
	if ((is_row || count <= (size_t)1 << FRAME_ORDER_MAX) && frame_pool_room(pool) < count)
		return ERR_NO_MEMORY;
	return frame_zones_take_run(&pool->zones, count, limit, out_first);
}

enum status frame_pool_take_run(struct frame_pool *pool, unsigned cpu, size_t count, size_t limit,
                                size_t *out_first)
{
	struct frame_cache *cache = &pool->caches[cpu];
	spinlock_acquire(&cache->lock);
	cache->allocations++;
	spinlock_release(&cache->lock);

	enum status status = frame_pool_try_run(pool, count, limit, out_first);
	if (status == ERR_NO_MEMORY) {
		/* frames in caches may keep a block apart */
		frame_pool_drain(pool);
		status = frame_pool_try_run(pool, count, limit, out_first);
	}
	if (status != OK) {
		frame_cache_count_failure(cache);
		return status;
	}
	frame_pool_set_owned(pool, *out_first, count);
	return OK;
}

enum status frame_pool_give_run(struct frame_pool *pool, size_t first, size_t count)
{
	if (!frame_pool_set_free(pool, first, count))
		return ERR_INVALID_ARGS;
	return frame_zones_give_run(&pool->zones, first, count);
}

void frame_pool_refuse(struct frame_pool *pool, unsigned cpu)
{
	struct frame_cache *cache = &pool->caches[cpu];
	spinlock_acquire(&cache->lock);
	cache->allocations++;
	cache->failures++;
	spinlock_release(&cache->lock);
}

bool frame_pool_clean_one(struct frame_pool *pool, unsigned cpu)
{
	struct frame_cache *cache = &pool->caches[cpu];
	size_t frame;

	spinlock_acquire(&cache->lock);
	bool found = cache->clean_count < FRAME_CLEAN_MAX &&
	             (cache->count || frame_pool_batch(pool) == FRAME_CACHE_BATCH) &&
	             frame_cache_pop(pool, cache, &frame);
	cache->cleaning += found;
	spinlock_release(&cache->lock);
	if (!found)
		return false;
	frame_pool_zero(frame);

	spinlock_acquire(&cache->lock);
	bool kept = cache->clean_count < FRAME_CLEAN_MAX;
	cache->cleaning--;
	if (kept)
		cache->clean[cache->clean_count++] = (uint32_t)frame;
	spinlock_release(&cache->lock);
	if (!kept) {
		frame_pool_set_owned(pool, frame, 1);
		return frame_pool_give(pool, cpu, frame) == OK;
	}
	return true;
}

static void frame_pool_drain_list(struct frame_pool *pool, const uint32_t *frames, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		/* cannot fail: free frames are in one place only */
		(void)frame_zones_give(&pool->zones, 0, frames[i]);
}

void frame_pool_drain(struct frame_pool *pool)
{
	for (unsigned cpu = 0; cpu < FRAME_CPUS_MAX; cpu++) {
		struct frame_cache *cache = &pool->caches[cpu];
		spinlock_acquire(&cache->lock);
		frame_pool_drain_list(pool, cache->frames, cache->count);
		frame_pool_drain_list(pool, cache->clean, cache->clean_count);
		cache->count = 0;
		cache->clean_count = 0;
		spinlock_release(&cache->lock);
	}
}

static struct frame_statistics frame_pool_count_free(struct frame_pool *pool, uint64_t in_zones)
{
	struct frame_statistics statistics = {
	        .total_frames = frame_zones_total(&pool->zones),
	        .free_frames = in_zones,
	};
	for (unsigned cpu = 0; cpu < FRAME_CPUS_MAX; cpu++) {
		struct frame_cache *cache = &pool->caches[cpu];
		spinlock_acquire(&cache->lock);
		statistics.free_frames += cache->count + cache->clean_count + cache->cleaning;
		statistics.allocations += cache->allocations;
		statistics.failures += cache->failures;
		spinlock_release(&cache->lock);
	}
	return statistics;
}

struct frame_statistics frame_pool_statistics(struct frame_pool *pool)
{
	struct frame_statistics statistics;
	uint64_t in_zones;
	unsigned tries = 0;
	/* idle CPUs fill their caches meanwhile: what moves must not be counted twice, or never */
	do {
		in_zones = frame_zones_free(&pool->zones);
		statistics = frame_pool_count_free(pool, in_zones);
	} while (frame_zones_free(&pool->zones) != in_zones && ++tries < FRAME_COUNT_TRIES);
	statistics.allocations_since_mark = statistics.allocations - pool->allocations_at_mark;
	statistics.failures_since_mark = statistics.failures - pool->failures_at_mark;
	return statistics;
}

void frame_pool_mark(struct frame_pool *pool)
{
	struct frame_statistics statistics = frame_pool_statistics(pool);
	pool->allocations_at_mark = statistics.allocations;
	pool->failures_at_mark = statistics.failures;
}

void frame_pool_share(struct frame_pool *pool, size_t frame)
{
	__atomic_fetch_add(&pool->shares[frame], 1, __ATOMIC_RELAXED);
}

bool frame_pool_unshare(struct frame_pool *pool, size_t frame)
{
	uint32_t shares = __atomic_load_n(&pool->shares[frame], __ATOMIC_ACQUIRE);
	while (shares != 0)
		if (__atomic_compare_exchange_n(&pool->shares[frame], &shares, shares - 1, false,
		                                __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return false;
	return true;
}

uint32_t frame_pool_count(struct frame_pool *pool, size_t frame, int32_t add)
{
	/* who counts serialises: no atomic addition */
	uint32_t sum = __atomic_load_n(&pool->shares[frame], __ATOMIC_RELAXED) + (uint32_t)add;
	__atomic_store_n(&pool->shares[frame], sum, __ATOMIC_RELAXED);
	return sum;
}

bool frame_pool_is_shared(const struct frame_pool *pool, size_t frame)
{
	return __atomic_load_n(&pool->shares[frame], __ATOMIC_ACQUIRE) != 0;
}
