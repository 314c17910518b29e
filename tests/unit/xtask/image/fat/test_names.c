#include "../image_fixture.h"
#include "image/fat/format.h"

/* Names one folder with these children, in order; text: "ALIAS___EXT" or that and "+" for a long
 * name. */
static int children_name(struct world *w, const char *const *names, size_t count, struct text *out)
{
	struct fat_node folder = {.is_folder = true};
	for (size_t i = 0; i < count; i++) {
		struct fat_node *node = ARENA_NEW(&w->arena, struct fat_node);
		node->name = node->path = str_from_c(names[i]);
		node->parent = &folder;
		if (folder.last_child)
			folder.last_child->next_sibling = node;
		else
			folder.first_child = node;
		folder.last_child = node;
	}
	TRY(fat_name_children(&w->arena, &folder, &w->why));
	for (struct fat_node *node = folder.first_child; node; node = node->next_sibling)
		text_addf(out, "%.11s%s|", (const char *)node->alias, node->units ? "+" : "");
	return 0;
}

static void aliases_are_made_as_the_format_says(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *name, *alias;
	} cases[] = {
	        {"NUCLEUS.ELF", "NUCLEUS ELF|"},
	        {"A", "A          |"},
	        {"nucleus.elf", "NUCLEUS ELF+|"},
	        {"nucleus.elf.sig", "NUCLEU~1SIG+|"},
	        {"BOOTX64.EFI", "BOOTX64 EFI|"},
	        {"root-file-extents.tsv", "ROOT-F~1TSV+|"},
	        {".profile", "PROFIL~1   +|"},
	        {"a.b.c", "AB~1    C  +|"},
	        {"with space", "WITHSP~1   +|"},
	        {"x.html", "X~1     HTM+|"},
	        {"\xc3\xa9t\xc3\xa9.txt", "_T_~1   TXT+|"},
	        {"\xf0\x9f\x90\xa7", "_~1        +|"},
	        {"a+b", "A_B~1      +|"},
	        {"12345678.123", "12345678123|"},
	        {"123456789", "123456~1   +|"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct text out = {.arena = &w->arena};
		assert_int_equal(children_name(w, &cases[i].name, 1, &out), 0);
		assert_str(text_str(&out), str_from_c(cases[i].alias));
	}
}

static void aliases_are_unique_and_plain_names_keep_theirs(void **state)
{
	struct world *w = *state;
	static const char *const names[] = {"long name 1.txt", "long name 2.txt", "LONGNA~2.TXT",
	                                    "long name 3.txt"};
	struct text out = {.arena = &w->arena};
	assert_int_equal(children_name(w, names, COUNT(names), &out), 0);
	assert_str(text_str(&out), STR("LONGNA~1TXT+|LONGNA~3TXT+|LONGNA~2TXT|LONGNA~4TXT+|"));
}

static void ten_thousand_similar_names_get_ten_thousand_aliases(void **state)
{
	struct world *w = *state;
	enum { NAMES = 10000 };
	const char **names = ARENA_ARRAY(&w->arena, const char *, NAMES);
	struct text out = {.arena = &w->arena};
	struct strs aliases = {};
	for (size_t i = 0; i < NAMES; i++)
		names[i] = str_format(&w->arena, "similar name %05zu", i).ptr;
	assert_int_equal(children_name(w, names, NAMES, &out), 0);
	struct str_split parts = {.rest = text_str(&out)};
	while (parts.rest.len) {
		parts = str_cut(parts.rest, '|');
		strs_add(&aliases, &w->arena, parts.head);
	}
	strs_sort(&aliases);
	assert_int_equal(aliases.count, NAMES);
	for (size_t i = 1; i < NAMES; i++)
		assert_false(str_equal(aliases.items[i - 1], aliases.items[i]));
}

static void names_that_fat_can_not_hold_are_refused(void **state)
{
	struct world *w = *state;
	char longest[257];
	memset(longest, 'x', 256);
	longest[256] = 0;
	const struct {
		const char *name;
		int error;
	} cases[] = {
	        {"a:b", EINVAL},    {"a*", EINVAL},          {"a\"b", EINVAL},
	        {"a\\b", EINVAL},   {"tab\there", EINVAL},   {"dot.", EINVAL},
	        {"space ", EINVAL}, {" space", EINVAL},      {"\xff", EILSEQ},
	        {"\xc3", EILSEQ},   {"\xc0\x80", EILSEQ},    {"\xed\xa0\x80", EILSEQ},
	        {"\x7f", EINVAL},   {longest, ENAMETOOLONG}, {longest + 1, 0},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct text out = {.arena = &w->arena};
		int error = children_name(w, &cases[i].name, 1, &out);
		if (error != cases[i].error)
			fail_msg("'%s': %d", cases[i].name, error);
	}
}

static void labels_are_checked(void **state)
{
	struct world *w = *state;
	uint8_t label[FAT_LABEL_BYTES];
	assert_int_equal(fat_label_encode(STR("RUSTOS"), label, &w->why), 0);
	assert_memory_equal(label, "RUSTOS     ", FAT_LABEL_BYTES);
	assert_int_equal(fat_label_encode(STR(""), label, &w->why), 0);
	assert_memory_equal(label, "NO NAME    ", FAT_LABEL_BYTES);
	static const char *const wrong[] = {"rustos", "TWELVE_CHARS", " X", "A.B", "\xc3\x84"};
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_int_equal(fat_label_encode(str_from_c(wrong[i]), label, &w->why), EINVAL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
	        TEST(aliases_are_made_as_the_format_says),
	        TEST(aliases_are_unique_and_plain_names_keep_theirs),
	        TEST(ten_thousand_similar_names_get_ten_thousand_aliases),
	        TEST(names_that_fat_can_not_hold_are_refused),
	        TEST(labels_are_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
