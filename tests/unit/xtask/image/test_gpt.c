#include "image/gpt.h"
#include "image_fixture.h"
#include <fcntl.h>

enum { SECTORS = 20480 };

static const struct gpt_partition two[] = {
        {.type = {{1}}, .id = {{2}}, .first = 2048, .end = 4096, .name = STR_INIT("first")},
        {.type = {{1}}, .id = {{3}}, .first = 4096, .end = 18432, .name = STR_INIT("second")},
};

static int disk_write(struct world *w, const struct gpt_partition *partitions, size_t count)
{
	static const struct guid disk = {{9, 8, 7}};
	int fd = open("disk", O_RDWR | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, SECTORS * 512), 0);
	int error = gpt_write(fd, SECTORS, &disk, partitions, count, &w->why);
	close(fd);
	return error;
}

static void sgdisk_finds_no_fault(void **state)
{
	struct world *w = *state;
	assert_int_equal(disk_write(w, two, 2), 0);
	world_run(w, "sgdisk -v disk && sgdisk -v disk | grep -q 'No problems found'");
	world_run(w, "sgdisk -i 2 disk | grep -q \"Partition name: 'second'\" && "
	             "sgdisk -i 2 disk | grep -q 'First sector: 4096 ' && "
	             "sgdisk -i 2 disk | grep -q 'Last sector: 18431 '");
}

static void what_was_written_is_read_back(void **state)
{
	struct world *w = *state;
	struct gpt_table table;
	assert_int_equal(disk_write(w, two, 2), 0);
	assert_int_equal(gpt_read(&w->arena, world_read(w, "disk"), &table, &w->why), 0);
	assert_int_equal(table.count, 2);
	assert_int_equal(table.disk.bytes[1], 8);
	for (size_t i = 0; i < 2; i++) {
		assert_true(guid_equal(&table.partitions[i].type, &two[i].type));
		assert_true(guid_equal(&table.partitions[i].id, &two[i].id));
		assert_int_equal(table.partitions[i].first, two[i].first);
		assert_int_equal(table.partitions[i].end, two[i].end);
		assert_str(table.partitions[i].name, two[i].name);
	}
}

static void partitions_that_overlap_or_leave_the_disk_are_refused(void **state)
{
	struct world *w = *state;
	static const uint64_t cases[][4] = {
	        {2048, 4097, 4096, 8192}, {33, 4096, 8192, 8193},
	        {2048, 4096, 8192, 8192}, {2048, 4096, 4096, SECTORS - 32},
	        {2048, 4096, 3000, 3001},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct gpt_partition p[2] = {two[0], two[1]};
		p[0].first = cases[i][0];
		p[0].end = cases[i][1];
		p[1].first = cases[i][2];
		p[1].end = cases[i][3];
		assert_int_equal(disk_write(w, p, 2), EINVAL);
	}
}

static void every_damaged_byte_of_either_table_is_noticed(void **state)
{
	struct world *w = *state;
	struct gpt_table table;
	assert_int_equal(disk_write(w, two, 2), 0);
	struct str disk = world_read(w, "disk");
	char *bytes = arena_alloc(&w->arena, disk.len);
	memcpy(bytes, disk.ptr, disk.len);
	const size_t last = (SECTORS - 1) * 512;
	const size_t places[] = {512,       512 + 20,        512 + 24, 512 + 60, 512 + 91,
	                         1024,      1024 + 40,       last,     last + 8, last + 88,
	                         last + 72, last - 32 * 512, last - 1};
	for (size_t i = 0; i < COUNT(places); i++) {
		bytes[places[i]] ^= 0x10;
		int error = gpt_read(&w->arena, (struct str){bytes, disk.len}, &table, &w->why);
		assert_int_equal(error, places[i] == 512 ? ENOENT : EBADMSG);
		bytes[places[i]] ^= 0x10;
	}
	assert_int_equal(gpt_read(&w->arena, (struct str){bytes, disk.len - 512}, &table, &w->why),
	                 EBADMSG);
	assert_int_equal(gpt_read(&w->arena, (struct str){bytes, 600}, &table, &w->why), ENOENT);
}

static void crc_and_derived_guids_are_those_of_the_standards(void **state)
{
	struct world *w = *state;
	/* RFC 4122's DNS name space; the value is the one its users publish. */
	static const struct guid dns = {{0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4,
	                                 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}};
	struct guid derived = guid_derive(&dns, STR("python.org"));
	assert_int_equal(crc32_bytes(STR("123456789")), 0xcbf43926);
	assert_str(guid_text(&w->arena, &derived), STR("886313E1-3B8A-5372-9B90-0C9AEE199E5D"));
	assert_str(guid_text(&w->arena, &guid_efi_system),
	           STR("C12A7328-F81F-11D2-BA4B-00A0C93EC93B"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
	        TEST(sgdisk_finds_no_fault),
	        TEST(what_was_written_is_read_back),
	        TEST(partitions_that_overlap_or_leave_the_disk_are_refused),
	        TEST(every_damaged_byte_of_either_table_is_noticed),
	        TEST(crc_and_derived_guids_are_those_of_the_standards),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
