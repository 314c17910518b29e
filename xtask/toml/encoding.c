#include "diag/utf8.h"
#include "toml/parser.h"
#include <string.h>

static bool is_plain(unsigned char byte)
{
	return (byte >= 0x20 && byte < 0x7F) || byte == '\n' || byte == '\t';
}

/* Behind the bytes that need no look: ASCII, eight at a time where it is printable. */
static size_t plain_run(struct str s, size_t at)
{
	const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
	for (;;) {
		uint64_t eight = tops;
		if (at + 8 <= s.len)
			memcpy(&eight, s.ptr + at, sizeof eight);
		uint64_t below_space = (eight - ones * 0x20) & ~eight;
		uint64_t del = eight ^ (ones * 0x7F);
		uint64_t is_del = (del - ones) & ~del;
		if (!((eight | below_space | is_del) & tops)) {
			at += 8;
			continue;
		}
		for (size_t i = 0; i < 8; i++, at++)
			if (at >= s.len || !is_plain((unsigned char)s.ptr[at]))
				return at;
	}
}

/* Where the line of an offset starts. */
static uint32_t line_start(struct str s, size_t at)
{
	const char *lf = at ? memrchr(s.ptr, '\n', at) : NULL;
	return lf ? (uint32_t)(lf - s.ptr) + 1 : 0;
}

static void bad_line_add(struct parser *p, struct bad_line line)
{
	if (p->bad_count == p->bad_capacity) {
		size_t capacity = p->bad_capacity ? p->bad_capacity * 2 : 8;
		struct bad_line *lines = ARENA_ARRAY(p->arena, struct bad_line, capacity);
		if (p->bad_count)
			memcpy(lines, p->bad_lines, p->bad_count * sizeof *lines);
		p->bad_lines = lines;
		p->bad_capacity = capacity;
	}
	p->bad_lines[p->bad_count++] = line;
}

static void report(struct parser *p, uint32_t at, unsigned byte)
{
	struct span span = parser_span(p, at, at + 1);
	if (byte >= 0x80)
		diag_error(p->diag, span, STR("save the file as UTF-8"),
		           "byte 0x%02X is not valid UTF-8", byte);
	else if (byte == '\r')
		diag_error(p->diag, span, STR("end lines with LF or CR LF"),
		           "carriage return without a line feed");
	else
		diag_error(p->diag, span,
		           str_format(p->arena, "in a \"string\" write \\u%04X", byte),
		           "control character U+%04X is not allowed", byte);
}

/* Length of the allowed character at an offset, 0 for one that is not. */
static size_t allowed_len(const struct parser *p, size_t at)
{
	uint32_t code_point;
	size_t len = utf8_decode(str_slice(p->text, at, at + 4), &code_point);
	if (!len || code_point == 0x7F)
		return 0;
	bool allowed = code_point >= 0x20 || code_point == '\t' || parser_is_newline(p, at);
	return allowed ? len : 0;
}

void encoding_check(struct parser *p)
{
	for (size_t at = 0; at < p->text.len;) {
		at = plain_run(p->text, at);
		if (at >= p->text.len)
			return;
		size_t len = allowed_len(p, at);
		at += len;
		if (len)
			continue;
		uint32_t start = line_start(p->text, at);
		report(p, (uint32_t)at, (unsigned char)p->text.ptr[at]);
		const char *lf = memchr(p->text.ptr + at, '\n', p->text.len - at);
		at = lf ? (size_t)(lf - p->text.ptr) : p->text.len;
		bad_line_add(p, (struct bad_line){start, (uint32_t)at});
	}
}
