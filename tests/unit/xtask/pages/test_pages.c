/* What people read about keys, commands and options is what the tables say. */
#include "../../arena.h"
#include "../../test.h"
#include "config/settings.h"
#include "manifest/schema.h"
#include "os/files.h"
#include "pages/pages.h"
#include <jansson.h>
#include <string.h>

static struct str page(const char *path)
{
	struct str text;
	assert_int_equal(file_read(&arena, path, &text), 0);
	return text;
}

/* The part of a page from a heading to the next one. */
static struct str section(struct str text, const char *heading)
{
	struct str mark = str_format(&arena, "\n%s", heading);
	const char *at = memmem(text.ptr, text.len, mark.ptr, mark.len);
	if (!at)
		fail_msg("no heading '%s'", heading);
	size_t start = (size_t)(at - text.ptr) + mark.len;
	struct str rest = str_slice(text, start, text.len);
	const char *end = memmem(rest.ptr, rest.len, "\n##", 3);
	return end ? str_slice(rest, 0, (size_t)(end - rest.ptr)) : rest;
}

static bool mentions(struct str text, struct str key)
{
	struct str row = str_format(&arena, "\n| `%.*s` |", STR_ARG(key));
	return memmem(text.ptr, text.len, row.ptr, row.len);
}

static bool schema_has(const struct toml_schema *schema, struct str key)
{
	for (size_t i = 0; i < schema->field_count; i++)
		if (str_equal(schema->fields[i].key, key) && !schema->fields[i].refused)
			return true;
	return false;
}

/* Every key has a row, and every row of the key tables is a key. */
static void assert_same_keys(const struct toml_schema *schema, struct str text)
{
	for (size_t i = 0; i < schema->field_count; i++) {
		const struct toml_field *field = &schema->fields[i];
		bool table = field->kind == FIELD_TABLE || field->kind == FIELD_TABLES;
		if (!field->refused && !table && !mentions(text, field->key))
			fail_msg("'%.*s' of %s has no row", STR_ARG(field->key), schema->name);
	}
	for (const char *at = text.ptr;
	     (at = memmem(at, (size_t)(text.ptr + text.len - at), "\n| `", 4));) {
		at += 4;
		struct str rest = {at, (size_t)(text.ptr + text.len - at)};
		struct str key = str_cut(rest, '`').head;
		if (!schema_has(schema, key))
			fail_msg("%s has no key '%.*s'", schema->name, STR_ARG(key));
	}
}

static const struct toml_schema *schema_below(const struct toml_schema *schema, const char *key)
{
	for (size_t i = 0; i < schema->field_count; i++)
		if (str_equal(schema->fields[i].key, str_from_c(key)))
			return schema->fields[i].schema;
	fail_msg("no table '%s'", key);
	return NULL;
}

static void docs_manifest_md_has_the_keys_of_the_schema(void **)
{
	struct str text = page("docs/manifest.md");
	static const char *const tables[] = {"build", "install", "boot", "autoload"};
	assert_same_keys(&manifest_schema, section(text, "### Top level"));
	for (size_t i = 0; i < COUNT(tables); i++) {
		struct str heading = str_format(&arena, "### `[%s]`", tables[i]);
		assert_same_keys(schema_below(&manifest_schema, tables[i]),
		                 section(text, heading.ptr));
	}
	const struct toml_schema *desktop = schema_below(&manifest_schema, "desktop");
	assert_same_keys(schema_below(desktop, "entries"),
	                 section(text, "### `[[desktop.entries]]`"));
}

static void docs_configuration_md_has_the_settings(void **)
{
	struct diag d;
	diag_init(&d, &arena);
	struct config config = {};
	struct loader l = {.arena = &arena, .diag = &d, .config = &config};
	assert_true(config_names_read(&l));
	const struct toml_schema *schema = config_schema(&arena, &l.names);
	struct str text = page("docs/configuration.md");
	static const char *const tables[] = {"logging", "fault_injection", "image", "qemu",
	                                     "signing"};
	assert_same_keys(schema_below(schema_below(schema, "kernel"), "build"),
	                 section(text, "## `[kernel.build]`"));
	for (size_t i = 0; i < COUNT(tables); i++) {
		struct str heading = str_format(&arena, "## `[%s]`", tables[i]);
		assert_same_keys(schema_below(schema, tables[i]), section(text, heading.ptr));
	}
}

static void assert_properties(const json_t *object, const struct toml_schema *schema)
{
	const json_t *properties = json_object_get(object, "properties");
	size_t count = 0;
	for (size_t i = 0; i < schema->field_count; i++) {
		const struct toml_field *field = &schema->fields[i];
		const json_t *property =
		        json_object_getn(properties, field->key.ptr, field->key.len);
		assert_int_equal(property == NULL, field->refused != NULL);
		if (!property)
			continue;
		count++;
		if (!json_object_get(property, "description"))
			fail_msg("'%.*s' has no description", STR_ARG(field->key));
		if (field->kind == FIELD_TABLE)
			assert_properties(property, field->schema);
		if (field->kind == FIELD_TABLES)
			assert_properties(json_object_get(property, "items"), field->schema);
	}
	assert_int_equal(json_object_size(properties), count);
	assert_true(json_is_false(json_object_get(object, "additionalProperties")));
}

static void the_json_schema_has_every_key_with_its_description(void **)
{
	struct str text = pages_json_schema(&arena, &manifest_schema, "t");
	json_t *root = json_loadb(text.ptr, text.len, 0, NULL);
	assert_non_null(root);
	assert_properties(root, &manifest_schema);
	json_decref(root);
}

static const struct option sample_options[] = {
        {"--way", "on|off", "one of two: [with] it's"},
        {"--into", "FILE", "a file"},
        {},
};
static const struct option *const sample_tables[] = {sample_options, NULL};
static const struct command sample = {
        .name = "sample",
        .summary = "do a thing",
        .usage = "[OPTIONS] ID",
        .details = ".begins with a dot\n",
        .example = "  xtask sample a\\b\n",
        .options = sample_tables,
};

static void assert_holds(struct str text, const char *part)
{
	if (!memmem(text.ptr, text.len, part, strlen(part)))
		fail_msg("no '%s' in\n%.*s", part, STR_ARG(text));
}

static void every_page_quotes_what_means_something_in_its_language(void **)
{
	const struct command *const commands[] = {&sample};
	struct command_table table = {commands, 1};
	struct str bash = pages_completions(&arena, &table, SHELL_BASH);
	assert_holds(bash, "sample:--way) COMPREPLY=($(compgen -W 'on off' -- \"$word\"))");
	assert_holds(bash, "sample:--into) COMPREPLY=($(compgen -f -- \"$word\"))");
	struct str zsh = pages_completions(&arena, &table, SHELL_ZSH);
	assert_holds(zsh, "'*--way[one of two\\: \\[with\\] it'\\''s]:on|off:(on off)'");
	struct str fish = pages_completions(&arena, &table, SHELL_FISH);
	assert_holds(fish, "-l way -d 'one of two: [with] it'\\''s' -xa 'on off'");
	struct str manual = pages_manual(&arena, &table);
	assert_holds(manual, "\n\\&.begins with a dot\n");
	assert_holds(manual, "xtask sample a\\eb\n");
	struct str markdown = pages_markdown(&arena, &table);
	assert_holds(markdown, "| `--way on\\|off` | one of two: [with] it's |\n");
}

static void the_first_word_is_read_from_the_usage(void **)
{
	static const struct {
		const char *usage;
		struct str word;
		enum placeholder place;
	} cases[] = {
	        {"[OPTIONS]", STR_INIT(""), PLACE_FREE},
	        {"", STR_INIT(""), PLACE_FREE},
	        {"[OPTIONS] ID", STR_INIT("ID"), PLACE_PACKAGE},
	        {"[OPTIONS] [TEST...]", STR_INIT("TEST"), PLACE_TEST},
	        {"check|show [OPTIONS]", STR_INIT("check|show"), PLACE_WORDS},
	        {"[OPTIONS] [-- QEMU-ARGUMENTS]", STR_INIT(""), PLACE_FREE},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct command command = {.usage = cases[i].usage};
		struct str word = pages_first_word(&command);
		assert_str(word, cases[i].word);
		assert_int_equal(pages_placeholder(word), cases[i].place);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(docs_manifest_md_has_the_keys_of_the_schema),
	        cmocka_unit_test(docs_configuration_md_has_the_settings),
	        cmocka_unit_test(the_json_schema_has_every_key_with_its_description),
	        cmocka_unit_test(every_page_quotes_what_means_something_in_its_language),
	        cmocka_unit_test(the_first_word_is_read_from_the_usage),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
