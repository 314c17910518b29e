/* Which devices may be written, by what a made-up system says of them; and the writing itself. */
#include "image/device.h"
#include "image_fixture.h"

static void put(struct world *w, const char *path, const char *content)
{
	world_write(str_format(&w->arena, "root/%s", path).ptr, str_from_c(content));
}

/* A stick sdb with a partition, a fixed disk sda; the root file system lies on sda1. */
static void system_make(struct world *w)
{
	static const char *const sda[] = {"sda", "sdb"};
	for (size_t i = 0; i < COUNT(sda); i++) {
		struct str folder = str_format(&w->arena, "sys/class/block/%s", sda[i]);
		put(w, str_format(&w->arena, "%s/size", folder.ptr).ptr, "2000000\n");
		put(w, str_format(&w->arena, "%s/ro", folder.ptr).ptr, "0\n");
		put(w, str_format(&w->arena, "%s/removable", folder.ptr).ptr, i ? "1\n" : "0\n");
		put(w, str_format(&w->arena, "%s/dev", folder.ptr).ptr, i ? "8:16\n" : "8:0\n");
		struct str part = str_format(&w->arena, "%s/%s1/partition", folder.ptr, sda[i]);
		put(w, part.ptr, "1\n");
	}
	put(w, "sys/class/block/sdb/device/model", "Some Stick  \n");
	put(w, "sys/class/block/sdb1/size", "1000\n");
	put(w, "sys/class/block/sdb1/partition", "1\n");
	put(w, "sys/class/block/sdb1/dev", "8:17\n");
	put(w, "proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
	put(w, "proc/swaps", "Filename Type Size Used Priority\n");
}

static void assert_answer(struct world *w, const char *path, int want, const char *reason)
{
	struct device device;
	struct text why = {.arena = &w->arena};
	int got = device_inspect(&w->arena, STR("root"), str_from_c(path), &device, &why);
	if (got != want || (reason && !strstr(text_str(&why).ptr, reason)))
		fail_msg("%s: %d, %.*s", path, got, STR_ARG(text_str(&why)));
}

static void only_a_free_removable_disk_may_be_written(void **state)
{
	struct world *w = *state;
	system_make(w);
	assert_answer(w, "/dev/sdb", 0, NULL);
	assert_answer(w, "/dev/sda", EPERM, "fixed disk");
	assert_answer(w, "/dev/sdb1", EPERM, "partition");
	assert_answer(w, "/dev/sdc", ENODEV, "no block device");
	assert_answer(w, "some/file", ENODEV, "no block device");

	put(w, "proc/self/mountinfo", "40 1 8:17 / /media/stick rw - vfat /dev/sdb1 rw\n");
	assert_answer(w, "/dev/sdb", EPERM, "mounted");
	put(w, "proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
	put(w, "proc/swaps", "Filename Type\n/dev/sdb1\tpartition 1 0 -2\n");
	assert_answer(w, "/dev/sdb", EPERM, "in use");
	put(w, "proc/swaps", "Filename Type\n");
	put(w, "sys/class/block/sdb/holders/dm-0/x", "");
	assert_answer(w, "/dev/sdb", EPERM, "in use");
	world_run(w, "rm -r root/sys/class/block/sdb/holders");
	put(w, "sys/class/block/sdb/ro", "1\n");
	assert_answer(w, "/dev/sdb", EPERM, "write protected");
	put(w, "sys/class/block/sdb/ro", "0\n");
	world_run(w, "rm root/proc/swaps");
	assert_answer(w, "/dev/sdb", EPERM, "in use");
}

static void what_was_written_is_compared(void **state)
{
	struct world *w = *state;
	char *bytes = arena_alloc(&w->arena, 3000000);
	for (size_t i = 0; i < 3000000; i++)
		bytes[i] = (char)world_random(w, 256);
	struct str image = {bytes, 3000000};
	world_run(w, "truncate -s 4M device");
	assert_int_equal(device_write(image, "device", &w->why), 0);
	assert_str(str_slice(world_read(w, "device"), 0, image.len), image);
	/* Takes everything and keeps nothing. */
	assert_int_equal(device_write(image, "/dev/null", &w->why), EIO);
	assert_non_null(strstr(text_str(&w->why).ptr, "does not hold what was written"));
}

int main(void)
{
#define DEVICE_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
	        DEVICE_TEST(only_a_free_removable_disk_may_be_written),
	        DEVICE_TEST(what_was_written_is_compared),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
