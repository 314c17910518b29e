/*
 * Pages by index: a radix tree of 64-way nodes, as high as the largest index needs.
 *
 * A slot is any word but 0. Nodes that hold nothing are freed. Callers serialise. Private to vm.
 */
#pragma once

#include "mm/api.h"

struct page_node;

struct page_index {
	struct page_node *root;
	unsigned height; /* levels of nodes; 0: empty */
	struct memory_account *account; /* pays for the nodes */
};

/* The slot of index, or NULL when it was never set. */
uint64_t *page_index_find(const struct page_index *pages, uint64_t index);
/* index must not be there; slot is not 0. ERR_NO_MEMORY. */
enum status page_index_insert(struct page_index *pages, uint64_t index, uint64_t slot);
/* index must be there. */
void page_index_remove(struct page_index *pages, uint64_t index);
/* Lowest slot in use at or above *index; *index becomes its. NULL: none. */
uint64_t *page_index_next(const struct page_index *pages, uint64_t *index);
