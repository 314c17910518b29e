#include "../../test.h"
#include "elf_bytes.h"
#include <stdlib.h>

static void sound_file_gives_its_header_and_segments(void **)
{
	static struct elf_bytes bytes;
	struct elf_image image;
	struct elf_segment segment;
	elf_bytes_make(&bytes);
	assert_int_equal(elf_open(elf_bytes_view(&bytes), &image), OK);
	assert_int_equal(image.type, ELF_DYN);
	assert_int_equal(image.entry, ELF_BYTES_TEXT + 4);
	assert_int_equal(image.segment_count, ELF_BYTES_SEGMENTS);
	assert_int_equal(elf_segment(&image, 2, &segment), OK);
	assert_int_equal(segment.type, ELF_LOAD);
	assert_int_equal(segment.flags, ELF_READ | ELF_WRITE);
	assert_int_equal(segment.memory_bytes, 0x1800);
	assert_ptr_equal(elf_segment_bytes(&image, &segment).ptr, bytes.text + 32);
	assert_int_equal(elf_segment(&image, ELF_BYTES_SEGMENTS, &segment), ERR_NOT_EXECUTABLE);
}

static void sections_and_symbols_are_found_by_type_and_name(void **)
{
	static struct elf_bytes bytes;
	struct elf_image image;
	struct elf_section section;
	struct elf_symbol symbol;
	elf_bytes_make(&bytes);
	assert_int_equal(elf_open(elf_bytes_view(&bytes), &image), OK);
	assert_int_equal(elf_section(&image, 3, &section), OK);
	assert_str(section.name, STR(".text"));
	assert_int_equal(elf_section_of_type(&image, ELF_NOBITS, &section), ERR_NOT_FOUND);
	assert_int_equal(elf_section_of_type(&image, ELF_SYMTAB, &section), OK);
	assert_str(section.name, STR(".symtab"));

	assert_int_equal(elf_symbol(&image, &section, 1, &symbol), OK);
	assert_str(symbol.name, STR("main"));
	assert_int_equal(symbol.type, ELF_SYMBOL_FUNCTION);
	assert_int_equal(symbol.address, ELF_BYTES_TEXT);
	assert_int_equal(symbol.size, 16);
	assert_int_equal(elf_symbol(&image, &section, 2, &symbol), OK);
	assert_int_equal(symbol.section, 0);
	assert_int_equal(elf_symbol(&image, &section, 3, &symbol), ERR_NOT_FOUND);
}

static void header_of_another_kind_is_refused(void **)
{
	static struct elf_bytes bytes;
	static const struct {
		size_t offset;
		char value;
	} cases[] = {
	        {0, 'E'}, /* magic */
	        {EI_CLASS, 1}, {EI_DATA, 2}, {EI_VERSION, 0}, {16, 4}, /* core file */
	        {16, 0},       {18, 3}, /* i386 */
	        {20, 2}, /* version */
	        {54, 32}, /* size of a program header */
	        {58, 40}, /* size of a section header */
	        {39, 1}, /* program headers far outside */
	        {47, 1}, /* section headers far outside */
	        {57, 1}, /* 260 program headers */
	        {61, 1},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct elf_image image;
		elf_bytes_make(&bytes);
		((char *)&bytes)[cases[i].offset] = cases[i].value;
		if (elf_open(elf_bytes_view(&bytes), &image) != ERR_NOT_EXECUTABLE)
			fail_msg("byte %zu = %d was accepted", cases[i].offset, cases[i].value);
	}
}

/* Everything the library can be asked, for what it reads rather than what it says. */
static void elf_read_everything(struct str file)
{
	struct elf_image image;
	struct elf_load_plan plan;
	struct elf_section section;
	struct elf_symbol symbol;
	struct elf_segment segment;
	volatile unsigned long seen = 0;
	if (elf_open(file, &image) != OK)
		return;
	for (unsigned i = 0; i <= image.segment_count; i++)
		if (elf_segment(&image, i, &segment) == OK) {
			struct str bytes = elf_segment_bytes(&image, &segment);
			for (size_t at = 0; at < bytes.len; at += 64)
				seen += (unsigned char)bytes.ptr[at];
		}
	for (unsigned i = 0; i <= image.section_count; i++)
		if (elf_section(&image, i, &section) == OK) {
			seen += elf_section_bytes(&image, &section).len + section.name.len;
			for (uint64_t s = 0; s < 8; s++)
				if (elf_symbol(&image, &section, s, &symbol) == OK)
					seen += symbol.name.len;
		}
	seen += elf_plan_load(&image, &plan) == OK;
}

static void file_cut_or_bent_anywhere_is_read_within_its_bounds(void **)
{
	static const char wild[] = {0, 1, 0x7f, (char)0x80, (char)0xff};
	static struct elf_bytes bytes;
	elf_bytes_make(&bytes);
	for (size_t at = 0; at < offsetof(struct elf_bytes, padding); at++) {
		char *byte = (char *)&bytes + at, saved = *byte;
		for (size_t w = 0; w < COUNT(wild); w++) {
			*byte = wild[w];
			elf_read_everything(elf_bytes_view(&bytes));
		}
		*byte = saved;
	}
	for (size_t len = 0; len < sizeof bytes; len += len < 900 ? 1 : 97) {
		char *copy = malloc(len ? len : 1);
		assert_non_null(copy);
		memcpy(copy, &bytes, len);
		elf_read_everything((struct str){copy, len});
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(sound_file_gives_its_header_and_segments),
	        cmocka_unit_test(sections_and_symbols_are_found_by_type_and_name),
	        cmocka_unit_test(header_of_another_kind_is_refused),
	        cmocka_unit_test(file_cut_or_bent_anywhere_is_read_within_its_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
