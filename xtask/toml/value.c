/*
 * Values: strings, scalars, arrays, inline tables.
 *
 * Recovery: a bad item costs itself; a bracket that is never closed is noticed
 * at the first line that can only be a statement, and reading goes on there.
 */
#include "toml/parser.h"

/* To the closing quote in this line, or to the line's end. */
static void skip_quoted(struct parser *p)
{
	int quote = parser_peek(p);
	uint32_t end = parser_line_end(p);
	for (p->at++; p->at < end && parser_peek(p) != quote; p->at++)
		if (quote == '"' && parser_peek(p) == '\\')
			p->at++;
	p->at = p->at < end ? p->at + 1 : end;
}

static bool is_closing(int byte)
{
	return byte == ']' || byte == '}';
}

/* Past a bad item: stops before ',', a closing bracket, a comment or the line's end. */
static void skip_item(struct parser *p)
{
	unsigned open = 0;
	while (parser_peek(p) != -1 && !parser_is_newline(p, p->at)) {
		int byte = parser_peek(p);
		if (byte == '#' || (!open && (byte == ',' || is_closing(byte))))
			return;
		if (byte == '"' || byte == '\'') {
			skip_quoted(p);
			continue;
		}
		if (byte == '[' || byte == '{')
			open++;
		else if (is_closing(byte))
			open--;
		p->at++;
	}
}

struct bracket {
	struct parser *p;
	uint32_t open; /* offset of the bracket */
	char close;
	const char *what;
	bool bad; /* something inside was reported */
	bool confused; /* and in such a way that the end can't be judged */
};

static enum parsed report_unclosed(struct bracket *b)
{
	if (b->confused)
		return PARSED_LOST;
	parser_error(b->p, parser_span(b->p, b->open, b->open + 1),
	             str_format(b->p->arena, "close it with '%c'", b->close), "%s is not closed",
	             b->what);
	return PARSED_LOST;
}

/* Not at a comma or our closing bracket: says so once, and goes past what stands there. */
static void report_separator(struct bracket *b)
{
	struct parser *p = b->p;
	if (!b->bad)
		parser_error(p, parser_span(p, p->at, p->at + 1),
		             str_format(p->arena, "items are separated by ',' and end with '%c'",
		                        b->close),
		             "a comma is missing before this");
	b->bad = b->confused = true;
	uint32_t start = p->at;
	skip_item(p);
	if (p->at == start)
		p->at++; /* a closing bracket of the other kind */
}

/* Skips blanks, comments and line ends inside an array. PARSED_LOST: it is not closed. */
static enum parsed skip_gap(struct bracket *b)
{
	struct parser *p = b->p;
	for (;;) {
		parser_skip_blanks(p);
		if (parser_peek(p) == '#')
			parser_skip_line(p);
		if (parser_peek(p) == -1)
			return report_unclosed(b);
		if (!parser_is_newline(p, p->at))
			return PARSED;
		p->at += parser_peek(p) == '\r' ? 2 : 1;
		if (parser_statement_starts(p))
			return report_unclosed(b);
	}
}

/* Behind an item: takes the comma. Says once a bracket that one is missing and skips to it. */
static enum parsed array_comma(struct bracket *b)
{
	struct parser *p = b->p;
	for (;;) {
		if (skip_gap(b) == PARSED_LOST)
			return PARSED_LOST;
		if (parser_peek(p) == ']')
			return PARSED;
		if (parser_peek(p) == ',') {
			p->at++;
			return PARSED;
		}
		report_separator(b);
	}
}

static enum parsed array_items(struct bracket *b, unsigned nesting, struct toml_array *array)
{
	struct parser *p = b->p;
	for (;;) {
		if (skip_gap(b) == PARSED_LOST)
			return PARSED_LOST;
		if (parser_peek(p) == ']')
			return PARSED;
		struct toml_value *item = NULL;
		enum parsed parsed = value_parse(p, nesting, &item);
		if (parsed == PARSED_LOST)
			return PARSED_LOST;
		if (parsed == PARSED_BAD) {
			b->bad = true;
			b->confused |= parser_is_newline(p, p->at);
			skip_item(p);
		} else {
			array_add(p, array, item);
		}
		if (array_comma(b) == PARSED_LOST)
			return PARSED_LOST;
	}
}

static enum parsed array_parse(struct parser *p, unsigned nesting, struct toml_value **out_value)
{
	struct bracket b = {.p = p, .open = p->at, .close = ']', .what = "array"};
	struct toml_value *value = parser_value(p, TOML_ARRAY, p->at);
	p->at++;
	enum parsed parsed = array_items(&b, nesting, &value->array);
	if (parsed != PARSED)
		return parsed;
	p->at++;
	if (b.bad)
		return PARSED_BAD;
	*out_value = value;
	return PARSED;
}

/* One `key = value` between braces. */
static enum parsed pair_parse(struct bracket *b, unsigned nesting, struct toml_value *table)
{
	struct parser *p = b->p;
	struct key key;
	if (!key_parse(p, &key))
		return PARSED_BAD;
	parser_skip_blanks(p);
	if (parser_peek(p) != '=') {
		struct str name = parser_clip(key.parts[key.count - 1].name);
		parser_error(p, parser_span(p, p->at, p->at + (parser_peek(p) > ' ')),
		             STR("pairs are written key = value"), "no '=' behind '%.*s'",
		             STR_ARG(name));
		return PARSED_BAD;
	}
	p->at++;
	parser_skip_blanks(p);
	struct toml_value *value = NULL;
	enum parsed parsed = value_parse(p, nesting, &value);
	if (parsed != PARSED)
		return parsed;
	return table_insert(p, table, &key, value) ? PARSED : PARSED_BAD;
}

/*
 * Blanks, and line ends too, which are an error but told once; a line that can
 * only be a statement ends the table when no comma promised another pair.
 */
static enum parsed skip_inline_gap(struct bracket *b, bool pair_expected)
{
	struct parser *p = b->p;
	for (;;) {
		parser_skip_blanks(p);
		int byte = parser_peek(p);
		if (byte == '#' && b->bad)
			parser_skip_line(p);
		else if (byte == -1 && b->bad)
			return PARSED_LOST;
		else if (byte == -1)
			return report_unclosed(b);
		else if (!parser_is_newline(p, p->at) && byte != '#')
			return PARSED;
		else if (!b->bad)
			parser_error(p, parser_span(p, b->open, b->open + 1),
			             STR("close it with '}', or write a [table] section"),
			             "inline table does not end in its line");
		b->bad = true;
		if (parser_peek(p) == -1 || !parser_is_newline(p, p->at))
			continue;
		p->at += parser_peek(p) == '\r' ? 2 : 1;
		parser_skip_blanks(p);
		bool header = parser_peek(p) == '[';
		if ((header || !pair_expected) && parser_statement_starts(p))
			return PARSED_LOST;
	}
}

/* Behind a pair: takes the comma and notes where it was; 0 when there is none. */
static enum parsed inline_comma(struct bracket *b, uint32_t *out_comma)
{
	struct parser *p = b->p;
	*out_comma = 0;
	for (;;) {
		if (skip_inline_gap(b, false) == PARSED_LOST)
			return PARSED_LOST;
		if (parser_peek(p) == '}')
			return PARSED;
		if (parser_peek(p) == ',') {
			*out_comma = p->at++;
			return PARSED;
		}
		report_separator(b);
	}
}

static enum parsed inline_pairs(struct bracket *b, unsigned nesting, struct toml_value *table)
{
	struct parser *p = b->p;
	uint32_t comma = 0;
	for (bool first = true;; first = false) {
		if (skip_inline_gap(b, first || comma) == PARSED_LOST)
			return PARSED_LOST;
		if (parser_peek(p) == '}' && comma && !b->bad) {
			parser_error(p, parser_span(p, comma, comma + 1), STR("remove it"),
			             "TOML 1.0 has no comma before '}'");
			b->bad = true;
		}
		if (parser_peek(p) == '}')
			return PARSED;
		enum parsed parsed = pair_parse(b, nesting, table);
		if (parsed == PARSED_LOST)
			return PARSED_LOST;
		if (parsed == PARSED_BAD) {
			b->bad = true;
			skip_item(p);
		}
		if (inline_comma(b, &comma) == PARSED_LOST)
			return PARSED_LOST;
	}
}

static enum parsed inline_table_parse(struct parser *p, unsigned nesting,
                                      struct toml_value **out_value)
{
	struct bracket b = {.p = p, .open = p->at, .close = '}', .what = "inline table"};
	struct toml_value *value = table_create(p, TOML_OF_BRACES, p->at, p->at);
	p->at++;
	enum parsed parsed = inline_pairs(&b, nesting, value);
	if (parsed != PARSED)
		return parsed;
	p->at++;
	if (b.bad)
		return PARSED_BAD;
	value->span.end = p->at;
	*out_value = value;
	return PARSED;
}

static enum parsed quoted_parse(struct parser *p, struct toml_value **out_value)
{
	uint32_t start = p->at;
	struct str text;
	if (!string_parse(p, &text))
		return PARSED_BAD;
	*out_value = parser_value(p, TOML_STRING, start);
	(*out_value)->string = text;
	return PARSED;
}

enum parsed value_parse(struct parser *p, unsigned nesting, struct toml_value **out_value)
{
	int byte = parser_peek(p);
	bool bracket = byte == '[' || byte == '{';
	if (bracket && nesting == TOML_NESTING_MAX) {
		parser_error(p, parser_span(p, p->at, p->at + 1),
		             STR("the rest of the file is not read"),
		             "brackets nested deeper than %d", TOML_NESTING_MAX);
		p->at = (uint32_t)p->text.len;
		return PARSED_LOST;
	}
	enum parsed parsed;
	if (byte == '"' || byte == '\'')
		parsed = quoted_parse(p, out_value);
	else if (byte == '[')
		parsed = array_parse(p, nesting + 1, out_value);
	else if (byte == '{')
		parsed = inline_table_parse(p, nesting + 1, out_value);
	else
		parsed = scalar_parse(p, out_value);
	if (parsed == PARSED)
		(*out_value)->span.end = p->at;
	return parsed;
}
