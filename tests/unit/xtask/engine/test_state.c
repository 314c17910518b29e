/* The state files harmed in every way: whatever happens, the next run repairs. */
#include "engine/state/journal.h"
#include "engine/state/snapshot.h"
#include "engine_fixture.h"
#include <signal.h>

static void add_tree(struct world *w)
{
	put_file("a", "A\n");
	world_cat(w, "a", "out/a");
	world_shell(w, "out/a", "out/b", "cat out/a > $0; echo x: a > $1");
	strs_add(&w->graph.actions[1].argv, &w->arena, STR("$dep"));
	w->graph.actions[1].depfile = STR("out/b.d");
}

static struct str state_bytes(struct world *w, const char *path)
{
	struct str bytes;
	assert_int_equal(file_read(&w->arena, path, &bytes), 0);
	return bytes;
}

static bool is_settled(struct world *w)
{
	struct snapshot s;
	assert_true(snapshot_parse(state_bytes(w, "out/.state/snapshot"), &s));
	for (size_t i = 0; i < s.header->checked_count; i++)
		if (!(s.entries[i].flags & (SNAPSHOT_SETTLED | SNAPSHOT_ABSENT)))
			return false;
	return true;
}

/* Runs until the files are so old that their stamps prove that nothing has changed. */
static void settle(struct world *w)
{
	while (!is_settled(w))
		assert_runs(w, 0, 2);
}

/* A new input; whatever the state says, both outputs follow it, and then all is up to date. */
static void assert_repairs(struct world *w)
{
	static unsigned counter;
	char content[32];
	put_file("a", "A\n");
	assert_true(world_run(w));
	assert_file(w, "out/b", "A\n");
	snprintf(content, sizeof content, "edit %u\n", counter++);
	put_file("a", content);
	assert_false(world_unchanged(w));
	assert_runs(w, 2, 0);
	assert_file(w, "out/b", content);
	settle(w);
	assert_true(world_unchanged(w));
	put_file("a", "A\n");
	assert_runs(w, 2, 0);
}

static void a_journal_cut_anywhere_costs_only_time(void **state)
{
	struct world *w = *state;
	add_tree(w);
	assert_runs(w, 2, 0);
	struct str whole = state_bytes(w, "out/.state/journal");
	assert_true(whole.len > 100 && whole.len < 2000);
	for (size_t len = 0; len < whole.len; len += 7) {
		assert_int_equal(file_write("out/.state/journal", str_slice(whole, 0, len), 0644),
		                 0);
		assert_true(world_run(w));
		assert_true(w->summary.run > 0);
		assert_runs(w, 0, 2);
		assert_file(w, "out/b", "A\n");
	}
	assert_repairs(w);
}

/* Where the good part of these journal bytes ends. */
static size_t good_bytes(struct world *w, struct str bytes)
{
	struct file_table files;
	file_table_init(&files, &w->arena);
	struct journal journal = {.files = &files, .fd = -1};
	size_t good;
	journal_parse(&journal, bytes, &good);
	return good;
}

static void a_journal_wrong_in_any_byte_costs_only_time(void **state)
{
	struct world *w = *state;
	add_tree(w);
	assert_runs(w, 2, 0);
	struct str whole = state_bytes(w, "out/.state/journal");
	assert_int_equal(good_bytes(w, whole), whole.len);
	char *harmed = arena_c_str(&w->arena, whole);
	for (size_t i = 0; i < whole.len; i++) {
		harmed[i] = (char)(whole.ptr[i] ^ (1 << i % 8));
		struct str bytes = {harmed, whole.len};
		assert_true(good_bytes(w, bytes) <= (i < 12 ? 12 : i));
		if (i % 5 == 0) {
			assert_int_equal(file_write("out/.state/journal", bytes, 0644), 0);
			assert_true(world_run(w));
			assert_true(w->summary.run > 0);
			assert_file(w, "out/b", "A\n");
		}
		harmed[i] = whole.ptr[i];
	}
	assert_runs(w, 0, 2);
	assert_repairs(w);
}

static void records_of_another_generation_are_cut_off(void **state)
{
	struct world *w = *state;
	add_tree(w);
	assert_runs(w, 2, 0);
	struct str whole = state_bytes(w, "out/.state/journal");
	char *other = arena_c_str(&w->arena, whole);
	other[8]++; /* the header's generation */
	assert_int_equal(file_write("out/.state/journal", (struct str){other, whole.len}, 0644), 0);
	assert_runs(w, 2, 0);
	assert_runs(w, 0, 2);
}

static void a_snapshot_wrong_in_any_byte_never_passes(void **state)
{
	struct world *w = *state;
	add_tree(w);
	assert_runs(w, 2, 0);
	settle(w);
	struct str whole = state_bytes(w, "out/.state/snapshot");
	char *harmed = arena_c_str(&w->arena, whole);
	for (size_t i = 0; i <= whole.len; i++) {
		if (i < whole.len)
			harmed[i] = (char)(whole.ptr[i] ^ (1 << i % 8));
		struct str bytes = {harmed, whole.len};
		assert_int_equal(file_write("out/.state/snapshot", bytes, 0644), 0);
		assert_int_equal(world_unchanged(w), i == whole.len);
		if (i < whole.len)
			harmed[i] = whole.ptr[i];
	}
	for (size_t len = 0; len < whole.len; len += 3) {
		assert_int_equal(file_write("out/.state/snapshot", str_slice(whole, 0, len), 0644),
		                 0);
		assert_false(world_unchanged(w));
	}
	assert_runs(w, 0, 2);
	settle(w);
	assert_true(world_unchanged(w));
}

static void a_failed_run_leaves_no_complete_snapshot(void **state)
{
	struct world *w = *state;
	add_tree(w);
	assert_runs(w, 2, 0);
	assert_true(world_unchanged(w));
	world_shell(w, "", "out/c", "exit 1");
	assert_false(world_run(w));
	assert_false(world_unchanged(w));
}

static void a_long_life_does_not_make_the_journal_grow(void **state)
{
	struct world *w = *state;
	add_tree(w);
	size_t largest = 0;
	for (int i = 0; i < 350; i++) {
		put_file("a", i % 2 ? "1" : "2");
		assert_runs(w, 2, 0);
		size_t size = state_bytes(w, "out/.state/journal").len;
		largest = size > largest ? size : largest;
		if (i % 100 == 0) {
			arena_release(&w->arena);
			world_clear(w);
			add_tree(w);
			assert_true(world_run(w));
		}
	}
	size_t size = state_bytes(w, "out/.state/journal").len;
	assert_true(size < largest);
	assert_true(largest < 200000);
	assert_repairs(w);
}

/* 24 actions in four layers, each reading two of the layer below. */
static void add_layers(struct world *w)
{
	for (int i = 0; i < 24; i++) {
		char inputs[64] = "a", output[32];
		if (i >= 6)
			snprintf(inputs, sizeof inputs, "out/d%d/%d out/d%d/%d", (i / 6 - 1), i - 6,
			         (i / 6 - 1), (i / 6 - 1) * 6 + (i + 1) % 6);
		snprintf(output, sizeof output, "out/d%d/%d", i / 6, i);
		world_cat(w, inputs, output);
	}
}

static void assert_no_temporaries(struct world *w)
{
	struct strs paths;
	assert_int_equal(tree_files(&w->arena, "out", &paths), 0);
	assert_int_equal(paths.count, 24 + 4); /* journal, lock, reasons, snapshot */
}

static void a_run_killed_at_any_moment_is_repaired_by_the_next(void **state)
{
	struct world *w = *state;
	unsigned seed = 20240607;
	for (int round = 0; round < 40; round++) {
		arena_release(&w->arena);
		world_clear(w);
		add_layers(w);
		put_file("a", str_format(&w->arena, "%d\n", round).ptr);
		pid_t pid = fork();
		if (pid == 0)
			_exit(!world_run(w));
		usleep((useconds_t)(rand_r(&seed) % 30000));
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		assert_true(world_run(w));
		assert_no_temporaries(w);
		struct str found;
		assert_int_equal(file_read(&w->arena, "out/d3/23", &found), 0);
		assert_int_equal(found.len, 8 * strlen(str_format(&w->arena, "%d\n", round).ptr));
		assert_int_equal(atoi(found.ptr), round);
		assert_runs(w, 0, 24);
		assert_true(world_unchanged(w));
	}
}

static void a_killed_run_leaves_no_complete_snapshot_of_an_earlier_one(void **state)
{
	struct world *w = *state;
	add_tree(w);
	assert_runs(w, 2, 0);
	assert_true(world_unchanged(w));
	world_shell(w, "", "out/more", "echo > begun; sleep 60");
	pid_t pid = fork();
	if (pid == 0)
		_exit(!world_run(w));
	await_file(w, "begun", false);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_false(world_unchanged(w));
}

static void temporaries_of_a_killed_run_are_swept_and_nothing_else(void **state)
{
	struct world *w = *state;
	add_tree(w);
	put_file("out/.a.xtask-12-3", "");
	put_file("out/.a.xtask-12-3.Xy12Ab", "");
	put_file("out/.a.xtask-x", "");
	put_file("out/a.xtask-12-3", "");
	assert_runs(w, 2, 0);
	assert_false(file_exists("out/.a.xtask-12-3"));
	assert_false(file_exists("out/.a.xtask-12-3.Xy12Ab"));
	assert_true(file_exists("out/.a.xtask-x"));
	assert_true(file_exists("out/a.xtask-12-3"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WORLD_TEST(a_journal_cut_anywhere_costs_only_time),
	        WORLD_TEST(a_journal_wrong_in_any_byte_costs_only_time),
	        WORLD_TEST(records_of_another_generation_are_cut_off),
	        WORLD_TEST(a_snapshot_wrong_in_any_byte_never_passes),
	        WORLD_TEST(a_failed_run_leaves_no_complete_snapshot),
	        WORLD_TEST(a_long_life_does_not_make_the_journal_grow),
	        WORLD_TEST(a_run_killed_at_any_moment_is_repaired_by_the_next),
	        WORLD_TEST(a_killed_run_leaves_no_complete_snapshot_of_an_earlier_one),
	        WORLD_TEST(temporaries_of_a_killed_run_are_swept_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
