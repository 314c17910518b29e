/*
 * Kernel heap: size classes in one-frame slabs; larger pieces are whole blocks of frames.
 *
 * A slab's bookkeeping stands at its start and never inside objects, so an
 * object is page aligned exactly when it is a block of frames, and a second free is
 * found. The caller names the size when freeing; it must be the right one.
 */
#include "core/api.h"
#include "mm/api.h"
#include <base/list.h>
#include <string.h>

enum {
	HEAP_CLASS_COUNT = 8,
	HEAP_FREED_BYTE = 0xdd, /* shows a use after free */
	HEAP_SLAB_MAGIC = 0x534c4142, /* "SLAB" */
	HEAP_MAP_WORDS = 4,
	HEAP_SLAB_HEADER_BYTES = 64,
	HEAP_CLASS_MAX = 1344,
};

/* Chosen so that little of a slab's 4032 bytes is left over; multiples of 16. */
static const uint16_t heap_class_sizes[HEAP_CLASS_COUNT] = {16,  32,  64,  128,
                                                            256, 448, 672, HEAP_CLASS_MAX};

struct heap_slab {
	struct list link; /* in its class when something is free */
	uint32_t magic;
	uint16_t class;
	uint16_t free_count;
	uint64_t free_map[HEAP_MAP_WORDS]; /* bit = free object */
};

_Static_assert(sizeof(struct heap_slab) <= HEAP_SLAB_HEADER_BYTES);

struct heap {
	struct spinlock lock;
	/* guarded by lock */
	bool ready;
	struct list partial[HEAP_CLASS_COUNT]; /* struct heap_slab with something free */
};

static struct heap kernel_heap;

static unsigned heap_class_of(size_t size)
{
	unsigned class = 0;
	while (heap_class_sizes[class] < size)
		class ++;
	return class;
}

static size_t heap_frames_of(size_t size)
{
	return (size + PAGE_SIZE - 1) / PAGE_SIZE;
}

static unsigned heap_slab_capacity(unsigned class)
{
	return (PAGE_SIZE - HEAP_SLAB_HEADER_BYTES) / heap_class_sizes[class];
}

static struct heap_slab *heap_slab_create(unsigned class)
{
	paddr_t frame;
	if (frame_alloc_zeroed(&frame) != OK)
		return NULL;

	struct heap_slab *slab = direct_map(frame);
	unsigned capacity = heap_slab_capacity(class);
	slab->magic = HEAP_SLAB_MAGIC;
	slab->class = (uint16_t) class;
	slab->free_count = (uint16_t)capacity;
	for (unsigned i = 0; i < capacity; i++)
		slab->free_map[i / 64] |= (uint64_t)1 << (i % 64);
	list_push_front(&kernel_heap.partial[class], &slab->link);
	return slab;
}

static void *heap_slab_take(struct heap_slab *slab)
{
	unsigned word = 0;
	while (!slab->free_map[word])
		word++;
	unsigned bit = (unsigned)__builtin_ctzll(slab->free_map[word]);
	slab->free_map[word] &= ~((uint64_t)1 << bit);
	if (--slab->free_count == 0)
		list_remove(&slab->link);
	size_t offset = (size_t)(word * 64 + bit) * heap_class_sizes[slab->class];
	return (char *)slab + HEAP_SLAB_HEADER_BYTES + offset;
}

static void *heap_alloc_small(size_t size)
{
	unsigned class = heap_class_of(size);

	spinlock_acquire(&kernel_heap.lock);
	if (!kernel_heap.ready) {
		for (unsigned i = 0; i < HEAP_CLASS_COUNT; i++)
			list_init(&kernel_heap.partial[i]);
		kernel_heap.ready = true;
	}
	struct list *partial = &kernel_heap.partial[class];
	struct heap_slab *slab = list_empty(partial)
	                                 ? heap_slab_create(class)
	                                 : container_of(partial->next, struct heap_slab, link);
	void *memory = slab ? heap_slab_take(slab) : NULL;
	spinlock_release(&kernel_heap.lock);

	if (memory)
		memset(memory, 0, heap_class_sizes[class]);
	return memory;
}

void *heap_alloc(size_t size)
{
	if (size > HEAP_ALLOC_MAX)
		return NULL;
	if (size <= HEAP_CLASS_MAX)
		return heap_alloc_small(size);

	paddr_t first;
	if (frames_alloc_run(heap_frames_of(size), FRAMES_ANYWHERE, &first) != OK)
		return NULL;
	return memset(direct_map(first), 0, size);
}

/* The slab is empty: true when its frame should go back, that is when it is not the class's last.
 */
static bool heap_slab_is_surplus(const struct heap_slab *slab)
{
	const struct list *partial = &kernel_heap.partial[slab->class];
	return slab->free_count == heap_slab_capacity(slab->class) &&
	       partial->next != partial->prev;
}

static void heap_free_small(void *memory, size_t size)
{
	struct heap_slab *slab =
	        (struct heap_slab *)((uintptr_t)memory & ~(uintptr_t)(PAGE_SIZE - 1));
	size_t offset = (uintptr_t)memory % PAGE_SIZE - HEAP_SLAB_HEADER_BYTES;
	bool is_ours = slab->magic == HEAP_SLAB_MAGIC && slab->class == heap_class_of(size) &&
	               offset % heap_class_sizes[slab->class] == 0;
	size_t index = is_ours ? offset / heap_class_sizes[slab->class] : 0;
	uint64_t bit = (uint64_t)1 << (index % 64);
	if (!is_ours || (slab->free_map[index / 64] & bit))
		PANIC("heap object %p of %zu bytes freed twice or never allocated", memory, size);

	if (CONFIG_DEBUG_ASSERTIONS)
		memset(memory, HEAP_FREED_BYTE, heap_class_sizes[slab->class]);
	slab->free_map[index / 64] |= bit;
	if (slab->free_count++ == 0)
		list_push_front(&kernel_heap.partial[slab->class], &slab->link);
	if (heap_slab_is_surplus(slab)) {
		list_remove(&slab->link);
		slab->magic = 0;
		frame_free(direct_map_physical(slab));
	}
}

void heap_free(void *memory, size_t size)
{
	if (!memory)
		return;
	if (size > HEAP_CLASS_MAX) {
		frames_free_run(direct_map_physical(memory), heap_frames_of(size));
		return;
	}
	spinlock_acquire(&kernel_heap.lock);
	heap_free_small(memory, size);
	spinlock_release(&kernel_heap.lock);
}
