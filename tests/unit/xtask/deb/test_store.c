/*
 * Store and lock update against an apt of our own on the PATH, so that the tests need no network
 * and the archive can move on when a test wants it to.
 */
#include "../../test.h"
#include "../place.h"
#include "deb/store.h"
#include "engine/engine.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct world {
	struct test_place place;
	struct arena arena;
	struct text why, changes;
	struct strs names;
};

/* "archive/NAME" holds a package's content, "archive/NAME.version" what the archive has of it. */
static const char fake_show[] =
        "#!/bin/sh\n"
        "[ \"$1 $2 $3\" = 'show --no-all-versions --' ] || exit 9\n"
        "name=${4%%=*}; cd \"$FAKE_ARCHIVE\" || exit 8\n"
        "[ -f $name ] || { echo 'E: No packages found' >&2; exit 100; }\n"
        "version=$(cat $name.version)\n"
        "case $4 in *=*) [ \"${4#*=}\" = \"$version\" ] || "
        "{ echo 'E: No packages found' >&2; exit 100; };; esac\n"
        "echo \"Package: $name\"; echo \"Version: $version\"; echo 'Architecture: amd64'\n"
        "echo \"Filename: pool/main/x/${name}_2.deb\"\n"
        "echo \"SHA256: $(sha256sum <$name | cut -d' ' -f1)\"; echo\n";
static const char fake_get[] =
        "#!/bin/sh\n"
        "[ \"$1 $2\" = 'download --' ] || exit 9\n"
        "name=${3%%=*}; here=$PWD; cd \"$FAKE_ARCHIVE\" || exit 8\n"
        "[ -f offline ] && { echo 'E: Failed to fetch' >&2; exit 100; }\n"
        "[ \"${3#*=}\" = \"$(cat $name.version)\" ] || "
        "{ echo \"E: Version '${3#*=}' for '$name' was not found\" >&2; exit 100; }\n"
        "cp $name \"$here/${name}_1%3a2_amd64.deb\"\n";

static int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	char path[256];
	assert_non_null(w);
	place_enter(&w->place);
	host_arena_init(&w->arena);
	w->why.arena = w->changes.arena = &w->arena;
	assert_int_equal(file_write("bin/apt-cache", STR(fake_show), 0755), 0);
	assert_int_equal(file_write("bin/apt-get", STR(fake_get), 0755), 0);
	assert_int_equal(file_write("archive/tool", STR("content of the package"), 0644), 0);
	assert_int_equal(file_write("archive/tool.version", STR("1:2.0-1"), 0644), 0);
	snprintf(path, sizeof path, "%s/bin:/usr/bin:/bin", w->place.root);
	setenv("PATH", path, 1);
	snprintf(path, sizeof path, "%s/archive", w->place.root);
	setenv("FAKE_ARCHIVE", path, 1);
	strs_add(&w->names, &w->arena, STR("tool"));
	*state = w;
	return 0;
}

static int world_teardown(void **state)
{
	struct world *w = *state;
	place_leave(&w->place);
	arena_release(&w->arena);
	free(w);
	return 0;
}

static void update(struct world *w)
{
	if (deb_lock_update("deb.lock", "store", &w->names, &w->changes, &w->why))
		fail_msg("%.*s", STR_ARG(text_str(&w->why)));
}

/* The locked "tool". */
static struct deb_package locked(struct world *w)
{
	struct deb_lock lock = {};
	struct diag d;
	diag_init(&d, &w->arena);
	assert_true(deb_lock_read(&w->arena, "deb.lock", &lock, &d));
	const struct deb_package *package = deb_lock_find(&lock, STR("tool"));
	assert_non_null(package);
	return *package;
}

static int fetch(struct world *w)
{
	struct deb_package package = locked(w);
	w->why.len = 0;
	return deb_store_fetch(&w->arena, "store", &package, &w->why);
}

static const char *stored(struct world *w)
{
	struct deb_package package = locked(w);
	return deb_store_path(&w->arena, "store", &package).ptr;
}

static void an_update_locks_and_stores_what_the_archive_has(void **state)
{
	struct world *w = *state;
	struct str content;
	struct folder folder = {};
	update(w);
	assert_str(text_str(&w->changes), STR("tool: 1:2.0-1\n"));
	assert_str(locked(w).file.value, STR("tool_2.deb"));
	assert_int_equal(file_read(&w->arena, stored(w), &content), 0);
	assert_str(content, STR("content of the package"));
	assert_int_equal(folder_read(&w->arena, "store", &folder), 0);
	assert_int_equal(folder.count, 1);
}

static void what_is_stored_needs_no_archive(void **state)
{
	struct world *w = *state;
	update(w);
	assert_int_equal(file_write("archive/offline", STR(""), 0644), 0);
	assert_int_equal(fetch(w), 0);
}

static void a_damaged_store_is_repaired(void **state)
{
	struct world *w = *state;
	struct str content;
	update(w);
	assert_int_equal(file_write(stored(w), STR("damaged"), 0644), 0);
	assert_int_equal(fetch(w), 0);
	assert_int_equal(file_read(&w->arena, stored(w), &content), 0);
	assert_str(content, STR("content of the package"));
}

static void an_archive_that_moved_on_is_told_with_both_versions(void **state)
{
	struct world *w = *state;
	update(w);
	assert_int_equal(tree_remove("store"), 0);
	assert_int_equal(file_write("archive/tool.version", STR("1:3.0-1"), 0644), 0);
	assert_int_equal(fetch(w), ENOENT);
	assert_non_null(strstr(text_str(&w->why).ptr, "1:2.0-1"));
	assert_non_null(strstr(text_str(&w->why).ptr, "1:3.0-1"));
	assert_non_null(strstr(text_str(&w->why).ptr, "xtask lock --update"));
	w->changes.len = 0;
	update(w);
	assert_str(text_str(&w->changes), STR("tool: 1:2.0-1 -> 1:3.0-1\n"));
	assert_int_equal(fetch(w), 0);
}

static void an_archive_that_is_not_reached_gives_its_own_reason(void **state)
{
	struct world *w = *state;
	struct folder folder = {};
	update(w);
	assert_int_equal(tree_remove("store"), 0);
	assert_int_equal(file_write("archive/offline", STR(""), 0644), 0);
	assert_int_equal(fetch(w), EIO);
	assert_non_null(strstr(text_str(&w->why).ptr, "Failed to fetch"));
	assert_null(strstr(text_str(&w->why).ptr, "--update"));
	assert_int_equal(folder_read(&w->arena, "store", &folder), 0);
	assert_int_equal(folder.count, 0);
}

static void another_content_under_the_same_version_is_refused(void **state)
{
	struct world *w = *state;
	update(w);
	assert_int_equal(tree_remove("store"), 0);
	assert_int_equal(file_write("archive/tool", STR("something else"), 0644), 0);
	assert_int_equal(fetch(w), EBADMSG);
	assert_false(file_exists(stored(w)));
}

static void a_failed_update_leaves_the_lock_file_alone(void **state)
{
	struct world *w = *state;
	struct str before, after;
	update(w);
	assert_int_equal(file_read(&w->arena, "deb.lock", &before), 0);
	strs_add(&w->names, &w->arena, STR("absent"));
	assert_int_equal(deb_lock_update("deb.lock", "store", &w->names, &w->changes, &w->why),
	                 ENOENT);
	assert_non_null(strstr(text_str(&w->why).ptr, "absent"));
	assert_int_equal(file_read(&w->arena, "deb.lock", &after), 0);
	assert_str(after, before);
}

static void packages_that_nobody_wants_leave_the_lock_file(void **state)
{
	struct world *w = *state;
	update(w);
	w->names = (struct strs){};
	w->changes.len = 0;
	update(w);
	assert_str(text_str(&w->changes), STR("tool: removed\n"));
}

static void a_host_without_apt_is_told(void **state)
{
	struct world *w = *state;
	update(w);
	assert_int_equal(tree_remove("store"), 0);
	setenv("PATH", "/nowhere", 1);
	assert_int_not_equal(fetch(w), 0);
	assert_non_null(strstr(text_str(&w->why).ptr, "apt-get is not installed"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
	        TEST(an_update_locks_and_stores_what_the_archive_has),
	        TEST(what_is_stored_needs_no_archive),
	        TEST(a_damaged_store_is_repaired),
	        TEST(an_archive_that_moved_on_is_told_with_both_versions),
	        TEST(an_archive_that_is_not_reached_gives_its_own_reason),
	        TEST(another_content_under_the_same_version_is_refused),
	        TEST(a_failed_update_leaves_the_lock_file_alone),
	        TEST(packages_that_nobody_wants_leave_the_lock_file),
	        TEST(a_host_without_apt_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
