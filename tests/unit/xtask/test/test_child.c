#include "../../test.h"
#include "os/files.h"
#include "test/child.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Less than the sleep that would be waited for; how much less is the host's affair. */
enum { LONG_US = 90 * 1000 * 1000 };

static struct child_request shell(struct arena *a, const char *script)
{
	struct child_request request = {.timeout_ms = 100000};
	strs_add(&request.argv, a, STR("/bin/sh"));
	strs_add(&request.argv, a, STR("-c"));
	strs_add(&request.argv, a, str_from_c(script));
	return request;
}

static struct child_result run(struct arena *a, const struct child_request *request)
{
	struct child_result result;
	assert_int_equal(child_run(a, request, &result), 0);
	return result;
}

static int arena_make(void **state)
{
	static struct arena a;
	host_arena_init(&a);
	*state = &a;
	return 0;
}

static int arena_drop(void **state)
{
	arena_release(*state);
	return 0;
}

static void both_streams_and_the_end_are_caught(void **state)
{
	static const struct {
		const char *script;
		struct str output;
		const char *end;
		bool succeeded;
	} cases[] = {
	        {"echo out; echo err >&2", STR_INIT("out\nerr\n"), "status 0", true},
	        {"printf x; exit 3", STR_INIT("x"), "status 3", false},
	        {"kill -SEGV $$", STR_INIT(""), "signal 11 (Segmentation fault)", false},
	        {"exec >&- 2>&-; exit 4", STR_INIT(""), "status 4", false},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct child_request request = shell(*state, cases[i].script);
		struct child_result result = run(*state, &request);
		assert_str(result.output, cases[i].output);
		assert_str(child_end(*state, &request, &result), str_from_c(cases[i].end));
		assert_int_equal(child_succeeded(&result), cases[i].succeeded);
	}
}

static void signals_that_nohup_has_ignored_reach_a_child(void **state)
{
	signal(SIGHUP, SIG_IGN);
	struct child_request request = shell(*state, "kill -HUP $$; echo alive");
	struct child_result result = run(*state, &request);
	signal(SIGHUP, SIG_DFL);
	assert_str(result.output, STR(""));
	assert_str(child_end(*state, &request, &result), STR("signal 1 (Hangup)"));
}

static void a_child_that_does_not_end_is_killed_with_its_children(void **state)
{
	struct child_request request = shell(*state, "echo before; sleep 100 & sleep 100");
	request.timeout_ms = 2000; /* in which a shell has long said something */
	struct child_result result = run(*state, &request);
	assert_true(result.timed_out);
	assert_false(child_succeeded(&result));
	assert_str(result.output, STR("before\n"));
	assert_true(result.elapsed_us < LONG_US);
}

static void what_a_child_leaves_running_does_not_hold_us(void **state)
{
	struct child_request request = shell(*state, "sleep 100 & echo done");
	struct child_result result = run(*state, &request);
	assert_true(child_succeeded(&result));
	assert_str(result.output, STR("done\n"));
	assert_true(result.elapsed_us < LONG_US);
}

static void the_environment_is_plain_when_asked(void **state)
{
	setenv("RUSTOS_FAULTS", "x", 1);
	setenv("OTHER", "kept", 1);
	struct child_request request =
	        shell(*state, "echo \"${RUSTOS_FAULTS-none} ${HOME-none} $OTHER $MINE\"");
	request.plain_environment = true;
	strs_add(&request.environment, *state, STR("MINE=mine"));
	strs_add(&request.environment, *state, STR("OTHER=changed"));
	assert_str(run(*state, &request).output, STR("none none changed mine\n"));
}

static void a_missing_program_and_folder_are_told(void **state)
{
	struct child_request request = {.timeout_ms = 5000};
	strs_add(&request.argv, *state, STR("/no/such/program"));
	struct child_result result;
	assert_int_equal(child_run(*state, &request, &result), ENOENT);
	request = shell(*state, "true");
	request.folder = "/no/such/folder";
	assert_int_equal(child_run(*state, &request, &result), ENOENT);
	request.folder = "/";
	request.argv.items[0] = STR("sh"); /* on the PATH */
	assert_true(child_succeeded(&(struct child_result[]){run(*state, &request)}[0]));
}

static void a_command_is_shown_as_one_types_it(void **state)
{
	struct strs argv = {};
	strs_add(&argv, *state, STR("build/bin/xtask"));
	strs_add(&argv, *state, STR("--expect"));
	strs_add(&argv, *state, STR("it's here"));
	strs_add(&argv, *state, STR(""));
	assert_str(child_shell_line(*state, &argv),
	           STR("build/bin/xtask --expect 'it'\\''s here' ''"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, arena_make, arena_drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(both_streams_and_the_end_are_caught),
	        TEST(signals_that_nohup_has_ignored_reach_a_child),
	        TEST(a_child_that_does_not_end_is_killed_with_its_children),
	        TEST(what_a_child_leaves_running_does_not_hold_us),
	        TEST(the_environment_is_plain_when_asked),
	        TEST(a_missing_program_and_folder_are_told),
	        TEST(a_command_is_shown_as_one_types_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
