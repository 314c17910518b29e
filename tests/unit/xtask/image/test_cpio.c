#include "image/cpio.h"
#include "image_fixture.h"
#include <archive.h>
#include <archive_entry.h>

enum { EPOCH = 1700000001 };

/* libarchive's view of an archive, a line an entry: mode, size, path. */
static struct str archive_listing(struct world *w, const char *path)
{
	struct text listing = {.arena = &w->arena};
	struct archive *in = archive_read_new();
	struct archive_entry *entry;
	archive_read_support_format_cpio(in);
	assert_int_equal(archive_read_open_filename(in, path, 4096), ARCHIVE_OK);
	int result;
	while ((result = archive_read_next_header(in, &entry)) == ARCHIVE_OK) {
		assert_int_equal(archive_entry_mtime(entry), EPOCH);
		assert_int_equal(archive_entry_uid(entry), 0);
		assert_int_equal(archive_entry_gid(entry), 0);
		text_addf(&listing, "%o %lld %s\n", (unsigned)archive_entry_mode(entry),
		          (long long)archive_entry_size(entry), archive_entry_pathname(entry));
	}
	assert_int_equal(result, ARCHIVE_EOF);
	archive_read_free(in);
	return text_str(&listing);
}

static void libarchive_reads_folders_files_and_modes(void **state)
{
	struct world *w = *state;
	world_file(w, "empty", 0);
	world_file(w, "a/b/one", 1);
	world_file(w, "a/b.c", 5);
	world_file(w, "a/c/d/four", 4);
	world_write("program", STR("\177ELFrest"));
	world_write("script", STR("#!/bin/sh\n"));
	image_files_add(&w->files, &w->arena, STR("bin/program"), STR("program"));
	image_files_add(&w->files, &w->arena, STR("bin/script"), STR("script"));
	world_prepare(w);
	assert_int_equal(cpio_write(&w->files, EPOCH, "out.cpio", &w->why), 0);
	assert_str(archive_listing(w, "out.cpio"), STR("40755 0 a\n"
	                                               "100644 5 a/b.c\n"
	                                               "40755 0 a/b\n"
	                                               "100644 1 a/b/one\n"
	                                               "40755 0 a/c\n"
	                                               "40755 0 a/c/d\n"
	                                               "100644 4 a/c/d/four\n"
	                                               "40755 0 bin\n"
	                                               "100755 8 bin/program\n"
	                                               "100755 10 bin/script\n"
	                                               "100644 0 empty\n"));
}

static void file_data_begins_at_a_multiple_of_four(void **state)
{
	struct world *w = *state;
	for (size_t i = 1; i < 12; i++)
		world_file(w, str_format(&w->arena, "%.*s", (int)i, "abcdefghijkl").ptr, i);
	world_prepare(w);
	assert_int_equal(cpio_write(&w->files, EPOCH, "out.cpio", &w->why), 0);
	struct str archive = world_read(w, "out.cpio");
	for (size_t i = 0; i < w->files.count; i++) {
		struct str content = world_read(w, w->files.items[i].host.ptr);
		char *hit = memmem(archive.ptr, archive.len, content.ptr, content.len);
		while (hit && (hit - archive.ptr) % 4 != 0)
			hit = memmem(hit + 1, archive.len - (size_t)(hit + 1 - archive.ptr),
			             content.ptr, content.len);
		assert_non_null(hit);
	}
	assert_int_equal(archive.len % 4, 0);
}

static void equal_files_give_equal_archives_whatever_the_host_says(void **state)
{
	struct world *w = *state;
	struct image_files other = {};
	world_file(w, "b", 300000);
	world_file(w, "a", 10);
	world_run(w,
	          "mkdir other && cp tree/a other/x && cp tree/b other/y && chmod 777 other/y && "
	          "touch -d 2001-01-01 other/x");
	image_files_add(&other, &w->arena, STR("a"), STR("other/x"));
	image_files_add(&other, &w->arena, STR("b"), STR("other/y"));
	assert_int_equal(image_files_prepare(&other, &w->why), 0);
	world_prepare(w);
	assert_int_equal(cpio_write(&w->files, EPOCH, "1.cpio", &w->why), 0);
	assert_int_equal(cpio_write(&other, EPOCH, "2.cpio", &w->why), 0);
	world_run(w, "cmp 1.cpio 2.cpio");
}

static void an_archive_without_files_is_only_a_trailer(void **state)
{
	struct world *w = *state;
	assert_int_equal(cpio_write(&w->files, EPOCH, "out.cpio", &w->why), 0);
	assert_str(archive_listing(w, "out.cpio"), STR(""));
	assert_int_equal(world_read(w, "out.cpio").len, 124);
}

static void a_file_that_changes_size_meanwhile_is_an_error(void **state)
{
	struct world *w = *state;
	world_file(w, "a", 100);
	world_prepare(w);
	world_write("tree/a", STR("shorter"));
	assert_int_equal(cpio_write(&w->files, EPOCH, "out.cpio", &w->why), EBUSY);
	assert_non_null(strstr(text_str(&w->why).ptr, "tree/a changed"));
}

static void a_file_named_like_the_end_is_refused(void **state)
{
	struct world *w = *state;
	world_file(w, "TRAILER!!!", 5);
	world_prepare(w);
	assert_int_equal(cpio_write(&w->files, EPOCH, "out.cpio", &w->why), EINVAL);
	assert_non_null(strstr(text_str(&w->why).ptr, "TRAILER!!!"));
}

static void a_full_disk_and_a_time_beyond_32_bits_are_errors(void **state)
{
	struct world *w = *state;
	world_file(w, "a", 100000);
	world_prepare(w);
	assert_int_equal(cpio_write(&w->files, EPOCH, "/dev/full", &w->why), ENOSPC);
	assert_int_equal(cpio_write(&w->files, (uint64_t)1 << 32, "out.cpio", &w->why), EINVAL);
	assert_int_equal(cpio_write(&w->files, EPOCH, "absent/out.cpio", &w->why), ENOENT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
	        TEST(libarchive_reads_folders_files_and_modes),
	        TEST(file_data_begins_at_a_multiple_of_four),
	        TEST(equal_files_give_equal_archives_whatever_the_host_says),
	        TEST(an_archive_without_files_is_only_a_trailer),
	        TEST(a_file_that_changes_size_meanwhile_is_an_error),
	        TEST(a_file_named_like_the_end_is_refused),
	        TEST(a_full_disk_and_a_time_beyond_32_bits_are_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
