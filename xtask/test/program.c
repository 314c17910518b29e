/*
 * Test programs. One that prints a TAP plan is counted test by test (Test
 * Anything Protocol, version 13; cmocka prints it when asked), any other by its
 * exit status.
 */
#include "test/suite.h"
#include <string.h>

enum { REASON_LINES = 60 };

struct tap {
	struct arena *arena;
	const struct found_test *test;
	struct outcomes *out;
	struct str repeat;
	size_t planned;
	size_t reported;
	size_t failed;
};

void outcomes_add(struct outcomes *list, struct arena *a, const struct test_outcome *outcome)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 16;
		struct test_outcome *items = ARENA_ARRAY(a, struct test_outcome, capacity);
		if (list->count)
			memcpy(items, list->items, list->count * sizeof *items);
		list->items = items;
		list->capacity = capacity;
	}
	list->items[list->count++] = *outcome;
}

struct str last_lines(struct str text, size_t lines)
{
	size_t at = str_trim(text).len ? text.len : 0;
	while (at > 0 && (text.ptr[at - 1] == '\n' || text.ptr[at - 1] == '\r'))
		at--;
	size_t end = at;
	while (at > 0) {
		if (text.ptr[at - 1] == '\n' && --lines == 0)
			break;
		at--;
	}
	return str_slice(text, at, end);
}

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
	        .kind = tap->test->kind,
	        .verdict = ok ? VERDICT_PASSED : VERDICT_FAILED,
	        .repeat = tap->repeat,
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
	        str_format(tap->arena, "%.*s: %.*s", STR_ARG(tap->test->name), STR_ARG(text));
	tap->reported++;
	tap->failed += outcome.verdict == VERDICT_FAILED;
	outcomes_add(tap->out, tap->arena, &outcome);
}

/* A comment or any other line belongs to the failure before it. */
static void tap_other(struct tap *tap, struct str line)
{
	if (!tap->out->count)
		return;
	struct test_outcome *last = &tap->out->items[tap->out->count - 1];
	if (last->verdict != VERDICT_FAILED)
		return;
	(void)take_prefix(&line, STR("# "));
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
		tap->planned += planned;
	else if (line.len)
		tap_other(tap, line);
}

static bool has_plan(struct str output)
{
	return str_starts_with(output, STR("1..")) ||
	       (output.len && memmem(output.ptr, output.len, "\n1..", 4));
}

static void add_failure(struct tap *tap, const struct child_result *result, struct str what)
{
	struct test_outcome outcome = {
	        .kind = tap->test->kind,
	        .verdict = VERDICT_FAILED,
	        .name = tap->test->name,
	        .reason = str_format(tap->arena, "%.*s\n%.*s", STR_ARG(what),
	                             STR_ARG(last_lines(result->output, REASON_LINES))),
	        .repeat = tap->repeat,
	        .elapsed_us = result->elapsed_us,
	};
	outcomes_add(tap->out, tap->arena, &outcome);
}

/* Results by line; then whatever the lines do not tell: a crash, a leak, tests that never ran. */
static void judge_tap(struct tap *tap, const struct child_request *child,
                      const struct child_result *result)
{
	struct str rest = result->output;
	while (rest.len) {
		struct str_split cut = str_cut(rest, '\n');
		tap_line(tap, cut.head);
		rest = cut.rest;
	}
	if (tap->out->count)
		tap->out->items[0].elapsed_us = result->elapsed_us;
	struct str end = child_end(tap->arena, child, result);
	if (!tap->planned && !tap->reported && child_succeeded(result))
		add_failure(tap, result, STR("no test was reported"));
	else if (tap->reported != tap->planned)
		add_failure(tap, result,
		            str_format(tap->arena, "%zu tests planned, %zu reported, then %.*s",
		                       tap->planned, tap->reported, STR_ARG(end)));
	else if (!child_succeeded(result) && !tap->failed)
		add_failure(tap, result,
		            str_format(tap->arena, "every test passed, but the end was %.*s",
		                       STR_ARG(end)));
}

static void judge_status(struct tap *tap, const struct child_request *child,
                         const struct child_result *result)
{
	if (!child_succeeded(result)) {
		add_failure(tap, result, child_end(tap->arena, child, result));
		return;
	}
	struct test_outcome outcome = {
	        .kind = tap->test->kind,
	        .verdict = VERDICT_PASSED,
	        .name = tap->test->name,
	        .repeat = tap->repeat,
	        .elapsed_us = result->elapsed_us,
	};
	outcomes_add(tap->out, tap->arena, &outcome);
}

void run_program(struct arena *a, const struct test_request *request, const struct found_test *test,
                 struct outcomes *out)
{
	struct child_request child = {.timeout_ms = request->timeout_ms};
	strs_add(&child.argv, a, test->path);
	strs_add(&child.environment, a, STR("CMOCKA_MESSAGE_OUTPUT=TAP"));
	strs_add(&child.environment, a, STR("UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1"));
	strs_add(&child.environment, a, str_format(a, "XTASK=%.*s", STR_ARG(request->tool)));
	struct child_result result = {};
	struct tap tap = {
	        .arena = a,
	        .test = test,
	        .out = out,
	        .repeat = child_shell_line(a, &child.argv),
	};
	int error = child_run(a, &child, &result);
	if (error)
		add_failure(&tap, &result, str_from_c(strerror(error)));
	else if (test->kind == TEST_UNIT || has_plan(result.output))
		judge_tap(&tap, &child, &result);
	else
		judge_status(&tap, &child, &result);
}
