#include "../../test.h"
#include "sched/ordered_tree.h"
#include <stdlib.h>
#include <string.h>

enum { NODES = 300, STEPS = 20000 };

/* The reference: nodes in order, found by looking at all of them. */
struct model {
	struct ordered_node *nodes[NODES];
	size_t count;
};

static void model_insert(struct model *model, struct ordered_node *node)
{
	size_t at = model->count;
	while (at > 0 && model->nodes[at - 1]->key > node->key)
		at--;
	memmove(&model->nodes[at + 1], &model->nodes[at],
	        (model->count - at) * sizeof model->nodes[0]);
	model->nodes[at] = node;
	model->count++;
}

static void model_remove(struct model *model, const struct ordered_node *node)
{
	size_t at = 0;
	while (model->nodes[at] != node)
		at++;
	model->count--;
	memmove(&model->nodes[at], &model->nodes[at + 1],
	        (model->count - at) * sizeof model->nodes[0]);
}

static size_t depth_of(const struct ordered_node *node)
{
	if (!node)
		return 0;
	size_t left = depth_of(node->left), right = depth_of(node->right);
	return 1 + (left > right ? left : right);
}

static void assert_in_order(const struct ordered_node *node, const struct model *model,
                            size_t *next)
{
	if (!node)
		return;
	assert_in_order(node->left, model, next);
	assert_ptr_equal(node, model->nodes[(*next)++]);
	assert_in_order(node->right, model, next);
}

static void assert_same(const struct ordered_tree *tree, const struct model *model)
{
	size_t next = 0;
	assert_int_equal(tree->count, model->count);
	assert_ptr_equal(tree->first, model->count ? model->nodes[0] : NULL);
	assert_in_order(tree->root, model, &next);
	assert_int_equal(next, model->count);
}

/* Few keys, so that many are equal, and later many. */
static void the_tree_agrees_with_a_sorted_list(void **)
{
	static struct ordered_node nodes[NODES];
	static bool inside[NODES];
	struct model model = {};
	struct ordered_tree tree;
	ordered_tree_init(&tree);
	srandom(7);
	for (int step = 0; step < STEPS; step++) {
		size_t i = (size_t)random() % NODES;
		if (inside[i]) {
			ordered_tree_remove(&tree, &nodes[i]);
			model_remove(&model, &nodes[i]);
		} else {
			uint64_t keys = step < STEPS / 2 ? 5 : UINT64_MAX;
			ordered_tree_insert(&tree, &nodes[i], (uint64_t)random() % keys);
			model_insert(&model, &nodes[i]);
		}
		inside[i] = !inside[i];
		if (step % 64 == 0)
			assert_same(&tree, &model);
	}
	assert_same(&tree, &model);
}

/* Keys in order are what vruntimes are like. */
static void ascending_keys_do_not_make_a_list(void **)
{
	static struct ordered_node nodes[10000];
	struct ordered_tree tree;
	ordered_tree_init(&tree);
	for (size_t i = 0; i < COUNT(nodes); i++)
		ordered_tree_insert(&tree, &nodes[i], i);
	assert_true(depth_of(tree.root) < 60);
	for (size_t i = 0; i < COUNT(nodes); i++) {
		assert_ptr_equal(tree.first, &nodes[i]);
		ordered_tree_remove(&tree, tree.first);
	}
	assert_null(tree.root);
	assert_null(tree.first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_tree_agrees_with_a_sorted_list),
	        cmocka_unit_test(ascending_keys_do_not_make_a_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
