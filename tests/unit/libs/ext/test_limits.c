/* What is full, large, or made by others: nothing is lost, and e2fsck agrees. */
#include "../../test.h"
#include "files.h"

enum { MIB = 1 << 20, SMALL = 16 * MIB, FILES = 64 };

static void full_volume_keeps_what_it_has(void **state)
{
	struct image *i = *state;
	char name[16];
	uint32_t inodes[FILES] = {}, count = 0;
	uint64_t sizes[FILES] = {};
	struct ext_space space;
	enum status status = OK;
	static uint8_t bytes[300000];
	image_make(i, IMAGE_FORMAT, SMALL);
	image_open(i);
	while (status == OK) {
		size_t done;
		assert_true(count < FILES);
		snprintf(name, sizeof name, "file%u", count);
		inodes[count] = create(i, EXT_ROOT, name, 0100600);
		for (size_t k = 0; k < sizeof bytes; k++)
			bytes[k] = content_byte(count, k);
		status = ext_write(&i->volume, inodes[count], (struct ext_range){0, sizeof bytes},
		                   bytes, &done);
		sizes[count++] = done;
	}
	assert_int_equal(status, ERR_NO_SPACE);
	assert_int_equal(ext_space(&i->volume, &space), OK);
	assert_int_equal(space.free_blocks, 0);
	assert_int_equal(ext_sync(&i->volume), OK);
	const struct ext_new folder = {
	        .directory = EXT_ROOT, .name = STR("folder"), .mode = 040700};
	uint32_t made;
	assert_int_equal(ext_create(&i->volume, &folder, &made), ERR_NO_SPACE);
	for (uint32_t k = 0; k < count; k++)
		expect_content(i, inodes[k], k, (struct ext_range){0, sizes[k]});
	image_close_clean(i);

	/* what one file gives back, another one takes: only after the commit, which comes by itself
	 */
	image_open(i);
	remove_name(i, EXT_ROOT, "file0");
	uint32_t file = create(i, EXT_ROOT, "new", 0100600);
	write_content(i, file, 99, (struct ext_range){0, sizes[0]});
	for (uint32_t k = 1; k < count; k++)
		expect_content(i, inodes[k], k, (struct ext_range){0, sizes[k]});
	expect_content(i, file, 99, (struct ext_range){0, sizes[0]});
	image_close_clean(i);
}

static void volume_without_free_inodes_refuses_names(void **state)
{
	struct image *i = *state;
	enum status status = OK;
	uint32_t count = 0, inode;
	image_make(i, IMAGE_FORMAT " -N 32", SMALL);
	image_open(i);
	for (; status == OK && count < 64; count++) {
		char name[16];
		snprintf(name, sizeof name, "file%u", count);
		const struct ext_new new = {
		        .directory = EXT_ROOT, .name = str_from_c(name), .mode = 0100600};
		status = ext_create(&i->volume, &new, &inode);
	}
	assert_int_equal(status, ERR_NO_SPACE);
	remove_name(i, EXT_ROOT, "file3");
	create(i, EXT_ROOT, "again", 0100600);
	image_close_clean(i);
}

static void file_may_be_larger_than_4_gib(void **state)
{
	struct image *i = *state;
	struct ext_facts facts;
	struct ext_space before, after;
	/* as far as three tables reach, and what lies before it */
	static const struct ext_range ranges[] = {
	        {100, 50}, {2ull << 30, 9000}, {5ull << 30, 20000}, {(4ull << 40), 4096}};
	image_make(i, IMAGE_FORMAT, SMALL);
	image_open(i);
	uint32_t file = create(i, EXT_ROOT, "file", 0100600);
	assert_int_equal(ext_space(&i->volume, &before), OK);
	for (size_t k = 0; k < COUNT(ranges); k++)
		write_content(i, file, 4, ranges[k]);
	assert_int_equal(ext_set_size(&i->volume, file, 1ull << 60), ERR_FILE_TOO_BIG);
	image_close_clean(i);
	image_open(i);
	for (size_t k = COUNT(ranges); k-- > 1;) {
		expect_content(i, file, 4, ranges[k]);
		assert_int_equal(ext_facts(&i->volume, file, &facts), OK);
		assert_int_equal(facts.size, ranges[k].offset + ranges[k].len);
		uint64_t size = ranges[k - 1].offset + ranges[k - 1].len;
		assert_int_equal(ext_set_size(&i->volume, file, size), OK);
	}
	assert_int_equal(ext_set_size(&i->volume, file, 0), OK);
	assert_int_equal(ext_space(&i->volume, &after), OK);
	assert_int_equal(after.free_blocks, before.free_blocks);
	image_close_clean(i);
}

static void links_are_limited(void **state)
{
	struct image *i = *state;
	uint32_t inode;
	image_make(i, IMAGE_FORMAT, SMALL);
	image_open(i);
	uint32_t file = create(i, EXT_ROOT, "file", 0100600);
	create(i, EXT_ROOT, "folder", 040700);
	assert_int_equal(ext_close(&i->volume), OK);
	image_run(i, "debugfs -w -R 'set_inode_field file links_count 31999' image &&",
	          "debugfs -w -R 'set_inode_field folder links_count 32000' image");
	image_open(i);
	const struct ext_name one = {EXT_ROOT, STR("one"), 1}, two = {EXT_ROOT, STR("two"), 1};
	assert_int_equal(ext_link(&i->volume, file, &one), OK);
	assert_int_equal(ext_link(&i->volume, file, &two), ERR_TOO_MANY_LINKS);
	const struct ext_new new = {
	        .directory = find(i, EXT_ROOT, "folder"), .name = STR("below"), .mode = 040700};
	assert_int_equal(ext_create(&i->volume, &new, &inode), ERR_TOO_MANY_LINKS);
	assert_int_equal(ext_find(&i->volume, new.directory, new.name, &inode), ERR_NOT_FOUND);
}

static void large_directory_is_listed_while_it_changes(void **state)
{
	struct image *i = *state;
	enum { NAMES = 1500 };
	static uint8_t seen[NAMES];
	struct ext_entry entry = {};
	char name[32];
	image_make(i, IMAGE_FORMAT, SMALL);
	image_open(i);
	uint32_t folder = create(i, EXT_ROOT, "folder", 040700);
	for (unsigned k = 0; k < NAMES; k++) {
		snprintf(name, sizeof name, "a name of file %u", k);
		create(i, folder, name, 0100600);
	}
	unsigned turn = 0;
	while (ext_list(&i->volume, folder, entry.cookie, &entry) == OK) {
		unsigned number;
		memcpy(name, entry.name, entry.name_len);
		name[entry.name_len] = '\0';
		if (sscanf(name, "a name of file %u", &number) != 1)
			continue;
		assert_true(number < NAMES);
		seen[number]++;
		/* every third one goes, some of them before they were listed */
		if (turn % 3 == 0 && turn < NAMES) {
			snprintf(name, sizeof name, "a name of file %u", turn);
			remove_name(i, folder, name);
			seen[turn] = 1;
		}
		turn++;
	}
	for (unsigned k = 0; k < NAMES; k++)
		assert_int_equal(seen[k], 1);
	image_close_clean(i);
}

static void what_others_put_into_a_volume_stays_sound(void **state)
{
	struct image *i = *state;
	/* directories with an index, attributes in blocks of their own */
	image_run(i,
	          "mkdir folder && cd folder && seq -f 'some longer name %g' 2000 | xargs -d '\\n' "
	          "touch",
	          "");
	image_make(i, "-t ext3 -b 4096 -I 128 -J size=4 -d folder", 2 * SMALL);
	image_run(
	        i, "rm -rf folder; e2fsck -fyD image;",
	        "debugfs -R 'htree /' image | grep -q 'Root node dump' &&"
	        "debugfs -w -R 'ea_set \"some longer name 7\" user.a b' image &&"
	        "debugfs -w -R 'ea_set \"some longer name 8\" user.a c' image && e2fsck -fn image");
	image_open(i);
	remove_name(i, EXT_ROOT, "some longer name 7");
	remove_name(i, EXT_ROOT, "some longer name 1000");
	create(i, EXT_ROOT, "one more", 0100600);
	const struct ext_change change = {
	        .mask = EXT_CHANGE_MODE | EXT_CHANGE_CHANGE, .mode = 0640, .change_ns = now_ns};
	assert_int_equal(ext_set(&i->volume, find(i, EXT_ROOT, "some longer name 8"), &change), OK);
	image_close_clean(i);
	image_run(i, "debugfs -R 'ea_list \"some longer name 8\"' image | grep -q user.a", "");
}

/* The journal's own list of freed blocks must not cover what was written to them later. */
static void block_that_was_freed_and_taken_again_is_replayed(void **state)
{
	struct image *i = *state;
	image_make(i, IMAGE_FORMAT, SMALL);
	image_open(i);
	for (int round = 0; round < 20; round++) {
		create(i, EXT_ROOT, "folder", 040700);
		remove_name(i, EXT_ROOT, "folder");
	}
	create(i, create(i, EXT_ROOT, "folder", 040700), "below", 040700);
	assert_int_equal(ext_sync(&i->volume), OK);
	/* the power goes, and all that is not in the journal is lost */
	image_open(i);
	find(i, find(i, EXT_ROOT, "folder"), "below");
	image_close_clean(i);
}

static void interrupted_volume_is_not_opened_for_reading_only(void **state)
{
	struct image *i = *state;
	image_make(i, IMAGE_FORMAT, SMALL);
	image_open(i);
	create(i, EXT_ROOT, "file", 0100600);
	assert_int_equal(ext_sync(&i->volume), OK);
	i->source.read_only = true;
	assert_int_equal(ext_open(&i->volume, &i->source, i->memory, IMAGE_MEMORY), ERR_READ_ONLY);
	i->source.read_only = false;
	image_open(i);
	find(i, EXT_ROOT, "file");
	image_close_clean(i);
	i->source.read_only = true;
	i->writes = i->flushes = 0;
	image_open(i);
	find(i, EXT_ROOT, "file");
	image_close_clean(i);
	assert_int_equal(i->writes + i->flushes, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, image_setup, image_teardown)
	const struct CMUnitTest tests[] = {
	        TEST(full_volume_keeps_what_it_has),
	        TEST(volume_without_free_inodes_refuses_names),
	        TEST(file_may_be_larger_than_4_gib),
	        TEST(links_are_limited),
	        TEST(large_directory_is_listed_while_it_changes),
	        TEST(what_others_put_into_a_volume_stays_sound),
	        TEST(block_that_was_freed_and_taken_again_is_replayed),
	        TEST(interrupted_volume_is_not_opened_for_reading_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
