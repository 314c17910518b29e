/* test_run: finds, selects, works off, and reports. */
#include "os/files.h"
#include "test/junit.h"
#include "test/run_folder.h"
#include "test/suite.h"
#include <errno.h>
#include <jansson.h>
#include <string.h>

enum { FAILED_TOLD_MAX = 20 };

struct kind_count {
	size_t verdicts[VERDICT_COUNT];
	uint64_t elapsed_us;
};

struct report {
	struct arena *arena;
	FILE *out;
	FILE *tap; /* NULL: none */
	bool json;
	size_t number;
	struct kind_count kinds[TEST_KIND_COUNT];
	struct outcomes skipped, failed;
	struct outcomes all; /* kept for JUnit only */
	bool keep;
};

static void put(struct report *r, struct str text)
{
	if (!r->json)
		fwrite(text.ptr, 1, text.len, r->out);
	if (r->tap)
		fwrite(text.ptr, 1, text.len, r->tap);
}

static void put_comment(struct report *r, struct str lines)
{
	while (lines.len) {
		struct str_split cut = str_cut(lines, '\n');
		put(r, str_format(r->arena, "#   %.*s\n", STR_ARG(cut.head)));
		lines = cut.rest;
	}
}

static void put_json(struct report *r, json_t *object)
{
	json_dumpf(object, r->out, JSON_COMPACT);
	fputc('\n', r->out);
	fflush(r->out);
	json_decref(object);
}

/* What a test printed may be no UTF-8. */
static json_t *json_text(struct arena *a, struct str s)
{
	json_t *text = json_stringn(s.ptr, s.len);
	if (text)
		return text;
	char *bytes = arena_c_str(a, s);
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)bytes[i] >= 0x80 || !bytes[i])
			bytes[i] = '?';
	return json_stringn(bytes, s.len);
}

static void put_json_outcome(struct report *r, const struct test_outcome *outcome)
{
	json_t *object = json_object();
	json_object_set_new(object, "kind", json_string(test_kind_name(outcome->kind)));
	json_object_set_new(object, "test", json_text(r->arena, outcome->name));
	json_object_set_new(object, "result", json_string(verdict_name(outcome->verdict)));
	json_object_set_new(object, "reason", json_text(r->arena, outcome->reason));
	json_object_set_new(object, "repeat", json_text(r->arena, outcome->repeat));
	json_object_set_new(object, "note", json_text(r->arena, outcome->note));
	json_object_set_new(object, "known", json_boolean(outcome->known));
	json_object_set_new(object, "elapsed_us", json_integer((json_int_t)outcome->elapsed_us));
	put_json(r, object);
}

static void count(struct report *r, const struct test_outcome *outcome)
{
	struct kind_count *kind = &r->kinds[outcome->kind];
	kind->elapsed_us += outcome->elapsed_us;
	kind->verdicts[outcome->verdict]++;
	if (r->keep)
		outcomes_add(&r->all, r->arena, outcome);
	if (outcome->verdict == VERDICT_SKIPPED)
		outcomes_add(&r->skipped, r->arena, outcome);
	if (verdict_is_bad(outcome->verdict))
		outcomes_add(&r->failed, r->arena, outcome);
}

/* A plain failure needs no word. */
static struct str class_line(enum verdict verdict)
{
	if (verdict == VERDICT_TIMEOUT)
		return STR("#   timeout\n");
	if (verdict == VERDICT_HOST_ERROR)
		return STR("#   host error: nothing was tested\n");
	return STR("");
}

static void put_failure(struct report *r, const struct test_outcome *outcome, struct str reason)
{
	put(r, class_line(outcome->verdict));
	put_comment(r, reason);
	if (outcome->repeat.len)
		put(r, str_format(r->arena, "#   repeat: %.*s\n", STR_ARG(outcome->repeat)));
}

static void take_outcome(void *context, const struct test_outcome *outcome)
{
	struct report *r = context;
	bool failed = verdict_is_bad(outcome->verdict);
	r->number++;
	count(r, outcome);
	if (r->json)
		put_json_outcome(r, outcome);
	put(r, str_format(r->arena, "%sok %zu - %.*s", failed ? "not " : "", r->number,
	                  STR_ARG(outcome->name)));
	if (outcome->verdict == VERDICT_SKIPPED)
		put(r, str_format(r->arena, " # SKIP %.*s", STR_ARG(outcome->reason)));
	if (outcome->note.len)
		put(r, str_format(r->arena, " # %.*s", STR_ARG(outcome->note)));
	put(r, STR("\n"));
	if (failed)
		put_failure(r, outcome, outcome->reason);
	fflush(r->out);
}

static size_t bad_count(const struct kind_count *kind)
{
	size_t count = 0;
	for (size_t i = 0; i < VERDICT_COUNT; i++)
		count += verdict_is_bad((enum verdict)i) ? kind->verdicts[i] : 0;
	return count;
}

static void sum_up(const struct report *r, struct test_summary *summary)
{
	for (size_t i = 0; i < TEST_KIND_COUNT; i++) {
		const size_t *verdicts = r->kinds[i].verdicts;
		summary->passed += verdicts[VERDICT_PASSED];
		summary->skipped += verdicts[VERDICT_SKIPPED];
		summary->timeouts += verdicts[VERDICT_TIMEOUT];
		summary->host_errors += verdicts[VERDICT_HOST_ERROR];
		summary->failed += bad_count(&r->kinds[i]);
	}
}

static void put_kinds(struct report *r)
{
	for (size_t i = 0; i < TEST_KIND_COUNT; i++) {
		const struct kind_count *k = &r->kinds[i];
		size_t passed = k->verdicts[VERDICT_PASSED], bad = bad_count(k);
		size_t skipped = k->verdicts[VERDICT_SKIPPED];
		if (!passed && !bad && !skipped)
			continue;
		put(r, str_format(r->arena,
		                  "# %-8s %5zu passed, %zu failed, %zu skipped, %llu.%llu s\n",
		                  test_kind_name((enum test_kind)i), passed, bad, skipped,
		                  (unsigned long long)(k->elapsed_us / 1000000),
		                  (unsigned long long)(k->elapsed_us / 100000 % 10)));
	}
	for (size_t i = 0; i < r->skipped.count; i++)
		put(r, str_format(r->arena, "# skipped: %.*s: %.*s\n",
		                  STR_ARG(r->skipped.items[i].name),
		                  STR_ARG(r->skipped.items[i].reason)));
}

/* Once more, since a log may be read from its end. */
static void put_failed(struct report *r)
{
	size_t told = r->failed.count < FAILED_TOLD_MAX ? r->failed.count : FAILED_TOLD_MAX;
	for (size_t i = 0; i < told; i++) {
		const struct test_outcome *outcome = &r->failed.items[i];
		put(r, str_format(r->arena, "# failed: %.*s\n", STR_ARG(outcome->name)));
		put_failure(r, outcome, reason_excerpt(r->arena, outcome));
	}
	if (told < r->failed.count)
		put(r, str_format(r->arena, "# and %zu more\n", r->failed.count - told));
}

static json_t *json_names(struct report *r, const struct outcomes *outcomes)
{
	json_t *names = json_array();
	for (size_t i = 0; i < outcomes->count; i++)
		json_array_append_new(names, json_text(r->arena, outcomes->items[i].name));
	return names;
}

static void put_json_summary(struct report *r, const struct test_summary *summary)
{
	json_t *object = json_object();
	json_object_set_new(object, "command", json_string("test"));
	json_object_set_new(object, "passed", json_integer((json_int_t)summary->passed));
	json_object_set_new(object, "failed", json_integer((json_int_t)summary->failed));
	json_object_set_new(object, "skipped", json_integer((json_int_t)summary->skipped));
	json_object_set_new(object, "timeouts", json_integer((json_int_t)summary->timeouts));
	json_object_set_new(object, "host_errors", json_integer((json_int_t)summary->host_errors));
	json_object_set_new(object, "failed_tests", json_names(r, &r->failed));
	json_object_set_new(object, "elapsed_us", json_integer((json_int_t)summary->elapsed_us));
	put_json(r, object);
}

static void put_summary(struct report *r, const struct test_summary *summary)
{
	put_kinds(r);
	if (summary->timeouts || summary->host_errors)
		put(r, str_format(r->arena,
		                  "# of the failed %zu ran out of time and %zu could not be run\n",
		                  summary->timeouts, summary->host_errors));
	put_failed(r);
	put(r, str_format(r->arena, "1..%zu\n", r->number));
	if (r->json) {
		put_json_summary(r, summary);
		return;
	}
	fprintf(r->out, "%zu passed, %zu failed", summary->passed, summary->failed);
	if (summary->skipped)
		fprintf(r->out, ", %zu skipped", summary->skipped);
	fprintf(r->out, "\n");
	fflush(r->out);
}

static bool open_tap(struct report *r, struct str file, struct diag *d)
{
	if (!file.len)
		return true;
	r->tap = fopen(arena_c_str(r->arena, file), "we");
	if (!r->tap)
		diag_error(d, (struct span){}, (struct str){}, "%.*s: %s", STR_ARG(file),
		           strerror(errno));
	return r->tap;
}

static bool write_junit(struct arena *a, struct str file, const struct outcomes *all,
                        struct diag *d)
{
	int error = file_write(arena_c_str(a, file), junit_text(a, all), 0644);
	if (error)
		diag_error(d, (struct span){}, (struct str){}, "%.*s: %s", STR_ARG(file),
		           strerror(error));
	return !error;
}

bool test_run(struct arena *a, const struct test_request *request, FILE *out,
              struct test_summary *out_summary, struct diag *d)
{
	*out_summary = (struct test_summary){};
	uint64_t begin = monotonic_us();
	struct test_request effective = test_request_effective(a, request);
	struct found_tests all = {};
	struct found_tests tests = {};
	if (!find_tests(a, &effective, &all, d) || !select_tests(a, &effective, &all, &tests, d))
		return false;
	if (request->list) {
		for (size_t i = 0; i < tests.count; i++)
			fprintf(out, "%.*s\n", STR_ARG(tests.items[i].name));
		return true;
	}
	struct report r = {
	        .arena = a,
	        .out = out,
	        .json = request->json,
	        .keep = request->junit_file.len,
	};
	if (!open_tap(&r, request->tap_file, d))
		return false;
	fflush(NULL); /* before workers copy what is buffered */
	struct run_folder folder;
	if (!run_folder_enter(a, &folder, d))
		return false;
	work_off(a, &effective, &tests, take_outcome, &r);
	run_folder_leave(a, &folder, d);
	sum_up(&r, out_summary);
	out_summary->elapsed_us = monotonic_us() - begin;
	put_summary(&r, out_summary);
	if (r.tap)
		fclose(r.tap);
	return !request->junit_file.len || write_junit(a, request->junit_file, &r.all, d);
}

bool test_succeeded(const struct test_request *request, const struct test_summary *summary)
{
	return request->list || (summary->passed > 0 && summary->failed == 0);
}
