#include "engine_fixture.h"
#include <signal.h>
#include <sys/time.h>

enum { SETTLE_US = 2100000 };

/* a, b -> out/a, out/b -> out/all */
static void add_tree(struct world *w)
{
	put_file("a", "A\n");
	put_file("b", "B\n");
	world_cat(w, "a", "out/a");
	world_cat(w, "b", "out/b");
	world_cat(w, "out/a out/b", "out/all");
}

static void the_first_run_makes_everything_and_the_second_nothing(void **state)
{
	struct world *w = *state;
	add_tree(w);
	assert_runs(w, 3, 0);
	assert_file(w, "out/all", "A\nB\n");
	assert_runs(w, 0, 3);
}

static void the_fast_check_agrees_after_a_complete_run(void **state)
{
	struct world *w = *state;
	add_tree(w);
	assert_false(world_unchanged(w));
	assert_runs(w, 3, 0);
	assert_true(world_unchanged(w));
	assert_counts(w, 0, 3);
}

static void the_fast_check_sees_each_kind_of_change(void **state)
{
	static const struct {
		const char *path, *content;
	} changes[] = {
	        {"a", "C\n"},      {"a", NULL},   {"out/b", "x\n"},
	        {"out/all", NULL}, {"plan", "2"}, {"folder/new", ""},
	};
	struct world *w = *state;
	add_tree(w);
	for (size_t i = 0; i < COUNT(changes); i++) {
		put_file("a", "A\n");
		put_file("plan", "1");
		assert_int_equal(tree_remove("folder"), 0);
		assert_int_equal(folder_create("folder"), 0);
		w->request.plan_files = words(w, "plan absent");
		w->request.plan_folders = words(w, "folder");
		usleep(i == 0 ? SETTLE_US : 0); /* a plan as fresh as this is never trusted */
		assert_true(world_run(w));
		if (i == 0)
			assert_true(world_unchanged(w));
		if (changes[i].content)
			put_file(changes[i].path, changes[i].content);
		else
			assert_int_equal(unlink(changes[i].path), 0);
		assert_false(world_unchanged(w));
	}
}

static void the_fast_check_refuses_another_identity(void **state)
{
	struct world *w = *state;
	add_tree(w);
	assert_runs(w, 3, 0);
	w->request.identity = STR("tess");
	assert_false(world_unchanged(w));
	w->request.identity = STR("test");
	assert_true(world_unchanged(w));
}

static void a_plan_file_that_appears_is_a_change(void **state)
{
	struct world *w = *state;
	add_tree(w);
	w->request.plan_files = words(w, "absent");
	assert_runs(w, 3, 0);
	assert_true(world_unchanged(w));
	put_file("absent", "");
	assert_false(world_unchanged(w));
}

static void a_plan_file_younger_than_two_seconds_makes_the_next_run_plan_again(void **state)
{
	struct world *w = *state;
	add_tree(w);
	w->request.plan_files = words(w, "a");
	assert_runs(w, 3, 0);
	assert_false(world_unchanged(w));
}

static void a_folder_whose_entries_came_and_went_is_unchanged(void **state)
{
	struct world *w = *state;
	add_tree(w);
	assert_int_equal(folder_create("folder"), 0);
	w->request.plan_folders = words(w, "folder");
	usleep(SETTLE_US);
	assert_runs(w, 3, 0);
	put_file("folder/.swap", "");
	assert_int_equal(unlink("folder/.swap"), 0);
	assert_true(world_unchanged(w));
}

static void touching_every_file_runs_nothing(void **state)
{
	struct world *w = *state;
	add_tree(w);
	assert_runs(w, 3, 0);
	static const char *const files[] = {"a", "b", "out/a", "out/b", "out/all"};
	for (size_t i = 0; i < COUNT(files); i++)
		assert_int_equal(utimes(files[i], NULL), 0);
	assert_runs(w, 0, 3);
	assert_true(world_unchanged(w));
}

static void a_changed_input_runs_only_what_depends_on_it(void **state)
{
	struct world *w = *state;
	add_tree(w);
	assert_runs(w, 3, 0);
	put_file("a", "C\n");
	assert_runs(w, 2, 1);
	assert_file(w, "out/all", "C\nB\n");
	put_file("a", "A\n");
	assert_runs(w, 2, 1);
	assert_file(w, "out/all", "A\nB\n");
}

static void a_change_of_equal_length_within_one_clock_tick_is_seen(void **state)
{
	struct world *w = *state;
	add_tree(w);
	for (int i = 0; i < 50; i++) {
		char content[] = {(char)('a' + i % 2), '\n', '\0'};
		put_file("a", "Q\n");
		int fd = open("a", O_WRONLY);
		assert_true(world_run(w));
		assert_int_equal(write(fd, content, 2), 2);
		close(fd);
		assert_false(world_unchanged(w));
		assert_true(world_run(w));
		assert_file(w, "out/a", content);
	}
}

static void an_output_that_comes_out_the_same_stops_what_is_above(void **state)
{
	struct world *w = *state;
	put_file("source", "word # first comment\n");
	world_shell(w, "source", "out/plain", "sed 's/#.*//' source > $0");
	world_cat(w, "out/plain", "out/copy");
	assert_runs(w, 2, 0);
	put_file("source", "word # another comment\n");
	assert_runs(w, 1, 1);
	put_file("source", "verb # another comment\n");
	assert_runs(w, 2, 0);
}

static void an_equal_output_keeps_its_times(void **state)
{
	struct world *w = *state;
	put_file("source", "1");
	world_shell(w, "source", "out/constant", "echo same > $0");
	assert_runs(w, 1, 0);
	struct stat before, after;
	assert_int_equal(stat("out/constant", &before), 0);
	put_file("source", "2");
	assert_runs(w, 1, 0);
	assert_int_equal(stat("out/constant", &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_memory_equal(&before.st_ctim, &after.st_ctim, sizeof before.st_ctim);
}

static void a_deleted_or_edited_output_is_made_again(void **state)
{
	struct world *w = *state;
	add_tree(w);
	assert_runs(w, 3, 0);
	assert_int_equal(unlink("out/a"), 0);
	assert_runs(w, 1, 2);
	assert_file(w, "out/a", "A\n");
	put_file("out/a", "Z\n");
	assert_runs(w, 1, 2);
	assert_file(w, "out/a", "A\n");
	assert_int_equal(tree_remove("out/all"), 0);
	assert_runs(w, 1, 2);
}

static void deleting_the_state_costs_only_time(void **state)
{
	struct world *w = *state;
	add_tree(w);
	assert_runs(w, 3, 0);
	assert_int_equal(tree_remove("out/.state"), 0);
	assert_false(world_unchanged(w));
	assert_runs(w, 3, 0);
	assert_int_equal(tree_remove("out"), 0);
	assert_runs(w, 3, 0);
	assert_file(w, "out/all", "A\nB\n");
}

static void a_changed_command_runs_again(void **state)
{
	struct world *w = *state;
	world_shell(w, "", "out/x", "echo 1 > $0");
	assert_runs(w, 1, 0);
	world_clear(w);
	world_shell(w, "", "out/x", "echo 2 > $0");
	assert_runs(w, 1, 0);
	assert_file(w, "out/x", "2\n");
}

static void run_params(const struct action *action, struct arena *a, struct action_result *out)
{
	(void)a;
	out->exit_status = file_write(engine_output(action, 0).ptr, action->params, 0644);
}

static void a_change_of_params_or_version_runs_an_in_process_action_again(void **state)
{
	struct world *w = *state;
	struct action_kind kind = {.name = "write", .version = 1, .run = run_params};
	struct action *action = graph_add(&w->graph, &kind);
	action->outputs = words(w, "out/deep/er/x");
	action->params = STR("one");
	assert_runs(w, 1, 0);
	assert_file(w, "out/deep/er/x", "one");
	assert_runs(w, 0, 1);
	action->params = STR("two");
	assert_runs(w, 1, 0);
	assert_file(w, "out/deep/er/x", "two");
	kind.version = 2;
	assert_runs(w, 1, 0);
	assert_runs(w, 0, 1);
}

static void an_in_process_action_that_fails_or_crashes_is_a_failure(void **state)
{
	struct world *w = *state;
	const struct action_kind kind = {.name = "write", .version = 1, .run = run_params};
	struct action *action = graph_add(&w->graph, &kind);
	action->outputs = words(w, "out/x");
	action->outputs.items[0] = STR("a/b"); /* a is a file */
	put_file("a", "");
	assert_false(world_run(w));
	assert_diag(w, "cannot create the folder a: Not a directory");
}

/* As an image is made: under a name of its own, until the whole of it is there. */
static void leave_half(const struct action *action, struct arena *a, struct action_result *out)
{
	(void)out;
	struct str half = str_format(a, "out/.image.xtask-%d-0", (int)getpid());
	if (file_write(half.ptr, action->params, 0644) == 0)
		raise(SIGKILL);
}

static void an_action_that_was_killed_leaves_no_half_file(void **state)
{
	struct world *w = *state;
	const struct action_kind kind = {
	        .name = "image", .version = 1, .run = leave_half, .in_place = true};
	struct action *action = graph_add(&w->graph, &kind);
	struct folder folder;
	action->outputs = words(w, "out/image");
	assert_false(world_run(w));
	assert_diag(w, "killed by signal 9 (Killed)");
	assert_int_equal(folder_read(&w->arena, "out", &folder), 0);
	assert_int_equal(folder.count, 1);
	assert_string_equal(folder.entries[0].name.ptr, ".state");
}

static void an_action_that_is_gone_takes_its_outputs_along(void **state)
{
	struct world *w = *state;
	add_tree(w);
	world_shell(w, "", "out/deep/folder/x out/deep/y", "echo > $0; echo > \"$1\"");
	strs_add(&w->graph.actions[3].argv, &w->arena, STR("$out_1"));
	assert_runs(w, 4, 0);
	world_clear(w);
	add_tree(w);
	w->request.keep_dead = true;
	assert_runs(w, 0, 3);
	assert_true(file_exists("out/deep/folder/x"));
	w->request.keep_dead = false;
	assert_runs(w, 0, 3);
	assert_int_equal(w->summary.removed, 2);
	assert_false(file_exists("out/deep"));
	assert_runs(w, 0, 3);
	assert_int_equal(w->summary.removed, 0);
}

static void an_output_that_became_a_source_is_not_removed(void **state)
{
	struct world *w = *state;
	world_shell(w, "", "generated.h", "echo 1 > $0");
	assert_runs(w, 1, 0);
	world_clear(w);
	world_cat(w, "generated.h", "out/copy");
	assert_runs(w, 1, 0);
	assert_true(file_exists("generated.h"));
}

static void a_file_may_take_the_place_of_a_dead_folder(void **state)
{
	struct world *w = *state;
	world_shell(w, "", "out/x/y", "echo 1 > $0");
	assert_runs(w, 1, 0);
	world_clear(w);
	world_shell(w, "", "out/x", "echo 2 > $0");
	assert_runs(w, 1, 0);
	world_clear(w);
	world_shell(w, "", "out/x/y", "echo 1 > $0");
	assert_runs(w, 1, 0);
	assert_file(w, "out/x/y", "1\n");
}

static void only_what_the_targets_need_is_run(void **state)
{
	struct world *w = *state;
	add_tree(w);
	w->request.targets = words(w, "out/a");
	assert_runs(w, 1, 0);
	assert_false(file_exists("out/b"));
	w->request.targets = words(w, "out/al");
	assert_false(world_run(w));
	assert_diag(w, "no action makes 'out/al'");
}

static void paths_with_spaces_and_letters_beyond_ascii_work(void **state)
{
	struct world *w = *state;
	put_file("Quelle für alle", "ü");
	struct action *action = world_shell(w, "", "x", "cat 'Quelle für alle' > \"$0\"");
	action->inputs.count = action->outputs.count = 0;
	strs_add(&action->inputs, &w->arena, STR("./Quelle für alle"));
	strs_add(&action->outputs, &w->arena, STR("out/한국어 이름"));
	assert_runs(w, 1, 0);
	assert_file(w, "out/한국어 이름", "ü");
	assert_runs(w, 0, 1);
	assert_true(world_unchanged(w));
}

static void source_date_epoch_and_nothing_else_reaches_children(void **state)
{
	struct world *w = *state;
	setenv("SOURCE_DATE_EPOCH", "123", 1);
	setenv("SECRET", "1", 1);
	world_shell(w, "", "out/environment",
	            "tr '\\0' '\\n' < /proc/$$/environ | sed 's/=.*jobserver.*//' | sort > $0; "
	            "umask >> $0; read x; echo $x "
	            ">> $0");
	assert_runs(w, 1, 0);
	assert_file(
	        w, "out/environment",
	        "LC_ALL=C\nMAKEFLAGS\nPATH=/usr/bin:/bin\nSOURCE_DATE_EPOCH=123\nTZ=UTC\n0022\n\n");
	setenv("SOURCE_DATE_EPOCH", "124", 1);
	assert_runs(w, 1, 0);
	unsetenv("SOURCE_DATE_EPOCH");
	unsetenv("SECRET");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WORLD_TEST(the_first_run_makes_everything_and_the_second_nothing),
	        WORLD_TEST(the_fast_check_agrees_after_a_complete_run),
	        WORLD_TEST(the_fast_check_sees_each_kind_of_change),
	        WORLD_TEST(the_fast_check_refuses_another_identity),
	        WORLD_TEST(a_plan_file_that_appears_is_a_change),
	        WORLD_TEST(a_plan_file_younger_than_two_seconds_makes_the_next_run_plan_again),
	        WORLD_TEST(a_folder_whose_entries_came_and_went_is_unchanged),
	        WORLD_TEST(touching_every_file_runs_nothing),
	        WORLD_TEST(a_changed_input_runs_only_what_depends_on_it),
	        WORLD_TEST(a_change_of_equal_length_within_one_clock_tick_is_seen),
	        WORLD_TEST(an_output_that_comes_out_the_same_stops_what_is_above),
	        WORLD_TEST(an_equal_output_keeps_its_times),
	        WORLD_TEST(a_deleted_or_edited_output_is_made_again),
	        WORLD_TEST(deleting_the_state_costs_only_time),
	        WORLD_TEST(a_changed_command_runs_again),
	        WORLD_TEST(a_change_of_params_or_version_runs_an_in_process_action_again),
	        WORLD_TEST(an_in_process_action_that_fails_or_crashes_is_a_failure),
	        WORLD_TEST(an_action_that_was_killed_leaves_no_half_file),
	        WORLD_TEST(an_action_that_is_gone_takes_its_outputs_along),
	        WORLD_TEST(an_output_that_became_a_source_is_not_removed),
	        WORLD_TEST(a_file_may_take_the_place_of_a_dead_folder),
	        WORLD_TEST(only_what_the_targets_need_is_run),
	        WORLD_TEST(paths_with_spaces_and_letters_beyond_ascii_work),
	        WORLD_TEST(source_date_epoch_and_nothing_else_reaches_children),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
