/* build/bin/xtask-unpack on packages made here, honest ones and others. */
#include "../../test.h"
#include "../place.h"
#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

struct world {
	struct test_place place;
	struct arena arena;
};

static int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	assert_non_null(w);
	place_enter(&w->place);
	host_arena_init(&w->arena);
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

struct member {
	const char *path;
	unsigned mode; /* with its kind; 0: a hard link to content */
	const char *content; /* of a file, target of a link */
};

static void member_add(struct archive *out, const struct member *m)
{
	struct archive_entry *entry = archive_entry_new();
	size_t len = (m->mode & S_IFMT) == S_IFREG ? strlen(m->content) : 0;
	archive_entry_set_pathname(entry, m->path);
	archive_entry_set_mode(entry, m->mode ? m->mode : S_IFREG | 0644);
	archive_entry_set_size(entry, (la_int64_t)len);
	if ((m->mode & S_IFMT) == S_IFLNK)
		archive_entry_set_symlink(entry, m->content);
	if (!m->mode)
		archive_entry_set_hardlink(entry, m->content);
	assert_int_equal(archive_write_header(out, entry), ARCHIVE_OK);
	if (len)
		assert_int_equal(archive_write_data(out, m->content, len), len);
	archive_entry_free(entry);
}

/* x.deb: debian-binary and data.tar.xz with these members. */
static void package_make(struct world *w, const struct member *members, size_t count)
{
	struct archive *tar = archive_write_new(), *ar = archive_write_new();
	struct str data;
	archive_write_set_format_pax_restricted(tar);
	archive_write_add_filter_xz(tar);
	assert_int_equal(archive_write_open_filename(tar, "data.tar.xz"), ARCHIVE_OK);
	for (size_t i = 0; i < count; i++)
		member_add(tar, &members[i]);
	assert_int_equal(archive_write_close(tar), ARCHIVE_OK);
	archive_write_free(tar);

	assert_int_equal(file_read(&w->arena, "data.tar.xz", &data), 0);
	archive_write_set_format_ar_svr4(ar);
	assert_int_equal(archive_write_open_filename(ar, "x.deb"), ARCHIVE_OK);
	member_add(ar, &(struct member){"debian-binary", S_IFREG | 0644, "2.0\n"});
	struct archive_entry *entry = archive_entry_new();
	archive_entry_set_pathname(entry, "data.tar.xz");
	archive_entry_set_mode(entry, S_IFREG | 0644);
	archive_entry_set_size(entry, (la_int64_t)data.len);
	assert_int_equal(archive_write_header(ar, entry), ARCHIVE_OK);
	assert_int_equal(archive_write_data(ar, data.ptr, data.len), data.len);
	archive_entry_free(entry);
	assert_int_equal(archive_write_close(ar), ARCHIVE_OK);
	archive_write_free(ar);
}

/* Exit status of the unpacker; what it said in said.txt. */
static int unpack(struct world *w, const char *arguments)
{
	char line[5000];
	snprintf(line, sizeof line, "'%s/build/bin/xtask-unpack' %s >said.txt 2>&1",
	         w->place.former, arguments);
	int status = system(line);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void assert_said(struct world *w, const char *text)
{
	struct str said;
	assert_int_equal(file_read(&w->arena, "said.txt", &said), 0);
	if (!strstr(said.ptr, text))
		fail_msg("no '%s' in: %s", text, said.ptr);
}

static void assert_content(struct world *w, const char *path, const char *expected)
{
	struct str content;
	if (file_read(&w->arena, path, &content))
		fail_msg("no %s", path);
	assert_str(content, str_from_c(expected));
}

static const struct member honest[] = {
        {"./", S_IFDIR | 0755, NULL},           {"./bin/", S_IFDIR | 0755, NULL},
        {"./bin/tool", S_IFREG | 0755, "tool"}, {"./bin/toolbox", S_IFREG | 04711, "toolbox"},
        {"./share/doc/a", S_IFREG | 0600, "a"}, {"./share/doc/b/c", S_IFREG | 0644, ""},
        {"./bin/link", S_IFLNK | 0777, "tool"}, {"./bin/same", 0, "./bin/tool"},
        {"./fifo", S_IFIFO | 0644, NULL},
};

static void one_file_is_taken_with_its_kind_of_mode(void **state)
{
	struct world *w = *state;
	struct stat status;
	package_make(w, honest, COUNT(honest));
	assert_int_equal(unpack(w, "x.deb out/renamed bin/tool"), 0);
	assert_content(w, "out/renamed", "tool");
	assert_int_equal(stat("out/renamed", &status), 0);
	assert_int_equal(status.st_mode & 07777, 0755);
	assert_int_equal(unpack(w, "x.deb out/renamed share/doc/a"), 0);
	assert_content(w, "out/renamed", "a");
	assert_int_equal(stat("out/renamed", &status), 0);
	assert_int_equal(status.st_mode & 07777, 0644);
}

static void a_tree_is_taken_by_files_and_folders(void **state)
{
	struct world *w = *state;
	package_make(w, honest, COUNT(honest));
	assert_int_equal(unpack(w, "--tree x.deb out share bin/toolbox"), 0);
	assert_content(w, "out/share/doc/a", "a");
	assert_content(w, "out/share/doc/b/c", "");
	assert_content(w, "out/bin/toolbox", "toolbox");
	assert_false(file_exists("out/bin/tool"));
}

static void what_is_absent_or_no_file_is_named(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *arguments, *said;
		int status;
	} cases[] = {
	        {"x.deb out bin/absent", "the package has no 'bin/absent'", 1},
	        {"x.deb out bin", "is a folder", 1},
	        {"x.deb out bin/link", "is a link to tool", 1},
	        {"x.deb out bin/same", "is a link to ./bin/tool", 1},
	        {"x.deb out fifo", "neither a file nor a folder", 1},
	        {"x.deb out ../x", "leaves the package", 1},
	        {"--tree x.deb out bin/link", "is a link", 1},
	        {"absent.deb out x", "absent.deb", 1},
	        {"data.tar.xz out x", "data.tar.xz", 1},
	        {"x.deb out", "usage", 2},
	        {"x.deb out a b", "usage", 2},
	        {"", "usage", 2},
	};
	package_make(w, honest, COUNT(honest));
	for (size_t i = 0; i < COUNT(cases); i++) {
		int status = unpack(w, cases[i].arguments);
		if (status != cases[i].status)
			fail_msg("'%s': %d", cases[i].arguments, status);
		assert_said(w, cases[i].said);
	}
	assert_false(file_exists("out"));
}

static void paths_that_leave_the_package_are_refused(void **state)
{
	struct world *w = *state;
	static const char *const evil[] = {"../evil", "a/../../evil", "/evil", "./a/../../../evil"};
	for (size_t i = 0; i < COUNT(evil); i++) {
		const struct member members[] = {
		        {evil[i], S_IFREG | 0644, "evil"},
		        {"good", S_IFREG | 0644, "good"},
		};
		package_make(w, members, COUNT(members));
		assert_int_equal(unpack(w, "--tree x.deb deep/out evil good"), 1);
		assert_said(w, "leaves the package");
		assert_false(file_exists("evil"));
		assert_false(file_exists("deep/evil"));
	}
}

static void a_package_cut_short_leaves_no_file(void **state)
{
	struct world *w = *state;
	struct str whole;
	package_make(w, honest, COUNT(honest));
	assert_int_equal(file_read(&w->arena, "x.deb", &whole), 0);
	for (size_t len = 0; len < whole.len - 80; len += 7) {
		assert_int_equal(file_write("short.deb", str_slice(whole, 0, len), 0644), 0);
		assert_int_equal(unpack(w, "short.deb out/a share/doc/a"), 1);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
	        TEST(one_file_is_taken_with_its_kind_of_mode),
	        TEST(a_tree_is_taken_by_files_and_folders),
	        TEST(what_is_absent_or_no_file_is_named),
	        TEST(paths_that_leave_the_package_are_refused),
	        TEST(a_package_cut_short_leaves_no_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
