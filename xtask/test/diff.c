#include "test/diff.h"
#include <string.h>

enum {
	CONTEXT_LINES = 3,
	CELLS_MAX = 16 << 20, /* of the table; larger texts are shown as wholly different */
};

struct lines {
	struct str *items;
	size_t count;
};

struct comparison {
	struct lines expected, actual;
	uint32_t *table; /* length of the longest common subsequence from (e, a) on */
};

/* One line of the result: in both, only expected, or only actual. */
struct diff_line {
	char sign;
	struct str text;
	size_t expected_at, actual_at; /* index of the line that comes next on each side */
};

/* Without its end; a text that does not end in one gets the well-known note. */
static struct lines split(struct arena *a, struct str text)
{
	struct lines lines = {};
	size_t count = 1;
	for (size_t i = 0; i < text.len; i++)
		count += text.ptr[i] == '\n';
	lines.items = ARENA_ARRAY(a, struct str, count + 1);
	while (text.len) {
		struct str_split cut = str_cut(text, '\n');
		bool ended = cut.head.len < text.len;
		lines.items[lines.count++] =
		        ended ? cut.head
		              : str_format(a, "%.*s\n\\ No newline at end", STR_ARG(cut.head));
		text = cut.rest;
	}
	return lines;
}

static uint32_t *cell(const struct comparison *c, size_t e, size_t a)
{
	return &c->table[e * (c->actual.count + 1) + a];
}

static void fill_table(struct comparison *c)
{
	for (size_t e = c->expected.count; e-- > 0;) {
		for (size_t a = c->actual.count; a-- > 0;) {
			uint32_t down = *cell(c, e + 1, a);
			uint32_t right = *cell(c, e, a + 1);
			bool same = str_equal(c->expected.items[e], c->actual.items[a]);
			*cell(c, e, a) = same           ? *cell(c, e + 1, a + 1) + 1
			                 : down > right ? down
			                                : right;
		}
	}
}

static char next_sign(const struct comparison *c, size_t e, size_t a)
{
	if (e == c->expected.count)
		return '+';
	if (a == c->actual.count)
		return '-';
	if (!c->table)
		return '-';
	if (str_equal(c->expected.items[e], c->actual.items[a]))
		return ' ';
	return *cell(c, e + 1, a) >= *cell(c, e, a + 1) ? '-' : '+';
}

static size_t walk(const struct comparison *c, struct diff_line *out)
{
	size_t count = 0;
	size_t e = 0;
	size_t a = 0;
	while (e < c->expected.count || a < c->actual.count) {
		char sign = next_sign(c, e, a);
		struct str text = sign == '+' ? c->actual.items[a] : c->expected.items[e];
		out[count++] = (struct diff_line){sign, text, e, a};
		e += sign != '+';
		a += sign != '-';
	}
	return count;
}

static bool near_change(const struct diff_line *lines, size_t count, size_t at)
{
	size_t from = at > CONTEXT_LINES ? at - CONTEXT_LINES : 0;
	size_t to = at + CONTEXT_LINES < count ? at + CONTEXT_LINES : count - 1;
	for (size_t i = from; i <= to; i++)
		if (lines[i].sign != ' ')
			return true;
	return false;
}

static size_t print_hunk(struct text *out, const struct diff_line *lines, size_t count, size_t from)
{
	size_t to = from;
	size_t expected = 0;
	size_t actual = 0;
	for (; to < count && near_change(lines, count, to); to++) {
		expected += lines[to].sign != '+';
		actual += lines[to].sign != '-';
	}
	text_addf(out, "@@ -%zu,%zu +%zu,%zu @@\n", lines[from].expected_at + (expected > 0),
	          expected, lines[from].actual_at + (actual > 0), actual);
	for (size_t i = from; i < to; i++)
		text_addf(out, "%c%.*s\n", lines[i].sign, STR_ARG(lines[i].text));
	return to;
}

struct str unified_diff(struct arena *a, struct str expected, struct str actual)
{
	if (str_equal(expected, actual))
		return (struct str){};
	struct comparison c = {.expected = split(a, expected), .actual = split(a, actual)};
	size_t cells = (c.expected.count + 1) * (c.actual.count + 1);
	if (cells <= CELLS_MAX) {
		c.table = ARENA_ARRAY(a, uint32_t, cells);
		fill_table(&c);
	}
	size_t limit = c.expected.count + c.actual.count;
	struct diff_line *lines = ARENA_ARRAY(a, struct diff_line, limit + 1);
	size_t count = walk(&c, lines);
	struct text out = {.arena = a};
	for (size_t i = 0; i < count;)
		i = near_change(lines, count, i) ? print_hunk(&out, lines, count, i) : i + 1;
	return text_str(&out);
}
