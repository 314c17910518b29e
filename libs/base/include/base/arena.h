/*
 * Arena: allocations that live and die together.
 *
 * Zeroed memory, 16-byte aligned, never freed one by one. The arena asks its
 * source for blocks; when the source has none, arena_alloc returns NULL unless
 * the source does not return (as the host tool's does not).
 */
#pragma once

#include <base/str.h>
#include <stddef.h>

struct arena_source {
	void *(*get)(size_t size); /* at least 16-byte aligned */
	void (*put)(void *block);
	size_t large_bytes; /* of a block once much is in use; 0: all blocks are small */
};

struct arena_block;

struct arena {
	const struct arena_source *source;
	struct arena_block *newest;
	size_t used_bytes; /* handed out so far */
};

void arena_init(struct arena *a, const struct arena_source *source);
/* Gives every block back. The arena can be used again. */
void arena_release(struct arena *a);
/* What `from` handed out lives as long as `a` from now on; `from` is empty then. Same source. */
void arena_join(struct arena *a, struct arena *from);
void *arena_alloc(struct arena *a, size_t size);
/* count * size; NULL on overflow. */
void *arena_array(struct arena *a, size_t count, size_t size);
/* A copy of s with a NUL behind it; lives as long as a. */
struct str arena_str(struct arena *a, struct str s);
/* The same as a C string. */
char *arena_c_str(struct arena *a, struct str s);

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_array((arena), (count), sizeof(type)))
