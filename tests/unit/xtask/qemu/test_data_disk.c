/* The data volume that the launcher makes. */
#include "machine_fixture.h"
#include "qemu/data_disk.h"
#include <sys/stat.h>

enum { DATA_MIB = 64 };

static struct stat stat_of(struct str path)
{
	struct stat st;
	assert_int_equal(stat(path.ptr, &st), 0);
	return st;
}

static void volume_is_made_once_and_then_left_alone(void **state)
{
	struct machine_fixture *f = *state;
	struct str path = str_format(&f->arena, "%s/new/data.img", f->folder);
	assert_true(data_disk_prepare(&f->arena, path, DATA_MIB, &f->diag));
	struct stat made = stat_of(path);
	assert_int_equal(made.st_size, DATA_MIB << 20);
	/* holes */
	assert_true(made.st_blocks * 512 < made.st_size / 2);
	struct str content;
	assert_int_equal(file_read(&f->arena, path.ptr, &content), 0);
	assert_memory_equal(content.ptr + 1024 + 56, "\x53\xef", 2);
	assert_memory_equal(content.ptr + 1024 + 120, "data", 5);

	assert_true(data_disk_prepare(&f->arena, path, 2 * DATA_MIB, &f->diag));
	struct stat again = stat_of(path);
	assert_int_equal(again.st_ino, made.st_ino);
	assert_int_equal(again.st_size, made.st_size);
}

static void what_cannot_be_made_is_reported(void **state)
{
	struct machine_fixture *f = *state;
	struct str path = str_format(&f->arena, "%s/kernel/data.img", f->folder);
	(void)!fixture_file(f, "kernel", STR("no folder")).len;
	assert_false(data_disk_prepare(&f->arena, path, DATA_MIB, &f->diag));
	assert_non_null(strstr(fixture_error(f).ptr, "cannot make the data volume"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_make, fixture_remove)
	const struct CMUnitTest tests[] = {
	        TEST(volume_is_made_once_and_then_left_alone),
	        TEST(what_cannot_be_made_is_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
