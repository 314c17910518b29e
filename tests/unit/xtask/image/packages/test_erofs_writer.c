#include "image/packages/erofs_writer.h"
#include "pack_fixture.h"
#include <erofs/api.h>
#include <sys/stat.h>

static const struct packed entries[] = {
        {"bin", 040755, 0, 0, NULL, 0, 0},
        {"bin/su", 0104755, 0, 0, "#!/bin/sh\n", 0, 0},
        {"bin/-first", 0100644, 0, 0, "sorts before the dots", 0, 0},
        {"bin/empty", 0100600, 7, 8, NULL, 0, 0},
        {"etc", 042750, 5, 6, NULL, 0, 0},
        {"etc/other-su", 0104755, 0, 0, NULL, 2, 2},
        {"etc/link", 0120777, 0, 0, "../bin/su", 0, 0},
        {"var", 041777, 0, 0, NULL, 0, 0},
};

static struct str write_volume(struct world *w, struct str more, const char *out)
{
	struct tree tree = {.arena = &w->arena};
	struct str pack = pack_of(&w->arena, entries, COUNT(entries));
	int error = tree_add_pack(&tree, STR("one"), pack, &w->why);
	if (!error && more.len)
		error = tree_add_pack(&tree, STR("two"), more, &w->why);
	if (!error)
		error = tree_finish(&tree, 1700000000, &w->why);
	struct erofs_request request = volume_request(&tree);
	if (!error)
		error = erofs_write(&request, out, &w->why);
	if (error)
		fail_msg("%.*s", STR_ARG(text_str(&w->why)));
	return world_read(w, out);
}

/* So many files in one folder, of sizes from 0 to some blocks. */
static struct str many_files(struct world *w, size_t count, size_t grown)
{
	struct packed *files = ARENA_ARRAY(&w->arena, struct packed, count);
	for (size_t i = 0; i < count; i++) {
		size_t len = (i * 1021) % 12000 + (i == grown ? 100 : 0);
		char *content = arena_alloc(&w->arena, len + 1);
		memset(content, 'a' + (int)(i % 26), len);
		files[i] = (struct packed){
		        .path = str_format(&w->arena, "many/file-with-a-long-name-%zu", i).ptr,
		        .mode = 0100644,
		        .content = content,
		};
	}
	return pack_of(&w->arena, files, count);
}

static void others_tools_find_it_sound_and_read_everything_back(void **state)
{
	struct world *w = *state;
	struct stat st;
	(void)write_volume(w, many_files(w, 500, SIZE_MAX), "volume");
	world_run(w, "fsck.erofs volume && fsck.erofs --extract=out %s volume",
	          geteuid() == 0 ? "--preserve" : "--no-preserve-owner --preserve-perms");
	world_run(w, "dump.erofs -s volume | grep -q 'sb_csum'");
	for (size_t i = 0; i < COUNT(entries); i++) {
		const struct packed *e = &entries[i];
		struct str path = str_format(&w->arena, "out/%s", e->path);
		assert_int_equal(lstat(path.ptr, &st), 0);
		assert_int_equal(st.st_mode & 0171777,
		                 e->mode & 0171777); /* chown takes the rest */
		if (geteuid() == 0) {
			assert_int_equal(st.st_uid, e->uid);
			assert_int_equal(st.st_gid, e->gid);
		}
		if (S_ISREG(e->mode) && e->content)
			assert_true(str_equal(world_read(w, path.ptr), str_from_c(e->content)));
	}
	world_run(w, "test \"$(readlink out/etc/link)\" = ../bin/su");
	world_run(w, "cmp out/bin/su out/etc/other-su");
	world_run(w, "test \"$(ls out/many | wc -l)\" = 500");
	for (size_t i = 0; i < 500; i += 17) {
		struct str path = str_format(&w->arena, "out/many/file-with-a-long-name-%zu", i);
		struct str content = world_read(w, path.ptr);
		assert_int_equal(content.len, (i * 1021) % 12000);
		for (size_t k = 0; k < content.len; k++)
			assert_int_equal(content.ptr[k], 'a' + (int)(i % 26));
	}
}

static void equal_trees_give_equal_bytes(void **state)
{
	struct world *w = *state;
	struct str one = write_volume(w, many_files(w, 50, SIZE_MAX), "one");
	assert_true(str_equal(one, write_volume(w, many_files(w, 50, SIZE_MAX), "two")));
	assert_int_equal(one.len % PACKAGE_VOLUME_ALIGN_BYTES, 0);
}

static void a_file_that_grows_in_its_slot_moves_nothing(void **state)
{
	struct world *w = *state;
	struct str one = write_volume(w, many_files(w, 100, SIZE_MAX), "one");
	struct str two = write_volume(w, many_files(w, 100, 10), "two");
	size_t blocks = 0;
	assert_int_equal(one.len, two.len);
	for (size_t at = 0; at < one.len; at += EROFS_BLOCK_BYTES)
		blocks += memcmp(one.ptr + at, two.ptr + at, EROFS_BLOCK_BYTES) != 0;
	assert_in_range(blocks, 1, 2); /* its content, its inode */
}

static void what_the_format_cannot_hold_is_refused_by_name(void **state)
{
	struct world *w = *state;
	char name[300], target[5000];
	memset(name, 'n', sizeof name - 1);
	memset(target, 't', sizeof target - 1);
	name[sizeof name - 1] = target[sizeof target - 1] = '\0';
	const struct packed cases[] = {
	        {name, 0100644, 0, 0, "x", 0, 0},
	        {"link", 0120777, 0, 0, target, 0, 0},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tree tree = {.arena = &w->arena};
		struct str pack = pack_of(&w->arena, &cases[i], 1);
		assert_int_equal(tree_add_pack(&tree, STR("one"), pack, &w->why), 0);
		assert_int_equal(tree_finish(&tree, 0, &w->why), 0);
		struct erofs_request request = volume_request(&tree);
		assert_int_equal(erofs_write(&request, "volume", &w->why), ENAMETOOLONG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(others_tools_find_it_sound_and_read_everything_back,
	                                        world_setup, world_teardown),
	        cmocka_unit_test_setup_teardown(equal_trees_give_equal_bytes, world_setup,
	                                        world_teardown),
	        cmocka_unit_test_setup_teardown(a_file_that_grows_in_its_slot_moves_nothing,
	                                        world_setup, world_teardown),
	        cmocka_unit_test_setup_teardown(what_the_format_cannot_hold_is_refused_by_name,
	                                        world_setup, world_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
