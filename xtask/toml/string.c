/* Strings: the end is found first, then the text is decoded; without escapes it is a slice. */
#include "diag/utf8.h"
#include "toml/parser.h"
#include <string.h>

struct quoted {
	char quote;
	bool multiline;
	bool has_escapes; /* a backslash in a "string" */
	bool has_cr;
	uint32_t open; /* offset of the first quote */
	uint32_t start, end; /* of the text */
};

static uint32_t delimiter_len(const struct quoted *q)
{
	return q->multiline ? 3 : 1;
}

static bool closes(const struct parser *p, const struct quoted *q, uint32_t at)
{
	if (parser_byte(p, at) != q->quote)
		return false;
	return !q->multiline ||
	       (parser_byte(p, at + 1) == q->quote && parser_byte(p, at + 2) == q->quote);
}

static void report_open(struct parser *p, const struct quoted *q)
{
	uint32_t end = parser_line_end(p);
	struct str rest = str_trim(parser_slice(p, q->start, end));
	const char *hint = q->quote == '"' ? "close it with '\"', or use \"\"\" for several lines"
	                                   : "close it with ', or use ''' for several lines";
	char last = rest.len ? rest.ptr[rest.len - 1] : '\0';
	if (q->multiline)
		hint = q->quote == '"' ? "close it with \"\"\"" : "close it with '''";
	else if (last == '"' && q->quote == '"')
		hint = "\\\" does not close a string; for text with backslashes use '...'";
	else if (last == '"' || last == '\'')
		hint = "it must end with the same quote that it begins with";
	parser_error(p, parser_span(p, q->open, q->multiline ? q->start : end), str_from_c(hint),
	             "string is not closed");
}

/* Leaves p->at behind the string; on failure at the end of the line or of the file. */
static bool find_end(struct parser *p, struct quoted *q)
{
	for (; p->at < p->text.len; p->at++) {
		char byte = p->text.ptr[p->at];
		if (byte == q->quote && closes(p, q, p->at)) {
			q->end = p->at;
			p->at += delimiter_len(q);
			/* One or two quotes may stand before the three that close. */
			for (int i = 0; i < 2 && q->multiline && parser_peek(p) == q->quote; i++) {
				p->at++;
				q->end++;
			}
			return true;
		}
		if (byte == '\n' && !q->multiline)
			break;
		if (byte == '\r')
			q->has_cr = true;
		if (byte == '\\' && q->quote == '"') {
			q->has_escapes = true;
			if (p->at + 1 < p->text.len && p->text.ptr[p->at + 1] != '\n')
				p->at++;
		}
	}
	if (p->at > p->text.len)
		p->at = (uint32_t)p->text.len;
	if (!q->multiline) {
		p->at = q->open;
		p->at = parser_line_end(p);
	}
	return false;
}

static int hex_digit(int byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return -1;
}

struct decoder {
	struct parser *p;
	const struct quoted *q;
	uint32_t at;
	char *out;
	size_t len;
	bool failed; /* one report a string */
};

static void decode_error(struct decoder *d, uint32_t end, const char *hint, const char *what)
{
	if (!d->failed) {
		end = end < d->q->end ? end : d->q->end;
		struct str escape = parser_slice(d->p, d->at, end);
		parser_error(d->p, parser_span(d->p, d->at, end), str_from_c(hint), "%s '%.*s'",
		             what, STR_ARG(escape));
	}
	d->failed = true;
}

/* \uXXXX or \UXXXXXXXX at d->at. */
static void decode_code_point(struct decoder *d, uint32_t digits)
{
	uint32_t code_point = 0, end = d->at + 2;
	for (; end < d->at + 2 + digits; end++) {
		int digit = end < d->q->end ? hex_digit(parser_byte(d->p, end)) : -1;
		if (digit < 0) {
			decode_error(d, end,
			             digits == 4
			                     ? "\\u takes four hexadecimal digits; a backslash "
			                       "itself is written \\\\"
			                     : "\\U takes eight hexadecimal digits; a backslash "
			                       "itself is written \\\\",
			             "bad escape");
			d->at = end;
			return;
		}
		code_point = code_point << 4 | (uint32_t)digit;
	}
	char bytes[4];
	size_t len = utf8_write(code_point, bytes);
	if (!len)
		decode_error(d, end, "U+0000 to U+D7FF and U+E000 to U+10FFFF exist",
		             "no such character");
	memcpy(d->out + d->len, bytes, len);
	d->len += len;
	d->at = end;
}

/* A backslash at the end of a line: skips it, the line's end and all blanks that follow. */
static bool decode_continuation(struct decoder *d)
{
	uint32_t at = d->at + 1;
	while (at < d->q->end && (parser_byte(d->p, at) == ' ' || parser_byte(d->p, at) == '\t'))
		at++;
	if (!d->q->multiline || at >= d->q->end || !parser_is_newline(d->p, at))
		return false;
	while (at < d->q->end && strchr(" \t\r\n", d->p->text.ptr[at]))
		at++;
	d->at = at;
	return true;
}

static void decode_escape(struct decoder *d)
{
	static const char names[] = "btnfr\"\\", values[] = "\b\t\n\f\r\"\\";
	int byte = d->at + 1 < d->q->end ? parser_byte(d->p, d->at + 1) : -1;
	const char *name = byte > 0 ? strchr(names, byte) : NULL;
	if (name) {
		d->out[d->len++] = values[name - names];
		d->at += 2;
	} else if (byte == 'u' || byte == 'U') {
		decode_code_point(d, byte == 'u' ? 4 : 8);
	} else if (!decode_continuation(d)) {
		uint32_t end = d->at + 2;
		while (byte >= 0x80 && (parser_byte(d->p, end) & 0xC0) == 0x80)
			end++;
		decode_error(d, end, "write \\\\ for a backslash, or use '...' without escapes",
		             "unknown escape");
		d->at = end;
	}
}

static bool decode(struct parser *p, const struct quoted *q, struct str *out_text)
{
	if (!q->has_escapes && !(q->has_cr && q->multiline)) {
		*out_text = parser_slice(p, q->start, q->end);
		return true;
	}
	struct decoder d = {p, q,    q->start, arena_alloc(p->strings, q->end - q->start + 1),
	                    0, false};
	while (d.at < q->end) {
		char byte = p->text.ptr[d.at];
		if (byte == '\\' && q->quote == '"') {
			decode_escape(&d);
			continue;
		}
		if (byte != '\r' || !parser_is_newline(p, d.at))
			d.out[d.len++] = byte;
		d.at++;
	}
	*out_text = (struct str){d.out, d.len};
	return !d.failed;
}

bool string_parse(struct parser *p, struct str *out_text)
{
	struct quoted q = {.quote = p->text.ptr[p->at], .open = p->at};
	q.multiline = parser_byte(p, p->at + 1) == q.quote && parser_byte(p, p->at + 2) == q.quote;
	q.start = p->at + delimiter_len(&q);
	if (q.multiline && parser_is_newline(p, q.start))
		q.start += parser_byte(p, q.start) == '\r' ? 2 : 1;
	p->at = q.start;
	if (!find_end(p, &q)) {
		uint32_t resume = p->at;
		p->at = q.open;
		report_open(p, &q);
		p->at = resume;
		return false;
	}
	return decode(p, &q, out_text);
}
