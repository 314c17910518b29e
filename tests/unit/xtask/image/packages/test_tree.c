#include "image/packages/tree.h"
#include "pack_fixture.h"

static void folders_that_nobody_brings_are_made(void **state)
{
	struct world *w = *state;
	struct tree tree = {.arena = &w->arena};
	const struct packed entries[] = {{"usr/lib/a/file", 0100644, 3, 4, "content", 0, 0}};
	struct str pack = pack_of(&w->arena, entries, COUNT(entries));
	assert_int_equal(tree_add_pack(&tree, STR("one"), pack, &w->why), 0);
	assert_int_equal(tree_finish(&tree, 77, &w->why), 0);
	assert_int_equal(tree.count, 5);
	const struct tree_node *folder = tree_find(&tree, STR("usr/lib"));
	assert_non_null(folder);
	assert_int_equal(folder->mode, 040755);
	assert_int_equal(folder->uid, 0);
	assert_int_equal(folder->modified, 77);
	assert_int_equal(folder->links, 3);
	const struct tree_node *file = tree_find(&tree, STR("usr/lib/a/file"));
	assert_int_equal(file->uid, 3);
	assert_true(str_equal(file->package, STR("one")));
	assert_true(str_equal(tree.nodes[file->parent].path, STR("usr/lib/a")));
	assert_null(tree_find(&tree, STR("usr/li")));
}

static void a_further_name_of_a_file_shares_its_inode(void **state)
{
	struct world *w = *state;
	struct tree tree = {.arena = &w->arena};
	const struct packed entries[] = {
	        {"z", 0100755, 0, 0, "content", 1, 0},
	        {"a", 0100755, 0, 0, NULL, 1, 2},
	        {"b", 0100755, 0, 0, "other", 2, 0},
	};
	struct str pack = pack_of(&w->arena, entries, COUNT(entries));
	assert_int_equal(tree_add_pack(&tree, STR("one"), pack, &w->why), 0);
	assert_int_equal(tree_finish(&tree, 0, &w->why), 0);
	const struct tree_node *first = tree_find(&tree, STR("z")),
	                       *second = tree_find(&tree, STR("a"));
	assert_ptr_equal(&tree.nodes[second->inode], first);
	assert_int_equal(first->links, 2);
	assert_int_equal(tree_find(&tree, STR("b"))->links, 1);
}

static void packages_may_share_folders_that_they_agree_about_and_nothing_else(void **state)
{
	struct world *w = *state;
	static const struct {
		struct packed first, second;
		const char *why; /* NULL: fine */
	} cases[] = {
	        {{"usr", 040755, 0, 0, NULL, 0, 0}, {"usr", 040755, 0, 0, NULL, 0, 0}, NULL},
	        {{"usr", 040755, 0, 0, NULL, 0, 0},
	         {"usr", 040700, 0, 0, NULL, 0, 0},
	         "package volume: 'usr' comes from one and, with another mode or owner, from "
	         "two\n"},
	        {{"usr", 040755, 0, 0, NULL, 0, 0},
	         {"usr", 040755, 0, 5, NULL, 0, 0},
	         "package volume: 'usr' comes from one and, with another mode or owner, from "
	         "two\n"},
	        {{"a", 0100644, 0, 0, "x", 0, 0},
	         {"a", 0100644, 0, 0, "x", 0, 0},
	         "package volume: 'a' comes from one and, too, from two\n"},
	        {{"a", 0120777, 0, 0, "b", 0, 0},
	         {"a/x", 0100644, 0, 0, "x", 0, 0},
	         "package volume: 'a/x' of two lies below what is no folder\n"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tree tree = {.arena = &w->arena};
		struct text why = {.arena = &w->arena};
		struct str first = pack_of(&w->arena, &cases[i].first, 1),
		           second = pack_of(&w->arena, &cases[i].second, 1);
		assert_int_equal(tree_add_pack(&tree, STR("two"), second, &why), 0);
		assert_int_equal(tree_add_pack(&tree, STR("one"), first, &why), 0);
		assert_int_equal(tree_finish(&tree, 0, &why), cases[i].why ? EINVAL : 0);
		if (cases[i].why)
			assert_true(str_equal(text_str(&why), str_from_c(cases[i].why)));
	}
}

static void a_damaged_pack_is_refused(void **state)
{
	struct world *w = *state;
	static const struct packed cases[] = {
	        {"../out", 0100644, 0, 0, "x", 0, 0}, {"/root", 0100644, 0, 0, "x", 0, 0},
	        {"a//b", 0100644, 0, 0, "x", 0, 0},   {"device", 020644, 0, 0, NULL, 0, 0},
	        {"link", 0120777, 0, 0, NULL, 0, 0},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tree tree = {.arena = &w->arena};
		struct str pack = pack_of(&w->arena, &cases[i], 1);
		assert_int_equal(tree_add_pack(&tree, STR("one"), pack, &w->why), EBADMSG);
	}
	const struct packed good = {"a", 0100644, 0, 0, "content", 0, 0};
	struct str pack = pack_of(&w->arena, &good, 1);
	for (size_t len = 0; len + 4 < pack.len; len += 7) {
		struct tree tree = {.arena = &w->arena};
		struct str cut = str_slice(pack, 0, len);
		assert_int_equal(tree_add_pack(&tree, STR("one"), cut, &w->why), EBADMSG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(folders_that_nobody_brings_are_made, world_setup,
	                                        world_teardown),
	        cmocka_unit_test_setup_teardown(a_further_name_of_a_file_shares_its_inode,
	                                        world_setup, world_teardown),
	        cmocka_unit_test_setup_teardown(
	                packages_may_share_folders_that_they_agree_about_and_nothing_else,
	                world_setup, world_teardown),
	        cmocka_unit_test_setup_teardown(a_damaged_pack_is_refused, world_setup,
	                                        world_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
