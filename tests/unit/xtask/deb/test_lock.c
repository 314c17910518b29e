#include "../../folder.h"
#include "../../test.h"
#include "deb/lock.h"
#include "os/files.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIGEST "3d3fdbe91d4660c873e14b092c213fe81c1da6362daa236eb25d0171eb108744"
#define ENTRY(name, version, digest)                                                               \
	"[[package]]\nname = \"" name "\"\nversion = \"" version                                   \
	"\"\narchitecture = \"amd64\"\nsha256 = \"" digest "\"\nfile = \"" name ".deb\"\n"

struct world {
	char folder[64], path[80];
	struct arena arena;
	struct diag diag;
};

static int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	assert_non_null(w);
	test_folder_make(w->folder, sizeof w->folder);
	snprintf(w->path, sizeof w->path, "%s/deb.lock", w->folder);
	assert_int_equal(file_write(w->path, (struct str){}, 0644), 0);
	host_arena_init(&w->arena);
	diag_init(&w->diag, &w->arena);
	*state = w;
	return 0;
}

static int world_teardown(void **state)
{
	struct world *w = *state;
	assert_int_equal(tree_remove(w->folder), 0);
	arena_release(&w->arena);
	free(w);
	return 0;
}

static bool lock_read(struct world *w, const char *text, struct deb_lock *out_lock)
{
	assert_int_equal(file_write(w->path, str_from_c(text), 0644), 0);
	diag_init(&w->diag, &w->arena);
	*out_lock = (struct deb_lock){};
	return deb_lock_read(&w->arena, w->path, out_lock, &w->diag);
}

static void packages_are_found_by_name(void **state)
{
	struct world *w = *state;
	struct deb_lock lock;
	assert_true(lock_read(w, ENTRY("b", "1:2.0-1", DIGEST) ENTRY("a", "2", DIGEST), &lock));
	assert_int_equal(lock.packages.count, 2);
	assert_str(deb_lock_find(&lock, STR("b"))->version.value, STR("1:2.0-1"));
	assert_str(deb_lock_find(&lock, STR("a"))->sha256.value, STR(DIGEST));
	assert_null(deb_lock_find(&lock, STR("c")));
	assert_true(lock_read(w, "# nothing\n", &lock));
	assert_int_equal(lock.packages.count, 0);
}

static void every_fault_is_reported_at_its_place(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *text, *message;
	} cases[] = {
	        {ENTRY("a", "1", "abc"), "64 lower-case"},
	        {ENTRY("a", "1", DIGEST) ENTRY("a", "2", DIGEST), "locked twice"},
	        {ENTRY("-a", "1", DIGEST), "is no name"},
	        {ENTRY("a b", "1", DIGEST), "is no name"},
	        {ENTRY("a", "1 --config", DIGEST), "is no version"},
	        {ENTRY("a", "1", DIGEST) "url = \"x\"\n", "unknown key"},
	        {"[[package]]\nname = \"a\"\n", "version"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct deb_lock lock;
		assert_false(lock_read(w, cases[i].text, &lock));
		assert_true(w->diag.errors > 0);
		assert_non_null(w->diag.first);
		bool found = false;
		for (struct diag_record *r = w->diag.first; r; r = r->next)
			found = found ||
			        strstr(arena_c_str(&w->arena, r->message), cases[i].message);
		assert_true(found);
		assert_non_null(w->diag.first->span.source);
	}
}

static void a_missing_file_is_reported(void **state)
{
	struct world *w = *state;
	struct deb_lock lock = {};
	assert_false(deb_lock_read(&w->arena, "/tmp/absent/deb.lock", &lock, &w->diag));
	assert_int_equal(w->diag.errors, 1);
}

static void text_of_a_lock_is_sorted_and_reads_back(void **state)
{
	struct world *w = *state;
	const struct deb_package packages[] = {
	        {.name.value = STR_INIT("z"),
	         .version.value = STR_INIT("1:1+b2~x"),
	         .architecture.value = STR_INIT("all"),
	         .sha256.value = STR_INIT(DIGEST),
	         .file.value = STR_INIT("z_1.deb")},
	        {.name.value = STR_INIT("a"),
	         .version.value = STR_INIT("3"),
	         .architecture.value = STR_INIT("amd64"),
	         .sha256.value = STR_INIT(DIGEST),
	         .file.value = STR_INIT("a_3.deb")},
	};
	struct deb_lock lock;
	struct str text = deb_lock_text(&w->arena, packages, 2);
	assert_true(lock_read(w, text.ptr, &lock));
	const struct deb_package *read = lock.packages.items;
	assert_str(read[0].name.value, STR("a"));
	assert_str(read[1].version.value, STR("1:1+b2~x"));
	assert_str(deb_lock_text(&w->arena, read, 2), text);
	assert_true(strstr(text.ptr, "name = \"a\"") < strstr(text.ptr, "name = \"z\""));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
	        TEST(packages_are_found_by_name),
	        TEST(every_fault_is_reported_at_its_place),
	        TEST(a_missing_file_is_reported),
	        TEST(text_of_a_lock_is_sorted_and_reads_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
