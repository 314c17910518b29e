/*
 * Multiboot2 boot information: a list of tags, each 8-byte aligned.
 *
 * Every size is checked against the whole before it is used.
 * Multiboot2 specification 2.0, section 3.6.
 */
#include "hal/boot/boot_info.h"
#include <base/str.h>
#include <string.h>

enum {
	MULTIBOOT2_INFO_BYTES_MAX = 1 << 20,
	MULTIBOOT2_TAG_END = 0,
	MULTIBOOT2_TAG_COMMAND_LINE = 1,
	MULTIBOOT2_TAG_MODULE = 3,
	MULTIBOOT2_TAG_MEMORY_MAP = 6,
	MULTIBOOT2_TAG_FRAMEBUFFER = 8,
	MULTIBOOT2_TAG_RSDP_V1 = 14,
	MULTIBOOT2_TAG_RSDP_V2 = 15,
	MULTIBOOT2_FRAMEBUFFER_RGB = 1,
	MULTIBOOT2_TAG_HEADER_BYTES = 8,
};

struct multiboot2_tag {
	uint32_t type;
	uint32_t size; /* with this header, without padding */
};

struct multiboot2_module {
	uint32_t start;
	uint32_t end;
};

struct multiboot2_memory_header {
	uint32_t entry_size;
	uint32_t entry_version;
};

struct multiboot2_memory_entry {
	uint64_t address;
	uint64_t length;
	uint32_t kind;
	uint32_t reserved;
};

struct [[gnu::packed]] multiboot2_framebuffer {
	uint64_t address;
	uint32_t pitch;
	uint32_t width;
	uint32_t height;
	uint8_t bits_per_pixel;
	uint8_t type;
	uint16_t reserved;
	uint8_t red_shift, red_bits;
	uint8_t green_shift, green_bits;
	uint8_t blue_shift, blue_bits;
};

static void multiboot2_command_line(struct str body, struct boot_info *info)
{
	size_t len = 0;
	while (len < body.len && body.ptr[len])
		len++;
	size_t kept = len < BOOT_COMMAND_LINE_MAX ? len : BOOT_COMMAND_LINE_MAX - 1;
	memcpy(info->command_line, body.ptr, kept);
	info->command_line[kept] = 0;
	info->command_line_cut = kept < len;
}

static void multiboot2_module(struct str body, struct boot_info *info)
{
	struct multiboot2_module module;
	/* the first module is the archive; more are not ours */
	if (info->archive_bytes || body.len < sizeof module)
		return;
	memcpy(&module, body.ptr, sizeof module);
	if (module.end <= module.start)
		return;
	info->archive_start = module.start;
	info->archive_bytes = module.end - module.start;
}

static void multiboot2_memory_map(struct str body, struct boot_info *info)
{
	struct multiboot2_memory_header header;
	if (body.len < sizeof header)
		return;
	memcpy(&header, body.ptr, sizeof header);
	if (header.entry_size < sizeof(struct multiboot2_memory_entry))
		return;

	struct str rest = str_slice(body, sizeof header, body.len);
	while (rest.len >= header.entry_size) {
		struct multiboot2_memory_entry entry;
		memcpy(&entry, rest.ptr, sizeof entry);
		boot_regions_add(info, entry.address, entry.length, entry.kind);
		rest = str_slice(rest, header.entry_size, rest.len);
	}
}

static void multiboot2_framebuffer(struct str body, struct boot_info *info)
{
	struct multiboot2_framebuffer tag;
	if (body.len < sizeof tag)
		return;
	memcpy(&tag, body.ptr, sizeof tag);
	bool depth_known = tag.bits_per_pixel == 24 || tag.bits_per_pixel == 32;
	if (tag.type != MULTIBOOT2_FRAMEBUFFER_RGB || !depth_known ||
	    tag.pitch < (uint64_t)tag.width * tag.bits_per_pixel / 8)
		return;
	info->framebuffer = (struct boot_framebuffer){
	        .address = tag.address,
	        .pitch_bytes = tag.pitch,
	        .width = tag.width,
	        .height = tag.height,
	        .bits_per_pixel = tag.bits_per_pixel,
	        .red_shift = tag.red_shift,
	        .red_bits = tag.red_bits,
	        .green_shift = tag.green_shift,
	        .green_bits = tag.green_bits,
	        .blue_shift = tag.blue_shift,
	        .blue_bits = tag.blue_bits,
	};
}

/* Version 2 comes after version 1 in GRUB and is the one to keep. */
static void multiboot2_rsdp(struct str body, struct boot_info *info)
{
	size_t len = body.len < sizeof info->rsdp_copy ? body.len : sizeof info->rsdp_copy;
	if (len <= info->rsdp_copy_bytes)
		return;
	memcpy(info->rsdp_copy, body.ptr, len);
	info->rsdp_copy_bytes = len;
}

static void multiboot2_take_tag(uint32_t type, struct str body, struct boot_info *info)
{
	switch (type) {
	case MULTIBOOT2_TAG_COMMAND_LINE:
		multiboot2_command_line(body, info);
		break;
	case MULTIBOOT2_TAG_MODULE:
		multiboot2_module(body, info);
		break;
	case MULTIBOOT2_TAG_MEMORY_MAP:
		multiboot2_memory_map(body, info);
		break;
	case MULTIBOOT2_TAG_FRAMEBUFFER:
		multiboot2_framebuffer(body, info);
		break;
	case MULTIBOOT2_TAG_RSDP_V1:
	case MULTIBOOT2_TAG_RSDP_V2:
		multiboot2_rsdp(body, info);
		break;
	default:
		break;
	}
}

enum status boot_info_from_multiboot2(const struct boot_memory *memory, paddr_t address,
                                      struct boot_info *out_info)
{
	uint32_t total;
	const void *view = memory->view(memory->context, address, MULTIBOOT2_TAG_HEADER_BYTES);
	if (!view)
		return ERR_INVALID_ARGS;
	memcpy(&total, view, sizeof total);
	if (total < MULTIBOOT2_TAG_HEADER_BYTES || total > MULTIBOOT2_INFO_BYTES_MAX)
		return ERR_INVALID_ARGS;
	view = memory->view(memory->context, address, total);
	if (!view)
		return ERR_INVALID_ARGS;

	memset(out_info, 0, sizeof *out_info);
	out_info->entry = BOOT_ENTRY_MULTIBOOT2;
	struct str all = {view, total};
	size_t offset = MULTIBOOT2_TAG_HEADER_BYTES;
	while (total - offset >= sizeof(struct multiboot2_tag)) {
		struct multiboot2_tag tag;
		memcpy(&tag, all.ptr + offset, sizeof tag);
		if (tag.size < sizeof tag || tag.size > total - offset)
			return ERR_INVALID_ARGS;
		if (tag.type == MULTIBOOT2_TAG_END)
			break;
		multiboot2_take_tag(
		        tag.type, str_slice(all, offset + sizeof tag, offset + tag.size), out_info);
		size_t padded = ((size_t)tag.size + 7) & ~(size_t)7;
		if (padded > total - offset)
			break;
		offset += padded;
	}
	return out_info->region_count ? OK : ERR_INVALID_ARGS;
}
