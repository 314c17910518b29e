#include "engine/state/file_table.h"
#include "engine_fixture.h"
#include <errno.h>

static void a_stamp_is_settled_two_seconds_after_the_last_change(void **state)
{
	static const struct {
		int64_t changed_ns, now_ns;
		bool settled;
	} cases[] = {
	        {1000, 1000, false},      {1000, 1999999999, false}, {1000, 2000000999, false},
	        {1000, 2000001000, true}, {5000000000, 1000, false}, /* from the future */
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stamp stamp = {.changed_ns = cases[i].changed_ns, .modified_ns = 1};
		assert_int_equal(stamp_settled(&stamp, cases[i].now_ns), cases[i].settled);
	}
}

static void a_stamp_of_whole_seconds_is_coarse(void **state)
{
	(void)state;
	assert_true(stamp_is_coarse(&(struct stamp){.modified_ns = 2000000000, .changed_ns = 0}));
	assert_false(stamp_is_coarse(&(struct stamp){.modified_ns = 2000000000, .changed_ns = 7}));
}

static void only_a_settled_stamp_of_a_former_run_spares_hashing(void **state)
{
	struct world *w = *state;
	put_file("a", "content");
	struct file_table files;
	file_table_init(&files, &w->arena);
	struct tracked_file *f = file_table_get(&files, STR("a"));
	assert_int_equal(file_look(f), FILE_PRESENT);
	f->has_former = true;
	f->former_stamp = f->stamp;
	assert_int_equal(file_hash(f), 0);
	assert_true(digest_equal(&f->digest, &f->former_digest)); /* taken as it is */
	f->former_stamp.changed_ns++;
	f->has_digest = false;
	struct digest expected = digest_bytes(STR("content"));
	assert_int_equal(file_hash(f), 0);
	assert_true(digest_equal(&f->digest, &expected));
}

static void a_path_is_one_file_however_it_is_written(void **state)
{
	static const struct {
		const char *path, *normal;
	} cases[] = {
	        {"a/b", "a/b"},      {"./a/b", "a/b"}, {"a//b", "a/b"},  {"a/./b", "a/b"},
	        {"a/c/../b", "a/b"}, {"a/b/", "a/b"},  {"/a/b", "/a/b"}, {"//a/b", "/a/b"},
	        {"a/.b", "a/.b"},    {"../a", "../a"}, {"/", "/"},       {"a..b/c", "a..b/c"},
	};
	struct world *w = *state;
	struct file_table files;
	file_table_init(&files, &w->arena);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tracked_file *f = file_table_get(&files, str_from_c(cases[i].path));
		assert_string_equal(f->path.ptr, cases[i].normal);
		assert_ptr_equal(f, file_table_find(&files, str_from_c(cases[i].normal)));
	}
}

static void many_files_are_all_found_again(void **state)
{
	struct world *w = *state;
	struct file_table files;
	file_table_init(&files, &w->arena);
	for (int i = 0; i < 5000; i++)
		file_table_get(&files, str_format(&w->arena, "folder/%d", i))->error = i;
	for (int i = 0; i < 5000; i++)
		assert_int_equal(
		        file_table_find(&files, str_format(&w->arena, "folder/%d", i))->error, i);
	assert_int_equal(files.count, 5000);
	assert_null(file_table_find(&files, STR("folder/5000")));
}

static void absence_and_folders_are_told_apart(void **state)
{
	struct world *w = *state;
	struct file_table files;
	file_table_init(&files, &w->arena);
	put_file("file", "");
	struct tracked_file *absent = file_table_get(&files, STR("absent"));
	struct tracked_file *below = file_table_get(&files, STR("file/below"));
	struct tracked_file *folder = file_table_get(&files, STR("/"));
	assert_int_equal(file_look(absent), FILE_ABSENT);
	assert_int_equal(file_look(below), FILE_ABSENT);
	assert_int_equal(file_hash(absent), ENOENT);
	assert_int_equal(file_hash(folder), EISDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WORLD_TEST(a_stamp_is_settled_two_seconds_after_the_last_change),
	        WORLD_TEST(a_stamp_of_whole_seconds_is_coarse),
	        WORLD_TEST(only_a_settled_stamp_of_a_former_run_spares_hashing),
	        WORLD_TEST(a_path_is_one_file_however_it_is_written),
	        WORLD_TEST(many_files_are_all_found_again),
	        WORLD_TEST(absence_and_folders_are_told_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
