/* A document: lines of `key = value`, `[table]` and `[[item]]`. */
#include "diag/utf8.h"
#include "toml/parser.h"
#include <string.h>

enum { CLIP_MAX = 40 };

static bool line_is_bad(const struct parser *p, uint32_t offset)
{
	size_t low = 0, high = p->bad_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (p->bad_lines[middle].end < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low < p->bad_count && p->bad_lines[low].start <= offset;
}

void parser_error(struct parser *p, struct span span, struct str hint, const char *format, ...)
{
	/* What follows a bad byte in its line, or in the string that it stands in, is its fault. */
	if (p->bad_count && (line_is_bad(p, span.start) || line_is_bad(p, p->at)))
		return;
	uint32_t len = (uint32_t)p->text.len;
	span.start = span.start < len ? span.start : len;
	span.end = span.end < len ? span.end : len;
	va_list arguments;
	va_start(arguments, format);
	struct str message = str_formatv(p->diag->arena, format, arguments);
	va_end(arguments);
	diag_add(p->diag, SEVERITY_ERROR, span, hint, message);
}

struct str parser_clip(struct str s)
{
	return utf8_clip(s, CLIP_MAX);
}

struct toml_value *parser_value(struct parser *p, enum toml_kind kind, uint32_t start)
{
	struct toml_value *value = ARENA_NEW(p->arena, struct toml_value);
	value->kind = kind;
	value->span = parser_span(p, start, p->at > start ? p->at : start);
	return value;
}

void parser_skip_blanks(struct parser *p)
{
	while (parser_peek(p) == ' ' || parser_peek(p) == '\t')
		p->at++;
}

void parser_skip_line(struct parser *p)
{
	while (parser_peek(p) != -1 && parser_peek(p) != '\n')
		p->at++;
}

uint32_t parser_line_end(const struct parser *p)
{
	uint32_t end = p->at;
	while (parser_byte(p, end) != -1 && parser_byte(p, end) != '\n')
		end++;
	return end > p->at && parser_byte(p, end - 1) == '\r' ? end - 1 : end;
}

static uint32_t skip_blanks_from(const struct parser *p, uint32_t at)
{
	while (parser_byte(p, at) == ' ' || parser_byte(p, at) == '\t')
		at++;
	return at;
}

/* Behind the bare or quoted name at an offset; the offset itself when there is none. */
static uint32_t skip_name(const struct parser *p, uint32_t at)
{
	int quote = parser_byte(p, at);
	uint32_t end = at;
	if (quote != '"' && quote != '\'') {
		while (key_is_bare_byte(parser_byte(p, end)))
			end++;
		return end;
	}
	for (int byte; (byte = parser_byte(p, ++end)) != quote; end += quote == '"' && byte == '\\')
		if (byte == -1 || byte == '\n')
			return at;
	return end + 1;
}

/* Behind the dotted key at an offset and the blanks that follow; the offset when there is none. */
static uint32_t skip_key(const struct parser *p, uint32_t at)
{
	for (uint32_t part = at;;) {
		uint32_t end = skip_name(p, part);
		if (end == part)
			return at;
		end = skip_blanks_from(p, end);
		if (parser_byte(p, end) != '.')
			return end;
		part = skip_blanks_from(p, end + 1);
	}
}

static bool header_starts(const struct parser *p, uint32_t at)
{
	bool item = parser_byte(p, at + 1) == '[';
	uint32_t name = at + (item ? 2 : 1);
	int first = parser_byte(p, name);
	if (!((first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z')))
		return false;
	uint32_t end = skip_key(p, name);
	struct str text = str_trim(parser_slice(p, name, end));
	if (str_equal(text, STR("true")) || str_equal(text, STR("false")) ||
	    str_equal(text, STR("inf")) || str_equal(text, STR("nan")))
		return false;
	if (parser_byte(p, end++) != ']' || (item && parser_byte(p, end++) != ']'))
		return false;
	end = skip_blanks_from(p, end);
	int next = parser_byte(p, end);
	return next == -1 || next == '#' || parser_is_newline(p, end);
}

bool parser_statement_starts(const struct parser *p)
{
	uint32_t at = skip_blanks_from(p, p->at);
	if (parser_byte(p, at) == '[')
		return header_starts(p, at);
	uint32_t end = skip_key(p, at);
	return end > at && parser_byte(p, end) == '=';
}

/* Behind a statement only blanks and a comment may follow. */
static void end_line(struct parser *p)
{
	parser_skip_blanks(p);
	int byte = parser_peek(p);
	if (byte != '#' && byte != -1 && !parser_is_newline(p, p->at)) {
		uint32_t end = parser_line_end(p);
		struct str text = parser_slice(p, p->at, end);
		struct str hint = parser_statement_starts(p) ? STR("every key begins its own line")
		                                             : (struct str){};
		struct str shown = parser_clip(text);
		parser_error(p, parser_span(p, p->at, end), hint, "unexpected text '%.*s'",
		             STR_ARG(shown));
		p->section->table.damaged = true;
	}
	parser_skip_line(p);
}

static void report_missing_equals(struct parser *p, const struct key *key)
{
	int byte = parser_peek(p);
	struct str name = parser_clip(key->parts[key->count - 1].name);
	struct str hint = byte == ':' ? STR("TOML writes key = value")
	                              : STR("every line is key = value, [table] or # comment");
	uint32_t start = p->at;
	if (byte == -1 || parser_is_newline(p, p->at))
		start = key->parts[key->count - 1].end;
	uint32_t end = byte == ':' ? start + 1 : parser_line_end(p);
	parser_error(p, parser_span(p, start, end > start ? end : start + 1), hint,
	             "no '=' behind the key '%.*s'", STR_ARG(name));
}

/* The value's place in the tree, so that nobody says the key is missing. */
static void insert_invalid(struct parser *p, const struct key *key, uint32_t start)
{
	(void)table_insert(p, p->section, key, parser_value(p, TOML_INVALID, start));
}

static void parse_pair(struct parser *p)
{
	struct key key;
	if (!key_parse(p, &key)) {
		p->section->table.damaged = true;
		parser_skip_line(p);
		return;
	}
	parser_skip_blanks(p);
	if (parser_peek(p) != '=') {
		report_missing_equals(p, &key);
		p->section->table.damaged = true;
		parser_skip_line(p);
		return;
	}
	p->at++;
	parser_skip_blanks(p);
	uint32_t start = p->at;
	struct toml_value *value = NULL;
	enum parsed parsed = value_parse(p, 0, &value);
	if (parsed != PARSED)
		insert_invalid(p, &key, start);
	else if (!table_insert(p, p->section, &key, value))
		p->section->table.damaged = true;
	if (parsed == PARSED)
		end_line(p);
	else if (parsed == PARSED_BAD)
		parser_skip_line(p);
}

static bool close_header(struct parser *p, bool is_item, uint32_t start)
{
	parser_skip_blanks(p);
	if (parser_at(p, is_item ? STR("]]") : STR("]"))) {
		p->at += is_item ? 2 : 1;
		return true;
	}
	bool half = is_item && parser_peek(p) == ']';
	uint32_t end = parser_line_end(p);
	parser_error(p,
	             parser_span(p, half ? start : p->at,
	                         half          ? p->at + 1
	                         : end > p->at ? end
	                                       : p->at + 1),
	             is_item ? STR("items of an array of tables are written [[name]]")
	                     : STR("tables are written [name]"),
	             half ? "the header begins with [[ and ends with ]" : "']' is missing");
	return false;
}

static void parse_header(struct parser *p, struct toml_value *root)
{
	uint32_t start = p->at;
	bool is_item = parser_byte(p, start + 1) == '[';
	p->at += is_item ? 2 : 1;
	parser_skip_blanks(p);
	struct key key;
	if (!key_parse(p, &key) || !close_header(p, is_item, start)) {
		root->table.damaged = true;
		p->section = table_create(p, TOML_OF_HEADER, start, p->at);
		parser_skip_line(p);
		return;
	}
	p->section = table_open(p, root, &key, is_item, parser_span(p, start, p->at));
	end_line(p);
}

static bool text_is_readable(struct parser *p)
{
	struct span top = parser_span(p, 0, 0);
	if (p->text.len >= UINT32_MAX) {
		diag_error(p->diag, top, (struct str){}, "the file has 4 GiB or more");
		return false;
	}
	if (str_starts_with(p->text, STR("\xEF\xBB\xBF"))) {
		diag_error(p->diag, parser_span(p, 0, 3), STR("save it as UTF-8 without one"),
		           "the file begins with a byte order mark");
		p->at = 3;
	}
	if (str_contains(p->text, '\0')) {
		const char *zero = memchr(p->text.ptr, '\0', p->text.len);
		uint32_t at = (uint32_t)(zero - p->text.ptr);
		diag_error(p->diag, parser_span(p, at, at + 1), STR("save it as UTF-8"),
		           "this is not a text file: it has zero bytes");
		return false;
	}
	return true;
}

struct toml_value *toml_parse(struct arena *a, const struct source *source, struct diag *d)
{
	return toml_parse_into(a, a, source, d);
}

struct toml_value *toml_parse_into(struct arena *tree, struct arena *strings,
                                   const struct source *source, struct diag *d)
{
	struct parser p = {
	        .arena = tree,
	        .strings = strings,
	        .source = source,
	        .diag = d,
	        .text = source->text,
	};
	struct toml_value *root = table_create(&p, TOML_OF_HEADER, 0, 0);
	p.section = root;
	if (!text_is_readable(&p)) {
		root->table.damaged = true;
		return root;
	}
	encoding_check(&p);
	for (;;) {
		parser_skip_blanks(&p);
		if (parser_peek(&p) == -1)
			return root;
		if (parser_is_newline(&p, p.at))
			p.at += parser_peek(&p) == '\r' ? 2 : 1;
		else if (parser_peek(&p) == '#')
			parser_skip_line(&p);
		else if (parser_peek(&p) == '[')
			parse_header(&p, root);
		else
			parse_pair(&p);
	}
}

const char *toml_kind_name(enum toml_kind kind)
{
	static const char *const names[] = {
	        [TOML_STRING] = "a string",
	        [TOML_INTEGER] = "an integer",
	        [TOML_FLOAT] = "a float",
	        [TOML_BOOLEAN] = "a boolean",
	        [TOML_OFFSET_DATE_TIME] = "a date and time with offset",
	        [TOML_LOCAL_DATE_TIME] = "a date and time",
	        [TOML_LOCAL_DATE] = "a date",
	        [TOML_LOCAL_TIME] = "a time",
	        [TOML_ARRAY] = "an array",
	        [TOML_TABLE] = "a table",
	        [TOML_INVALID] = "a value with an error",
	};
	return names[kind];
}
