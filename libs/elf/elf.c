/*
 * ELF header, program headers, sections and symbols: reading, each value once
 * and checked against the file's length.
 */
#include <base/cleanup.h>
#include <elf/api.h>
#include <string.h>

enum {
	ELF_CLASS_64 = 2,
	ELF_DATA_LITTLE = 1,
	ELF_VERSION_CURRENT = 1,
	ELF_MACHINE_X86_64 = 62,
};

/* Callers have checked that the bytes are there. */
static uint16_t elf_u16(struct str bytes, uint64_t offset)
{
	uint16_t value;
	memcpy(&value, bytes.ptr + offset, sizeof value);
	return value;
}

static uint32_t elf_u32(struct str bytes, uint64_t offset)
{
	uint32_t value;
	memcpy(&value, bytes.ptr + offset, sizeof value);
	return value;
}

static uint64_t elf_u64(struct str bytes, uint64_t offset)
{
	uint64_t value;
	memcpy(&value, bytes.ptr + offset, sizeof value);
	return value;
}

static bool elf_range_fits(uint64_t whole, uint64_t offset, uint64_t size)
{
	return offset <= whole && size <= whole - offset;
}

static bool elf_range_is_inside(struct str file, uint64_t offset, uint64_t size)
{
	return elf_range_fits(file.len, offset, size);
}

static bool elf_ident_is_ours(struct str file)
{
	if (file.len < ELF_HEADER_BYTES || memcmp(file.ptr, "\177ELF", 4) != 0)
		return false;
	return file.ptr[4] == ELF_CLASS_64 && file.ptr[5] == ELF_DATA_LITTLE &&
	       file.ptr[6] == ELF_VERSION_CURRENT && elf_u16(file, 18) == ELF_MACHINE_X86_64 &&
	       elf_u32(file, 20) == ELF_VERSION_CURRENT;
}

static enum status elf_open_tables(struct str file, bool has_sections, struct elf_image *out_image)
{
	if (!elf_ident_is_ours(file))
		return ERR_NOT_EXECUTABLE;

	struct elf_image image = {
	        .file = file,
	        .file_bytes = file.len,
	        .type = (enum elf_type)elf_u16(file, 16),
	        .entry = elf_u64(file, 24),
	        .program_headers_offset = elf_u64(file, 32),
	        .section_headers_offset = elf_u64(file, 40),
	        .segment_count = elf_u16(file, 56),
	        .section_count = elf_u16(file, 60),
	        .section_names_index = elf_u16(file, 62),
	};
	if (image.type < ELF_REL || image.type > ELF_DYN)
		return ERR_NOT_EXECUTABLE;

	if (image.segment_count &&
	    (elf_u16(file, 54) != ELF_PROGRAM_HEADER_BYTES ||
	     !elf_range_is_inside(file, image.program_headers_offset,
	                          (uint64_t)image.segment_count * ELF_PROGRAM_HEADER_BYTES)))
		return ERR_NOT_EXECUTABLE;
	if (!has_sections)
		image.section_count = 0;
	if (image.section_count &&
	    (elf_u16(file, 58) != ELF_SECTION_HEADER_BYTES ||
	     !elf_range_is_inside(file, image.section_headers_offset,
	                          (uint64_t)image.section_count * ELF_SECTION_HEADER_BYTES)))
		return ERR_NOT_EXECUTABLE;

	*out_image = image;
	return OK;
}

enum status elf_open_head(struct str head, uint64_t file_bytes, struct elf_image *out_image)
{
	struct elf_image image;
	TRY(elf_open_tables(head, false, &image));
	image.file_bytes = file_bytes;
	*out_image = image;
	return OK;
}

enum status elf_open(struct str file, struct elf_image *out_image)
{
	return elf_open_tables(file, true, out_image);
}
enum status elf_segment(const struct elf_image *image, unsigned index,
                        struct elf_segment *out_segment)
{
	if (index >= image->segment_count)
		return ERR_NOT_EXECUTABLE;
	uint64_t at = image->program_headers_offset + (uint64_t)index * ELF_PROGRAM_HEADER_BYTES;
	struct elf_segment segment = {
	        .type = elf_u32(image->file, at),
	        .flags = elf_u32(image->file, at + 4),
	        .offset = elf_u64(image->file, at + 8),
	        .address = elf_u64(image->file, at + 16),
	        .physical_address = elf_u64(image->file, at + 24),
	        .file_bytes = elf_u64(image->file, at + 32),
	        .memory_bytes = elf_u64(image->file, at + 40),
	        .align = elf_u64(image->file, at + 48),
	};
	if (!elf_range_fits(image->file_bytes, segment.offset, segment.file_bytes))
		return ERR_NOT_EXECUTABLE;
	*out_segment = segment;
	return OK;
}

struct str elf_segment_bytes(const struct elf_image *image, const struct elf_segment *segment)
{
	if (!elf_range_is_inside(image->file, segment->offset, segment->file_bytes))
		return (struct str){};
	return (struct str){image->file.ptr + segment->offset, segment->file_bytes};
}

/* The NUL-terminated text at offset of a string table. */
static bool elf_table_text(struct str table, uint64_t offset, struct str *out_text)
{
	if (offset >= table.len)
		return false;
	const char *start = table.ptr + offset;
	const char *end = memchr(start, 0, table.len - offset);
	if (!end)
		return false;
	*out_text = (struct str){start, (size_t)(end - start)};
	return true;
}

/* Without its name. */
static enum status elf_section_raw(const struct elf_image *image, unsigned index,
                                   struct elf_section *out_section, uint32_t *out_name)
{
	if (index >= image->section_count)
		return ERR_NOT_EXECUTABLE;
	uint64_t at = image->section_headers_offset + (uint64_t)index * ELF_SECTION_HEADER_BYTES;
	struct elf_section section = {
	        .type = elf_u32(image->file, at + 4),
	        .flags = elf_u64(image->file, at + 8),
	        .address = elf_u64(image->file, at + 16),
	        .offset = elf_u64(image->file, at + 24),
	        .size = elf_u64(image->file, at + 32),
	        .link = elf_u32(image->file, at + 40),
	        .info = elf_u32(image->file, at + 44),
	        .align = elf_u64(image->file, at + 48),
	        .entry_bytes = elf_u64(image->file, at + 56),
	};
	if (section.type != ELF_NOBITS &&
	    !elf_range_is_inside(image->file, section.offset, section.size))
		return ERR_NOT_EXECUTABLE;
	*out_name = elf_u32(image->file, at);
	*out_section = section;
	return OK;
}

enum status elf_section(const struct elf_image *image, unsigned index,
                        struct elf_section *out_section)
{
	struct elf_section section, names;
	uint32_t name, unused;
	if (elf_section_raw(image, index, &section, &name) != OK)
		return ERR_NOT_EXECUTABLE;
	if (image->section_names_index) {
		if (elf_section_raw(image, image->section_names_index, &names, &unused) != OK ||
		    !elf_table_text(elf_section_bytes(image, &names), name, &section.name))
			return ERR_NOT_EXECUTABLE;
	}
	*out_section = section;
	return OK;
}

enum status elf_section_of_type(const struct elf_image *image, uint32_t type,
                                struct elf_section *out_section)
{
	for (unsigned i = 0; i < image->section_count; i++) {
		struct elf_section section;
		if (elf_section(image, i, &section) == OK && section.type == type) {
			*out_section = section;
			return OK;
		}
	}
	return ERR_NOT_FOUND;
}

struct str elf_section_bytes(const struct elf_image *image, const struct elf_section *section)
{
	if (section->type == ELF_NOBITS)
		return (struct str){};
	return (struct str){image->file.ptr + section->offset, section->size};
}

enum status elf_symbol(const struct elf_image *image, const struct elf_section *table,
                       uint64_t index, struct elf_symbol *out_symbol)
{
	struct str entries = elf_section_bytes(image, table);
	if (table->entry_bytes != ELF_SYMBOL_BYTES)
		return ERR_NOT_EXECUTABLE;
	if (index >= entries.len / ELF_SYMBOL_BYTES)
		return ERR_NOT_FOUND;

	uint64_t at = index * ELF_SYMBOL_BYTES;
	struct elf_symbol symbol = {
	        .type = (uint8_t)entries.ptr[at + 4] & 0xf,
	        .binding = (uint8_t)entries.ptr[at + 4] >> 4,
	        .section = elf_u16(entries, at + 6),
	        .address = elf_u64(entries, at + 8),
	        .size = elf_u64(entries, at + 16),
	};
	struct elf_section names;
	if (elf_section(image, table->link, &names) != OK ||
	    !elf_table_text(elf_section_bytes(image, &names), elf_u32(entries, at), &symbol.name))
		return ERR_NOT_EXECUTABLE;
	*out_symbol = symbol;
	return OK;
}

enum status elf_relocation(const struct elf_image *image, const struct elf_section *table,
                           uint64_t index, struct elf_relocation *out_relocation)
{
	struct str entries = elf_section_bytes(image, table);
	if (table->entry_bytes != ELF_RELOCATION_BYTES)
		return ERR_NOT_EXECUTABLE;
	if (index >= entries.len / ELF_RELOCATION_BYTES)
		return ERR_NOT_FOUND;

	uint64_t at = index * ELF_RELOCATION_BYTES;
	*out_relocation = (struct elf_relocation){
	        .offset = elf_u64(entries, at),
	        .type = elf_u32(entries, at + 8),
	        .symbol = elf_u32(entries, at + 12),
	        .addend = (int64_t)elf_u64(entries, at + 16),
	};
	return OK;
}
