#include "../../test.h"

#include "vm/region_tree.h"
#include <stdlib.h>

/* The reference: which of a small range's units belong to which region. */
enum { UNITS = 96, UNIT = 4096, STEPS = 20000 };

struct model {
	struct region_tree tree;
	struct region_node *owner[UNITS]; /* NULL: free */
	uint64_t random;
	size_t count;
};

static uint64_t pick(struct model *model, uint64_t below)
{
	model->random = model->random * 6364136223846793005 + 1442695040888963407;
	return (model->random >> 33) % below;
}

static uintptr_t address_of(size_t unit)
{
	return (uintptr_t)(unit + 1) * UNIT;
}

static void check_node(const struct region_node *node, size_t *count)
{
	if (!node)
		return;
	(*count)++;
	uintptr_t max = node->gap;
	const struct region_node *below[] = {node->left, node->right};
	for (size_t i = 0; i < 2; i++) {
		if (!below[i])
			continue;
		assert_ptr_equal(below[i]->parent, node);
		assert_true(below[i]->priority <= node->priority);
		max = below[i]->gap_max > max ? below[i]->gap_max : max;
		check_node(below[i], count);
	}
	assert_int_equal(node->gap_max, max);
}

static void check_tree(const struct model *model)
{
	size_t count = 0;
	check_node(model->tree.root, &count);
	assert_int_equal(count, model->count);

	const struct region_node *next = NULL;
	for (size_t unit = UNITS; unit-- > 0;) {
		if (model->owner[unit])
			next = model->owner[unit];
		assert_ptr_equal(region_tree_find(&model->tree, address_of(unit)), next);
		assert_ptr_equal(region_tree_find(&model->tree, address_of(unit) + UNIT - 1), next);
	}
	assert_null(region_tree_find(&model->tree, address_of(UNITS)));
}

/* The highest free run of len units that ends at or below limit; -1: none. */
static long model_room(const struct model *model, size_t len, size_t limit)
{
	for (size_t start = limit + 1; start-- > 0;) {
		if (start + len > limit)
			continue;
		size_t at = start;
		while (at < start + len && !model->owner[at])
			at++;
		if (at == start + len)
			return (long)start;
	}
	return -1;
}

static void check_room(struct model *model)
{
	size_t len = 1 + pick(model, 12), limit = pick(model, UNITS + 1);
	long expected = model_room(model, len, limit);
	uintptr_t start = 0;
	bool found = region_tree_find_room(&model->tree, len * UNIT, address_of(limit), &start);
	assert_int_equal(found, expected >= 0);
	if (found)
		assert_int_equal(start, address_of((size_t)expected));
}

static void set_owner(struct model *model, const struct region_node *node,
                      struct region_node *owner)
{
	for (size_t unit = node->start / UNIT - 1; unit < node->end / UNIT - 1; unit++)
		model->owner[unit] = owner;
}

static void insert_somewhere(struct model *model)
{
	size_t start = pick(model, UNITS), len = 0, max = 1 + pick(model, 6);
	while (len < max && start + len < UNITS && !model->owner[start + len])
		len++;
	if (!len)
		return;
	struct region_node *node = calloc(1, sizeof *node);
	node->start = address_of(start);
	node->end = address_of(start + len);
	region_tree_insert(&model->tree, node);
	set_owner(model, node, node);
	model->count++;
}

static void remove_something(struct model *model)
{
	struct region_node *node = model->owner[pick(model, UNITS)];
	if (!node)
		return;
	set_owner(model, node, NULL);
	region_tree_remove(&model->tree, node);
	free(node);
	model->count--;
}

static void split_or_join(struct model *model)
{
	struct region_node *node = model->owner[pick(model, UNITS)];
	if (!node)
		return;
	size_t len = (node->end - node->start) / UNIT;
	struct region_node *next = region_tree_next(node);
	if (len > 1 && pick(model, 2)) {
		struct region_node *high = calloc(1, sizeof *high);
		high->start = node->start + (1 + pick(model, len - 1)) * UNIT;
		region_tree_split(&model->tree, node, high);
		set_owner(model, high, high);
		model->count++;
	} else if (next && next->start == node->end) {
		region_tree_join(&model->tree, node, next);
		set_owner(model, node, node);
		free(next);
		model->count--;
	}
}

static void the_tree_agrees_with_a_plain_array(void **)
{
	struct model model = {.random = 1};
	region_tree_init(&model.tree, address_of(0), address_of(UNITS), 7);
	for (size_t step = 0; step < STEPS; step++) {
		switch (pick(&model, 5)) {

		case 0:
		case 1:
			insert_somewhere(&model);
			break;
		case 2:
			split_or_join(&model);
			break;
		case 3:
			remove_something(&model);
			break;
		default:
			check_room(&model);
		}
		if (step % 16 == 0)
			check_tree(&model);
	}
	while (model.count) {
		remove_something(&model);
		check_tree(&model);
	}
	assert_null(model.tree.root);
}

static unsigned depth_of(const struct region_node *node)
{
	if (!node)
		return 0;
	unsigned left = depth_of(node->left), right = depth_of(node->right);
	return 1 + (left > right ? left : right);
}

static void rising_addresses_do_not_make_it_deep(void **)
{
	enum { NODES = 10000 };
	struct region_tree tree;
	struct region_node *nodes = calloc(NODES, sizeof *nodes);
	region_tree_init(&tree, address_of(0), address_of(2 * NODES), 3);
	for (size_t i = 0; i < NODES; i++) {
		nodes[i].start = address_of(2 * i);
		nodes[i].end = nodes[i].start + UNIT;
		region_tree_insert(&tree, &nodes[i]);
	}
	/* 2 ln n is what a random treap expects; its depth is rarely twice that */
	assert_in_range(depth_of(tree.root), 14, 50);
	free(nodes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_tree_agrees_with_a_plain_array),
	        cmocka_unit_test(rising_addresses_do_not_make_it_deep),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
