/*
 * TOML 1.0.0 reader (toml.io/en/v1.0.0), complete; every key and value keeps its span.
 *
 * An error costs its line (or its bracketed value) and reading goes on, so one
 * run reports them all. Trees live as long as the arena and the source's text.
 */
#pragma once

#include "diag/diag.h"

enum toml_kind {
	TOML_STRING,
	TOML_INTEGER,
	TOML_FLOAT,
	TOML_BOOLEAN,
	TOML_OFFSET_DATE_TIME,
	TOML_LOCAL_DATE_TIME,
	TOML_LOCAL_DATE,
	TOML_LOCAL_TIME,
	TOML_ARRAY,
	TOML_TABLE,
	TOML_INVALID, /* stands where a value had an error, which is reported already */
};

struct toml_date_time {
	uint16_t year;
	uint8_t month, day, hour, minute, second;
	uint32_t nanosecond;
	int16_t offset_minutes;
};

struct toml_value;

struct toml_array {
	struct toml_value **items;
	size_t count;
	size_t capacity;
	bool of_headers; /* made by [[headers]] */
};

struct toml_entry {
	struct str key;
	struct span key_span;
	struct toml_value *value;
	struct toml_entry *next; /* in order of the file */
};

enum toml_origin {
	TOML_OF_HEADER, /* [a], an item of [[a]], or the root */
	TOML_OF_LONGER_HEADER, /* the "a" of [a.b]; its own header may still come */
	TOML_OF_DOTTED_KEY, /* the "a" of a.b = 1 */
	TOML_OF_BRACES, /* a = { b = 1 }; closed */
};

struct toml_table {
	struct toml_entry *first;
	struct toml_entry *last;
	size_t count;
	struct toml_entry **index; /* by hash, once there are many entries; else NULL */
	size_t index_size;
	enum toml_origin origin;
	bool damaged; /* a line of it could not be read: absence of a key means nothing */
};

struct toml_value {
	enum toml_kind kind;
	struct span span; /* of the value; of the header for a [table] */
	union {
		struct str string; /* escapes resolved */
		int64_t integer;
		double real;
		bool boolean;
		struct toml_date_time date_time;
		struct toml_array array;
		struct toml_table table;
	};
};

enum {
	TOML_NESTING_MAX = 64, /* brackets within brackets */
	TOML_KEY_PARTS_MAX = 64, /* of one dotted key or header */
};

/* The root table; never NULL, holds what could be read. Texts of 4 GiB and more are refused. */
struct toml_value *toml_parse(struct arena *a, const struct source *source, struct diag *d);
/* The same for who throws the tree away after reading it: its strings live as long as `strings`. */
struct toml_value *toml_parse_into(struct arena *tree, struct arena *strings,
                                   const struct source *source, struct diag *d);
/* NULL when there is no such key. */
const struct toml_entry *toml_find(const struct toml_table *table, struct str key);
/* "a string", "an integer", ... for messages. */
const char *toml_kind_name(enum toml_kind kind);
/* Adds s as a "basic string" with its quotes; s is UTF-8. */
void toml_add_string(struct text *t, struct str s);
