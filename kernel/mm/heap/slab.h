/*
 * Kernel objects of one type, in frames of their own. Included by mm/api.h.
 *
 * A frame begins with its bookkeeping, so an object is never page aligned. The debug build
 * fills freed objects, finds writes to them, and puts a red zone behind each object.
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

struct slab {
	const char *name; /* of the type, shown in reports */
	size_t size;
	struct slab *next; /* all slabs that were ever used; atomic */

	struct spinlock lock;
	/* guarded by lock */
	bool listed;
	struct list partial; /* struct slab_frame with something free */
	uint64_t object_count;
	uint64_t frame_count;
};

#define SLAB_INIT(text, bytes)                                                                     \
	{                                                                                          \
		.name = (text), .size = (bytes), .lock = SPINLOCK_INIT(LOCK_HEAP)                  \
	}

/* A zeroed object, 16-byte aligned; NULL when there is no memory. */
void *slab_alloc(struct slab *slab);
/* NULL is fine. Panics on a second free, another slab's object and, in the debug build, damage. */
void slab_free(struct slab *slab, void *object);
/* The slab that an object came from. */
struct slab *slab_of(const void *object);
/* Frees empty frames of every slab; the debug build looks for damage in all of them. */
void slabs_drain(void);
/* All slabs, newest first: `for (s = slab_first(); s; s = s->next)`. */
struct slab *slab_first(void);
