/*
 * Page frames as the kernel takes them: a cache of single frames per CPU over the
 * zones, some of them zeroed ahead of need, and a count per frame of who shares it.
 *
 * A cache has its own lock, so that it stays right whoever is moved to another CPU in between,
 * and so that one CPU can empty all of them. Runs on the host.
 */
#pragma once

#include "mm/frame/frame_zones.h"

enum {
	FRAME_CPUS_MAX = 64,
	FRAME_CACHE_MAX = 64,
	FRAME_CACHE_BATCH = 32,
	FRAME_CLEAN_MAX = 64,
	FRAME_COUNT_TRIES = 1000, /* of counting while CPUs are busy */
};

/* In shares: the frame lies in a cache or in the zones. */
#define FRAME_SHARES_FREE UINT32_MAX

struct frame_cache {
	struct spinlock lock;
	/* guarded by lock */
	uint32_t count;
	uint32_t clean_count;
	uint32_t cleaning; /* taken out to be zeroed; they are as free as the others */
	uint32_t frames[FRAME_CACHE_MAX];
	uint32_t clean[FRAME_CLEAN_MAX]; /* zeroed */
	uint64_t allocations; /* requests, also the failed ones */
	uint64_t failures;
} __attribute__((aligned(64)));

struct frame_pool {
	struct frame_zones zones;
	uint32_t *shares; /* atomic; per frame: owners beyond the first, or FRAME_SHARES_FREE */
	/* constant once set: so many frames of the zones are only for some; NULL: for all */
	size_t reserve;
	bool (*may_use_reserve)(void); /* is the caller one of them? */
	bool is_short; /* atomic; what comes back is not kept in caches, where anybody finds it */
	struct frame_cache caches[FRAME_CPUS_MAX];
	uint64_t allocations_at_mark;
	uint64_t failures_at_mark;
};

size_t frame_pool_bookkeeping(size_t frame_count);
/* bookkeeping: that many zeroed bytes, 8-byte aligned; kept. Frames are added to pool->zones. */
void frame_pool_init(struct frame_pool *pool, size_t frame_count, void *bookkeeping);

/*
 * One frame through the cache of CPU cpu. ERR_NO_MEMORY only when every cache is empty too, and the
 * zones but for what is reserved. What lies in caches is for whoever comes.
 */
enum status frame_pool_take(struct frame_pool *pool, unsigned cpu, size_t *out_frame);
/* The same, zeroed. */
enum status frame_pool_take_zeroed(struct frame_pool *pool, unsigned cpu, size_t *out_frame);
/* ERR_INVALID_ARGS: free already, or shared. */
enum status frame_pool_give(struct frame_pool *pool, unsigned cpu, size_t frame);
/* The same for one that is all zero. */
enum status frame_pool_give_zeroed(struct frame_pool *pool, unsigned cpu, size_t frame);

/* count contiguous frames below limit, aligned to the next power of two of count. */
enum status frame_pool_take_run(struct frame_pool *pool, unsigned cpu, size_t count, size_t limit,
                                size_t *out_first);
enum status frame_pool_give_run(struct frame_pool *pool, size_t first, size_t count);

/* Counts a request that was refused without looking (an injected fault). */
void frame_pool_refuse(struct frame_pool *pool, unsigned cpu);
/* Zeroes one frame ahead of need. False when there are enough, or no frame is free. */
bool frame_pool_clean_one(struct frame_pool *pool, unsigned cpu);
/* Empties every cache into the zones. */
void frame_pool_drain(struct frame_pool *pool);

struct frame_statistics frame_pool_statistics(struct frame_pool *pool);
void frame_pool_mark(struct frame_pool *pool);

/* One more owner of an allocated frame. */
void frame_pool_share(struct frame_pool *pool, size_t frame);
/* One owner less. True when it was the last one: the frame is the caller's to give. */
bool frame_pool_unshare(struct frame_pool *pool, size_t frame);
/* The same count for whatever a single owner counts: adds, and returns the sum. 0 before free. */
uint32_t frame_pool_count(struct frame_pool *pool, size_t frame, int32_t add);
bool frame_pool_is_shared(const struct frame_pool *pool, size_t frame);
