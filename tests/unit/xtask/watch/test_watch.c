#include "../../test.h"
#include "../place.h"
#include "watch/tree.h"
#include "watch/watch.h"
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void what_editors_leave_lying_about_is_no_source(void **)
{
	static const struct {
		struct str name;
		bool is_source;
	} cases[] = {
	        {STR_INIT("main.c"), true},       {STR_INIT("README.md"), true},
	        {STR_INIT("Makefile"), true},     {STR_INIT("main.c~"), false},
	        {STR_INIT(".main.c.swp"), false}, {STR_INIT("main.c.swp"), false},
	        {STR_INIT("4913"), false},        {STR_INIT("#main.c#"), false},
	        {STR_INIT(".git"), false},        {STR_INIT(""), false},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(watch_is_source(cases[i].name), cases[i].is_source);
}

struct watched_place {
	struct arena arena;
	struct test_place place;
	struct watched_tree tree;
};

static void put(const char *path)
{
	assert_int_equal(file_write(path, STR("x"), 0644), 0);
}

static int set_up(void **state)
{
	static struct watched_place place;
	place = (struct watched_place){};
	host_arena_init(&place.arena);
	place_enter(&place.place);
	*state = &place;
	put("apps/a/main.c");
	put("build/out.o");
	put(".git/index");
	return watched_tree_open(&place.arena, &place.tree);
}

static int tear_down(void **state)
{
	struct watched_place *place = *state;
	watched_tree_close(&place->tree);
	arena_release(&place->arena);
	place_leave(&place->place);
	return 0;
}

/* The path that was noticed; empty: none. inotify queues an event before the call returns. */
static struct str noticed(struct watched_place *place)
{
	struct str path;
	watched_tree_read(&place->tree, &path);
	return path;
}

static void a_save_in_any_folder_is_noticed(void **state)
{
	struct watched_place *place = *state;
	assert_str(noticed(place), STR(""));
	put("apps/a/main.c");
	struct str path = noticed(place);
	assert_true(str_starts_with(path, STR("apps/a/main.c")));
	assert_int_equal(unlink("apps/a/main.c"), 0);
	assert_str(noticed(place), STR("apps/a/main.c"));
}

static void what_is_built_or_hidden_is_not_noticed(void **state)
{
	struct watched_place *place = *state;
	put("build/out.o");
	put("build/more/out.o");
	put(".git/index");
	assert_str(noticed(place), STR(""));
}

static void a_new_folder_is_watched_with_what_comes_into_it(void **state)
{
	struct watched_place *place = *state;
	assert_int_equal(mkdir("apps/b", 0777), 0);
	assert_str(noticed(place), STR("apps/b"));
	put("apps/b/main.c");
	assert_true(str_starts_with(noticed(place), STR("apps/b/main.c")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_editors_leave_lying_about_is_no_source),
	        TEST(a_save_in_any_folder_is_noticed),
	        TEST(what_is_built_or_hidden_is_not_noticed),
	        TEST(a_new_folder_is_watched_with_what_comes_into_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
