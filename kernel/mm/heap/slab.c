/* Allocating and freeing objects: from what the CPU keeps, or through the slab's lock. */
#include "mm/heap/slab.h"
#include "core/api.h"
#include "mm/heap/slab_cache.h"
#include "mm/heap/slab_frames.h"
#include <string.h>

/* The second word of a kept object, so that a second free is noticed. */
static const uint64_t slab_mark_bits = 0x6b65707420666f72;

enum { SLAB_MARK_AT = 8, SLAB_MARKED_SIZE = 16 };

static uint64_t slab_mark_of(const void *object)
{
	return (uintptr_t)object ^ slab_mark_bits;
}

static bool slab_is_marked(const struct slab *slab, const void *object)
{
	uint64_t word;
	if (slab->size < SLAB_MARKED_SIZE)
		return false;
	memcpy(&word, (const char *)object + SLAB_MARK_AT, sizeof word);
	return word == slab_mark_of(object);
}

static void slab_mark(const struct slab *slab, void *object)
{
	uint64_t word = slab_mark_of(object);
	if (slab->size >= SLAB_MARKED_SIZE)
		memcpy((char *)object + SLAB_MARK_AT, &word, sizeof word);
}

/* Debug: what is free is filled throughout. */
static void slab_unmark(const struct slab *slab, void *object)
{
	if (!CONFIG_DEBUG_ASSERTIONS || slab->size < SLAB_MARKED_SIZE)
		return;
	if (!slab_is_marked(slab, object))
		PANIC("object %p of type %s was written to after it was freed", object, slab->name);
	slab_fill_freed((char *)object + SLAB_MARK_AT, sizeof(uint64_t));
}

/* Whoever owns the object may write the mark into it: the caches know better. */
static bool slab_is_kept(const struct slab *slab, const void *object)
{
	for (uint32_t cpu = 0; cpu < CPU_MAX; cpu++) {
		const struct slab_cache *caches = slab_caches_of(cpu);
		const struct slab_cache *cache = caches ? &caches[slab->number] : NULL;
		for (uint32_t i = 0; cache && i < cache->count && i < SLAB_CACHE_MAX; i++)
			if (cache->objects[i] == object)
				return true;
	}
	return false;
}

/* NULL: this CPU keeps none. To be asked again after every wait. */
static struct slab_cache *slab_cache_here(const struct slab *slab)
{
	struct slab_cache *caches = slab_caches_here();
	return caches ? &caches[slab->number] : NULL;
}

static uint32_t slab_keep(const struct slab *slab)
{
	return __atomic_load_n(&slab->keep, __ATOMIC_ACQUIRE);
}

static void slab_cache_push(const struct slab *slab, struct slab_cache *cache, void *object)
{
	slab_mark(slab, object);
	cache->objects[cache->count++] = object;
}

/* One for the caller; the others stay with this CPU. */
[[gnu::noinline]] static void *slab_refill(struct slab *slab)
{
	void *objects[SLAB_CACHE_MAX];
	size_t wanted = (slab_keep(slab) + 1) / 2;
	size_t count = slab_take(slab, objects, wanted ? wanted : 1);
	/* memory is out, and this is no injected fault: CPUs keep some of it */
	if (!count && frames_free_estimate() <= frames_reserve() && slabs_relieve())
		count = slab_take(slab, objects, 1);
	if (!count)
		return NULL;
	struct slab_cache *cache = count > 1 ? slab_cache_here(slab) : NULL;
	for (size_t i = 1; cache && i < count; i++)
		slab_cache_push(slab, cache, objects[i]);
	if (count > 1 && !cache)
		slab_give(slab, objects + 1, count - 1);
	return objects[0];
}

void *slab_alloc(struct slab *slab)
{
	struct slab_cache *cache = slab_cache_here(slab);
	void *object;
	if (cache && cache->count) {
		object = cache->objects[--cache->count];
		slab_unmark(slab, object);
	} else {
		object = slab_refill(slab);
		if (!object)
			return NULL;
	}
	if (CONFIG_DEBUG_ASSERTIONS) {
		slab_check_freed(slab, object);
		slab_check_red_zones(slab, object);
	}
	return memset(object, 0, slab->size);
}

/* The newest go: older ones would have to be moved. */
static void slab_spill(struct slab *slab, struct slab_cache *cache)
{
	void *objects[SLAB_CACHE_MAX];
	uint32_t count = (cache->count + 1) / 2;
	cache->count -= count;
	for (uint32_t i = 0; i < count; i++) {
		objects[i] = cache->objects[cache->count + i];
		slab_unmark(slab, objects[i]);
	}
	slab_give(slab, objects, count);
}

[[gnu::noinline]] static void slab_free_slow(struct slab *slab, struct slab_cache *cache,
                                             void *object)
{
	if (cache && cache->count)
		slab_spill(slab, cache);
	cache = slab_cache_here(slab);
	if (cache && cache->count < slab_keep(slab))
		slab_cache_push(slab, cache, object);
	else
		slab_give(slab, &object, 1);
}

void slab_free(struct slab *slab, void *object)
{
	if (!object)
		return;
	ASSERT(slab_of(object) == slab);
	slab_check_taken(slab, object);
	if (__builtin_expect(slab_is_marked(slab, object), 0) && slab_is_kept(slab, object))
		slab_panic_freed_twice(slab, object);
	if (CONFIG_DEBUG_ASSERTIONS) {
		slab_check_red_zones(slab, object);
		slab_fill_freed(object, slab->size);
	}
	uint32_t keep = slab_keep(slab);
	struct slab_cache *cache = slab_cache_here(slab);
	if (__builtin_expect(cache && cache->count < keep, 1))
		slab_cache_push(slab, cache, object);
	else
		slab_free_slow(slab, cache, object);
}

/* ---- taking back what CPUs keep ---- */

static struct spinlock slab_drain_lock = SPINLOCK_INIT(LOCK_SLABS);

/* Of one CPU, which does not use it meanwhile. */
static void slab_caches_empty(struct slab_cache *caches)
{
	for (struct slab *slab = slab_first(); slab; slab = slab->next) {
		struct slab_cache *cache = &caches[slab->number];
		for (uint32_t i = 0; i < cache->count; i++)
			slab_unmark(slab, cache->objects[i]);
		if (cache->count)
			slab_give(slab, cache->objects, cache->count);
		cache->count = 0;
	}
}

static size_t slabs_take_back(bool looks)
{
	static struct slab_cache *collected[CPU_MAX]; /* guarded by the lock */
	size_t freed = 0;
	spinlock_acquire(&slab_drain_lock);
	slab_caches_collect(collected);
	for (uint32_t cpu = 0; cpu < CPU_MAX; cpu++)
		if (collected[cpu]) {
			slab_caches_empty(collected[cpu]);
			slab_caches_give_back(cpu, collected[cpu]);
		}
	for (struct slab *slab = slab_first(); slab; slab = slab->next)
		freed += slab_drain_frames(slab, looks);
	spinlock_release(&slab_drain_lock);
	return freed;
}

void slabs_drain(void)
{
	(void)slabs_take_back(true);
}

bool slabs_relieve(void)
{
	return slabs_take_back(false) > 0;
}

uint64_t slab_object_count(const struct slab *slab)
{
	uint64_t count = slab->taken_count;
	for (uint32_t cpu = 0; cpu < CPU_MAX; cpu++) {
		const struct slab_cache *caches = slab_caches_of(cpu);
		if (slab->number && caches)
			count -= caches[slab->number].count;
	}
	return count;
}
