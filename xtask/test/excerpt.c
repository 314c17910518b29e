/* The part of a failure's reason that the end of a run repeats. */
#include "diag/utf8.h"
#include "test/suite.h"

enum { LINES_MAX = 8, LINE_BYTES_MAX = 200 };

static void add_cut(struct text *out, struct str line)
{
	struct str cut = utf8_clip(line, LINE_BYTES_MAX);
	text_addf(out, "%.*s%s\n", STR_ARG(cut), cut.len < line.len ? "..." : "");
}

static struct strs lines_of(struct arena *a, struct str text)
{
	struct strs lines = {};
	while (text.len) {
		struct str_split cut = str_cut(text, '\n');
		if (str_trim(cut.head).len)
			strs_add(&lines, a, cut.head);
		text = cut.rest;
	}
	return lines;
}

/*
 * Lines at the start that say what went wrong. Behind them stands what a program has printed, or a
 * guest in its logs, and of that the end tells most.
 */
static size_t head_lines(enum test_kind kind, const struct strs *lines)
{
	size_t head = 1;
	if (kind == TEST_UNIT || kind == TEST_PROGRAM)
		return head;
	while (head < lines->count && !str_ends_with(lines->items[head], STR(REASON_LOG_FOLLOWS)))
		head++;
	return head;
}

struct str reason_excerpt(struct arena *a, const struct test_outcome *outcome)
{
	struct strs lines = lines_of(a, outcome->reason);
	size_t head = head_lines(outcome->kind, &lines);
	size_t left_out = lines.count > LINES_MAX ? lines.count - LINES_MAX : 0;
	struct text out = {.arena = a};
	for (size_t i = 0; i + left_out < lines.count; i++)
		add_cut(&out, lines.items[i < head ? i : i + left_out]);
	return text_str(&out);
}
