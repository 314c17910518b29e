/* Journals that others wrote, and what a journal must keep apart. */
#include "../../test.h"
#include "files.h"

enum { SMALL = 16 << 20, PLACE = 2000 };

static void expect_block(const struct image *i, uint32_t block, const char *begins)
{
	assert_memory_equal(i->disk + (size_t)block * EXT_BLOCK_BYTES, begins, strlen(begins));
}

/* debugfs writes transactions that no sync of ours has made. */
static void journal_of_others_is_replayed(void **state)
{
	struct image *i = *state;
	image_make(i, IMAGE_FORMAT, SMALL);
	/* the second block begins with the journal's own magic */
	image_run(i,
	          "{ echo one; head -c 4092 /dev/zero; } >content1 &&"
	          "{ printf '\\300\\073\\071\\230two'; head -c 4089 /dev/zero; } >content2 &&"
	          "cat content1 content2 >content &&",
	          "printf 'jo\\njw -b 2000,2001 content\\njw -b 2002 content1\\njc\\n' >content3 &&"
	          "debugfs -w -f content3 image");
	image_open(i);
	expect_block(i, PLACE, "one");
	expect_block(i, PLACE + 1, "\300\073\071\230two");
	expect_block(i, PLACE + 2, "one");
	image_close_clean(i);
}

static void revoked_blocks_are_not_replayed(void **state)
{
	struct image *i = *state;
	image_make(i, IMAGE_FORMAT, SMALL);
	image_run(i, "{ echo one; head -c 4092 /dev/zero; } >content &&",
	          "printf 'jo\\njw -b 2000 content\\njw -b 2001 content\\njw -r 2000\\njc\\n' "
	          ">content3 &&"
	          "debugfs -w -f content3 image");
	image_open(i);
	expect_block(i, PLACE, "\0\0\0");
	assert_int_equal(i->disk[PLACE * EXT_BLOCK_BYTES], 0);
	expect_block(i, PLACE + 1, "one");
	image_close_clean(i);
}

/* A block of the volume may look like one of the journal. */
static void magic_of_the_journal_may_stand_in_a_block(void **state)
{
	struct image *i = *state;
	char target[200] = "\300\073\071\230\001\001\001\001", found[200];
	uint32_t inode;
	size_t len;
	memset(target + 8, 'x', sizeof target - 8);
	image_make(i, IMAGE_FORMAT, SMALL);
	image_open(i);
	const struct ext_new new = {.directory = EXT_ROOT,
	                            .name = STR("link"),
	                            .mode = 0120777,
	                            .target = {target, sizeof target}};
	assert_int_equal(ext_create(&i->volume, &new, &inode), OK);
	assert_int_equal(ext_sync(&i->volume), OK);
	/* the power goes */
	image_open(i);
	assert_int_equal(ext_read_link(&i->volume, inode, found, sizeof found, &len), OK);
	assert_int_equal(len, sizeof target);
	assert_memory_equal(found, target, sizeof target);
	image_close_clean(i);
}

/* Many transactions without a checkpoint of the caller's: the log begins anew when it is full. */
static void log_begins_anew_when_it_is_full(void **state)
{
	struct image *i = *state;
	image_make(i, IMAGE_FORMAT, SMALL);
	image_open(i);
	for (unsigned k = 0; k < 600; k++) {
		char name[16];
		snprintf(name, sizeof name, "name%u", k % 50);
		if (k >= 50)
			remove_name(i, EXT_ROOT, name);
		create(i, EXT_ROOT, name, k % 3 ? 0100600 : 0040700);
		assert_int_equal(ext_sync(&i->volume), OK);
		if (k % 100 == 99) {
			/* the power goes */
			image_open(i);
			find(i, EXT_ROOT, name);
		}
	}
	image_close_clean(i);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, image_setup, image_teardown)
	const struct CMUnitTest tests[] = {
	        TEST(journal_of_others_is_replayed),
	        TEST(revoked_blocks_are_not_replayed),
	        TEST(magic_of_the_journal_may_stand_in_a_block),
	        TEST(log_begins_anew_when_it_is_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
