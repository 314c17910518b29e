/* ELF reader and load plan: any file; what they answer must lie in the file and be safe to map. */
#include "require.h"
#include <elf/api.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PAGE = 4096, SYMBOLS_MAX = 1000 };

static void check_segments(const struct elf_image *image)
{
	for (unsigned i = 0; i < image->segment_count; i++) {
		struct elf_segment segment;
		if (elf_segment(image, i, &segment) != OK)
			continue;
		struct str bytes = elf_segment_bytes(image, &segment);
		require(bytes.len == segment.file_bytes);
		require_inside(bytes, image->file);
	}
}

static void check_symbols(const struct elf_image *image, const struct elf_section *table)
{
	struct elf_symbol symbol;
	for (uint64_t i = 0; i < SYMBOLS_MAX; i++) {
		enum status status = elf_symbol(image, table, i, &symbol);
		if (status == ERR_NOT_FOUND)
			return;
		if (status == OK)
			require_inside(symbol.name, image->file);
	}
}

static void check_sections(const struct elf_image *image)
{
	for (unsigned i = 0; i < image->section_count; i++) {
		struct elf_section section;
		if (elf_section(image, i, &section) != OK)
			continue;
		require_inside(section.name, image->file);
		require_inside(elf_section_bytes(image, &section), image->file);
		check_symbols(image, &section);
	}
	struct elf_section table;
	if (elf_section_of_type(image, ELF_SYMTAB, &table) == OK)
		require(table.type == ELF_SYMTAB);
}

static void check_plan(const struct elf_image *image)
{
	struct elf_load_plan plan;
	if (elf_plan_load(image, &plan) != OK)
		return;
	uint64_t end = plan.low;
	require(plan.count && plan.count <= ELF_SEGMENTS_MAX && plan.low % PAGE == 0);
	for (unsigned i = 0; i < plan.count; i++) {
		const struct elf_segment *s = &plan.segments[i];
		require(s->address >= end && s->file_bytes <= s->memory_bytes);
		require((s->flags & (ELF_WRITE | ELF_EXECUTE)) != (ELF_WRITE | ELF_EXECUTE));
		require(s->address + s->memory_bytes >= s->address);
		end = s->address + s->memory_bytes;
	}
	require(plan.end >= end);
	require_inside(plan.interpreter, image->file);
}

/* The fixed part of the header made right, so that more inputs get behind it. */
static void mend(uint8_t *file, size_t size)
{
	static const uint8_t ident[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
	static const uint8_t sizes[] = {ELF_HEADER_BYTES, 0, ELF_PROGRAM_HEADER_BYTES, 0};
	if (size < ELF_HEADER_BYTES)
		return;
	memcpy(file, ident, sizeof ident);
	file[16] = (uint8_t)(1 + file[16] % 3); /* e_type */
	file[17] = 0;
	file[18] = 62; /* e_machine: x86-64 */
	file[19] = 0;
	file[20] = 1; /* e_version */
	memcpy(file + 52, sizes, sizeof sizes);
	file[58] = ELF_SECTION_HEADER_BYTES;
	file[59] = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *file = malloc(size + !size); /* of its exact size, so that its end is seen */
	struct elf_image image;
	require(file);
	if (size)
		memcpy(file, data, size);
	if (size && data[size - 1] & 1)
		mend(file, size);
	if (elf_open((struct str){(const char *)file, size}, &image) == OK) {
		check_segments(&image);
		check_sections(&image);
		check_plan(&image);
	}
	free(file);
	return 0;
}
