#include <base/arena.h>
#include <string.h>

enum {
	ARENA_BLOCK_BYTES = 64 * 1024,
	ARENA_LARGE_FROM = 4 * ARENA_BLOCK_BYTES, /* bytes in use */
	ARENA_ALIGN = 16,
};

struct arena_block {
	struct arena_block *older;
	size_t size; /* of data */
	size_t used;
	_Alignas(ARENA_ALIGN) char data[];
};

void arena_init(struct arena *a, const struct arena_source *source)
{
	*a = (struct arena){.source = source};
}

void arena_release(struct arena *a)
{
	struct arena_block *block = a->newest;
	while (block) {
		struct arena_block *older = block->older;
		a->source->put(block);
		block = older;
	}
	a->newest = NULL;
	a->used_bytes = 0;
}

void arena_join(struct arena *a, struct arena *from)
{
	struct arena_block **oldest = &from->newest;
	while (*oldest)
		oldest = &(*oldest)->older;
	*oldest = a->newest;
	a->newest = from->newest;
	a->used_bytes += from->used_bytes;
	from->newest = NULL;
	from->used_bytes = 0;
}

static struct arena_block *arena_grow(struct arena *a, size_t size)
{
	size_t data = ARENA_BLOCK_BYTES, total;
	if (a->used_bytes >= ARENA_LARGE_FROM && a->source->large_bytes > data)
		data = a->source->large_bytes - sizeof(struct arena_block);
	if (size > data)
		data = size;
	if (__builtin_add_overflow(data, sizeof(struct arena_block), &total))
		return NULL;
	struct arena_block *block = a->source->get(total);
	if (!block)
		return NULL;
	*block = (struct arena_block){.older = a->newest, .size = data};
	a->newest = block;
	return block;
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t rounded;
	if (__builtin_add_overflow(size, (size_t)ARENA_ALIGN - 1, &rounded))
		return NULL;
	rounded &= ~((size_t)ARENA_ALIGN - 1);

	struct arena_block *block = a->newest;
	if (!block || block->size - block->used < rounded)
		block = arena_grow(a, rounded);
	if (!block)
		return NULL;
	void *memory = block->data + block->used;
	block->used += rounded;
	a->used_bytes += rounded;
	return memset(memory, 0, rounded);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t total;
	if (__builtin_mul_overflow(count, size, &total))
		return NULL;
	return arena_alloc(a, total);
}

char *arena_c_str(struct arena *a, struct str s)
{
	char *copy = arena_alloc(a, s.len + 1);
	if (copy && s.len)
		memcpy(copy, s.ptr, s.len);
	return copy;
}

struct str arena_str(struct arena *a, struct str s)
{
	char *copy = arena_c_str(a, s);
	return (struct str){copy, copy ? s.len : 0};
}
