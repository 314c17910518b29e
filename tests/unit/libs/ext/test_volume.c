/* Volumes that mke2fs made: opened, refused, written; e2fsck and debugfs agree with what we say. */
#include "../../test.h"
#include "files.h"

enum { MIB = 1 << 20, SMALL = 32 * MIB };

static void empty_volume_has_a_root_and_lost_found(void **state)
{
	struct image *i = *state;
	struct ext_facts facts;
	struct ext_entry entry = {};
	static const struct str names[] = {STR_INIT("."), STR_INIT(".."), STR_INIT("lost+found")};
	image_make(i, IMAGE_FORMAT, SMALL);
	image_open(i);
	assert_int_equal(ext_facts(&i->volume, EXT_ROOT, &facts), OK);
	assert_int_equal(facts.mode, 040755);
	assert_int_equal(facts.links, 3);
	for (size_t k = 0; k < COUNT(names); k++) {
		assert_int_equal(ext_list(&i->volume, EXT_ROOT, entry.cookie, &entry), OK);
		assert_str(((struct str){entry.name, entry.name_len}), names[k]);
		assert_int_equal(entry.kind, 040000);
	}
	assert_int_equal(ext_list(&i->volume, EXT_ROOT, entry.cookie, &entry), ERR_NOT_FOUND);
	assert_int_equal(i->writes, 0);
	assert_false(ext_is_dirty(&i->volume));
	image_close_clean(i);
	assert_int_equal(i->writes, 0);
}

static void what_is_written_is_there_after_closing(void **state)
{
	struct image *i = *state;
	struct ext_facts facts;
	/* a byte, the direct blocks, one table, a hole, two tables */
	static const struct ext_range ranges[] = {
	        {0, 1}, {1, 5000}, {40000, 100000}, {12 * 4096 + 1024 * 4096 - 100, 300000}};
	image_make(i, IMAGE_FORMAT, SMALL);
	image_open(i);
	uint32_t folder = create(i, EXT_ROOT, "folder", 040750);
	uint32_t file = create(i, folder, "file", 0100640);
	for (size_t k = 0; k < COUNT(ranges); k++)
		write_content(i, file, 3, ranges[k]);
	image_close_clean(i);
	image_open(i);
	assert_int_equal(find(i, find(i, EXT_ROOT, "folder"), "file"), file);
	for (size_t k = 0; k < COUNT(ranges); k++)
		expect_content(i, file, 3, ranges[k]);
	assert_int_equal(ext_facts(&i->volume, file, &facts), OK);
	assert_int_equal(facts.mode, 0100640);
	assert_int_equal(facts.uid, 1000);
	assert_int_equal(facts.gid, 70000);
	assert_int_equal(facts.size, ranges[3].offset + ranges[3].len);
	assert_true(facts.modify_ns == now_ns);
	uint8_t hole;
	size_t len;
	assert_int_equal(ext_read(&i->volume, file, (struct ext_range){200000, 1}, &hole, &len),
	                 OK);
	assert_int_equal(hole, 0);
	assert_int_equal(ext_read(&i->volume, file, (struct ext_range){1 << 30, 1}, &hole, &len),
	                 OK);
	assert_int_equal(len, 0);
	image_close_clean(i);
}

static void other_programs_read_what_we_write(void **state)
{
	struct image *i = *state;
	image_make(i, IMAGE_FORMAT, SMALL);
	image_open(i);
	uint32_t file = create(i, EXT_ROOT, "file", 0104711);
	write_content(i, file, 5, (struct ext_range){0, 5000000});
	create(i, EXT_ROOT, "link", 0120777);
	create(i, EXT_ROOT, "pipe", 0010600);
	create(i, EXT_ROOT, "device", 0060660);
	image_close_clean(i);
	image_run(
	        i, "debugfs -R 'dump file content' image &&",
	        "test $(stat -c %s content) = 5000000 &&"
	        "debugfs -R 'stat file' image | grep -q 'Mode:  04711' &&"
	        "debugfs -R 'stat file' image | grep -q '^ mtime: 0x6553f100:1d6f3454' &&"
	        "debugfs -R 'stat link' image | grep -q 'Fast link dest: \"some/where\"' &&"
	        "debugfs -R 'stat pipe' image | grep -q 'Type: FIFO' &&"
	        "debugfs -R 'stat device' image | grep -q 'Device major/minor number: 300:70000'");
	char path[512];
	snprintf(path, sizeof path, "%s/content", i->folder);
	FILE *dumped = fopen(path, "r");
	assert_non_null(dumped);
	for (size_t k = 0; k < 5000000; k++)
		assert_int_equal(fgetc(dumped), content_byte(5, k));
	fclose(dumped);
}

static void times_that_no_inode_holds_become_the_nearest(void **state)
{
	struct image *i = *state;
	static const int64_t second = 1000000000;
	static const struct {
		int64_t set, kept;
	} cases[] = {
	        {-2208988800 * second + 5, INT32_MIN * second}, /* 1900 */
	        {INT32_MIN * second, INT32_MIN * second},
	        {-1, -1},
	        {(INT32_MAX + 1LL) * second + 7, (INT32_MAX + 1LL) * second + 7},
	        {INT64_MAX, INT64_MAX}, /* 2262, when nanoseconds end */
	};
	image_make(i, IMAGE_FORMAT, SMALL);
	image_open(i);
	uint32_t file = create(i, EXT_ROOT, "file", 0100644);
	for (size_t k = 0; k < COUNT(cases); k++) {
		const struct ext_change change = {.mask = EXT_CHANGE_MODIFY,
		                                  .modify_ns = cases[k].set};
		struct ext_facts facts;
		assert_int_equal(ext_set(&i->volume, file, &change), OK);
		assert_int_equal(ext_facts(&i->volume, file, &facts), OK);
		assert_int_equal(facts.modify_ns, cases[k].kept);
	}
	image_close_clean(i);
}

static void what_others_write_is_read(void **state)
{
	struct image *i = *state;
	char target[64];
	size_t len;
	image_make(i, "-t ext3 -b 4096 -J size=4", SMALL);
	image_run(i, "seq 100000 >content && debugfs -w -R",
	          "'write content file' image && debugfs -w -R 'symlink link to/there' image");
	image_open(i);
	char *bytes = malloc(MIB);
	assert_int_equal(ext_read(&i->volume, find(i, EXT_ROOT, "file"), (struct ext_range){0, MIB},
	                          bytes, &len),
	                 OK);
	assert_int_equal(len, 588895);
	assert_memory_equal(bytes, "1\n2\n3\n", 6);
	assert_memory_equal(bytes + len - 7, "100000\n", 7);
	free(bytes);
	assert_int_equal(ext_read_link(&i->volume, find(i, EXT_ROOT, "link"), target, 64, &len),
	                 OK);
	assert_str(((struct str){target, len}), STR("to/there"));
	image_close_clean(i);
}

static void volumes_with_other_features_are_refused(void **state)
{
	struct image *i = *state;
	static const struct {
		const char *options;
		enum status status;
		bool read_only;
	} cases[] = {
	        {IMAGE_FORMAT, OK, false},
	        {"-t ext3 -b 4096", OK, false},
	        {"-t ext2 -b 4096", OK, true},
	        {"-t ext3 -b 4096 -I 128", OK, false},
	        {"-t ext3 -b 4096 -O metadata_csum", OK, true},
	        {"-t ext3 -b 1024", ERR_NOT_SUPPORTED, false},
	        {"-t ext4 -b 4096", ERR_NOT_SUPPORTED, false},
	        {"-t ext3 -b 4096 -O ^filetype", ERR_NOT_SUPPORTED, false},
	};
	for (size_t k = 0; k < COUNT(cases); k++) {
		struct ext_space space;
		uint32_t inode;
		image_make(i, cases[k].options, SMALL);
		enum status status = ext_open(&i->volume, &i->source, i->memory, IMAGE_MEMORY);
		if (status != cases[k].status)
			fail_msg("%s: %d", cases[k].options, status);
		if (status == OK) {
			const struct ext_new new = {
			        .directory = EXT_ROOT, .name = STR("x"), .mode = 0100600};
			assert_int_equal(ext_space(&i->volume, &space), OK);
			assert_int_equal(space.read_only, cases[k].read_only);
			assert_int_equal(ext_create(&i->volume, &new, &inode),
			                 cases[k].read_only ? ERR_READ_ONLY : OK);
			image_close_clean(i);
		}
		munmap(i->disk, i->bytes);
		munmap(i->memory, IMAGE_MEMORY);
		image_run(i, "rm image", "");
		i->disk = i->memory = NULL;
	}
}

static void removed_files_give_their_space_back(void **state)
{
	struct image *i = *state;
	struct ext_space before, after;
	uint32_t removed;
	image_make(i, IMAGE_FORMAT, SMALL);
	image_open(i);
	uint32_t folder = create(i, EXT_ROOT, "folder", 040750);
	assert_int_equal(ext_sync(&i->volume), OK);
	assert_int_equal(ext_space(&i->volume, &before), OK);
	for (int round = 0; round < 5; round++) {
		uint32_t file = create(i, folder, "file", 0100640);
		write_content(i, file, 7, (struct ext_range){0, 12 * MIB});
		const struct ext_name name = {folder, STR("file"), now_ns};
		assert_int_equal(ext_unlink(&i->volume, &name, &removed), OK);
		assert_int_equal(removed, file);
		expect_content(i, file, 7, (struct ext_range){0, 12 * MIB});
		assert_int_equal(ext_forget(&i->volume, file), OK);
	}
	const struct ext_name name = {EXT_ROOT, STR("folder"), now_ns};
	assert_int_equal(ext_space(&i->volume, &after), OK);
	assert_int_equal(after.free_blocks, before.free_blocks);
	assert_int_equal(ext_unlink(&i->volume, &name, &removed), OK);
	assert_int_equal(ext_forget(&i->volume, removed), OK);
	assert_int_equal(ext_space(&i->volume, &after), OK);
	assert_int_equal(after.free_blocks, before.free_blocks + 1);
	image_close_clean(i);
}

static void a_file_without_a_name_may_get_one_and_goes_otherwise(void **state)
{
	struct image *i = *state;
	struct ext_space before, after;
	struct ext_new new = {.directory = EXT_ROOT, .mode = 0100640, .now_ns = now_ns};
	const struct ext_name name = {EXT_ROOT, STR("shown"), now_ns};
	uint32_t named, other, found;
	image_make(i, IMAGE_FORMAT, SMALL);
	image_open(i);
	assert_int_equal(ext_create(&i->volume, &new, &named), OK);
	assert_int_equal(ext_link(&i->volume, named, &name), ERR_NOT_FOUND);
	assert_int_equal(ext_space(&i->volume, &before), OK);
	assert_int_equal(ext_create(&i->volume, &new, &other), OK);
	write_content(i, other, 7, (struct ext_range){0, MIB});
	assert_int_equal(ext_orphan(&i->volume, 0, &found), OK);
	assert_int_equal(found, other);
	/* from the end of the list, and with what it holds */
	assert_int_equal(ext_link_first(&i->volume, named, &name), OK);
	assert_int_equal(ext_find(&i->volume, EXT_ROOT, STR("shown"), &found), OK);
	assert_int_equal(found, named);
	assert_int_equal(ext_forget(&i->volume, other), OK);
	assert_int_equal(ext_orphan(&i->volume, 0, &found), ERR_NOT_FOUND);
	assert_int_equal(ext_space(&i->volume, &after), OK);
	assert_int_equal(after.free_blocks, before.free_blocks);
	assert_int_equal(after.free_inodes, before.free_inodes);
	new.mode = 040755;
	assert_int_equal(ext_create(&i->volume, &new, &other), ERR_INVALID_ARGS);
	image_close_clean(i);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, image_setup, image_teardown)
	const struct CMUnitTest tests[] = {
	        TEST(empty_volume_has_a_root_and_lost_found),
	        TEST(what_is_written_is_there_after_closing),
	        TEST(other_programs_read_what_we_write),
	        TEST(times_that_no_inode_holds_become_the_nearest),
	        TEST(what_others_write_is_read),
	        TEST(volumes_with_other_features_are_refused),
	        TEST(removed_files_give_their_space_back),
	        TEST(a_file_without_a_name_may_get_one_and_goes_otherwise),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
