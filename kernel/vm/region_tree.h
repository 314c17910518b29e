/*
 * The regions of one address space, in order of address: a treap, with the room before each
 * region summed up, so that both an address and a gap are found in logarithmic time.
 *
 * Priorities are random, so no program can choose addresses that unbalance it. Links only:
 * owns nothing, allocates nothing. Private to vm.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct region_node {
	struct region_node *left, *right, *parent;
	uint64_t priority; /* not below that of any node below */
	uintptr_t start;
	uintptr_t end; /* exclusive */
	uintptr_t gap; /* free bytes right below start */
	uintptr_t gap_max; /* of this subtree */
};

struct region_tree {
	struct region_node *root;
	uintptr_t low, high; /* everything lies in [low, high) */
	uint64_t random; /* state of xorshift64; never 0 */
	uint64_t covered; /* bytes of all nodes */
};

void region_tree_init(struct region_tree *tree, uintptr_t low, uintptr_t high, uint64_t seed);
/* The region that holds address, or the first above it; NULL: none. */
struct region_node *region_tree_find(const struct region_tree *tree, uintptr_t address);
struct region_node *region_tree_next(const struct region_node *node);
struct region_node *region_tree_previous(const struct region_node *node);
/* start and end are set, and overlap nothing. */
void region_tree_insert(struct region_tree *tree, struct region_node *node);
void region_tree_remove(struct region_tree *tree, struct region_node *node);
/* high, which is in no tree, takes the part of low from high->start on. */
void region_tree_split(struct region_tree *tree, struct region_node *low, struct region_node *high);
/* low takes all of high, which follows it without a gap and leaves the tree. */
void region_tree_join(struct region_tree *tree, struct region_node *low, struct region_node *high);
/* The highest free range of size in [low, limit). False: none. */
bool region_tree_find_room(const struct region_tree *tree, size_t size, uintptr_t limit,
                           uintptr_t *out_start);
