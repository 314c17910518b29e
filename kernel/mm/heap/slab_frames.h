/*
 * Objects of a slab in their frames, under the slab's lock. Private to mm/heap.
 *
 * An object is in its frame, taken by a CPU that keeps it, or in use.
 */
#pragma once

#include "mm/api.h"

/*
 * Up to count objects, as many as lie in frames that the slab has; of a slab without any those of
 * one more frame. Returns how many; 0: no memory. The debug build finds them filled.
 */
size_t slab_take(struct slab *slab, void **out_objects, size_t count);
/* Taken ones, in the debug build filled. */
void slab_give(struct slab *slab, void *const *objects, size_t count);
/* Frees empty frames, and says how many; looks: the debug build checks what is in the others. */
size_t slab_drain_frames(struct slab *slab, bool looks);

/* Panics when object is not a taken one of slab. */
void slab_check_taken(const struct slab *slab, const void *object);
[[gnu::noreturn, gnu::cold]] void slab_panic_freed_twice(const struct slab *slab,
                                                         const void *object);

/* ---- the debug build's ---- */

void slab_fill_freed(void *bytes, size_t len);
/* Panics when an object is not filled. */
void slab_check_freed(const struct slab *slab, const char *object);
/* Panics when there was a write before or behind the object. */
void slab_check_red_zones(const struct slab *slab, const char *object);
