#include "image_fixture.h"

static void a_list_is_sorted_by_path_and_knows_sizes(void **state)
{
	struct world *w = *state;
	world_file(w, "b", 3);
	world_file(w, "a/z", 0);
	world_file(w, "a.b", 70000);
	world_prepare(w);
	assert_str(w->files.items[0].path, STR("a.b"));
	assert_int_equal(w->files.items[0].size, 70000);
	assert_str(w->files.items[1].path, STR("a/z"));
	assert_int_equal(w->files.items[1].size, 0);
	assert_str(w->files.items[2].path, STR("b"));
}

static void a_folder_is_added_with_everything_below_it(void **state)
{
	struct world *w = *state;
	world_file(w, "x/y/z", 1);
	world_file(w, "k", 1);
	w->files = (struct image_files){};
	assert_int_equal(image_files_add_tree(&w->files, &w->arena, "tree", &w->why), 0);
	world_prepare(w);
	assert_int_equal(w->files.count, 2);
	assert_str(w->files.items[0].path, STR("k"));
	assert_str(w->files.items[1].path, STR("x/y/z"));
	assert_int_not_equal(image_files_add_tree(&w->files, &w->arena, "absent", &w->why), 0);
}

static void paths_that_are_not_plain_are_refused(void **state)
{
	struct world *w = *state;
	static const char *const paths[] = {"",      "/a",     "a/", "a//b", "./a",
	                                    "a/./b", "a/../b", "..", "a/.."};
	world_write("host", STR("x"));
	for (size_t i = 0; i < COUNT(paths); i++) {
		struct image_files files = {};
		image_files_add(&files, &w->arena, str_from_c(paths[i]), STR("host"));
		if (image_files_prepare(&files, &w->why) != EINVAL)
			fail_msg("accepted '%s'", paths[i]);
	}
}

static void paths_that_clash_are_refused(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *a, *b, *reason;
	} cases[] = {
	        {"x", "x", "given twice"},
	        {"x/Y", "x/y", "differ only in case"},
	        {"A/1", "a/2", "differ only in case"},
	        {"A/b/c", "a.x/b", NULL},
	        {"f", "f/g", "one is a file and the other lies below it"},
	        {"f", "F/g", "differ only in case"},
	        {"f", "f.g", NULL},
	        {"fg", "f/g", NULL},
	};
	world_write("host", STR("x"));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct image_files files = {};
		struct text why = {.arena = &w->arena};
		image_files_add(&files, &w->arena, STR("a!"), STR("host"));
		image_files_add(&files, &w->arena, str_from_c(cases[i].b), STR("host"));
		image_files_add(&files, &w->arena, STR("x-"), STR("host"));
		image_files_add(&files, &w->arena, str_from_c(cases[i].a), STR("host"));
		int error = image_files_prepare(&files, &why);
		assert_int_equal(error, cases[i].reason ? EINVAL : 0);
		if (error)
			assert_non_null(strstr(text_str(&why).ptr, cases[i].reason));
	}
}

static void a_file_that_can_not_be_read_is_named(void **state)
{
	struct world *w = *state;
	image_files_add(&w->files, &w->arena, STR("a"), STR("absent-file"));
	assert_int_equal(image_files_prepare(&w->files, &w->why), ENOENT);
	assert_non_null(strstr(text_str(&w->why).ptr, "absent-file"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
	        TEST(a_list_is_sorted_by_path_and_knows_sizes),
	        TEST(a_folder_is_added_with_everything_below_it),
	        TEST(paths_that_are_not_plain_are_refused),
	        TEST(paths_that_clash_are_refused),
	        TEST(a_file_that_can_not_be_read_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
