/*
 * Printing of diagnostics.
 *
 * Records are walked in the order of their places with one cursor a source, so
 * that many errors in a large file cost one pass. Whatever comes from a file is
 * shown without control characters and clipped to a window around the place.
 */
#include "diag/diag.h"
#include "diag/utf8.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum {
	BEFORE_MAX = 100, /* bytes of a line shown before its place */
	LINE_MAX = 180, /* bytes of a line shown in all */
	MESSAGE_MAX = 600,
};

struct cursor {
	const struct source *source;
	uint32_t offset;
	uint32_t line_start;
	struct position position;
};

static void cursor_move(struct cursor *c, const struct source *source, uint32_t offset)
{
	if (c->source != source || offset < c->offset)
		*c = (struct cursor){.source = source, .position = {1, 1}};
	struct str text = source->text;
	for (; c->offset < offset && c->offset < text.len; c->offset++) {
		unsigned char byte = (unsigned char)text.ptr[c->offset];
		if (byte == '\n') {
			c->line_start = c->offset + 1;
			c->position = (struct position){c->position.line + 1, 1};
		} else if ((byte & 0xC0) != 0x80) {
			c->position.column++;
		}
	}
}

/* Columns that a terminal uses; ranges of Unicode 15, East Asian Width and combining marks. */
static unsigned width(uint32_t code_point)
{
	static const struct {
		uint32_t first, last;
		unsigned width;
	} ranges[] = {
	        {0x300, 0x36F, 0},     {0x200B, 0x200D, 0},   {0xFE00, 0xFE0F, 0},
	        {0x1100, 0x115F, 2},   {0x2E80, 0xA4CF, 2},   {0xAC00, 0xD7A3, 2},
	        {0xF900, 0xFAFF, 2},   {0xFE30, 0xFE6F, 2},   {0xFF00, 0xFF60, 2},
	        {0xFFE0, 0xFFE6, 2},   {0x1F300, 0x1F64F, 2}, {0x1F900, 0x1F9FF, 2},
	        {0x20000, 0x3FFFD, 2},
	};
	for (size_t i = 0; i < COUNT(ranges); i++)
		if (code_point >= ranges[i].first && code_point <= ranges[i].last)
			return ranges[i].width;
	return 1;
}

/* Takes one character off s as something that is safe to print. */
static struct str next_shown(struct str *s, uint32_t *out_code_point)
{
	size_t len = utf8_decode(*s, out_code_point);
	struct str shown = {s->ptr, len};
	uint32_t code_point = len ? *out_code_point : 0;
	bool control = code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);
	bool reorders = (code_point >= 0x202A && code_point <= 0x202E) ||
	                (code_point >= 0x2066 && code_point <= 0x2069);
	if (!len || (control && code_point != '\t') || reorders) {
		shown = STR("\uFFFD");
		*out_code_point = 0xFFFD;
	}
	*s = str_slice(*s, len ? len : 1, s->len);
	return shown;
}

static struct str printable(struct arena *a, struct str s)
{
	struct text t = {.arena = a};
	uint32_t code_point;
	while (s.len && t.len < MESSAGE_MAX)
		text_add(&t, next_shown(&s, &code_point));
	if (s.len)
		text_add(&t, STR("..."));
	return text_str(&t);
}

struct excerpt {
	struct str before; /* the place */
	struct str after; /* from the place on */
	bool cut_before, cut_after;
};

static bool continues(struct str text, uint32_t offset)
{
	return offset < text.len && ((unsigned char)text.ptr[offset] & 0xC0) == 0x80;
}

static struct excerpt excerpt_at(const struct cursor *c)
{
	struct str text = c->source->text;
	uint32_t start = c->line_start, place = c->offset;
	struct excerpt e = {.cut_before = place - start > BEFORE_MAX};
	if (e.cut_before)
		for (start = place - BEFORE_MAX; start < place && continues(text, start);)
			start++;

	struct str rest = str_slice(text, start, (size_t)start + LINE_MAX);
	size_t end = start + str_cut(rest, '\n').head.len;
	e.cut_after = end == (size_t)start + LINE_MAX && end < text.len && text.ptr[end] != '\n';
	while (e.cut_after && end > place && continues(text, (uint32_t)end))
		end--;
	if (end > place && text.ptr[end - 1] == '\r')
		end--;
	e.before = str_slice(text, start, place);
	e.after = str_slice(text, place, end);
	return e;
}

struct printer {
	FILE *out;
	struct arena *arena;
	struct cursor cursor;
	bool color;
};

static const char *color(const struct printer *p, const char *code)
{
	return p->color ? code : "";
}

static void print_shown(const struct printer *p, struct str s)
{
	uint32_t code_point;
	while (s.len) {
		struct str shown = next_shown(&s, &code_point);
		fwrite(shown.ptr, 1, shown.len, p->out);
	}
}

/* As wide as s; tabs stay tabs so that both lines expand alike. */
static void print_mark(const struct printer *p, struct str s, char first, char mark)
{
	uint32_t code_point;
	while (s.len) {
		(void)next_shown(&s, &code_point); /* only its width matters */
		bool tab = code_point == '\t' && mark == ' ';
		for (unsigned i = tab ? 1 : width(code_point); i > 0; i--) {
			fputc(tab ? '\t' : first, p->out);
			first = mark;
		}
	}
}

static void print_excerpt(const struct printer *p, struct span span)
{
	struct excerpt e = excerpt_at(&p->cursor);
	fprintf(p->out, "%5u | %s", p->cursor.position.line, e.cut_before ? "..." : "");
	print_shown(p, e.before);
	print_shown(p, e.after);
	fprintf(p->out, "%s\n      | %s", e.cut_after ? "..." : "", e.cut_before ? "   " : "");
	print_mark(p, e.before, ' ', ' ');
	fputs(color(p, "\033[1;32m"), p->out);
	struct str marked =
	        str_slice(e.after, 0, span.end > span.start ? span.end - span.start : 0);
	if (marked.len)
		print_mark(p, marked, '^', '~');
	else
		fputc('^', p->out);
	fprintf(p->out, "%s\n", color(p, "\033[0m"));
}

static const char *severity_name(enum severity severity)
{
	return severity == SEVERITY_ERROR ? "error" : "warning";
}

static void print_text(struct printer *p, const struct diag_record *r)
{
	const struct source *source = r->span.source;
	fputs(color(p, "\033[1m"), p->out);
	if (source) {
		cursor_move(&p->cursor, source, r->span.start);
		struct str path = printable(p->arena, source->path);
		fprintf(p->out, "%.*s:%u:%u: ", STR_ARG(path), p->cursor.position.line,
		        p->cursor.position.column);
	} else {
		fputs("xtask: ", p->out);
	}
	struct str message = printable(p->arena, r->message);
	fprintf(p->out, "%s%s:%s %.*s%s\n",
	        color(p, r->severity == SEVERITY_ERROR ? "\033[31m" : "\033[35m"),
	        severity_name(r->severity), color(p, "\033[0;1m"), STR_ARG(message),
	        color(p, "\033[0m"));
	if (source)
		print_excerpt(p, r->span);
	if (r->hint.len) {
		struct str hint = printable(p->arena, r->hint);
		fprintf(p->out, "      = %shint:%s %.*s\n", color(p, "\033[36m"),
		        color(p, "\033[0m"), STR_ARG(hint));
	}
}

static void json_set_str(const struct printer *p, json_t *object, const char *key, struct str s)
{
	struct str shown = printable(p->arena, s);
	json_object_set_new(object, key, json_stringn(shown.ptr, shown.len));
}

static void json_set_position(json_t *object, const char *line, const char *column,
                              const struct cursor *c)
{
	json_object_set_new(object, line, c ? json_integer(c->position.line) : json_null());
	json_object_set_new(object, column, c ? json_integer(c->position.column) : json_null());
}

static void print_json(struct printer *p, const struct diag_record *r)
{
	json_t *object = json_object();
	json_object_set_new(object, "severity", json_string(severity_name(r->severity)));
	struct cursor end = {};
	if (r->span.source) {
		cursor_move(&p->cursor, r->span.source, r->span.start);
		end = p->cursor;
		cursor_move(&end, r->span.source, r->span.end);
		json_set_str(p, object, "file", r->span.source->path);
	} else {
		json_object_set_new(object, "file", json_null());
	}
	json_set_position(object, "line", "column", r->span.source ? &p->cursor : NULL);
	json_set_position(object, "end_line", "end_column", r->span.source ? &end : NULL);
	json_set_str(p, object, "message", r->message);
	if (r->hint.len)
		json_set_str(p, object, "hint", r->hint);
	else
		json_object_set_new(object, "hint", json_null());
	json_dumpf(object, p->out, JSON_COMPACT);
	fputc('\n', p->out);
	json_decref(object);
}

static int compare_places(const struct diag_record *a, const struct diag_record *b)
{
	const struct source *x = a->span.source, *y = b->span.source;
	if (!x || !y)
		return (x != NULL) - (y != NULL);
	int order = str_compare(x->path, y->path);
	if (order)
		return order;
	return (a->span.start > b->span.start) - (a->span.start < b->span.start);
}

struct sorted {
	const struct diag_record *record;
	size_t index;
};

/* Records of one place keep the order in which they came. */
static int compare_sorted(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;
	int order = compare_places(x->record, y->record);
	return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* A file that two stages read is reported by both. */
static bool is_repeated(const struct diag_record *a, const struct diag_record *b)
{
	return a->span.source && b->span.source && compare_places(a, b) == 0 &&
	       a->span.end == b->span.end && str_equal(a->message, b->message);
}

void diag_print(const struct diag *d, FILE *out, enum diag_format format)
{
	size_t count = 0;
	struct sorted *sorted = ARENA_ARRAY(d->arena, struct sorted, d->errors + d->warnings);
	for (const struct diag_record *r = d->first; r; r = r->next, count++)
		sorted[count] = (struct sorted){r, count};
	if (count)
		qsort(sorted, count, sizeof *sorted, compare_sorted);

	struct printer p = {.out = out, .arena = d->arena, .color = format == DIAG_TEXT_COLOR};
	for (size_t i = 0; i < count; i++) {
		if (i && is_repeated(sorted[i - 1].record, sorted[i].record))
			continue;
		if (format == DIAG_JSON)
			print_json(&p, sorted[i].record);
		else
			print_text(&p, sorted[i].record);
	}
}
