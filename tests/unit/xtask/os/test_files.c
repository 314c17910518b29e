#include "../../test.h"
#include "../place.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct test_place place;
static struct arena arena;

static int enter_temporary_folder(void **)
{
	place_enter(&place);
	host_arena_init(&arena);
	return 0;
}

static int leave_temporary_folder(void **)
{
	arena_release(&arena);
	place_leave(&place);
	return 0;
}

static void file_write_replaces_the_whole_file_and_makes_folders(void **)
{
	struct str content;
	struct stat st;
	assert_int_equal(file_write("a/b/c.txt", STR("first"), 0644), 0);
	assert_int_equal(file_write("a/b/c.txt", STR("2"), 0600), 0);
	assert_int_equal(file_read(&arena, "a/b/c.txt", &content), 0);
	assert_str(content, STR("2"));
	assert_int_equal(stat("a/b/c.txt", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);

	struct strs paths;
	assert_int_equal(tree_files(&arena, "a", &paths), 0);
	assert_int_equal(paths.count, 1); /* no temporary file is left */
}

static void file_write_leaves_the_former_file_when_it_cannot_replace_it(void **)
{
	assert_int_equal(mkdir("taken", 0755), 0);
	assert_int_equal(file_write("taken/inside", STR("x"), 0644), 0);
	assert_int_equal(file_write("taken", STR("y"), 0644), EISDIR);
	assert_true(file_exists("taken/inside"));
	assert_int_equal(file_write("taken/inside/below", STR("y"), 0644), ENOTDIR);
	struct folder entries;
	assert_int_equal(folder_read(&arena, ".", &entries), 0);
	assert_int_equal(entries.count, 1);
}

static void file_write_writes_into_a_device_and_leaves_it(void **)
{
	struct stat st;
	char got[8] = {};
	assert_int_equal(symlink("/dev/full", "full"), 0);
	assert_int_equal(file_write("full", STR("x"), 0644), ENOSPC);
	assert_int_equal(lstat("full", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(mkfifo("pipe", 0600), 0);
	int reader = open("pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_int_equal(file_write("pipe", STR("said"), 0644), 0);
	assert_int_equal(read(reader, got, sizeof got), 4);
	assert_string_equal(got, "said");
	close(reader);
	assert_int_equal(lstat("pipe", &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
}

static void file_read_says_why_it_failed(void **)
{
	struct str content = STR("untouched");
	assert_int_equal(file_read(&arena, "absent", &content), ENOENT);
	assert_int_equal(file_read(&arena, ".", &content), EISDIR);
	assert_str(content, STR("untouched"));
	assert_int_equal(file_write("empty", STR(""), 0644), 0);
	assert_int_equal(file_read(&arena, "empty", &content), 0);
	assert_int_equal(content.len, 0);
	assert_int_equal(file_read(&arena, "/proc/self/stat", &content),
	                 0); /* size 0, but not empty */
	assert_true(content.len > 0);
}

static void tree_files_lists_sorted_and_never_follows_links_to_folders(void **)
{
	static const char *const files[] = {"t/b", "t/a/z", "t/a.c", "t/a/y"};
	for (size_t i = 0; i < COUNT(files); i++)
		assert_int_equal(file_write(files[i], STR("x"), 0644), 0);
	assert_int_equal(symlink("..", "t/loop"), 0);
	assert_int_equal(symlink("b", "t/link"), 0);
	assert_int_equal(symlink("nowhere", "t/dangling"), 0);

	static const struct str expected[] = {STR_INIT("t/a.c"), STR_INIT("t/a/y"),
	                                      STR_INIT("t/a/z"), STR_INIT("t/b"),
	                                      STR_INIT("t/link")};
	struct strs paths;
	assert_int_equal(tree_files(&arena, "t", &paths), 0);
	assert_int_equal(paths.count, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++)
		assert_str(paths.items[i], expected[i]);
	assert_int_equal(tree_files(&arena, "absent", &paths), ENOENT);
}

static void tree_remove_takes_folders_but_not_what_links_point_to(void **)
{
	assert_int_equal(file_write("keep/file", STR("x"), 0644), 0);
	assert_int_equal(file_write("gone/deep/er/file", STR("x"), 0644), 0);
	assert_int_equal(symlink("../keep", "gone/link"), 0);
	assert_int_equal(tree_remove("gone"), 0);
	assert_false(file_exists("gone"));
	assert_true(file_exists("keep/file"));
	assert_int_equal(tree_remove("gone"), 0); /* absence is no error */
}

static void path_normalise_cleans_and_refuses_to_leave(void **)
{
	static const struct {
		struct str in, out;
		bool ok;
	} cases[] = {
	        {STR_INIT("a/b"), STR_INIT("a/b"), true},
	        {STR_INIT("./a//b/."), STR_INIT("a/b"), true},
	        {STR_INIT("a/../b/"), STR_INIT("b"), true},
	        {STR_INIT("/a/./b"), STR_INIT("/a/b"), true},
	        {STR_INIT("/"), STR_INIT("/"), true},
	        {STR_INIT(""), STR_INIT(""), true},
	        {STR_INIT(".."), STR_INIT(""), false},
	        {STR_INIT("a/../../b"), STR_INIT(""), false},
	        {STR_INIT("/.."), STR_INIT(""), false},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str out = {};
		assert_int_equal(path_normalise(&arena, cases[i].in, &out), cases[i].ok);
		assert_str(out, cases[i].out);
	}
	assert_str(path_join(&arena, STR(""), STR("x")), STR("x"));
	assert_str(path_join(&arena, STR("a"), STR("x")), STR("a/x"));
	assert_str(path_folder(STR("a/b/c")), STR("a/b"));
	assert_str(path_folder(STR("c")), STR(""));
	assert_str(path_name(STR("a/b/c")), STR("c"));
}

static void text_grows_and_lists_keep_order(void **)
{
	struct text t = {.arena = &arena};
	assert_str(text_str(&t), STR(""));
	for (int i = 0; i < 1000; i++)
		text_addf(&t, "%d,", i % 10);
	text_add_byte(&t, '!');
	assert_int_equal(text_str(&t).len, 2001);
	assert_int_equal(text_str(&t).ptr[2000], '!');

	struct strs list = {};
	static const char *const words[] = {"b", "a", "ab", ""};
	for (size_t i = 0; i < COUNT(words); i++)
		strs_add(&list, &arena, str_from_c(words[i]));
	assert_true(strs_contain(&list, STR("ab")));
	assert_false(strs_contain(&list, STR("abc")));
	strs_sort(&list);
	assert_str(list.items[0], STR(""));
	assert_str(list.items[2], STR("ab"));
}

#define in_folder(test)                                                                            \
	cmocka_unit_test_setup_teardown(test, enter_temporary_folder, leave_temporary_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        in_folder(file_write_replaces_the_whole_file_and_makes_folders),
	        in_folder(file_write_leaves_the_former_file_when_it_cannot_replace_it),
	        in_folder(file_write_writes_into_a_device_and_leaves_it),
	        in_folder(file_read_says_why_it_failed),
	        in_folder(tree_files_lists_sorted_and_never_follows_links_to_folders),
	        in_folder(tree_remove_takes_folders_but_not_what_links_point_to),
	        in_folder(path_normalise_cleans_and_refuses_to_leave),
	        in_folder(text_grows_and_lists_keep_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
