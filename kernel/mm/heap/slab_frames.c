/* The frames of a slab: objects in them and out of them, by bitmap. */
#include "mm/heap/slab_frames.h"
#include "core/api.h"
#include "mm/heap/slab_cache.h"
#include <string.h>

enum {
	SLAB_MAGIC = 0x534c4142, /* "SLAB" */
	SLAB_FREED_BYTE = 0xdd,
	SLAB_RED_BYTE = 0xbb,
	SLAB_MAP_WORDS = 4,
};

struct slab_frame {
	struct list link; /* in its slab when something is free */
	struct slab *slab;
	uint32_t magic;
	uint32_t free_count;
	uint64_t free_map[SLAB_MAP_WORDS]; /* bit = free object */
};

_Static_assert(sizeof(struct slab_frame) + SLAB_RED_ZONE_BYTES <= SLAB_HEADER_BYTES);
_Static_assert(SLAB_HEADER_BYTES + 2 * (SLAB_OBJECT_MAX + SLAB_RED_ZONE_BYTES) <= PAGE_SIZE);
_Static_assert((PAGE_SIZE - SLAB_HEADER_BYTES) / SLAB_STRIDE(1) <= SLAB_MAP_WORDS * 64);

static struct slab *slab_list; /* atomic */
static uint32_t slab_last_number; /* atomic */

struct slab *slab_first(void)
{
	return __atomic_load_n(&slab_list, __ATOMIC_ACQUIRE);
}

static void slab_number(struct slab *slab)
{
	uint32_t number = __atomic_add_fetch(&slab_last_number, 1, __ATOMIC_RELAXED);
	if (number >= SLAB_CACHED_TYPES)
		return;
	slab->number = number;
	__atomic_store_n(&slab->keep, slab_cache_limit(slab->size), __ATOMIC_RELEASE);
}

static void slab_enlist(struct slab *slab)
{
	list_init(&slab->partial);
	slab->listed = true;
	slab_number(slab);
	slab->next = __atomic_load_n(&slab_list, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&slab_list, &slab->next, slab, false, __ATOMIC_RELEASE,
	                                    __ATOMIC_RELAXED))
		;
}

static struct slab_frame *slab_frame_of(const void *object)
{
	return (struct slab_frame *)((uintptr_t)object & ~(uintptr_t)(PAGE_SIZE - 1));
}

static char *slab_object(const struct slab_frame *frame, unsigned index)
{
	return (char *)(uintptr_t)frame + SLAB_HEADER_BYTES + index * frame->slab->stride;
}

static bool slab_bytes_are(const char *bytes, int value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((uint8_t)bytes[i] != (uint8_t)value)
			return false;
	return true;
}

/* What lies behind an object up to the next one. */
static size_t slab_red_zone(const struct slab *slab)
{
	return slab->stride - slab->size;
}

void slab_check_red_zones(const struct slab *slab, const char *object)
{
	if (!slab_bytes_are(object + slab->size, SLAB_RED_BYTE, slab_red_zone(slab)))
		PANIC("memory behind object %p of type %s was overwritten", (const void *)object,
		      slab->name);
	const char *first = slab_object(slab_frame_of(object), 0);
	if (object == first &&
	    !slab_bytes_are(object - SLAB_RED_ZONE_BYTES, SLAB_RED_BYTE, SLAB_RED_ZONE_BYTES))
		PANIC("memory before object %p of type %s was overwritten", (const void *)object,
		      slab->name);
}

void slab_check_freed(const struct slab *slab, const char *object)
{
	if (!slab_bytes_are(object, SLAB_FREED_BYTE, slab->size))
		PANIC("object %p of type %s was written to after it was freed",
		      (const void *)object, slab->name);
}

void slab_fill_freed(void *bytes, size_t len)
{
	memset(bytes, SLAB_FREED_BYTE, len);
}

static void slab_frame_poison(const struct slab_frame *frame, unsigned capacity)
{
	const struct slab *slab = frame->slab;
	memset(slab_object(frame, 0) - SLAB_RED_ZONE_BYTES, SLAB_RED_BYTE, SLAB_RED_ZONE_BYTES);
	for (unsigned i = 0; i < capacity; i++) {
		memset(slab_object(frame, i), SLAB_FREED_BYTE, slab->size);
		memset(slab_object(frame, i) + slab->size, SLAB_RED_BYTE, slab_red_zone(slab));
	}
}

static struct slab_frame *slab_frame_create(struct slab *slab)
{
	paddr_t address;
	if (frame_alloc(&address) != OK)
		return NULL;
	unsigned capacity = slab->capacity;
	struct slab_frame *frame = direct_map(address);
	*frame = (struct slab_frame){
	        .slab = slab,
	        .magic = SLAB_MAGIC,
	        .free_count = capacity,
	};
	for (unsigned i = 0; i < capacity; i++)
		frame->free_map[i / 64] |= (uint64_t)1 << (i % 64);
	if (CONFIG_DEBUG_ASSERTIONS)
		slab_frame_poison(frame, capacity);
	list_push_front(&slab->partial, &frame->link);
	slab->frame_count++;
	return frame;
}

static void slab_frame_destroy(struct slab_frame *frame)
{
	list_remove(&frame->link);
	frame->slab->frame_count--;
	frame->magic = 0;
	frame_free(direct_map_physical(frame));
}

static char *slab_frame_take(struct slab_frame *frame)
{
	unsigned word = 0;
	while (!frame->free_map[word])
		word++;
	unsigned bit = (unsigned)__builtin_ctzll(frame->free_map[word]);
	frame->free_map[word] &= ~((uint64_t)1 << bit);
	if (--frame->free_count == 0)
		list_remove(&frame->link);
	return slab_object(frame, word * 64 + bit);
}

size_t slab_take(struct slab *slab, void **out_objects, size_t count)
{
	size_t taken = 0;
	spinlock_acquire(&slab->lock);
	if (!slab->listed)
		slab_enlist(slab);
	bool found = !list_empty(&slab->partial) || slab_frame_create(slab);
	for (; found && taken < count; found = !list_empty(&slab->partial))
		out_objects[taken++] =
		        slab_frame_take(container_of(slab->partial.next, struct slab_frame, link));
	slab->taken_count += taken;
	spinlock_release(&slab->lock);
	return taken;
}

struct slab *slab_of(const void *object)
{
	const struct slab_frame *frame = slab_frame_of(object);
	if ((uintptr_t)object % PAGE_SIZE < SLAB_HEADER_BYTES || frame->magic != SLAB_MAGIC)
		PANIC("%p is no object of a slab", object);
	return frame->slab;
}

static uint32_t slab_index(const struct slab *slab, const void *object)
{
	return ((uint32_t)((uintptr_t)object % PAGE_SIZE) - SLAB_HEADER_BYTES) / slab->stride;
}

void slab_check_taken(const struct slab *slab, const void *object)
{
	uint32_t offset = (uint32_t)((uintptr_t)object % PAGE_SIZE) - SLAB_HEADER_BYTES;
	uint32_t index = offset / slab->stride;
	const struct slab_frame *frame = slab_frame_of(object);
	/* others change bits of the word, but nobody else this one */
	if (frame->slab != slab || offset % slab->stride || index >= slab->capacity ||
	    (__atomic_load_n(&frame->free_map[index / 64], __ATOMIC_RELAXED) >> (index % 64) & 1))
		slab_panic_freed_twice(slab, object);
}

void slab_panic_freed_twice(const struct slab *slab, const void *object)
{
	PANIC("object %p of type %s freed twice or never allocated", object, slab->name);
}

/* Empty, and not the slab's last frame with something free. */
static bool slab_frame_is_surplus(const struct slab_frame *frame)
{
	const struct list *partial = &frame->slab->partial;
	return frame->free_count == frame->slab->capacity && partial->next != partial->prev;
}

static void slab_frame_give(struct slab *slab, const void *object)
{
	struct slab_frame *frame = slab_frame_of(object);
	uint32_t index = slab_index(slab, object);
	frame->free_map[index / 64] |= (uint64_t)1 << (index % 64);
	if (frame->free_count++ == 0)
		list_push_front(&slab->partial, &frame->link);
	if (slab_frame_is_surplus(frame))
		slab_frame_destroy(frame);
}

void slab_give(struct slab *slab, void *const *objects, size_t count)
{
	spinlock_acquire(&slab->lock);
	for (size_t i = 0; i < count; i++)
		slab_frame_give(slab, objects[i]);
	slab->taken_count -= count;
	spinlock_release(&slab->lock);
}

static void slab_frame_check(const struct slab_frame *frame)
{
	for (unsigned i = 0; i < frame->slab->capacity; i++) {
		const char *object = slab_object(frame, i);
		slab_check_red_zones(frame->slab, object);
		if (frame->free_map[i / 64] >> (i % 64) & 1)
			slab_check_freed(frame->slab, object);
	}
}

size_t slab_drain_frames(struct slab *slab, bool looks)
{
	size_t freed = 0;
	spinlock_acquire(&slab->lock);
	list_for_each(link, &slab->partial) {
		struct slab_frame *frame = container_of(link, struct slab_frame, link);
		if (CONFIG_DEBUG_ASSERTIONS && looks)
			slab_frame_check(frame);
		if (frame->free_count != slab->capacity)
			continue;
		slab_frame_destroy(frame);
		freed++;
	}
	spinlock_release(&slab->lock);
	return freed;
}
