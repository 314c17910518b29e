/* The whole runner over a small made-up project; the tool in it is a script. */
#include "../../folder.h"
#include "../../test.h"
#include "os/files.h"
#include "test/junit.h"
#include "test/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
	struct arena arena;
	struct diag diag;
	struct test_request request;
	struct test_summary summary;
	char folder[64];
	struct str printed;
};

static struct str put(struct fixture *f, const char *name, const char *content, mode_t mode)
{
	struct str path = str_format(&f->arena, "%s/%s", f->folder, name);
	assert_int_equal(file_write(path.ptr, str_from_c(content), mode), 0);
	return path;
}

static struct str at(struct fixture *f, const char *name)
{
	return str_format(&f->arena, "%s/%s", f->folder, name);
}

static int make(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	host_arena_init(&f->arena);
	diag_init(&f->diag, &f->arena);
	test_folder_make(f->folder, sizeof f->folder);
	f->request = (struct test_request){
	        .unit_programs = at(f, "bin"),
	        .golden = at(f, "golden"),
	        .scenarios = at(f, "scenarios"),
	        .programs = at(f, "program"),
	        .work = at(f, "work"),
	        .fresh = true,
	        .timeout_ms = 5000,
	};
	strs_add(&f->request.unit_sources, &f->arena, STR("none"));
	/* echo: prints its arguments; fail: ends with 3; qemu: says what $folder/answer says. */
	f->request.tool = put(f, "xtask",
	                      "#!/bin/sh\ncase $1 in\n"
	                      "echo) shift; echo \"$@ ${MARK-}\"; ls ;;\n"
	                      "fail) echo failing >&2; exit 3 ;;\n"
	                      "build) exit 0 ;;\n"
	                      "qemu) cat \"$(dirname \"$0\")/answer\" ;;\n"
	                      "esac\n",
	                      0755);
	*state = f;
	return 0;
}

static int drop(void **state)
{
	struct fixture *f = *state;
	int error = tree_remove(f->folder);
	arena_release(&f->arena);
	free(f);
	return error;
}

static bool run(struct fixture *f)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	bool ran = test_run(&f->arena, &f->request, out, &f->summary, &f->diag);
	fclose(out);
	f->printed = arena_str(&f->arena, (struct str){text, len});
	free(text);
	return ran;
}

static void assert_counts(struct fixture *f, size_t passed, size_t failed, size_t skipped)
{
	if (f->summary.passed != passed || f->summary.failed != failed ||
	    f->summary.skipped != skipped)
		fail_msg("%zu passed, %zu failed, %zu skipped:\n%s", f->summary.passed,
		         f->summary.failed, f->summary.skipped, f->printed.ptr);
}

static void assert_printed(struct fixture *f, const char *text)
{
	if (!strstr(f->printed.ptr, text))
		fail_msg("no '%s' in:\n%s", text, f->printed.ptr);
}

static void programs_are_counted_by_tap_or_by_status(void **state)
{
	struct fixture *f = *state;
	put(f, "program/a_good", "#!/bin/sh\nexit 0\n", 0755);
	put(f, "program/b_bad", "#!/bin/sh\necho because; exit 1\n", 0755);
	put(f, "program/c_tap",
	    "#!/bin/sh\necho 1..3; echo ok 1 - one; echo 'ok 2 - two # SKIP no disk'\n"
	    "echo not ok 3 - three; echo '# reason'; exit 1\n",
	    0755);
	put(f, "program/not_a_test.txt", "x", 0644);
	assert_true(run(f));
	assert_counts(f, 2, 2, 1);
	assert_printed(f, "not ok 2 - program/b_bad\n#   status 1\n#   because\n#   repeat: ");
	assert_printed(f, "ok 4 - program/c_tap: two # SKIP no disk\n");
	assert_printed(f, "#   reason\n");
	assert_printed(f, "# skipped: program/c_tap: two: no disk\n");
	assert_printed(f, "\n1..5\n2 passed, 2 failed, 1 skipped\n");
	assert_false(test_succeeded(&f->request, &f->summary));
}

static void a_program_that_dies_hangs_or_breaks_its_plan_fails(void **state)
{
	struct fixture *f = *state;
	f->request.timeout_ms = 500;
	put(f, "program/a_crash", "#!/bin/sh\necho 1..2; echo ok 1 - x; kill -SEGV $$\n", 0755);
	put(f, "program/b_hang", "#!/bin/sh\nsleep 100\n", 0755);
	put(f, "program/c_short", "#!/bin/sh\necho 1..2; echo ok 1 - x\n", 0755);
	put(f, "program/d_leak", "#!/bin/sh\necho 1..1; echo ok 1 - x; exit 23\n", 0755);
	assert_true(run(f));
	assert_counts(f, 3, 4, 0);
	assert_printed(f, "2 tests planned, 1 reported, then signal 11");
	assert_printed(f, "no end within 0 s");
	assert_printed(f, "1 tests passed, but the end was status 23");
}

static void a_unit_program_that_is_not_built_or_reports_nothing_fails(void **state)
{
	struct fixture *f = *state;
	put(f, "unit/test_absent.c", "", 0644);
	put(f, "unit/test_silent.c", "", 0644);
	put(f, "unit/other.c", "", 0644);
	f->request.unit_sources = (struct strs){};
	strs_add(&f->request.unit_sources, &f->arena, at(f, "unit"));
	struct str silent = str_format(&f->arena, "bin/%s/unit/test_silent", f->folder);
	put(f, silent.ptr, "#!/bin/sh\nexit 0\n", 0755);
	assert_true(run(f));
	assert_counts(f, 0, 2, 0);
	assert_printed(f, "#   the program is not built");
	assert_printed(f, "#   no test was reported");
}

static void golden_cases_compare_output_and_status(void **state)
{
	struct fixture *f = *state;
	put(f, "golden/base/in_base", "", 0644);
	put(f, "golden/cases/good/command", "MARK=x echo 'a b'\n", 0644);
	put(f, "golden/cases/good/tree/in_tree", "", 0644);
	put(f, "golden/cases/good/remove", "config\nregistry\n", 0644);
	put(f, "golden/cases/good/expected.txt", "a b x\nin_base\nin_tree\n", 0644);
	put(f, "golden/cases/status/command", "fail\n", 0644);
	put(f, "golden/cases/status/expected.txt", "failing\n", 0644);
	put(f, "golden/cases/text/command", "fail\nfail\n", 0644);
	put(f, "golden/cases/text/status", "3\n", 0644);
	put(f, "golden/cases/text/expected.txt", "$ xtask fail\nfailed\n$ xtask fail\nfailing\n",
	    0644);
	assert_true(run(f));
	assert_counts(f, 1, 2, 0);
	assert_printed(f, "#   status 3 instead of 0\n");
	assert_printed(f, "#   -failed\n#   +failing\n");

	f->request.update = true;
	assert_true(run(f));
	assert_counts(f, 3, 0, 0);
	f->request.update = false;
	assert_true(run(f));
	assert_counts(f, 3, 0, 0);
}

static void scenarios_are_judged_by_what_the_launcher_says(void **state)
{
	struct fixture *f = *state;
	struct str said =
	        put(f, "debugcon.log", "hits=5\nallocations=6\nok 1 - inside\n1..1\n", 0644);
	put(f, "scenarios/boot.toml", "summary = 'x'\nboot = 'direct'\n", 0644);
	put(f, "answer", "noise\n{\"outcome\":\"pass\",\"success\":true}\n", 0644);
	assert_true(run(f));
	assert_counts(f, 1, 0, 0);

	put(f, "answer",
	    "{\"outcome\":\"panic\",\"success\":false,\"detail\":\"message: x\","
	    "\"missing\":[\"mark\"]}\n",
	    0644);
	assert_true(run(f));
	assert_counts(f, 0, 1, 0);
	assert_printed(f, "#   wanted pass, got panic: message: x\n#   not seen: mark\n");
	assert_printed(f, "xtask qemu --snapshot --boot direct");

	put(f, "answer", "no json\n", 0644);
	assert_true(run(f));
	assert_counts(f, 0, 1, 0);
	assert_printed(f, "the launcher gave no result");

	struct str answer = str_format(
	        &f->arena, "{\"outcome\":\"pass\",\"success\":true,\"debugcon_file\":\"%s\"}\n",
	        said.ptr);
	put(f, "answer", answer.ptr, 0644);
	put(f, "scenarios/boot.toml",
	    "summary = 'x'\nboot = 'direct'\ntap = true\n[[equal]]\nfirst = 'hits='\n"
	    "second = 'allocations='\n",
	    0644);
	assert_true(run(f));
	assert_counts(f, 1, 1, 0);
	assert_printed(f, "'hits=' is 5, 'allocations=' is 6");
	assert_printed(f, "ok 1 - scenario/boot: inside\n");
}

static void a_timeout_and_an_error_of_the_host_are_no_failures_of_what_is_tested(void **state)
{
	static const struct {
		const char *outcome, *shown;
		size_t timeouts, host_errors;
	} cases[] = {
	        {"timeout", "#   timeout\n#   wanted pass, got timeout", 1, 0},
	        {"host-error", "#   host error: nothing was tested\n", 0, 1},
	        {"crashed", "#   host error: nothing was tested\n", 0, 1},
	        {"panic", "not ok 1 - scenario/boot\n#   wanted pass, got panic\n", 0, 0},
	};
	struct fixture *f = *state;
	put(f, "scenarios/boot.toml", "summary = 'x'\nboot = 'direct'\n", 0644);
	f->request.junit_file = at(f, "junit.xml");
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str answer = str_format(
		        &f->arena, "{\"outcome\":\"%s\",\"success\":false}\n", cases[i].outcome);
		put(f, "answer", answer.ptr, 0644);
		assert_true(run(f));
		assert_counts(f, 0, 1, 0);
		assert_int_equal(f->summary.timeouts, cases[i].timeouts);
		assert_int_equal(f->summary.host_errors, cases[i].host_errors);
		assert_printed(f, cases[i].shown);
		struct str xml;
		assert_int_equal(file_read(&f->arena, f->request.junit_file.ptr, &xml), 0);
		const char *element = cases[i].host_errors ? "<error type=\"host-error\""
		                      : cases[i].timeouts  ? "<failure type=\"timeout\""
		                                           : "<failure type=\"failed\"";
		assert_non_null(strstr(xml.ptr, element));
		assert_non_null(
		        strstr(xml.ptr, cases[i].host_errors ? "errors=\"1\"" : "failures=\"1\""));
	}
}

static void a_boot_that_passed_is_known_until_a_byte_of_it_changes(void **state)
{
	struct fixture *f = *state;
	f->request.fresh = false;
	put(f, "scenarios/boot.toml", "summary = 'x'\nboot = 'direct'\n", 0644);
	struct str image = put(f, "image", "first", 0644);
	struct str tool =
	        str_format(&f->arena,
	                   "#!/bin/sh\ncase $* in\n"
	                   "*--dry-run*) echo \"'qemu' 'file=%s,format=raw'\" ;;\n"
	                   "qemu*) echo booted >>%s; cat \"$(dirname \"$0\")/answer\" ;;\n"
	                   "esac\n",
	                   image.ptr, at(f, "boots").ptr);
	f->request.tool = put(f, "xtask", tool.ptr, 0755);
	static const struct {
		const char *image, *answer;
		size_t boots; /* so far */
	} runs[] = {
	        {"first", "pass", 1},   {"first", "pass", 1},  {"second", "panic", 2},
	        {"second", "panic", 3}, /* only what passed is remembered */
	        {"first", "pass", 3},   {"second", "pass", 4}, {"second", "pass", 4},
	};
	for (size_t i = 0; i < COUNT(runs); i++) {
		put(f, "image", runs[i].image, 0644);
		bool pass = strcmp(runs[i].answer, "pass") == 0;
		struct str answer = str_format(&f->arena, "{\"outcome\":\"%s\",\"success\":%s}\n",
		                               runs[i].answer, pass ? "true" : "false");
		put(f, "answer", answer.ptr, 0644);
		assert_true(run(f));
		assert_counts(f, pass, !pass, 0);
		struct str boots;
		assert_int_equal(file_read(&f->arena, at(f, "boots").ptr, &boots), 0);
		assert_int_equal(boots.len, runs[i].boots * strlen("booted\n"));
	}
	assert_printed(f, "ok 1 - scenario/boot # known: the same bytes were booted\n");
}

static void what_fails_from_a_snapshot_is_booted(void **state)
{
	static const char pass[] = "{\"outcome\":\"pass\",\"success\":true";
	static const char panic[] = "{\"outcome\":\"panic\",\"success\":false";
	static const struct {
		bool fresh;
		const char *from_pool, *booted;
		bool passes, keeps;
		const char *line;
	} runs[] = {
	        {true, panic, pass, true, true, "ok 1 - scenario/typed\n"},
	        {false, pass, panic, true, true, "typed # resumed from a snapshot\n"},
	        {false, panic, pass, true, false,
	         "ok 1 - scenario/typed # booted, since it failed when resumed from a snapshot: "
	         "wanted pass, got panic\n"},
	        {false, panic, panic, false, false, "not ok 1 - scenario/typed # booted, since it"},
	};
	struct fixture *f = *state;
	put(f, "scenarios/typed.toml",
	    "summary = 'x'\nboot = 'direct'\nanswer = [{ after = '/ # ', type = 'x' }]\n", 0644);
	for (size_t i = 0; i < COUNT(runs); i++) {
		struct str snapshot = put(f, "snapshot", "x", 0644);
		struct str tool = str_format(
		        &f->arena,
		        "#!/bin/sh\ncase $* in *--dry-run*) exit 1 ;;\n"
		        "*--pool*) echo '%s,\"started\":\"resumed\",\"snapshot\":\"%s\"}' ;;\n"
		        "qemu*) echo '%s}' ;;\nesac\n",
		        runs[i].from_pool, snapshot.ptr, runs[i].booted);
		f->request.tool = put(f, "xtask", tool.ptr, 0755);
		f->request.fresh = runs[i].fresh;
		assert_true(run(f));
		assert_counts(f, runs[i].passes, !runs[i].passes, 0);
		assert_printed(f, runs[i].line);
		assert_int_equal(file_exists(snapshot.ptr), runs[i].keeps);
	}
}

static void junit_holds_any_bytes_of_a_reason(void **)
{
	struct arena a;
	host_arena_init(&a);
	struct test_outcome items[] = {
	        {.kind = TEST_UNIT, .name = STR("a<b"), .elapsed_us = 1234567},
	        {.kind = TEST_UNIT,
	         .verdict = VERDICT_FAILED,
	         .name = STR("b"),
	         .reason = STR("x \"<&>\" \x01\xff\nsecond"),
	         .repeat = STR("again")},
	        {.kind = TEST_UNIT,
	         .verdict = VERDICT_SKIPPED,
	         .name = STR("c"),
	         .reason = STR("no disk")},
	};
	struct outcomes all = {.items = items, .count = COUNT(items)};
	assert_str(junit_text(&a, &all),
	           STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
	               "  <testsuite name=\"unit\" tests=\"3\" failures=\"1\" errors=\"0\" "
	               "skipped=\"1\" time=\"1.234\">\n"
	               "    <testcase classname=\"unit\" name=\"a&lt;b\" time=\"1.234\"/>\n"
	               "    <testcase classname=\"unit\" name=\"b\" time=\"0.000\">\n"
	               "      <failure type=\"failed\" message=\"x &quot;&lt;&amp;&gt;&quot; "
	               "\uFFFD\uFFFD\">x &quot;&lt;&amp;&gt;&quot; \uFFFD\uFFFD\nsecond\n"
	               "repeat: again</failure>\n    </testcase>\n"
	               "    <testcase classname=\"unit\" name=\"c\" time=\"0.000\">\n"
	               "      <skipped message=\"no disk\"/>\n    </testcase>\n"
	               "  </testsuite>\n</testsuites>\n"));
	arena_release(&a);
}

static void names_and_kinds_choose_and_unknown_names_are_errors(void **state)
{
	struct fixture *f = *state;
	put(f, "program/alpha", "#!/bin/sh\n", 0755);
	put(f, "program/beta", "#!/bin/sh\n", 0755);
	put(f, "golden/cases/alpha/command", "fail\n", 0644);
	f->request.kinds[TEST_PROGRAM] = true;
	f->request.list = true;
	assert_true(run(f));
	assert_str(f->printed, STR("program/alpha\nprogram/beta\n"));
	assert_true(test_succeeded(&f->request, &f->summary));
	strs_add(&f->request.names, &f->arena, STR("*/be*"));
	assert_true(run(f));
	assert_str(f->printed, STR("program/beta\n"));
	strs_add(&f->request.names, &f->arena, STR("alhpa"));
	assert_false(run(f));
	assert_str(f->diag.first->hint, STR("did you mean 'alpha'?"));
}

static void a_whole_name_is_that_test_alone(void **state)
{
	struct fixture *f = *state;
	put(f, "program/alpha", "#!/bin/sh\n", 0755);
	put(f, "program/alpha_two", "#!/bin/sh\n", 0755);
	f->request.list = true;
	strs_add(&f->request.names, &f->arena, STR("alpha"));
	assert_true(run(f));
	assert_str(f->printed, STR("program/alpha\nprogram/alpha_two\n"));
	f->request.names.items[0] = STR("program/alpha");
	assert_true(run(f));
	assert_str(f->printed, STR("program/alpha\n"));
}

static void a_test_s_temporary_files_go_with_the_run(void **state)
{
	struct fixture *f = *state;
	put(f, "program/a", "#!/bin/sh\nmktemp >$(dirname $0)/made; kill -KILL $$\n", 0755);
	assert_true(run(f));
	assert_counts(f, 0, 1, 0);
	struct str made;
	assert_int_equal(file_read(&f->arena, at(f, "program/made").ptr, &made), 0);
	assert_non_null(strstr(made.ptr, "/xtask-test-"));
	assert_false(file_exists(arena_c_str(&f->arena, str_trim(made))));
}

static void what_a_killed_run_left_is_removed_by_the_next(void **state)
{
	struct fixture *f = *state;
	put(f, "program/a", "#!/bin/sh\n", 0755);
	pid_t gone = fork();
	if (gone == 0)
		_exit(0);
	assert_int_equal(waitpid(gone, NULL, 0), gone);
	struct str left = str_format(&f->arena, "tmp/xtask-test-%d-abcdef/tree/file", gone);
	struct str other = str_format(&f->arena, "tmp/xtask-test-%d-abcdef/file", getppid());
	put(f, left.ptr, "", 0644);
	put(f, other.ptr, "", 0644);
	char *former = getenv("TMPDIR") ? strdup(getenv("TMPDIR")) : NULL;
	setenv("TMPDIR", at(f, "tmp").ptr, 1);
	assert_true(run(f));
	assert_false(file_exists(at(f, left.ptr).ptr));
	assert_true(file_exists(at(f, other.ptr).ptr));
	assert_string_equal(getenv("TMPDIR"), at(f, "tmp").ptr);
	if (former)
		setenv("TMPDIR", former, 1);
	else
		unsetenv("TMPDIR");
	free(former);
}

static void running_nothing_is_no_success(void **state)
{
	struct fixture *f = *state;
	assert_true(run(f));
	assert_str(f->printed, STR("1..0\n0 passed, 0 failed\n"));
	assert_false(test_succeeded(&f->request, &f->summary));
}

static void results_come_in_the_order_of_the_list_whatever_ends_first(void **state)
{
	struct fixture *f = *state;
	f->request.jobs = 4;
	put(f, "program/a", "#!/bin/sh\nsleep 0.3\n", 0755);
	put(f, "program/b", "#!/bin/sh\n", 0755);
	put(f, "program/c", "#!/bin/sh\nsleep 0.1\n", 0755);
	f->request.tap_file = at(f, "out.tap");
	assert_true(run(f));
	assert_true(str_starts_with(f->printed, STR("ok 1 - program/a\nok 2 - program/b\nok 3 - "
	                                            "program/c\n")));
	struct str tap;
	assert_int_equal(file_read(&f->arena, f->request.tap_file.ptr, &tap), 0);
	assert_true(str_starts_with(f->printed, tap));
	assert_true(str_ends_with(tap, STR("1..3\n")));
}

static void json_has_an_object_a_test_and_one_for_all(void **state)
{
	struct fixture *f = *state;
	f->request.json = true;
	put(f, "program/a", "#!/bin/sh\nprintf '\\377'; exit 1\n", 0755);
	assert_true(run(f));
	assert_printed(f, "{\"kind\":\"program\",\"test\":\"program/a\",\"result\":\"failed\"");
	assert_printed(f, "{\"command\":\"test\",\"passed\":0,\"failed\":1,\"skipped\":0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(programs_are_counted_by_tap_or_by_status),
	        TEST(a_program_that_dies_hangs_or_breaks_its_plan_fails),
	        TEST(a_unit_program_that_is_not_built_or_reports_nothing_fails),
	        TEST(golden_cases_compare_output_and_status),
	        TEST(scenarios_are_judged_by_what_the_launcher_says),
	        TEST(a_timeout_and_an_error_of_the_host_are_no_failures_of_what_is_tested),
	        TEST(a_boot_that_passed_is_known_until_a_byte_of_it_changes),
	        TEST(what_fails_from_a_snapshot_is_booted),
	        cmocka_unit_test(junit_holds_any_bytes_of_a_reason),
	        TEST(names_and_kinds_choose_and_unknown_names_are_errors),
	        TEST(a_whole_name_is_that_test_alone),
	        TEST(a_test_s_temporary_files_go_with_the_run),
	        TEST(what_a_killed_run_left_is_removed_by_the_next),
	        TEST(running_nothing_is_no_success),
	        TEST(results_come_in_the_order_of_the_list_whatever_ends_first),
	        TEST(json_has_an_object_a_test_and_one_for_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
