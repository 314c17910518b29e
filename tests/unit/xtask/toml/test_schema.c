#include "../../folder.h"
#include "os/files.h"
#include "toml/schema.h"
#include "toml_case.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum colour { RED, BLUE };

struct part {
	struct toml_str name;
	struct toml_int size;
};

struct build {
	struct span span;
	struct toml_word colour;
	struct toml_bool fast;
	struct toml_strs libs;
};

struct document {
	struct toml_str id;
	struct toml_int weight;
	struct toml_word level;
	struct build build;
	struct toml_list parts;
};

static const struct toml_field part_fields[] = {
        {.key = STR_INIT("name"),
         .kind = FIELD_STRING,
         .offset = offsetof(struct part, name),
         .required = true,
         .doc = "what it is called"},
        {.key = STR_INIT("size"), .kind = FIELD_INTEGER, .offset = offsetof(struct part, size)},
};
static const struct toml_schema part_schema = {
        .name = "[[part]]", .fields = part_fields, .field_count = 2, .size = sizeof(struct part)};

static const struct toml_choice colours[] = {
        {STR_INIT("red"), RED, NULL},
        {STR_INIT("blue"), BLUE, NULL},
        {STR_INIT("azure"), BLUE, NULL},
        {STR_INIT("green"), 0, "green was given up; write \"blue\""},
};
static const struct toml_field build_fields[] = {
        {.key = STR_INIT("colour"),
         .kind = FIELD_WORD,
         .offset = offsetof(struct build, colour),
         .choices = colours,
         .choice_count = COUNT(colours)},
        {.key = STR_INIT("fast"), .kind = FIELD_BOOLEAN, .offset = offsetof(struct build, fast)},
        {.key = STR_INIT("libs"), .kind = FIELD_STRINGS, .offset = offsetof(struct build, libs)},
        {.key = STR_INIT("quick"), .refused = "the key is called fast"},
};
static const struct toml_schema build_schema = {
        .name = "[build]",
        .fields = build_fields,
        .field_count = COUNT(build_fields),
        .size = sizeof(struct build),
        .span_offset = offsetof(struct build, span),
        .has_span = true,
};

static const struct toml_choice levels[] = {{STR_INIT("1"), 1, NULL}, {STR_INIT("s"), 2, NULL}};
static const struct toml_field document_fields[] = {
        {.key = STR_INIT("id"),
         .kind = FIELD_STRING,
         .offset = offsetof(struct document, id),
         .required = true},
        {.key = STR_INIT("weight"),
         .kind = FIELD_INTEGER,
         .offset = offsetof(struct document, weight),
         .minimum = 1,
         .maximum = 9},
        {.key = STR_INIT("level"),
         .kind = FIELD_WORD,
         .offset = offsetof(struct document, level),
         .choices = levels,
         .choice_count = COUNT(levels),
         .number_is_word = true},
        {.key = STR_INIT("build"),
         .kind = FIELD_TABLE,
         .offset = offsetof(struct document, build),
         .schema = &build_schema,
         .required = true},
        {.key = STR_INIT("part"),
         .kind = FIELD_TABLES,
         .offset = offsetof(struct document, parts),
         .schema = &part_schema},
};
static const struct toml_schema document_schema = {
        .name = "the top level",
        .fields = document_fields,
        .field_count = COUNT(document_fields),
        .size = sizeof(struct document),
};

static bool read_text(struct arena *a, const struct toml_schema *schema, struct str text,
                      struct document *out, struct diag *d)
{
	struct source *source = ARENA_NEW(a, struct source);
	*source = (struct source){STR("t"), text};
	return toml_read(a, schema, toml_parse(a, source, d), out, d);
}

static void every_kind_of_field_is_filled_with_its_place(void **)
{
	struct arena a;
	struct diag d;
	struct document doc = {};
	host_arena_init(&a);
	diag_init(&d, &a);
	assert_true(
	        read_text(&a, &document_schema,
	                  STR("id = \"x\"\nweight = 3\nlevel = \"s\"\n[build]\ncolour = \"azure\"\n"
	                      "fast = true\nlibs = [\"l\", \"m\"]\n"
	                      "[[part]]\nname = \"p\"\n[[part]]\nname = \"q\"\nsize = 7\n"),
	                  &doc, &d));
	assert_str(doc.id.value, STR("x"));
	assert_int_equal(doc.id.span.start, 5);
	assert_int_equal(doc.weight.value, 3);
	assert_int_equal(doc.level.value, 2);
	assert_int_equal(doc.build.span.start, 32);
	assert_int_equal(doc.build.colour.value, BLUE);
	assert_true(doc.build.fast.value);
	assert_int_equal(doc.build.libs.count, 2);
	assert_str(doc.build.libs.items[1].value, STR("m"));
	assert_int_equal(doc.parts.count, 2);
	const struct part *parts = doc.parts.items;
	assert_str(parts[1].name.value, STR("q"));
	assert_int_equal(parts[1].size.value, 7);
	assert_null(parts[0].size.span.source);
	arena_release(&a);
}

static void absent_fields_keep_what_they_had(void **)
{
	struct arena a;
	struct diag d;
	struct document doc = {.weight.value = 5};
	host_arena_init(&a);
	diag_init(&d, &a);
	assert_true(read_text(&a, &document_schema, STR("id = \"\"\nbuild = {}"), &doc, &d));
	assert_int_equal(doc.weight.value, 5);
	assert_null(doc.weight.span.source);
	arena_release(&a);
}

static void assert_read(const struct toml_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct arena a;
		struct diag d;
		struct document doc = {};
		host_arena_init(&a);
		diag_init(&d, &a);
		bool ok = read_text(&a, &document_schema, cases[i].text, &doc, &d);
		assert_int_equal(ok, cases[i].said[0] == '\0');
		struct str said = diag_summary(&d);
		if (!str_equal(said, str_from_c(cases[i].said)))
			fail_msg("of\n%.*s\ngot\n%.*swant\n%s", STR_ARG(cases[i].text),
			         STR_ARG(said), cases[i].said);
		arena_release(&a);
	}
}

static void unknown_and_refused_keys_and_words_are_reported_with_what_to_write(void **)
{
	static const struct toml_case cases[] = {
	        CASE("idd = 1\nid = \"\"\nbuild = {}",
	             "1:1 unknown key 'idd' in the top level | did you "
	             "mean 'id'?\n"),
	        CASE("id = \"\"\nbuild = {}\n[bulid]",
	             "3:2 unknown table 'bulid' in the top level | did "
	             "you mean 'build'?\n"),
	        CASE("id = \"\"\n[build]\nxyz = 1",
	             "3:1 unknown key 'xyz' in [build] | known here: "
	             "colour, fast, libs\n"),
	        CASE("id = \"\"\n[build]\nquick = true",
	             "3:1 'quick' can't stand in [build] | the key is "
	             "called fast\n"),
	        CASE("id = \"\"\n[build]\ncolour = \"bleu\"",
	             "3:10 'bleu' is no value of 'colour' | did "
	             "you mean 'blue'?\n"),
	        CASE("id = \"\"\n[build]\ncolour = \"yellow\"",
	             "3:10 'yellow' is no value of 'colour' | one of: red, blue, azure\n"),
	        CASE("id = \"\"\n[build]\ncolour = \"green\"",
	             "3:10 'colour' can't be 'green' here | green was given up; write \"blue\"\n"),
	        CASE("id = \"\"\nlevel = 4\nbuild = {}",
	             "2:9 '4' is no value of 'level' | one of: 1, "
	             "s\n"),
	        CASE("id = \"\"\nlevel = 1\nbuild = {}", ""),
	};
	assert_read(cases, COUNT(cases));
}

static void a_wrong_type_says_what_was_found_and_how_to_write_it(void **)
{
	static const struct toml_case cases[] = {
	        CASE("id = 7\nbuild = {}",
	             "1:6 'id' must be a string, found an integer | quote it: "
	             "\"7\"\n"),
	        CASE("id = 2024-01-01\nbuild = {}",
	             "1:6 'id' must be a string, found a date | quote it: "
	             "\"2024-01-01\"\n"),
	        CASE("id = \"\"\nweight = \"3\"\nbuild = {}",
	             "2:10 'weight' must be an integer, found a string | without quotes: 3\n"),
	        CASE("id = \"\"\nweight = 1.5\nbuild = {}",
	             "2:10 'weight' must be an integer, found a float\n"),
	        CASE("id = \"\"\n[build]\nfast = \"true\"",
	             "3:8 'fast' must be a boolean, found a string | without quotes: true\n"),
	        CASE("id = \"\"\n[build]\nfast = 1",
	             "3:8 'fast' must be a boolean, found an integer\n"),
	        CASE("id = \"\"\n[build]\nlibs = \"l\"",
	             "3:8 'libs' must be an array of strings, found a string | write [\"l\"]\n"),
	        CASE("id = \"\"\n[build]\nlibs = [1, \"l\", true]",
	             "3:9 'libs' must hold strings only, found an integer\n"
	             "3:17 'libs' must hold strings only, found a boolean\n"),
	        CASE("id = \"\"\nbuild = 1", "2:9 'build' must be a table, found an integer\n"),
	        CASE("id = \"\"\n[[build]]",
	             "2:1 'build' must be a table, found an array | it stands "
	             "once: [build]\n"),
	        CASE("id = \"\"\nbuild = {}\n[part]\nname = \"p\"",
	             "3:1 'part' must be an array of tables, found a table | each item begins with "
	             "[[part]]\n"),
	        CASE("id = \"\"\nbuild = {}\npart = [1]",
	             "3:9 'part' must hold tables only, found an "
	             "integer\n"),
	};
	assert_read(cases, COUNT(cases));
}

static void integers_outside_their_limits_are_refused(void **)
{
	static const struct toml_case cases[] = {
	        CASE("id = \"\"\nweight = 0\nbuild = {}", "2:10 'weight' must be in 1..9, got 0\n"),
	        CASE("id = \"\"\nweight = 10\nbuild = {}",
	             "2:10 'weight' must be in 1..9, got 10\n"),
	        CASE("id = \"\"\nweight = 1\nbuild = {}", ""),
	        CASE("id = \"\"\nweight = 9\nbuild = {}", ""),
	        CASE("id = \"\"\nbuild = {}\n[[part]]\nname = \"\"\nsize = -5", ""),
	};
	assert_read(cases, COUNT(cases));
}

static void missing_keys_are_reported_at_their_table(void **)
{
	static const struct toml_case cases[] = {
	        CASE("", "1:1 missing key 'id' in the top level\n"
	                 "1:1 missing table 'build' in the top level\n"),
	        CASE("id = \"\"\nbuild = {}\n[[part]]\nsize = 1\n[[part]]\nname = \"\"",
	             "3:1 missing key 'name' in [[part]] | what it is called\n"),
	};
	assert_read(cases, COUNT(cases));
}

static void a_misspelt_key_is_reported_once_and_not_as_missing_too(void **)
{
	static const struct toml_case cases[] = {
	        CASE("iid = \"\"\nbuild = {}",
	             "1:1 unknown key 'iid' in the top level | did you mean 'id'?\n"),
	        CASE("id = \"\"\nbuild = {}\n[[part]]\nnaem = \"\"",
	             "4:1 unknown key 'naem' in [[part]] | did you mean 'name'?\n"),
	};
	assert_read(cases, COUNT(cases));
}

/* What could not be read is not missing. */
static void syntax_errors_do_not_make_keys_missing_or_wrong(void **)
{
	struct arena a;
	struct diag d;
	struct document doc = {};
	host_arena_init(&a);
	diag_init(&d, &a);
	assert_false(read_text(
	        &a, &document_schema,
	        STR("id = x\nweight 3\n[build]\nco lour = 1\n[[part]]\nna me = \"\"\n"), &doc, &d));
	assert_str(
	        diag_summary(&d),
	        STR("1:6 'x' is not a value | a string needs quotes: \"x\"\n"
	            "2:8 no '=' behind the key 'weight' | every line is key = value, [table] or # "
	            "comment\n"
	            "4:4 no '=' behind the key 'co' | every line is key = value, [table] or # "
	            "comment\n"
	            "6:4 no '=' behind the key 'na' | every line is key = value, [table] or # "
	            "comment\n"));
	arena_release(&a);
}

static void an_open_schema_lets_other_keys_stand(void **)
{
	struct toml_schema open = document_schema;
	open.open = true;
	struct arena a;
	struct diag d;
	struct document doc = {};
	host_arena_init(&a);
	diag_init(&d, &a);
	assert_true(read_text(&a, &open, STR("id = \"\"\nbuild = {}\nother = 1"), &doc, &d));
	/* There nobody else says that a key is misspelt. */
	assert_false(read_text(&a, &open, STR("iid = \"\"\nbuild = {}"), &doc, &d));
	assert_str(diag_summary(&d), STR("1:1 missing key 'id' in the top level\n"));
	arena_release(&a);
}

static void a_file_that_cannot_be_read_is_reported_where_it_is_wanted(void **)
{
	static const struct source wanting = {STR_INIT("w"), STR_INIT("file = 'x'")};
	struct arena a;
	struct diag d;
	struct document doc = {};
	host_arena_init(&a);
	diag_init(&d, &a);
	struct span span = {&wanting, 7, 10};
	assert_null(source_open(&a, "/nonexistent/x", span, &d));
	assert_str(diag_summary(&d),
	           STR("1:8 can't read '/nonexistent/x': No such file or directory\n"));
	diag_init(&d, &a);
	assert_false(toml_read_file(&a, "/nonexistent/x", &document_schema, &doc, &d));
	assert_int_equal(d.errors, 1);
	arena_release(&a);
}

static void a_file_with_syntax_errors_is_not_read_successfully(void **)
{
	char folder[64], path[80];
	test_folder_make(folder, sizeof folder);
	snprintf(path, sizeof path, "%s/package.toml", folder);
	struct arena a;
	struct diag d;
	struct document doc = {};
	host_arena_init(&a);
	diag_init(&d, &a);
	assert_int_equal(file_write(path, STR("id = \"x\"\nbuild = {}\n"), 0644), 0);
	assert_true(toml_read_file(&a, path, &document_schema, &doc, &d));
	assert_str(doc.id.span.source->path, str_from_c(path));
	assert_int_equal(file_write(path, STR("id = \"x\"\nbuild = {}\n]\n"), 0644), 0);
	assert_false(toml_read_file(&a, path, &document_schema, &doc, &d));
	assert_int_equal(tree_remove(folder), 0);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_kind_of_field_is_filled_with_its_place),
	        cmocka_unit_test(absent_fields_keep_what_they_had),
	        cmocka_unit_test(
	                unknown_and_refused_keys_and_words_are_reported_with_what_to_write),
	        cmocka_unit_test(a_wrong_type_says_what_was_found_and_how_to_write_it),
	        cmocka_unit_test(integers_outside_their_limits_are_refused),
	        cmocka_unit_test(missing_keys_are_reported_at_their_table),
	        cmocka_unit_test(a_misspelt_key_is_reported_once_and_not_as_missing_too),
	        cmocka_unit_test(syntax_errors_do_not_make_keys_missing_or_wrong),
	        cmocka_unit_test(an_open_schema_lets_other_keys_stand),
	        cmocka_unit_test(a_file_that_cannot_be_read_is_reported_where_it_is_wanted),
	        cmocka_unit_test(a_file_with_syntax_errors_is_not_read_successfully),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
