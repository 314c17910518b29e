/* The pool of snapshots, without any machine. */
#include "../../../folder.h"
#include "os/files.h"
#include "qemu/pool/pool.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct pool_fixture {
	struct arena arena;
	char folder[64];
	struct str pool;
};

static int make(void **state)
{
	struct pool_fixture *f = calloc(1, sizeof *f);
	host_arena_init(&f->arena);
	test_folder_make(f->folder, sizeof f->folder);
	f->pool = str_format(&f->arena, "%s/pool", f->folder);
	*state = f;
	return 0;
}

static int drop(void **state)
{
	struct pool_fixture *f = *state;
	int error = tree_remove(f->folder);
	arena_release(&f->arena);
	free(f);
	return error;
}

static struct pool_entry entry_of(struct pool_fixture *f, const char *word)
{
	struct strs command = {};
	strs_add(&command, &f->arena, STR("qemu"));
	strs_add(&command, &f->arena, str_from_c(word));
	return pool_entry_name(&f->arena, f->pool, &command, false);
}

/* Kept, with a state of that size that was used so many seconds after 1970. */
static struct pool_entry keep(struct pool_fixture *f, const char *word, off_t bytes, time_t used)
{
	struct pool_entry entry = entry_of(f, word);
	assert_true(pool_entry_begin(&f->arena, &entry));
	assert_int_equal(ftruncate(entry.state, bytes), 0);
	const struct timespec times[2] = {{used, 0}, {used, 0}};
	assert_int_equal(futimens(entry.state, times), 0);
	entry.said[0] = str_from_c(word);
	assert_true(pool_entry_keep(&f->arena, &entry));
	pool_entry_close(&f->arena, &entry);
	return entry;
}

static bool is_kept(struct pool_fixture *f, const char *word)
{
	struct pool_entry entry = entry_of(f, word);
	bool kept = pool_entry_open(&f->arena, &entry);
	pool_entry_close(&f->arena, &entry);
	return kept;
}

static void each_word_and_each_byte_of_a_file_makes_another_machine(void **state)
{
	struct pool_fixture *f = *state;
	struct str image = str_format(&f->arena, "%s/image", f->folder);
	struct str word = str_format(&f->arena, "format=raw,file=%s", image.ptr);
	assert_int_equal(file_write(image.ptr, STR("first"), 0644), 0);
	struct str first = entry_of(f, word.ptr).folder, again = entry_of(f, word.ptr).folder;
	assert_true(first.len && str_equal(first, again));
	assert_false(str_equal(first, entry_of(f, "another").folder));
	assert_int_equal(file_write(image.ptr, STR("secnd"), 0644), 0);
	assert_false(str_equal(first, entry_of(f, word.ptr).folder));
}

static void what_is_kept_is_found_as_it_was(void **state)
{
	struct pool_fixture *f = *state;
	assert_false(is_kept(f, "one"));
	keep(f, "one", 5, 1);
	struct pool_entry entry = entry_of(f, "one");
	assert_true(pool_entry_open(&f->arena, &entry));
	assert_true(str_equal(entry.said[0], STR("one")) && entry.said[1].len == 0);
	assert_int_equal(lseek(entry.state, 0, SEEK_END), 5);
	pool_entry_close(&f->arena, &entry);
	assert_false(is_kept(f, "two"));
	pool_entry_remove(&f->arena, &entry);
	assert_false(is_kept(f, "one"));
}

static void what_was_begun_and_not_kept_is_gone(void **state)
{
	struct pool_fixture *f = *state;
	struct pool_entry entry = entry_of(f, "one");
	struct folder left;
	assert_true(pool_entry_begin(&f->arena, &entry));
	pool_entry_close(&f->arena, &entry);
	assert_int_equal(folder_read(&f->arena, f->pool.ptr, &left), 0);
	assert_int_equal(left.count, 0);
}

static void the_quicker_of_two_stays(void **state)
{
	struct pool_fixture *f = *state;
	struct pool_entry slow = entry_of(f, "one");
	assert_true(pool_entry_begin(&f->arena, &slow));
	pid_t pid = fork();
	if (pid == 0) {
		keep(f, "one", 5, 1);
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_false(pool_entry_keep(&f->arena, &slow));
	pool_entry_close(&f->arena, &slow);
	assert_true(is_kept(f, "one"));
}

static void the_last_used_stay_within_number_and_size(void **state)
{
	static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
	_Static_assert(COUNT(names) == POOL_ENTRIES_MAX + 2);
	struct pool_fixture *f = *state;
	for (size_t i = 0; i < COUNT(names); i++)
		keep(f, names[i], 1, (time_t)i + 1);
	for (size_t i = 0; i < COUNT(names); i++)
		assert_int_equal(is_kept(f, names[i]), i >= 2);
	/* looking at them was a use: these are older, and holes */
	keep(f, "large", (off_t)POOL_BYTES_MAX, 1);
	assert_false(is_kept(f, "large"));
	assert_true(is_kept(f, "j"));
	/* the only one may be as large as it is */
	assert_int_equal(tree_remove(f->pool.ptr), 0);
	keep(f, "large", (off_t)POOL_BYTES_MAX + 1, 1);
	assert_true(is_kept(f, "large"));
}

static void what_a_killed_process_was_making_is_removed(void **state)
{
	struct pool_fixture *f = *state;
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	struct str dead = str_format(&f->arena, "%.*s/.new-%d", STR_ARG(f->pool), (int)pid);
	struct str lives = str_format(&f->arena, "%.*s/.new-%d", STR_ARG(f->pool), (int)getppid());
	assert_int_equal(folder_create(dead.ptr), 0);
	assert_int_equal(folder_create(lives.ptr), 0);
	keep(f, "one", 1, 1);
	assert_false(file_exists(dead.ptr));
	assert_true(file_exists(lives.ptr));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
	        TEST(each_word_and_each_byte_of_a_file_makes_another_machine),
	        TEST(what_is_kept_is_found_as_it_was),
	        TEST(what_was_begun_and_not_kept_is_gone),
	        TEST(the_quicker_of_two_stays),
	        TEST(the_last_used_stay_within_number_and_size),
	        TEST(what_a_killed_process_was_making_is_removed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
