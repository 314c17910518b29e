#include "../../xtask/image/packages/pack_fixture.h"
#include "image/packages/erofs_listing.h"
#include <sys/stat.h>

static struct erofs_listing list(struct world *w, struct str bytes)
{
	struct erofs_listing listing;
	if (erofs_list(&w->arena, bytes, &listing, &w->why))
		fail_msg("%.*s", STR_ARG(text_str(&w->why)));
	return listing;
}

static void item_compare(struct world *w, struct str bytes, const struct erofs_item *item)
{
	struct stat st;
	struct str path = str_format(&w->arena, "source/%.*s", STR_ARG(item->path));
	char target[256];
	assert_int_equal(lstat(path.ptr, &st), 0);
	assert_int_equal(item->inode.mode, st.st_mode);
	assert_int_equal(item->inode.uid, st.st_uid);
	assert_int_equal(item->inode.gid, st.st_gid);
	assert_int_equal(item->inode.links, st.st_nlink);
	struct str content = erofs_item_content(&w->arena, bytes, item);
	if (S_ISREG(st.st_mode))
		assert_true(str_equal(content, world_read(w, path.ptr)));
	if (S_ISLNK(st.st_mode)) {
		ssize_t len = readlink(path.ptr, target, sizeof target);
		assert_true(str_equal(content, (struct str){target, (size_t)len}));
	}
}

/* Another program's volumes: compact and extended inodes, content behind them and in blocks. */
static void what_mkfs_erofs_writes_is_read_as_it_lies_on_disk(void **state)
{
	struct world *w = *state;
	const char *const how[] = {"", "-Eforce-inode-compact", "-Eforce-inode-extended",
	                           "-Enoinline_data"};
	world_run(w,
	          "mkdir -p source/a/b source/many && cd source && ln -s a/b link && "
	          "head -c 10000 /dev/urandom >a/large && head -c 300 /dev/urandom >a/b/small && "
	          "head -c 8192 /dev/urandom >whole && : >empty && ln whole a/same && "
	          "chmod 4751 a/large && chmod 1777 many && "
	          "for i in $(seq 400); do echo $i >many/a-long-name-for-a-file-$i; done");
	for (size_t i = 0; i < COUNT(how); i++) {
		world_run(w, "mkfs.erofs -T1600000000 %s volume source || exit 1", how[i]);
		struct str bytes = world_read(w, "volume");
		struct erofs_listing listing = list(w, bytes);
		assert_int_equal(listing.count, 1 + 5 + 2 + 1 + 1 + 400);
		for (size_t k = 0; k < listing.count; k++)
			item_compare(w, bytes, &listing.items[k]);
	}
}

static void compressed_volumes_are_refused(void **state)
{
	struct world *w = *state;
	struct erofs_listing listing;
	world_run(w, "mkdir source && head -c 100000 /dev/zero >source/file && "
	             "mkfs.erofs -zlz4 -T1 volume source");
	assert_int_equal(erofs_list(&w->arena, world_read(w, "volume"), &listing, &w->why),
	                 EBADMSG);
}

static void the_checksum_is_that_of_others(void **state)
{
	(void)state;
	assert_int_equal(~erofs_checksum(~0u, STR("123456789")), 0xE3069283u); /* RFC 3720, B.4 */
}

/* Each byte of a small volume's structures harmed: refused, or read within its bounds. */
static void harmed_structures_never_lead_out_of_the_volume(void **state)
{
	struct world *w = *state;
	const struct packed entries[] = {{"a/file", 0100644, 0, 0, "content", 0, 0},
	                                 {"link", 0120777, 0, 0, "a/file", 0, 0}};
	struct tree tree = {.arena = &w->arena};
	struct erofs_request request = volume_request(&tree);
	struct str pack = pack_of(&w->arena, entries, COUNT(entries));
	assert_int_equal(tree_add_pack(&tree, STR("one"), pack, &w->why), 0);
	assert_int_equal(tree_finish(&tree, 0, &w->why), 0);
	assert_int_equal(erofs_write(&request, "volume", &w->why), 0);
	struct str good = world_read(w, "volume");
	size_t structures = 5 * (size_t)EROFS_BLOCK_BYTES;
	char *bytes = malloc(structures); /* no more than that: a read behind it shows */
	assert_non_null(bytes);
	for (size_t at = EROFS_SUPERBLOCK_OFFSET; at < structures; at++) {
		struct arena a;
		host_arena_init(&a);
		struct text why = {.arena = &a};
		struct erofs_listing listing;
		memcpy(bytes, good.ptr, structures);
		bytes[at] ^= (char)(1 << at % 8);
		struct str start = {bytes, structures};
		uint32_t sum = erofs_block_checksum(start); /* what lies behind it is reached */
		memcpy(bytes + EROFS_SUPERBLOCK_OFFSET + EROFS_AT_CHECKSUM, &sum, sizeof sum);
		uint32_t blocks = 5;
		memcpy(bytes + EROFS_SUPERBLOCK_OFFSET + EROFS_AT_BLOCK_COUNT, &blocks, 4);
		sum = erofs_block_checksum(start);
		memcpy(bytes + EROFS_SUPERBLOCK_OFFSET + EROFS_AT_CHECKSUM, &sum, sizeof sum);
		if (erofs_list(&a, start, &listing, &why) == 0)
			assert_true(listing.count <= 4);
		arena_release(&a);
		if (at % EROFS_BLOCK_BYTES > 600)
			at += 500;
	}
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(what_mkfs_erofs_writes_is_read_as_it_lies_on_disk,
	                                        world_setup, world_teardown),
	        cmocka_unit_test_setup_teardown(compressed_volumes_are_refused, world_setup,
	                                        world_teardown),
	        cmocka_unit_test(the_checksum_is_that_of_others),
	        cmocka_unit_test_setup_teardown(harmed_structures_never_lead_out_of_the_volume,
	                                        world_setup, world_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
