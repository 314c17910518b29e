/*
 * Kernel memory of any size: slabs of bytes by size class; larger pieces are whole frames.
 *
 * The caller names the size when freeing; it must be the right one. An object is page
 * aligned exactly when it is made of frames.
 */
#include "core/api.h"
#include "mm/api.h"
#include <string.h>

enum { HEAP_CLASS_COUNT = 8 };

/* Chosen so that little of a frame is left over. */
static struct slab heap_classes[HEAP_CLASS_COUNT] = {
        SLAB_INIT("16 bytes", 16),   SLAB_INIT("32 bytes", 32),
        SLAB_INIT("64 bytes", 64),   SLAB_INIT("128 bytes", 128),
        SLAB_INIT("256 bytes", 256), SLAB_INIT("480 bytes", 480),
        SLAB_INIT("976 bytes", 976), SLAB_INIT("1984 bytes", SLAB_OBJECT_MAX),
};

static uint64_t heap_large_frames; /* atomic */

static struct slab *heap_class_of(size_t size)
{
	struct slab *class = heap_classes;
	while (class->size < size)
		class ++;
	return class;
}

static size_t heap_frames_of(size_t size)
{
	return (size + PAGE_SIZE - 1) / PAGE_SIZE;
}

void *heap_alloc(size_t size)
{
	if (size > HEAP_ALLOC_MAX)
		return NULL;
	if (size <= SLAB_OBJECT_MAX)
		return slab_alloc(heap_class_of(size));

	paddr_t first;
	size_t count = heap_frames_of(size);
	if (frames_alloc_run(count, FRAMES_ANYWHERE, &first) != OK)
		return NULL;
	__atomic_add_fetch(&heap_large_frames, count, __ATOMIC_RELAXED);
	return memset(direct_map(first), 0, size);
}

void heap_free(void *memory, size_t size)
{
	if (!memory)
		return;
	if (size > SLAB_OBJECT_MAX) {
		__atomic_sub_fetch(&heap_large_frames, heap_frames_of(size), __ATOMIC_RELAXED);
		frames_free_run(direct_map_physical(memory), heap_frames_of(size));
		return;
	}
	/* of a size class, or of the type's own slab (HEAP_NEW) */
	struct slab *slab = slab_of(memory);
	if (slab->size != size && slab != heap_class_of(size))
		PANIC("object %p of type %s freed as %zu bytes", memory, slab->name, size);
	slab_free(slab, memory);
}

uint64_t heap_large_frame_count(void)
{
	return __atomic_load_n(&heap_large_frames, __ATOMIC_RELAXED);
}
