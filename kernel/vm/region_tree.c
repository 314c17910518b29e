#include "vm/region_tree.h"

void region_tree_init(struct region_tree *tree, uintptr_t low, uintptr_t high, uint64_t seed)
{
	*tree = (struct region_tree){.low = low, .high = high, .random = seed ? seed : 1};
}

static uint64_t region_tree_random(struct region_tree *tree)
{
	uint64_t x = tree->random;
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	tree->random = x;
	return x;
}

struct region_node *region_tree_find(const struct region_tree *tree, uintptr_t address)
{
	struct region_node *found = NULL;
	for (struct region_node *at = tree->root; at;) {
		if (at->end <= address) {
			at = at->right;
			continue;
		}
		found = at;
		if (at->start <= address)
			break;
		at = at->left;
	}
	return found;
}

struct region_node *region_tree_next(const struct region_node *node)
{
	if (node->right) {
		struct region_node *at = node->right;
		while (at->left)
			at = at->left;
		return at;
	}
	while (node->parent && node->parent->right == node)
		node = node->parent;
	return node->parent;
}

struct region_node *region_tree_previous(const struct region_node *node)
{
	if (node->left) {
		struct region_node *at = node->left;
		while (at->right)
			at = at->right;
		return at;
	}
	while (node->parent && node->parent->left == node)
		node = node->parent;
	return node->parent;
}

static void region_node_sum(struct region_node *node)
{
	uintptr_t max = node->gap;
	if (node->left && node->left->gap_max > max)
		max = node->left->gap_max;
	if (node->right && node->right->gap_max > max)
		max = node->right->gap_max;
	node->gap_max = max;
}

static void region_tree_sum_up(struct region_node *node)
{
	for (; node; node = node->parent)
		region_node_sum(node);
}

static void region_tree_replace(struct region_tree *tree, struct region_node *old,
                                struct region_node *new)
{
	struct region_node *parent = old->parent;
	if (!parent)
		tree->root = new;
	else if (parent->left == old)
		parent->left = new;
	else
		parent->right = new;
	if (new)
		new->parent = parent;
}

/* Puts node in its parent's place, and the parent below it. */
static void region_tree_rotate_up(struct region_tree *tree, struct region_node *node)
{
	struct region_node *parent = node->parent;
	region_tree_replace(tree, parent, node);
	if (parent->left == node) {
		parent->left = node->right;
		if (node->right)
			node->right->parent = parent;
		node->right = parent;
	} else {
		parent->right = node->left;
		if (node->left)
			node->left->parent = parent;
		node->left = parent;
	}
	parent->parent = node;
	/* of the same nodes as before */
	node->gap_max = parent->gap_max;
	region_node_sum(parent);
}

/* Where a node is linked, and between which two. */
struct region_gap {
	struct region_node *parent;
	struct region_node **link;
	struct region_node *previous, *next;
};

static struct region_gap region_tree_place(struct region_tree *tree, uintptr_t start)
{
	struct region_gap gap = {.link = &tree->root};
	while (*gap.link) {
		gap.parent = *gap.link;
		if (start < gap.parent->start) {
			gap.next = gap.parent;
			gap.link = &gap.parent->left;
		} else {
			gap.previous = gap.parent;
			gap.link = &gap.parent->right;
		}
	}
	return gap;
}

/* Its gap is set. All sums above are right, or will be. */
static void region_tree_link(struct region_node *node, const struct region_gap *gap)
{
	node->left = node->right = NULL;
	node->parent = gap->parent;
	node->gap_max = node->gap;
	*gap->link = node;
}

static void region_tree_rise(struct region_tree *tree, struct region_node *node)
{
	node->priority = region_tree_random(tree);
	while (node->parent && node->parent->priority < node->priority)
		region_tree_rotate_up(tree, node);
}

/* The gap stays where it was summed up. Returns the node above. */
static struct region_node *region_tree_unlink(struct region_tree *tree, struct region_node *node)
{
	while (node->left && node->right) {
		bool left = node->left->priority > node->right->priority;
		region_tree_rotate_up(tree, left ? node->left : node->right);
	}
	struct region_node *parent = node->parent;
	region_tree_replace(tree, node, node->left ? node->left : node->right);
	return parent;
}

void region_tree_insert(struct region_tree *tree, struct region_node *node)
{
	const struct region_gap gap = region_tree_place(tree, node->start);
	node->gap = node->start - (gap.previous ? gap.previous->end : tree->low);
	if (gap.next)
		gap.next->gap = gap.next->start - node->end;
	region_tree_link(node, &gap);
	tree->covered += node->end - node->start;
	/* the next one is above */
	region_tree_sum_up(node);
	region_tree_rise(tree, node);
}

void region_tree_remove(struct region_tree *tree, struct region_node *node)
{
	struct region_node *next = region_tree_next(node);
	struct region_node *parent = region_tree_unlink(tree, node);
	uintptr_t size = node->end - node->start;
	tree->covered -= size;
	if (next)
		next->gap += node->gap + size;
	/* the next one is above, or in what has taken the place */
	region_tree_sum_up(node->right ? next : parent);
}

/* No gap changes, and the one that comes is 0: no sum above does. */
void region_tree_split(struct region_tree *tree, struct region_node *low, struct region_node *high)
{
	struct region_gap gap = {.parent = low, .link = &low->right};
	while (*gap.link) {
		gap.parent = *gap.link;
		gap.link = &gap.parent->left;
	}
	high->end = low->end;
	low->end = high->start;
	high->gap = 0;
	region_tree_link(high, &gap);
	region_tree_rise(tree, high);
}

void region_tree_join(struct region_tree *tree, struct region_node *low, struct region_node *high)
{
	low->end = high->end;
	(void)region_tree_unlink(tree, high); /* its gap was 0: nothing above changes */
}

/* The room below node that ends at or below limit. */
static bool region_room_below(const struct region_node *node, size_t size, uintptr_t limit,
                              uintptr_t *out_start)
{
	uintptr_t end = node->start < limit ? node->start : limit;
	uintptr_t start = node->start - node->gap;
	if (end < start || end - start < size)
		return false;
	*out_start = end - size;
	return true;
}

/* The node with the highest gap of size in the subtree of at, from the right; never NULL there. */
static const struct region_node *region_rightmost_gap(const struct region_node *at, size_t size)
{
	for (;;) {
		if (at->right && at->right->gap_max >= size)
			at = at->right;
		else if (at->gap >= size)
			return at;
		else
			at = at->left;
	}
}

/* The next lower node whose gap is at least size; NULL: none. */
static const struct region_node *region_lower_gap(const struct region_node *node, size_t size)
{
	for (;;) {
		if (node->left && node->left->gap_max >= size)
			return region_rightmost_gap(node->left, size);
		while (node->parent && node->parent->left == node)
			node = node->parent;
		node = node->parent;
		if (!node || node->gap >= size)
			return node;
	}
}

bool region_tree_find_room(const struct region_tree *tree, size_t size, uintptr_t limit,
                           uintptr_t *out_start)
{
	const struct region_node *above = region_tree_find(tree, limit);
	const struct region_node *last = above ? region_tree_previous(above) : tree->root;
	while (!above && last && last->right)
		last = last->right;
	if (!above) {
		uintptr_t start = last ? last->end : tree->low;
		if (limit >= start && limit - start >= size) {
			*out_start = limit - size;
			return true;
		}
		above = last;
		if (above && region_room_below(above, size, limit, out_start))
			return true;
	} else if (region_room_below(above, size, limit, out_start)) {
		return true;
	}
	while (above) {
		above = region_lower_gap(above, size);
		if (above && region_room_below(above, size, limit, out_start))
			return true;
	}
	return false;
}
