/*
 * What the loader told us, in one form for both entries.
 *
 * A copy: nothing in it points into memory of the loader, except that the boot
 * archive itself stays where the loader put it (its frames are never allocated).
 * Sources: Multiboot2 specification 2.0, section 3; Xen public/arch-x86/hvm/start_info.h.
 */
#pragma once

#include "hal/layout.h"
#include <abi/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BOOT_REGIONS_MAX = 256,
	BOOT_COMMAND_LINE_MAX = 1024, /* with the NUL */
};

enum boot_entry_kind {
	BOOT_ENTRY_MULTIBOOT2 = 1,
	BOOT_ENTRY_PVH = 2,
};

enum boot_region_kind {
	BOOT_REGION_USABLE = 1,
	BOOT_REGION_RESERVED = 2,
	BOOT_REGION_ACPI_RECLAIM = 3,
	BOOT_REGION_ACPI_NVS = 4,
	BOOT_REGION_BAD = 5,
};

struct boot_region {
	paddr_t start;
	paddr_t end; /* exclusive */
	enum boot_region_kind kind;
};

struct boot_framebuffer {
	paddr_t address; /* 0: no framebuffer */
	uint32_t pitch_bytes;
	uint32_t width;
	uint32_t height;
	uint8_t bits_per_pixel; /* 24 or 32 */
	uint8_t red_shift, red_bits;
	uint8_t green_shift, green_bits;
	uint8_t blue_shift, blue_bits;
};

struct boot_info {
	enum boot_entry_kind entry;
	/* ascending, merged, disjoint; where the map contradicts itself the more restrictive kind
	 */
	struct boot_region regions[BOOT_REGIONS_MAX];
	size_t region_count;
	size_t regions_dropped; /* beyond BOOT_REGIONS_MAX */
	struct boot_framebuffer framebuffer;
	paddr_t rsdp; /* physical address of the RSDP or of rsdp_copy's original; 0: unknown */
	uint8_t rsdp_copy[36]; /* multiboot2 hands a copy */
	size_t rsdp_copy_bytes;
	paddr_t archive_start;
	size_t archive_bytes; /* 0: the loader gave no archive */
	char command_line[BOOT_COMMAND_LINE_MAX];
	bool command_line_cut;
};

/*
 * Reads loader memory: a pointer to len bytes at this physical address, or NULL
 * when that is not all reachable. Lets the parsers run on the host.
 */
struct boot_memory {
	const void *(*view)(void *context, paddr_t address, size_t len);
	void *context;
};

/* ERR_INVALID_ARGS: the structure is damaged or lacks a memory map. */
enum status boot_info_from_multiboot2(const struct boot_memory *memory, paddr_t info,
                                      struct boot_info *out_info);
enum status boot_info_from_pvh(const struct boot_memory *memory, paddr_t start_info,
                               struct boot_info *out_info);

/* Sorts, resolves overlaps, merges neighbours of one kind. */
void boot_regions_add(struct boot_info *info, paddr_t start, uint64_t size, uint32_t kind);
