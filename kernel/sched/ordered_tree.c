#include "sched/ordered_tree.h"

void ordered_tree_init(struct ordered_tree *tree)
{
	*tree = (struct ordered_tree){.random = 0x9e3779b9};
}

static uint32_t ordered_random(struct ordered_tree *tree)
{
	tree->random ^= tree->random << 13;
	tree->random ^= tree->random >> 17;
	tree->random ^= tree->random << 5;
	return tree->random;
}

static bool ordered_before(const struct ordered_node *a, const struct ordered_node *b)
{
	return a->key < b->key || (a->key == b->key && a->sequence < b->sequence);
}

/* Splits a tree into what stands before and behind the node, which become its children. */
static void ordered_split(struct ordered_node *tree, struct ordered_node *node)
{
	struct ordered_node **before = &node->left, **behind = &node->right;
	while (tree) {
		if (ordered_before(tree, node)) {
			*before = tree;
			before = &tree->right;
			tree = tree->right;
		} else {
			*behind = tree;
			behind = &tree->left;
			tree = tree->left;
		}
	}
	*before = NULL;
	*behind = NULL;
}

void ordered_tree_insert(struct ordered_tree *tree, struct ordered_node *node, uint64_t key)
{
	node->key = key;
	node->sequence = tree->sequence++;
	node->priority = ordered_random(tree);
	if (!tree->first || ordered_before(node, tree->first))
		tree->first = node;
	tree->count++;

	struct ordered_node **place = &tree->root;
	while (*place && (*place)->priority >= node->priority)
		place = ordered_before(node, *place) ? &(*place)->left : &(*place)->right;
	ordered_split(*place, node);
	*place = node;
}

/* All of low stands before all of high. */
static void ordered_merge(struct ordered_node **place, struct ordered_node *low,
                          struct ordered_node *high)
{
	while (low && high) {
		if (low->priority >= high->priority) {
			*place = low;
			place = &low->right;
			low = low->right;
		} else {
			*place = high;
			place = &high->left;
			high = high->left;
		}
	}
	*place = low ? low : high;
}

static struct ordered_node *ordered_leftmost(struct ordered_node *node)
{
	while (node && node->left)
		node = node->left;
	return node;
}

void ordered_tree_remove(struct ordered_tree *tree, struct ordered_node *node)
{
	struct ordered_node **place = &tree->root;
	while (*place != node)
		place = ordered_before(node, *place) ? &(*place)->left : &(*place)->right;
	ordered_merge(place, node->left, node->right);
	node->left = node->right = NULL;
	tree->count--;
	if (tree->first == node)
		tree->first = ordered_leftmost(tree->root);
}
