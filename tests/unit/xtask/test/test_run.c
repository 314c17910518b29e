/* What the runner finds, chooses, runs and reports: programs and golden cases. */
#include "run_fixture.h"
#include <sys/wait.h>
#include <unistd.h>

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
	assert_printed(f, "\n# failed: program/b_bad\n#   status 1\n#   because\n#   repeat: ");
	assert_printed(f, "\n# failed: program/c_tap: three\n#   reason\n#   repeat: ");
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
	assert_printed(f, "# failed: program/b_hang\n#   timeout\n#   no end within 0 s\n");
	assert_printed(f, "1 tests passed, but the end was status 23");
}

/* What is printed behind the summary by kind. */
static const char *end_of(struct fixture *f)
{
	const char *kinds = strstr(f->printed.ptr, "\n# program ");
	assert_non_null(kinds);
	return strchr(kinds + 1, '\n');
}

static void the_end_tells_most_of_a_reason_in_few_short_lines(void **state)
{
	struct fixture *f = *state;
	put(f, "program/a", "#!/bin/sh\nseq 9; echo; printf '%199sä%9s\\n' a b; exit 2\n", 0755);
	assert_true(run(f));
	struct str wanted = str_format(
	        &f->arena,
	        "\n# failed: program/a\n#   status 2\n#   4\n#   5\n#   6\n#   7\n#   8\n"
	        "#   9\n#   %199s...\n#   repeat: %s\n1..1\n0 passed, 1 failed\n",
	        "a", at(f, "program/a").ptr);
	assert_string_equal(end_of(f), wanted.ptr);
}

static void the_end_names_twenty_failed_tests_and_counts_the_others(void **state)
{
	struct fixture *f = *state;
	for (int i = 1; i <= 22; i++)
		put(f, str_format(&f->arena, "program/p%02d", i).ptr, "#!/bin/sh\nexit 1\n", 0755);
	assert_true(run(f));
	assert_printed(f, "# failed: program/p20\n");
	assert_null(strstr(end_of(f), "program/p21"));
	assert_non_null(strstr(end_of(f), "\n# and 2 more\n1..22\n"));
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
	assert_printed(f, ",\"failed_tests\":[\"program/a\"],");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(programs_are_counted_by_tap_or_by_status),
	        TEST(a_program_that_dies_hangs_or_breaks_its_plan_fails),
	        TEST(the_end_tells_most_of_a_reason_in_few_short_lines),
	        TEST(the_end_names_twenty_failed_tests_and_counts_the_others),
	        TEST(a_unit_program_that_is_not_built_or_reports_nothing_fails),
	        TEST(golden_cases_compare_output_and_status),
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
