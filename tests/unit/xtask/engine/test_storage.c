#include "engine/cache/storage.h"
#include "engine_fixture.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define NAME(digit)                                                                                \
	digit digit digit digit digit digit digit digit digit digit digit digit digit digit digit  \
	        digit
#define NAME64(digit) NAME(digit) NAME(digit) NAME(digit) NAME(digit)

/* A file of 100 bytes, last used that many seconds after the epoch. */
static void put_kept(const char *path, time_t used)
{
	char bytes[101];
	memset(bytes, 'x', 100);
	bytes[100] = '\0';
	put_file(path, bytes);
	const struct timespec times[] = {{.tv_sec = used}, {.tv_sec = used}};
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void put_cache(void)
{
	put_kept("cache/ac/" NAME64("a"), 1000);
	put_kept("cache/cas/" NAME64("b"), 3000);
	put_kept("cache/cas/" NAME64("c"), 2000);
	put_kept("cache/cas/notes.txt", 10);
	put_kept("cache/" NAME64("d"), 10);
	put_kept("cache/cas/" NAME64("D"), 10);
}

static void only_what_a_cache_writes_is_counted(void **state)
{
	struct world *w = *state;
	struct cache_storage s;
	assert_int_equal(cache_storage_read(&w->arena, "cache", &s), ENOENT);
	put_cache();
	assert_int_equal(cache_storage_read(&w->arena, "cache", &s), 0);
	assert_int_equal(s.count, 3);
	assert_int_equal(s.bytes, 300);
	assert_true(s.files[0].is_entry);
	assert_true(str_ends_with(s.files[1].path, STR("cc")));
}

static void what_was_used_longest_ago_goes_first_and_no_more_than_needed(void **state)
{
	struct world *w = *state;
	static const struct {
		uint64_t keep;
		size_t removed;
	} cases[] = {{300, 0}, {299, 1}, {200, 1}, {100, 2}, {0, 3}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cache_storage s;
		size_t removed;
		put_cache();
		assert_int_equal(cache_storage_read(&w->arena, "cache", &s), 0);
		assert_int_equal(cache_storage_prune(&s, cases[i].keep, &removed), 0);
		assert_int_equal(removed, cases[i].removed);
		assert_int_equal(access("cache/ac/" NAME64("a"), F_OK) == 0, removed < 1);
		assert_int_equal(access("cache/cas/" NAME64("c"), F_OK) == 0, removed < 2);
		assert_int_equal(access("cache/cas/" NAME64("b"), F_OK) == 0, removed < 3);
		assert_int_equal(access("cache/cas/notes.txt", F_OK), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WORLD_TEST(only_what_a_cache_writes_is_counted),
	        WORLD_TEST(what_was_used_longest_ago_goes_first_and_no_more_than_needed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
