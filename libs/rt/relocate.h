/* Self-relocation of a static-PIE image. Inside libs/rt only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Entry of the dynamic section: System V gABI 4.1, chapter 5. */
struct image_dynamic {
	int64_t tag;
	uint64_t value;
};

struct image_relocation {
	uint64_t offset;
	uint64_t info; /* type in the low 32 bits */
	int64_t addend;
};

/*
 * Applies every relocation of an image linked at 0 and loaded at base. False when there is
 * one of another type than R_X86_64_RELATIVE. Runs before the stack guard and any pointer
 * in data is valid.
 */
bool image_relocate(uintptr_t base, const struct image_dynamic *dynamic);

/* Program header: System V gABI 4.1, chapter 5. */
struct image_segment {
	uint32_t type;
	uint32_t flags;
	uint64_t offset, address, physical_address, file_bytes, memory_bytes, align;
};

/* Pages [start, end) that nobody writes after relocation; both 0: none. */
struct image_range {
	uintptr_t start;
	uintptr_t end;
};

/* The PT_GNU_RELRO of an image linked at 0 and loaded at base, in whole pages. */
struct image_range image_read_only(uintptr_t base, const struct image_segment *segments,
                                   unsigned count);
