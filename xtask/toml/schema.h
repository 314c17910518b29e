/*
 * Typed reading of TOML tables by a table of fields.
 *
 * One description of a struct says its keys, types, limits and words; reading by
 * it reports unknown keys (with the nearest name), wrong types, values out of
 * range, unknown words and missing keys, each at its place. The same tables
 * document the formats.
 */
#pragma once

#include "toml/toml.h"

/* What a field becomes. span.source is NULL when the key was absent. */
struct toml_str {
	struct str value;
	struct span span;
};
struct toml_int {
	int64_t value;
	struct span span;
};
struct toml_bool {
	bool value;
	struct span span;
};
struct toml_word { /* one of a closed list; value is the enum's */
	int value;
	struct span span;
};
struct toml_strs {
	struct toml_str *items;
	size_t count;
	struct span span;
};
/* An array of tables: items are structs of the field's schema, one behind the other. */
struct toml_list {
	void *items;
	size_t count;
	struct span span;
};

enum toml_field_kind {
	FIELD_STRING, /* struct toml_str */
	FIELD_INTEGER, /* struct toml_int, minimum..maximum */
	FIELD_BOOLEAN, /* struct toml_bool */
	FIELD_WORD, /* struct toml_word */
	FIELD_STRINGS, /* struct toml_strs */
	FIELD_TABLE, /* the schema's struct in place; its presence member is set */
	FIELD_TABLES, /* struct toml_list */
};

/* A word of a closed list. Aliases are further rows with the same value. */
struct toml_choice {
	struct str word;
	int value;
	/* Not NULL: the word is refused with this hint (an old name, say). */
	const char *refused;
};

struct toml_schema;

struct toml_field {
	struct str key;
	enum toml_field_kind kind;
	size_t offset;
	bool required;
	int64_t minimum, maximum; /* of FIELD_INTEGER; both 0: any */
	const struct toml_choice *choices; /* of FIELD_WORD */
	size_t choice_count;
	const struct toml_schema *schema; /* of FIELD_TABLE and FIELD_TABLES */
	bool number_is_word; /* of FIELD_WORD: an unquoted integer is taken as its text */
	const char *refused; /* not NULL: this key is an error with this hint */
	const char *doc; /* one line, for reference pages */
};

struct toml_schema {
	const char *name; /* as shown: "[build]"; "the top level" */
	const struct toml_field *fields;
	size_t field_count;
	size_t size; /* of the struct */
	/* A struct span in the struct that takes the table's own place (header or braces); 0 =
	 * none. */
	size_t span_offset;
	bool has_span;
	bool open; /* unknown keys are no error: somebody else reads them */
};

/*
 * Fills the zeroed struct at out. Absent optional fields stay as they are, so
 * defaults may be set before. False when anything was reported.
 */
bool toml_read(struct arena *a, const struct toml_schema *schema, const struct toml_value *table,
               void *out, struct diag *d);
/* Parses, then as toml_read. */
bool toml_read_source(struct arena *a, const struct source *source,
                      const struct toml_schema *schema, void *out, struct diag *d);
/* The same for a file. */
bool toml_read_file(struct arena *a, const char *path, const struct toml_schema *schema, void *out,
                    struct diag *d);
/* The source of a path with its text, or NULL after reporting at `wanted_by`. */
const struct source *source_open(struct arena *a, const char *path, struct span wanted_by,
                                 struct diag *d);
