/*
 * Inside of the TOML reader: the state that its files share.
 *
 * Every parse function starts at p->at and leaves p->at behind what it took.
 * Grammar: toml.io/en/v1.0.0 and its toml.abnf.
 */
#pragma once

#include "toml/toml.h"

struct parser {
	struct arena *arena; /* of the tree */
	struct arena *strings; /* of texts with escapes */
	const struct source *source;
	struct diag *diag;
	struct str text; /* the source's */
	uint32_t at;
	struct toml_value *section; /* the table that key = value lines go into */
	uint32_t *line_starts; /* for "first defined in line N"; made at the first need */
	size_t line_count;

	/* Lines that encoding_check reported, ascending; nothing more is said about them. */
	struct bad_line {
		uint32_t start, end;
	} * bad_lines;
	size_t bad_count, bad_capacity;
};

enum parsed {
	PARSED,
	PARSED_BAD, /* reported; p->at is where its siblings go on */
	PARSED_LOST, /* reported; p->at is where the next statement starts */
};

struct key_part {
	struct str name;
	uint32_t start, end;
};

struct key {
	struct key_part parts[TOML_KEY_PARTS_MAX];
	size_t count;
};

/* The byte at an offset, -1 behind the end. */
static inline int parser_byte(const struct parser *p, size_t offset)
{
	return offset < p->text.len ? (unsigned char)p->text.ptr[offset] : -1;
}

static inline int parser_peek(const struct parser *p)
{
	return parser_byte(p, p->at);
}

static inline struct span parser_span(const struct parser *p, uint32_t start, uint32_t end)
{
	return (struct span){p->source, start, end};
}

static inline struct str parser_slice(const struct parser *p, uint32_t start, uint32_t end)
{
	return str_slice(p->text, start, end);
}

static inline bool parser_at(const struct parser *p, struct str token)
{
	return str_starts_with(parser_slice(p, p->at, (uint32_t)p->text.len), token);
}

/* LF or CR LF starts at an offset. */
static inline bool parser_is_newline(const struct parser *p, size_t offset)
{
	int byte = parser_byte(p, offset);
	return byte == '\n' || (byte == '\r' && parser_byte(p, offset + 1) == '\n');
}

/* parse.c */
/* An error, unless its line was reported for its encoding. */
[[gnu::format(printf, 4, 5)]] void parser_error(struct parser *p, struct span span, struct str hint,
                                                const char *format, ...);
void parser_skip_blanks(struct parser *p);
/* To the end of the line, which is not taken. */
void parser_skip_line(struct parser *p);
/* Offset of the end of the line without CR. */
uint32_t parser_line_end(const struct parser *p);
/* Whether a line that starts here can only be `key = …` or `[header]`. */
bool parser_statement_starts(const struct parser *p);
/* At most 40 bytes of s for a message, cut between characters. */
struct str parser_clip(struct str s);
struct toml_value *parser_value(struct parser *p, enum toml_kind kind, uint32_t start);

/* encoding.c: reports bytes that stand in no TOML text: not UTF-8, control characters. */
void encoding_check(struct parser *p);

/* key.c: a bare, quoted or dotted key; false after reporting. */
bool key_parse(struct parser *p, struct key *out_key);
bool key_is_bare_byte(int byte);

/* string.c: at a quote. False after reporting; p->at is behind the string then too. */
bool string_parse(struct parser *p, struct str *out_text);

/* scalar.c: everything that has no quotes or brackets. */
enum parsed scalar_parse(struct parser *p, struct toml_value **out_value);
/* Why a token is no number or date. */
struct token_problem {
	const char *message; /* NULL: it is text that needs quotes */
	struct str hint;
};
/* number.c */
bool number_parse(struct parser *p, struct str token, struct toml_value *value,
                  struct token_problem *out_problem);
/* date.c */
bool date_time_looks_like(struct str token);
bool date_time_parse(struct str token, struct toml_value *value, struct token_problem *out_problem);

/* value.c */
enum parsed value_parse(struct parser *p, unsigned nesting, struct toml_value **out_value);

/* table.c */
struct toml_value *table_create(struct parser *p, enum toml_origin origin, uint32_t start,
                                uint32_t end);
/* The table of [key] or a new item of [[key]]; after an error one that is in no tree. */
struct toml_value *table_open(struct parser *p, struct toml_value *root, const struct key *key,
                              bool is_item, struct span header);
/* key = value in a table. Takes value. False after reporting. */
bool table_insert(struct parser *p, struct toml_value *table, const struct key *key,
                  struct toml_value *value);
/* Grows by doubling. */
void array_add(struct parser *p, struct toml_array *array, struct toml_value *item);
