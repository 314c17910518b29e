/* Reading TAP (Test Anything Protocol, version 13), as cmocka and the tests in the guest print it.
 */
#include "test/suite.h"
#include <string.h>

struct tap {
	struct arena *arena;
	const struct tap_source *source;
	struct outcomes *out;
	struct tap_totals totals;
	bool after_failure; /* comments belong to the failure before them */
};

static bool take_prefix(struct str *line, struct str prefix)
{
	if (!str_starts_with(*line, prefix))
		return false;
	*line = str_slice(*line, prefix.len, line->len);
	return true;
}

static struct str skip_number(struct str s)
{
	size_t i = 0;
	while (i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9')
		i++;
	return str_slice(s, i, s.len);
}

static void tap_result(struct tap *tap, struct str rest, bool ok)
{
	struct str text = str_trim(skip_number(rest));
	struct test_outcome outcome = {
	        .kind = tap->source->kind,
	        .verdict = ok ? VERDICT_PASSED : VERDICT_FAILED,
	        .repeat = tap->source->repeat,
	};
	if (!take_prefix(&text, STR("- ")) && take_prefix(&text, STR("# SKIP"))) {
		outcome.verdict = VERDICT_SKIPPED;
		text = str_trim(text);
		outcome.reason = STR("skipped by the program");
	}
	const char *directive = memmem(text.ptr, text.len, "# SKIP", 6);
	if (directive) {
		outcome.verdict = VERDICT_SKIPPED;
		size_t at = (size_t)(directive - text.ptr);
		outcome.reason = str_trim(str_slice(text, at + 6, text.len));
		text = str_trim(str_slice(text, 0, at));
	}
	outcome.name =
	        str_format(tap->arena, "%.*s: %.*s", STR_ARG(tap->source->name), STR_ARG(text));
	tap->totals.reported++;
	tap->totals.failed += outcome.verdict == VERDICT_FAILED;
	tap->after_failure = outcome.verdict == VERDICT_FAILED;
	outcomes_add(tap->out, tap->arena, &outcome);
}

/* A comment, or any other line of a pure stream, belongs to the failure before it. */
static void tap_other(struct tap *tap, struct str line)
{
	bool comment = take_prefix(&line, STR("# "));
	if (!tap->after_failure || (tap->source->mixed && !comment))
		return;
	struct test_outcome *last = &tap->out->items[tap->out->count - 1];
	last->reason = last->reason.len ? str_format(tap->arena, "%.*s\n%.*s",
	                                             STR_ARG(last->reason), STR_ARG(line))
	                                : line;
}

static void tap_line(struct tap *tap, struct str line)
{
	struct str rest = line;
	uint64_t planned;
	if (take_prefix(&rest, STR("ok ")))
		tap_result(tap, rest, true);
	else if (take_prefix(&rest, STR("not ok ")))
		tap_result(tap, rest, false);
	else if (take_prefix(&rest, STR("1..")) && str_to_u64(str_trim(rest), &planned))
		tap->totals.planned += planned;
	else if (line.len)
		tap_other(tap, line);
}

struct tap_totals tap_read(struct arena *a, const struct tap_source *source, struct str text,
                           struct outcomes *out)
{
	struct tap tap = {.arena = a, .source = source, .out = out};
	while (text.len) {
		struct str_split cut = str_cut(text, '\n');
		struct str line = cut.head;
		if (str_ends_with(line, STR("\r")))
			line.len--;
		while (line.len && !line.ptr[0]) /* shows nothing, as in marks */
			line = str_slice(line, 1, line.len);
		tap_line(&tap, line);
		text = cut.rest;
	}
	return tap.totals;
}
