/*
 * Kernel objects of one type, in frames of their own. Included by mm/api.h.
 *
 * A frame begins with its bookkeeping, so an object is never page aligned. Each CPU keeps a few
 * freed objects of each slab for itself (mm/heap/slab_cache.h); only when it has none, or too many,
 * the slab's lock is taken, for several at once. The debug build fills freed objects, finds writes
 * to them, and puts a red zone behind each object.
 */
#pragma once

#include "hal/api.h"
#include <base/list.h>

enum {
	SLAB_HEADER_BYTES =
	        80, /* at the start of each frame, with the red zone below the first object */
	SLAB_RED_ZONE_BYTES = CONFIG_DEBUG_ASSERTIONS ? 16 : 0,
	SLAB_OBJECT_MAX = 1984, /* two in a frame, also in the debug build */
};

enum { SLAB_ALIGN = 16 };

/* From one object to the next. */
#define SLAB_STRIDE(bytes)                                                                         \
	(((bytes) + SLAB_RED_ZONE_BYTES + SLAB_ALIGN - 1) / SLAB_ALIGN * SLAB_ALIGN)

struct slab {
	const char *name; /* of the type, shown in reports */
	size_t size;
	uint32_t stride;
	uint32_t capacity; /* objects in a frame */
	struct slab *next; /* all slabs that were ever used; atomic */
	uint32_t keep; /* atomic: how many objects a CPU keeps; 0: none, or never used so far */
	uint32_t number; /* of its caches; set before keep */

	struct spinlock lock;
	/* guarded by lock */
	bool listed;
	struct list partial; /* struct slab_frame with something free */
	uint64_t taken_count; /* objects that are out of their frames: in use, or kept by a CPU */
	uint64_t frame_count;
};

#define SLAB_INIT(text, bytes)                                                                     \
	{                                                                                          \
		.name = (text), .size = (bytes), .stride = SLAB_STRIDE(bytes),                     \
		.capacity = (PAGE_SIZE - SLAB_HEADER_BYTES) / SLAB_STRIDE(bytes),                  \
		.lock = SPINLOCK_INIT(LOCK_HEAP)                                                   \
	}

/* A zeroed object, 16-byte aligned; NULL when there is no memory. */
void *slab_alloc(struct slab *slab);
/* NULL is fine. Panics on a second free, another slab's object and, in the debug build, damage. */
void slab_free(struct slab *slab, void *object);
/* The slab that an object came from. */
struct slab *slab_of(const void *object);
/*
 * Takes back what CPUs keep and frees empty frames of every slab; the debug build looks for damage
 * in all of them.
 */
void slabs_drain(void);
/* The same in a hurry, without looking. True: frames were freed. */
bool slabs_relieve(void);
/* In use. Exact while nothing else runs. */
uint64_t slab_object_count(const struct slab *slab);
/* All slabs, newest first: `for (s = slab_first(); s; s = s->next)`. */
struct slab *slab_first(void);
