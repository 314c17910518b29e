/*
 * Elements in ascending order of a 64-bit key; equal keys in order of insertion.
 *
 * Intrusive: no allocation. A treap, so every operation is O(log n) expected, whatever the keys
 * are; the first element is known. Callers serialise access. Inside kernel/sched.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ordered_node {
	struct ordered_node *left;
	struct ordered_node *right;
	uint64_t key;
	uint64_t sequence; /* decides between equal keys */
	uint32_t priority; /* no child has a higher one */
};

struct ordered_tree {
	struct ordered_node *root;
	struct ordered_node *first; /* smallest; NULL when empty */
	uint64_t sequence;
	uint32_t random;
	size_t count;
};

void ordered_tree_init(struct ordered_tree *tree);
/* The node is in no tree. */
void ordered_tree_insert(struct ordered_tree *tree, struct ordered_node *node, uint64_t key);
/* The node is in this tree. */
void ordered_tree_remove(struct ordered_tree *tree, struct ordered_node *node);
