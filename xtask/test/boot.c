/* Runs a scenario: builds its image, boots it, and judges what the launcher says. */
#include "os/files.h"
#include "test/scenario.h"
#include "test/verdicts.h"
#include <jansson.h>
#include <string.h>

enum {
	BUILD_LIMIT_MS = 1800000,
	MARGIN_MS = 120000, /* for the launcher to stop the machine after its own time limit */
	LOG_LINES = 25,
};

struct boot {
	struct arena *arena;
	const struct test_request *request;
	const struct found_test *test;
	const struct scenario *scenario;
	struct text reason;
	struct strs repeat;
	struct str said; /* on debugcon */
	enum verdict verdict; /* when there is a reason */
	struct str snapshot; /* that it was resumed from; empty: booted */
	struct str note;
};

static enum verdict class_of(const char *outcome)
{
	static const char *const of_host[] = {"host-error", "crashed", "interrupted"};
	if (outcome && strcmp(outcome, "timeout") == 0)
		return VERDICT_TIMEOUT;
	for (size_t i = 0; i < COUNT(of_host); i++)
		if (outcome && strcmp(outcome, of_host[i]) == 0)
			return VERDICT_HOST_ERROR;
	return VERDICT_FAILED;
}

static void say_logs(struct boot *b, const json_t *result)
{
	static const char *const keys[] = {"serial_file", "debugcon_file"};
	for (size_t i = 0; i < COUNT(keys); i++) {
		const char *path = json_string_value(json_object_get(result, keys[i]));
		struct str content;
		if (!path || file_read(b->arena, path, &content) != 0)
			continue;
		text_addf(&b->reason, "%s" REASON_LOG_FOLLOWS "\n%.*s\n", path,
		          STR_ARG(last_lines(content, LOG_LINES)));
	}
}

static void judge_numbers(struct boot *b)
{
	const struct scenario_equal *pairs = b->scenario->equal.items;
	for (size_t i = 0; i < b->scenario->equal.count; i++) {
		struct str problem = scenario_compare(b->arena, &pairs[i], b->said);
		if (problem.len)
			text_addf(&b->reason, "%.*s\n", STR_ARG(problem));
	}
}

static struct str json_str(const json_t *object, const char *key)
{
	const json_t *text = json_object_get(object, key);
	return (struct str){json_string_value(text), json_string_length(text)};
}

static void judge_execs(struct boot *b, const json_t *result)
{
	const struct scenario_exec *wanted = b->scenario->execs.items;
	const json_t *list = json_object_get(result, "execs");
	for (size_t i = 0; i < b->scenario->execs.count; i++) {
		const json_t *object = json_array_get(list, i);
		const json_t *status = json_object_get(object, "status");
		struct qemu_exec exec = {
		        .done = json_is_integer(status),
		        .status = (int32_t)json_integer_value(status),
		        .out = json_str(object, "stdout"),
		        .error = json_str(object, "stderr"),
		};
		struct str problem = scenario_judge_exec(b->arena, &wanted[i], &exec);
		if (problem.len)
			text_addf(&b->reason, "%.*s\n", STR_ARG(problem));
	}
}

static void judge_result(struct boot *b, const json_t *result)
{
	if (json_is_true(json_object_get(result, "success"))) {
		judge_execs(b, result);
		judge_numbers(b);
		return;
	}
	const char *outcome = json_string_value(json_object_get(result, "outcome"));
	const char *detail = json_string_value(json_object_get(result, "detail"));
	b->verdict = class_of(outcome);
	text_addf(&b->reason, "wanted %.*s, got %s", STR_ARG(b->scenario->exit.value),
	          outcome ? outcome : "nothing");
	if (outcome && strcmp(outcome, "guest-status") == 0)
		text_addf(&b->reason, " %lld",
		          (long long)json_integer_value(json_object_get(result, "guest_status")));
	text_addf(&b->reason, "%s%s\n", detail && detail[0] ? ": " : "", detail ? detail : "");
	const json_t *missing = json_object_get(result, "missing");
	for (size_t i = 0; i < json_array_size(missing); i++)
		text_addf(&b->reason, "not seen: %s\n",
		          json_string_value(json_array_get(missing, i)));
	judge_execs(b, result);
	say_logs(b, result);
}

/* The launcher's answer is the last line that is a JSON object with an outcome. */
static json_t *find_result(struct str output)
{
	struct str rest = str_trim(output);
	while (rest.len) {
		struct str_split cut = str_cut_last(rest, '\n');
		json_t *object = json_loadb(cut.rest.ptr, cut.rest.len, 0, NULL);
		if (json_object_get(object, "outcome"))
			return object;
		json_decref(object);
		rest = cut.head;
	}
	return NULL;
}

static bool run(struct boot *b, const struct strs *argv, uint64_t limit_ms,
                struct child_result *out)
{
	struct child_request child = {.argv = *argv, .timeout_ms = limit_ms};
	int error = child_run(b->arena, &child, out);
	if (error) {
		text_addf(&b->reason, "%s\n", strerror(error));
		b->verdict = VERDICT_HOST_ERROR;
		return false;
	}
	if (out->timed_out)
		b->verdict = VERDICT_TIMEOUT;
	return true;
}

static void say_output(struct boot *b, const char *what, const struct child_result *result)
{
	text_addf(&b->reason, "%s\n%.*s\n", what, STR_ARG(last_lines(result->output, LOG_LINES)));
}

/* The command with further words behind the word `qemu`. */
static struct strs with_words(struct boot *b, const struct strs *words)
{
	struct strs argv = b->repeat, longer = {};
	for (size_t i = 0; i < argv.count; i++) {
		strs_add(&longer, b->arena, argv.items[i]);
		for (size_t j = 0; j < words->count && i == 1; j++)
			strs_add(&longer, b->arena, words->items[j]);
	}
	return longer;
}

static struct verdict_key find_key(struct boot *b)
{
	struct strs words = {};
	strs_add(&words, b->arena, STR("--dry-run"));
	struct strs argv = with_words(b, &words);
	struct child_request child = {.argv = argv, .timeout_ms = MARGIN_MS};
	struct child_result result;
	if (child_run(b->arena, &child, &result) != 0 || !child_succeeded(&result))
		return (struct verdict_key){}; /* the boot itself tells why */
	return verdict_key(b->arena, b->request, b->test, result.output);
}

static void read_answer(struct boot *b, const struct child_result *result)
{
	json_t *answer = find_result(result->output);
	struct str path = json_str(answer, "debugcon_file");
	b->said = (struct str){}; /* whatever is missing is named */
	if (path.len)
		(void)!file_read(b->arena, path.ptr, &b->said);
	b->snapshot = arena_str(b->arena, json_str(answer, "snapshot"));
	b->note = arena_str(b->arena, json_str(answer, "pool"));
	if (b->snapshot.len)
		b->note = STR("resumed from a snapshot");
	if (answer)
		judge_result(b, answer);
	else
		say_output(b, "the launcher gave no result:", result);
	json_decref(answer);
}

/* pooled: a snapshot is resumed if there is one, and taken if there is none. */
static void run_machine(struct boot *b, bool pooled)
{
	struct strs words = {};
	strs_add(&words, b->arena, STR("--json"));
	if (pooled) {
		strs_add(&words, b->arena, STR("--pool"));
		strs_add(&words, b->arena, path_join(b->arena, b->request->work, STR("pool")));
	}
	struct strs argv = with_words(b, &words);
	uint64_t limit = (uint64_t)b->scenario->timeout_seconds.value * 1000;
	struct child_result result;
	if (run(b, &argv, (pooled ? 2 : 1) * limit + MARGIN_MS, &result))
		read_answer(b, &result);
}

static void run_scenario_machine(struct boot *b)
{
	run_machine(b, !b->request->fresh && scenario_starts_at_prompt(b->scenario));
	if (!b->snapshot.len || !b->reason.len)
		return;
	/* Only what was booted counts as a failure. */
	struct str why = str_cut(text_str(&b->reason), '\n').head;
	(void)!tree_remove(arena_c_str(b->arena, b->snapshot));
	b->reason = (struct text){.arena = b->arena};
	b->verdict = VERDICT_FAILED;
	run_machine(b, false);
	b->note = str_format(b->arena, "booted, since it failed when resumed from a snapshot: %.*s",
	                     STR_ARG(why));
}

/* What the guest counted itself. */
static void count_guest_tests(struct boot *b, struct outcomes *out)
{
	struct tap_source source = {
	        .kind = TEST_SCENARIO,
	        .name = b->test->name,
	        .repeat = child_shell_line(b->arena, &b->repeat),
	        .mixed = true,
	};
	struct tap_totals totals = tap_read(b->arena, &source, b->said, out);
	if (!totals.planned || totals.planned != totals.reported)
		text_addf(&b->reason, "the guest planned %zu tests and reported %zu\n",
		          totals.planned, totals.reported);
}

void run_scenario(struct arena *a, const struct test_request *request,
                  const struct found_test *test, struct outcomes *out)
{
	struct boot b = {
	        .arena = a,
	        .request = request,
	        .test = test,
	        .scenario = test->data,
	        .reason = {.arena = a},
	        .verdict = VERDICT_FAILED,
	};
	uint64_t begin = monotonic_us();
	struct strs build = scenario_build_command(a, request, b.scenario);
	b.repeat = build;
	struct child_result built;
	struct verdict_key key = {};
	if (run(&b, &build, BUILD_LIMIT_MS, &built)) {
		if (child_succeeded(&built)) {
			b.repeat = scenario_qemu_command(a, request, test->name, b.scenario);
			key = find_key(&b);
			if (!request->fresh && verdict_recall(a, &key, out))
				return;
			run_scenario_machine(&b);
		} else {
			say_output(&b, "the image could not be built:", &built);
		}
	}
	if (b.scenario->tap.value)
		count_guest_tests(&b, out);
	struct test_outcome outcome = {
	        .kind = TEST_SCENARIO,
	        .verdict = b.reason.len ? b.verdict : VERDICT_PASSED,
	        .name = test->name,
	        .reason = text_str(&b.reason),
	        .repeat = child_shell_line(a, &b.repeat),
	        .note = b.note,
	        .elapsed_us = monotonic_us() - begin,
	};
	outcomes_add(out, a, &outcome);
	verdict_remember(a, &key, b.snapshot.len, out);
}
