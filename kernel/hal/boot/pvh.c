/*
 * PVH start information, as QEMU's -kernel hands it over.
 *
 * Xen public/arch-x86/hvm/start_info.h, version 1 (with a memory map).
 */
#include "hal/boot/boot_info.h"
#include <string.h>

enum {
	PVH_START_MAGIC = 0x336ec578,
	PVH_MAP_ENTRIES_MAX = 1024,
};

struct pvh_start_info {
	uint32_t magic;
	uint32_t version;
	uint32_t flags;
	uint32_t module_count;
	uint64_t modules;
	uint64_t command_line;
	uint64_t rsdp;
	uint64_t map;
	uint32_t map_count;
	uint32_t reserved;
};

struct pvh_module {
	uint64_t address;
	uint64_t size;
	uint64_t command_line;
	uint64_t reserved;
};

struct pvh_map_entry {
	uint64_t address;
	uint64_t size;
	uint32_t kind; /* as in E820 */
	uint32_t reserved;
};

static bool pvh_read(const struct boot_memory *memory, paddr_t address, void *out, size_t len)
{
	const void *view = memory->view(memory->context, address, len);
	if (!view)
		return false;
	memcpy(out, view, len);
	return true;
}

static enum status pvh_memory_map(const struct boot_memory *memory,
                                  const struct pvh_start_info *start, struct boot_info *info)
{
	if (start->version < 1 || !start->map || start->map_count > PVH_MAP_ENTRIES_MAX)
		return ERR_INVALID_ARGS;
	for (uint32_t i = 0; i < start->map_count; i++) {
		struct pvh_map_entry entry;
		if (!pvh_read(memory, start->map + i * sizeof entry, &entry, sizeof entry))
			return ERR_INVALID_ARGS;
		boot_regions_add(info, entry.address, entry.size, entry.kind);
	}
	return info->region_count ? OK : ERR_INVALID_ARGS;
}

/* The line may end close to the end of memory: byte by byte until the NUL. */
static void pvh_command_line(const struct boot_memory *memory, paddr_t address,
                             struct boot_info *info)
{
	char *line = info->command_line;
	size_t len = 0;
	char next;
	while (pvh_read(memory, address + len, &next, 1) && next) {
		if (len == BOOT_COMMAND_LINE_MAX - 1) {
			info->command_line_cut = true;
			break;
		}
		line[len++] = next;
	}
	line[len] = 0;
}

enum status boot_info_from_pvh(const struct boot_memory *memory, paddr_t address,
                               struct boot_info *out_info)
{
	struct pvh_start_info start;
	if (!pvh_read(memory, address, &start, sizeof start) || start.magic != PVH_START_MAGIC)
		return ERR_INVALID_ARGS;

	memset(out_info, 0, sizeof *out_info);
	out_info->entry = BOOT_ENTRY_PVH;
	out_info->rsdp = start.rsdp;
	if (start.command_line)
		pvh_command_line(memory, start.command_line, out_info);
	if (start.module_count) {
		struct pvh_module module;
		if (!pvh_read(memory, start.modules, &module, sizeof module))
			return ERR_INVALID_ARGS;
		uint64_t end;
		if (!__builtin_add_overflow(module.address, module.size, &end)) {
			out_info->archive_start = module.address;
			out_info->archive_bytes = module.size;
		}
	}
	return pvh_memory_map(memory, &start, out_info);
}
