#include "../../arena.h"
#include "../../folder.h"
#include "../../test.h"
#include "os/files.h"
#include "size/size.h"
#include <elf.h>
#include <string.h>

struct file {
	Elf64_Ehdr header;
	Elf64_Shdr sections[6];
};

static struct file make_file(void)
{
	struct file file = {
	        .header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64},
	                   .e_shoff = offsetof(struct file, sections),
	                   .e_shnum = 6,
	                   .e_shentsize = sizeof(Elf64_Shdr)},
	        .sections = {{.sh_type = SHT_NULL, .sh_size = 99},
	                     {.sh_type = SHT_PROGBITS,
	                      .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
	                      .sh_size = 100},
	                     {.sh_type = SHT_PROGBITS, .sh_flags = SHF_ALLOC, .sh_size = 20},
	                     {.sh_type = SHT_PROGBITS,
	                      .sh_flags = SHF_ALLOC | SHF_WRITE,
	                      .sh_size = 30},
	                     {.sh_type = SHT_NOBITS,
	                      .sh_flags = SHF_ALLOC | SHF_WRITE,
	                      .sh_size = 4000},
	                     {.sh_type = SHT_PROGBITS, .sh_size = 5}},
	};
	return file;
}

static struct str bytes_of(const struct file *file)
{
	return (struct str){(const char *)file, sizeof *file};
}

static void sections_are_counted_by_what_they_become_in_memory(void **)
{
	static const uint64_t wanted[SIZE_PART_COUNT] = {100, 20, 30, 4000, 5};
	struct file file = make_file();
	struct size_table table = {};
	size_add(&arena, &table, STR("a"), bytes_of(&file));
	assert_int_equal(table.count, 1);
	assert_memory_equal(table.rows[0].parts, wanted, sizeof wanted);
	assert_int_equal(table.rows[0].file_bytes, sizeof file);
	size_add(&arena, &table, STR("a"), STR("text"));
	assert_int_equal(table.count, 1);
	assert_int_equal(table.rows[0].parts[SIZE_DATA], 30 + 4);
}

static void a_broken_elf_file_is_data(void **)
{
	struct file broken[4];
	for (size_t i = 0; i < COUNT(broken); i++)
		broken[i] = make_file();
	broken[0].header.e_shoff = UINT64_MAX - 8;
	broken[1].header.e_shnum = 7;
	broken[2].header.e_shentsize = 8;
	broken[3].header.e_ident[EI_CLASS] = ELFCLASS32;
	for (size_t i = 0; i < COUNT(broken); i++) {
		struct size_table table = {};
		size_add(&arena, &table, STR("a"), bytes_of(&broken[i]));
		assert_int_equal(table.rows[0].parts[SIZE_DATA], sizeof broken[i]);
	}
}

static void what_json_wrote_is_read_again_and_compared(void **)
{
	struct size_table table = {}, before;
	struct diag d;
	char folder[64];
	test_folder_make(folder, sizeof folder);
	diag_init(&d, &arena);
	struct file file = make_file();
	size_add(&arena, &table, STR("a"), bytes_of(&file));
	size_add(&arena, &table, STR("gone"), STR("1234"));
	struct str path = str_format(&arena, "%s/sizes.json", folder);
	assert_int_equal(file_write(path.ptr, size_json(&arena, &table), 0644), 0);
	assert_true(size_read(&arena, path.ptr, &before, &d));
	assert_str(size_json(&arena, &before), size_json(&arena, &table));
	table.count = 1;
	table.rows[0].parts[SIZE_TEXT] += 7;
	size_add(&arena, &table, STR("new"), STR("12"));
	struct str text = size_text(&arena, &table, &before);
	static const char *const lines[] = {
	        "\na                        107 (+7)        20        30      4000         5 ",
	        "\ngone                       0         0         0 (-4)         0         0       "
	        "  0 "
	        "(-4)\n",
	        "\nnew                        0         0         2 (+2)         0         0       "
	        "  2 "
	        "(+2)\n",
	        "\nall                      107 (+7)        20        32 (-2)      4000         5 ",
	};
	for (size_t i = 0; i < COUNT(lines); i++)
		if (!memmem(text.ptr, text.len, lines[i], strlen(lines[i])))
			fail_msg("no '%s' in\n%.*s", lines[i], STR_ARG(text));
	assert_int_equal(tree_remove(folder), 0);
}

static void a_file_of_other_lines_is_an_error_at_each(void **)
{
	struct size_table table;
	struct diag d;
	char folder[64];
	test_folder_make(folder, sizeof folder);
	diag_init(&d, &arena);
	struct str path = str_format(&arena, "%s/sizes.json", folder);
	assert_int_equal(file_write(path.ptr, STR("{\"package\":\"a\"}\nnonsense\n{}\n"), 0644), 0);
	assert_false(size_read(&arena, path.ptr, &table, &d));
	assert_int_equal(d.errors, 2);
	assert_int_equal(tree_remove(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(sections_are_counted_by_what_they_become_in_memory),
	        cmocka_unit_test(a_broken_elf_file_is_data),
	        cmocka_unit_test(what_json_wrote_is_read_again_and_compared),
	        cmocka_unit_test(a_file_of_other_lines_is_an_error_at_each),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
