/*
 * What a process has mapped, as Linux programs ask for it: brk, mmap, mprotect, munmap.
 */
#pragma once

#include "mm/api.h"

struct process_memory {
	uintptr_t break_start;
	uintptr_t break_end; /* where the program says its heap ends */
	uintptr_t map_next; /* mappings without a place go below this one */
};

/* The program's image ends at image_end. */
void process_memory_init(struct process_memory *memory, uintptr_t image_end);
/* The new end, or the old one when that is not possible. */
uintptr_t process_memory_break(struct address_space *space, struct process_memory *memory,
                               uintptr_t end);

enum process_map_flag {
	PROCESS_MAP_FIXED = 1 << 0, /* exactly there, in place of what is there */
	PROCESS_MAP_EMPTY = 1 << 1, /* exactly there; ERR_EXISTS when there is something */
};

struct process_map_request {
	uintptr_t address; /* 0: anywhere */
	size_t size;
	unsigned rights; /* enum map_right */
	unsigned flags; /* enum process_map_flag */
	bool is_shared; /* with processes copied from this one */
};

/* Zeroed memory. */
enum status process_memory_map(struct address_space *space, struct process_memory *memory,
                               const struct process_map_request *request, uintptr_t *out_address);
