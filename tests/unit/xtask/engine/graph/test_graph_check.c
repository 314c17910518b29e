#include "../engine_fixture.h"

static void a_cycle_is_shown_as_a_path_and_nothing_runs(void **state)
{
	struct world *w = *state;
	world_cat(w, "out/c", "out/a");
	world_cat(w, "out/a", "out/b");
	world_cat(w, "out/b", "out/c");
	world_cat(w, "", "out/free");
	assert_false(world_run(w));
	assert_int_equal(w->diag.errors, 1);
	assert_diag(w, "actions need each other: 'shell out/a' needs out/c of 'shell out/c' needs "
	               "out/b of 'shell out/b' needs out/a of 'shell out/a'");
	assert_false(file_exists("out/free"));
}

static void an_action_that_reads_its_own_output_is_a_cycle(void **state)
{
	struct world *w = *state;
	world_cat(w, "out/a", "out/a");
	assert_false(world_run(w));
	assert_diag(w, "actions need each other: 'shell out/a' needs out/a of 'shell out/a'");
}

static void every_mistake_is_reported_in_one_run(void **state)
{
	struct world *w = *state;
	world_cat(w, "absent", "out/a");
	world_cat(w, "absent other", "out/b");
	world_cat(w, "", "out/b");
	world_cat(w, "", "out/b/below");
	world_cat(w, "out/y", "out/x");
	world_cat(w, "out/x", "out/y");
	struct action *action = world_cat(w, "", "out/tool");
	action->argv.items[0] = STR("no-such-program");
	action = world_cat(w, "", "out/none");
	action->outputs.count = 0;
	assert_false(world_run(w));
	assert_int_equal(w->diag.errors, 7);
	assert_diag(w, "absent: no such file, and nothing makes it; 'shell out/a' needs it");
	assert_diag(w, "other: no such file, and nothing makes it; 'shell out/b' needs it");
	assert_diag(w, "out/b is made by two actions: 'shell out/b' and 'shell out/b'");
	assert_diag(w, "out/b/below of 'shell out/b/below' lies below out/b, a file that "
	               "'shell out/b' makes");
	assert_diag(w, "actions need each other: 'shell out/x' needs out/y");
	assert_diag(w,
	            "no program 'no-such-program' in /usr/bin or /bin; 'shell out/tool' needs it");
	assert_diag(w, "'shell out/none' declares no output");
	assert_false(file_exists("out/a"));
}

static void a_folder_is_no_input(void **state)
{
	struct world *w = *state;
	assert_int_equal(folder_create("folder"), 0);
	world_cat(w, "folder", "out/a");
	assert_false(world_run(w));
	assert_diag(w, "shell out/a: its input folder: Is a directory");
}

static void one_path_written_in_two_ways_is_one_file(void **state)
{
	struct world *w = *state;
	world_cat(w, "", "./out//a");
	world_shell(w, "out/x/../a", "out/b", "cat out/a > $0");
	assert_runs(w, 2, 0);
	assert_runs(w, 0, 2);
}

static void a_long_chain_needs_no_deep_stack(void **state)
{
	struct world *w = *state;
	enum { LINKS = 20000 };
	for (int i = LINKS; i >= 0; i--) {
		char from[32], to[32];
		snprintf(from, sizeof from, i ? "out/%d" : "absent", i - 1);
		snprintf(to, sizeof to, "out/%d", i);
		world_cat(w, from, to);
	}
	assert_false(world_run(w));
	assert_int_equal(w->diag.errors, 1);
	assert_diag(w, "absent: no such file");
}

static void a_tool_that_is_built_is_waited_for_and_its_change_runs_its_users(void **state)
{
	struct world *w = *state;
	put_file("script", "#!/bin/sh\necho 1 > $1\n");
	struct action *user = world_shell(w, "", "out/result", "");
	user->argv.count = 0;
	strs_add(&user->argv, &w->arena, STR("out/tool"));
	strs_add(&user->argv, &w->arena, STR("$out_0"));
	world_shell(w, "script", "out/tool", "cp script $0; chmod +x $0");
	assert_runs(w, 2, 0);
	assert_file(w, "out/result", "1\n");
	put_file("script", "#!/bin/sh\necho 2 > $1\n");
	assert_runs(w, 2, 0);
	assert_file(w, "out/result", "2\n");
	assert_runs(w, 0, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WORLD_TEST(a_cycle_is_shown_as_a_path_and_nothing_runs),
	        WORLD_TEST(an_action_that_reads_its_own_output_is_a_cycle),
	        WORLD_TEST(every_mistake_is_reported_in_one_run),
	        WORLD_TEST(a_folder_is_no_input),
	        WORLD_TEST(one_path_written_in_two_ways_is_one_file),
	        WORLD_TEST(a_long_chain_needs_no_deep_stack),
	        WORLD_TEST(a_tool_that_is_built_is_waited_for_and_its_change_runs_its_users),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
