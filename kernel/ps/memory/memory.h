/*
 * What a process has mapped, as Linux programs ask for it: brk, mmap, mprotect, munmap.
 */
#pragma once

#include "vm/api.h"

struct process_memory {
	uintptr_t break_start;
	uintptr_t break_end; /* where the program says its heap ends */
};

/* The program's image ends at image_end. */
void process_memory_init(struct process_memory *memory, uintptr_t image_end);
/* The new end, or the old one when that is not possible. */
uintptr_t process_memory_break(struct vm_space *space, struct process_memory *memory,
                               uintptr_t end);
