/*
 * What a CPU keeps of each slab's objects, so that most allocations take no lock. Private to
 * mm/heap.
 *
 * A CPU's caches are used by that CPU alone, with interrupts off and no lock. Another CPU gets at
 * them only by a call that its owner answers, which may be while it waits for a lock: after every
 * wait a cache is looked up again.
 */
#pragma once

#include "hal/api.h"
#include <abi/status.h>

enum {
	SLAB_CACHE_MAX = 15, /* objects of one slab */
	SLAB_CACHE_BYTES = 2048, /* of larger objects fewer are kept */
	SLAB_CACHE_LEAST = 2,
	SLAB_CACHED_TYPES = 128, /* slabs beyond have none; number 0 is nobody's */
};

/* Two cache lines. Kept objects are out of their frames, marked, and in the debug build filled. */
struct slab_cache {
	uint32_t count;
	void *objects[SLAB_CACHE_MAX];
};

_Static_assert(sizeof(struct slab_cache) == 128);

/* How many objects of so many bytes a CPU keeps. */
static inline uint32_t slab_cache_limit(size_t size)
{
	size_t fit = SLAB_CACHE_BYTES / size;
	fit = fit < SLAB_CACHE_MAX ? fit : SLAB_CACHE_MAX;
	return fit > SLAB_CACHE_LEAST ? (uint32_t)fit : SLAB_CACHE_LEAST;
}

/* This CPU's, by the number of a slab. NULL: none so far, or they are being emptied. */
struct slab_cache *slab_caches_here(void);
/* Of any CPU, only to look for an object in them. NULL as well. */
const struct slab_cache *slab_caches_of(uint32_t cpu);
/* Takes the caches of all CPUs away, which do without until they get them back. By one at a time.
 */
void slab_caches_collect(struct slab_cache *out_caches[static CPU_MAX]);
void slab_caches_give_back(uint32_t cpu, struct slab_cache *caches);
