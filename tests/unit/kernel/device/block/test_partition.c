/* Partition tables that the tool made, and the same ones with lies in them. */
#include "../../../test.h"
#include "device/block/partition.h"
#include "image/gpt.h"
#include "os/files.h"
#include <string.h>

enum { DISK_SECTORS = 65536, SECTOR = GPT_SECTOR_BYTES };

static const struct partition_disk disk = {DISK_SECTORS, SECTOR};

static void fill(struct gpt_bytes *bytes, const struct gpt_partition *partitions, size_t count)
{
	struct arena a;
	host_arena_init(&a);
	struct text why = {.arena = &a};
	const struct guid id = guid_derive(&guid_namespace, STR("disk"));
	memset(bytes, 0, sizeof *bytes);
	assert_int_equal(gpt_fill(DISK_SECTORS, &id, partitions, count, bytes, &why), 0);
	arena_release(&a);
}

static void fill_two(struct gpt_bytes *bytes)
{
	const struct gpt_partition partitions[] = {
	        {guid_efi_system, guid_derive(&guid_namespace, STR("a")), 2048, 8192, STR("boot")},
	        {guid_derive(&guid_namespace, STR("t")), guid_derive(&guid_namespace, STR("b")),
	         8192, 60000, STR("data")},
	};
	fill(bytes, partitions, COUNT(partitions));
}

struct table {
	enum status status;
	struct partition partitions[PARTITIONS_MAX];
	size_t count;
};

static struct table read_first(const struct gpt_bytes *bytes)
{
	struct table table = {};
	struct partition_header header;
	table.status = partition_read_header(bytes->first + SECTOR, 1, &disk, &header);
	if (table.status != OK)
		return table;
	assert_int_equal(header.entries_block, 2);
	assert_int_equal(partition_entries_bytes(&header), 128 * 128);
	table.status = partition_read_entries(bytes->first + (size_t)2 * SECTOR, &header,
	                                      table.partitions, &table.count);
	return table;
}

static void both_tables_say_the_same(void **)
{
	struct gpt_bytes bytes;
	struct partition_header header;
	struct partition second[PARTITIONS_MAX];
	size_t count;
	fill_two(&bytes);
	struct table first = read_first(&bytes);
	assert_int_equal(first.status, OK);
	assert_int_equal(first.count, 2);
	assert_int_equal(first.partitions[0].first_block, 2048);
	assert_int_equal(first.partitions[0].block_count, 6144);
	assert_int_equal(first.partitions[0].number, 1);
	assert_true(first.partitions[0].is_system);
	assert_int_equal(first.partitions[1].block_count, 60000 - 8192);
	assert_false(first.partitions[1].is_system);

	const uint8_t *last = bytes.last + (size_t)GPT_TABLE_SECTORS * SECTOR;
	assert_int_equal(partition_read_header(last, DISK_SECTORS - 1, &disk, &header), OK);
	assert_int_equal(header.entries_block, DISK_SECTORS - 1 - GPT_TABLE_SECTORS);
	assert_int_equal(partition_read_entries(bytes.last, &header, second, &count), OK);
	assert_int_equal(count, 2);
	assert_memory_equal(second, first.partitions, 2 * sizeof second[0]);
}

static void every_changed_byte_of_the_header_is_noticed(void **)
{
	struct gpt_bytes bytes;
	fill_two(&bytes);
	for (size_t at = 0; at < 92; at++) {
		bytes.first[SECTOR + at] ^= 1;
		enum status status = read_first(&bytes).status;
		assert_int_equal(status, at < 8 ? ERR_NOT_FOUND : ERR_IO);
		bytes.first[SECTOR + at] ^= 1;
	}
	assert_int_equal(read_first(&bytes).status, OK);
}

static void every_changed_byte_of_the_entries_is_noticed(void **)
{
	struct gpt_bytes bytes;
	fill_two(&bytes);
	for (size_t at = 0; at < (size_t)128 * 128; at += 61) {
		bytes.first[2 * SECTOR + at] ^= 0x40;
		assert_int_equal(read_first(&bytes).status, ERR_IO);
		bytes.first[2 * SECTOR + at] ^= 0x40;
	}
}

static void disk_without_a_table_has_none(void **)
{
	struct gpt_bytes bytes = {};
	assert_int_equal(read_first(&bytes).status, ERR_NOT_FOUND);
}

/* With the right checksum, as a hostile tool would make it. */
static void header_that_lies_is_refused(void **)
{
	struct gpt_bytes bytes;
	struct partition_header header;
	fill_two(&bytes);
	/* the same table on a disk that is too small for it, or has other blocks */
	const struct partition_disk small = {30000, SECTOR}, none = {1, SECTOR},
	                            tiny = {DISK_SECTORS, 64};
	assert_int_equal(partition_read_header(bytes.first + SECTOR, 1, &small, &header), ERR_IO);
	assert_int_equal(partition_read_header(bytes.first + SECTOR, 1, &none, &header), ERR_IO);
	assert_int_equal(partition_read_header(bytes.first + SECTOR, 1, &tiny, &header), ERR_IO);
	assert_int_equal(partition_read_header(bytes.first + SECTOR, 2, &disk, &header), ERR_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(both_tables_say_the_same),
	        cmocka_unit_test(every_changed_byte_of_the_header_is_noticed),
	        cmocka_unit_test(every_changed_byte_of_the_entries_is_noticed),
	        cmocka_unit_test(disk_without_a_table_has_none),
	        cmocka_unit_test(header_that_lies_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
