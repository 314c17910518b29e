/*
 * Test programs. One that prints a TAP plan is counted test by test (cmocka prints
 * it when asked), any other by its exit status.
 */
#include "test/suite.h"
#include <string.h>
#include <unistd.h>

enum { REASON_LINES = 60 };

struct program {
	struct arena *arena;
	const struct found_test *test;
	struct outcomes *out;
	struct str repeat;
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

static bool has_plan(struct str output)
{
	return str_starts_with(output, STR("1..")) ||
	       (output.len && memmem(output.ptr, output.len, "\n1..", 4));
}

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[VERDICT_COUNT] = {
	        [VERDICT_PASSED] = "passed",   [VERDICT_FAILED] = "failed",
	        [VERDICT_TIMEOUT] = "timeout", [VERDICT_HOST_ERROR] = "host-error",
	        [VERDICT_SKIPPED] = "skipped",
	};
	return names[verdict];
}

bool verdict_is_bad(enum verdict verdict)
{
	return verdict != VERDICT_PASSED && verdict != VERDICT_SKIPPED;
}

static void add_host_error(struct program *p, struct str what)
{
	struct test_outcome outcome = {
	        .kind = p->test->kind,
	        .verdict = VERDICT_HOST_ERROR,
	        .name = p->test->name,
	        .reason = what,
	        .repeat = p->repeat,
	};
	outcomes_add(p->out, p->arena, &outcome);
}

static void add_failure(struct program *p, const struct child_result *result, struct str what)
{
	struct test_outcome outcome = {
	        .kind = p->test->kind,
	        .verdict = result->timed_out ? VERDICT_TIMEOUT : VERDICT_FAILED,
	        .name = p->test->name,
	        .reason = str_format(p->arena, "%.*s\n%.*s", STR_ARG(what),
	                             STR_ARG(last_lines(result->output, REASON_LINES))),
	        .repeat = p->repeat,
	        .elapsed_us = result->elapsed_us,
	};
	outcomes_add(p->out, p->arena, &outcome);
}

/* Results by line; then whatever the lines do not tell: a crash, a leak, tests that never ran. */
static void judge_tap(struct program *p, const struct child_request *child,
                      const struct child_result *result)
{
	struct tap_source source = {
	        .kind = p->test->kind,
	        .name = p->test->name,
	        .repeat = p->repeat,
	};
	struct tap_totals totals = tap_read(p->arena, &source, result->output, p->out);
	if (p->out->count)
		p->out->items[0].elapsed_us = result->elapsed_us;
	struct str end = child_end(p->arena, child, result);
	if (!totals.planned && !totals.reported && child_succeeded(result))
		add_failure(p, result, STR("no test was reported"));
	else if (totals.reported != totals.planned)
		add_failure(p, result,
		            str_format(p->arena, "%zu tests planned, %zu reported, then %.*s",
		                       totals.planned, totals.reported, STR_ARG(end)));
	else if (!child_succeeded(result) && !totals.failed)
		add_failure(p, result,
		            str_format(p->arena, "%zu tests passed, but the end was %.*s",
		                       totals.reported, STR_ARG(end)));
}

static void judge_status(struct program *p, const struct child_request *child,
                         const struct child_result *result)
{
	if (!child_succeeded(result)) {
		add_failure(p, result, child_end(p->arena, child, result));
		return;
	}
	struct test_outcome outcome = {
	        .kind = p->test->kind,
	        .verdict = VERDICT_PASSED,
	        .name = p->test->name,
	        .repeat = p->repeat,
	        .elapsed_us = result->elapsed_us,
	};
	outcomes_add(p->out, p->arena, &outcome);
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
	struct program p = {
	        .arena = a,
	        .test = test,
	        .out = out,
	        .repeat = child_shell_line(a, &child.argv),
	};
	if (access(arena_c_str(a, test->path), X_OK) != 0) {
		add_host_error(&p, STR("the program is not built: `make tests` builds it"));
		return;
	}
	int error = child_run(a, &child, &result);
	if (error)
		add_host_error(&p, str_from_c(strerror(error)));
	else if (test->kind == TEST_UNIT || has_plan(result.output))
		judge_tap(&p, &child, &result);
	else
		judge_status(&p, &child, &result);
}
