/*
 * The loader's memory on the host: a block of bytes at a physical address. Each
 * view is a copy of exactly the asked length, so that a sanitizer sees any read beyond it.
 */
#pragma once

#include "hal/boot/boot_info.h"
#include <stdlib.h>
#include <string.h>

enum { LOADER_BASE = 0x9000, LOADER_BYTES = 4096, LOADER_VIEWS = 4096 };

struct loader_memory {
	uint8_t bytes[LOADER_BYTES]; /* at LOADER_BASE */
	size_t len;
	void *views[LOADER_VIEWS];
	size_t view_count;
};

static inline const void *loader_view(void *context, paddr_t address, size_t len)
{
	struct loader_memory *memory = context;
	if (address < LOADER_BASE || address - LOADER_BASE > memory->len ||
	    len > memory->len - (address - LOADER_BASE) || memory->view_count == LOADER_VIEWS)
		return NULL;
	void *copy = malloc(len ? len : 1);
	memcpy(copy, memory->bytes + (address - LOADER_BASE), len);
	memory->views[memory->view_count++] = copy;
	return copy;
}

static inline void loader_release(struct loader_memory *memory)
{
	for (size_t i = 0; i < memory->view_count; i++)
		free(memory->views[i]);
	memory->view_count = 0;
}

static inline void loader_put(struct loader_memory *memory, const void *bytes, size_t len)
{
	memcpy(memory->bytes + memory->len, bytes, len);
	memory->len += len;
}

static inline void loader_put32(struct loader_memory *memory, uint32_t value)
{
	loader_put(memory, &value, sizeof value);
}

static inline void loader_put64(struct loader_memory *memory, uint64_t value)
{
	loader_put(memory, &value, sizeof value);
}
