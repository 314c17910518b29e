#include "../../test.h"
#include <boot_archive/api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARCHIVE_MAX = 2048 };

struct archive_bytes {
	char bytes[ARCHIVE_MAX];
	size_t len;
};

static void archive_pad(struct archive_bytes *archive)
{
	while (archive->len % 4)
		archive->bytes[archive->len++] = '\0';
}

static void archive_add(struct archive_bytes *archive, const char *name, unsigned mode,
                        const char *data)
{
	size_t name_bytes = strlen(name) + 1, data_bytes = strlen(data);
	archive->len +=
	        (size_t)sprintf(archive->bytes + archive->len,
	                        "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X", 1,
	                        mode, 0, 0, 1, 0, data_bytes, 0, 0, 0, 0, name_bytes, 0);
	memcpy(archive->bytes + archive->len, name, name_bytes);
	archive->len += name_bytes;
	archive_pad(archive);
	memcpy(archive->bytes + archive->len, data, data_bytes);
	archive->len += data_bytes;
	archive_pad(archive);
}

static struct boot_archive archive_sample(struct archive_bytes *archive)
{
	archive->len = 0;
	archive_add(archive, "services", 040755, "");
	archive_add(archive, "services/rootd.elf", 0100644, "first");
	archive_add(archive, "./empty", 0100644, "");
	archive_add(archive, "link", 0120777, "services");
	archive_add(archive, "system/boot/a.sym", 0100644, "abcdefgh");
	archive_add(archive, "TRAILER!!!", 0, "");
	return (struct boot_archive){{archive->bytes, archive->len}};
}

static void walk_gives_every_entry_in_order(void **)
{
	static const struct {
		struct str path, data;
		uint32_t mode;
	} expected[] = {
	        {STR_INIT("services"), STR_INIT(""), 040755},
	        {STR_INIT("services/rootd.elf"), STR_INIT("first"), 0100644},
	        {STR_INIT("empty"), STR_INIT(""), 0100644},
	        {STR_INIT("link"), STR_INIT("services"), 0120777},
	        {STR_INIT("system/boot/a.sym"), STR_INIT("abcdefgh"), 0100644},
	};
	static struct archive_bytes bytes;
	struct boot_archive archive = archive_sample(&bytes);
	struct boot_archive_cursor cursor = boot_archive_begin(archive);
	struct boot_archive_entry entry;
	for (size_t i = 0; i < COUNT(expected); i++) {
		assert_int_equal(boot_archive_next(&cursor, &entry), OK);
		assert_str(entry.path, expected[i].path);
		assert_str(entry.data, expected[i].data);
		assert_int_equal(entry.mode, expected[i].mode);
	}
	assert_int_equal(boot_archive_next(&cursor, &entry), ERR_NOT_FOUND);
	assert_int_equal(boot_archive_check(archive), OK);
}

static void find_gives_regular_files_only(void **)
{
	static const struct {
		struct str path;
		enum status status;
		struct str data;
	} cases[] = {
	        {STR_INIT("services/rootd.elf"), OK, STR_INIT("first")},
	        {STR_INIT("/services/rootd.elf"), OK, STR_INIT("first")},
	        {STR_INIT("empty"), OK, STR_INIT("")},
	        {STR_INIT("services"), ERR_NOT_FOUND, STR_INIT("")},
	        {STR_INIT("link"), ERR_NOT_FOUND, STR_INIT("")},
	        {STR_INIT("services/rootd.el"), ERR_NOT_FOUND, STR_INIT("")},
	        {STR_INIT(""), ERR_NOT_FOUND, STR_INIT("")},
	        {STR_INIT("TRAILER!!!"), ERR_NOT_FOUND, STR_INIT("")},
	};
	static struct archive_bytes bytes;
	struct boot_archive archive = archive_sample(&bytes);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct boot_archive_entry entry = {};
		assert_int_equal(boot_archive_find(archive, cases[i].path, &entry),
		                 cases[i].status);
		assert_str(entry.data, cases[i].data);
	}
}

static void archive_cut_anywhere_is_refused(void **)
{
	static struct archive_bytes bytes;
	struct boot_archive whole = archive_sample(&bytes);
	/* a copy of exactly that size, so that reading past it is seen; the trailer's padding may
	 * go */
	for (size_t len = 0; len + 3 < whole.bytes.len; len++) {
		char *copy = malloc(len ? len : 1);
		assert_non_null(copy);
		memcpy(copy, whole.bytes.ptr, len);
		struct boot_archive cut = {{copy, len}};
		assert_int_equal(boot_archive_check(cut), ERR_INVALID_ARGS);
		free(copy);
	}
}

static void archive_with_any_byte_changed_is_read_within_its_bounds(void **)
{
	static const char wild[] = {'F', '0', '\0', (char)0xff, 'g'};
	static struct archive_bytes bytes;
	struct boot_archive archive = archive_sample(&bytes);
	for (size_t at = 0; at < archive.bytes.len; at++) {
		char saved = bytes.bytes[at];
		for (size_t w = 0; w < COUNT(wild); w++) {
			bytes.bytes[at] = wild[w];
			enum status status = boot_archive_check(archive);
			assert_true(status == OK || status == ERR_INVALID_ARGS);
		}
		bytes.bytes[at] = saved;
	}
}

static void field_that_is_no_number_is_refused(void **)
{
	static const size_t offsets[] = {0, 14, 54, 61, 94, 101}; /* magic, mode, sizes */
	static struct archive_bytes bytes;
	for (size_t i = 0; i < COUNT(offsets); i++) {
		struct boot_archive archive = archive_sample(&bytes);
		bytes.bytes[offsets[i]] = 'x';
		assert_int_equal(boot_archive_check(archive), ERR_INVALID_ARGS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(walk_gives_every_entry_in_order),
	        cmocka_unit_test(find_gives_regular_files_only),
	        cmocka_unit_test(archive_cut_anywhere_is_refused),
	        cmocka_unit_test(archive_with_any_byte_changed_is_read_within_its_bounds),
	        cmocka_unit_test(field_that_is_no_number_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
