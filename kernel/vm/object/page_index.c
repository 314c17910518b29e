#include "vm/object/page_index.h"
#include "core/api.h"
#include <base/cleanup.h>

enum { PAGE_NODE_BITS = 6, PAGE_NODE_SLOTS = 1 << PAGE_NODE_BITS, PAGE_INDEX_HEIGHT_MAX = 11 };

struct page_node {
	uint64_t slots[PAGE_NODE_SLOTS]; /* nodes below, at the lowest level the words themselves */
	unsigned used;
};

static unsigned page_index_shift(unsigned level)
{
	return (level - 1) * PAGE_NODE_BITS;
}

static size_t page_index_slot(uint64_t index, unsigned level)
{
	return index >> page_index_shift(level) & (PAGE_NODE_SLOTS - 1);
}

static bool page_index_reaches(const struct page_index *pages, uint64_t index)
{
	if (pages->height == 0)
		return false;
	return pages->height == PAGE_INDEX_HEIGHT_MAX ||
	       index >> page_index_shift(pages->height + 1) == 0;
}

static struct page_node *page_node_create(struct page_index *pages)
{
	if (memory_charge(pages->account, sizeof(struct page_node)) != OK)
		return NULL;
	struct page_node *node = HEAP_NEW(struct page_node);
	if (!node)
		memory_uncharge(pages->account, sizeof *node);
	return node;
}

static void page_node_destroy(struct page_index *pages, struct page_node *node)
{
	heap_free(node, sizeof *node);
	memory_uncharge(pages->account, sizeof *node);
}

static struct page_node *page_node_below(const struct page_node *node, size_t slot)
{
	return (struct page_node *)(uintptr_t)node->slots[slot];
}

uint64_t *page_index_find(const struct page_index *pages, uint64_t index)
{
	if (!page_index_reaches(pages, index))
		return NULL;
	struct page_node *node = pages->root;
	for (unsigned level = pages->height; level > 1 && node; level--)
		node = page_node_below(node, page_index_slot(index, level));
	if (!node)
		return NULL;
	uint64_t *slot = &node->slots[page_index_slot(index, 1)];
	return *slot ? slot : NULL;
}

/* Nodes on the way to index that hold nothing, from the lowest up. */
static void page_index_prune(struct page_index *pages, uint64_t index)
{
	struct page_node *path[PAGE_INDEX_HEIGHT_MAX + 1];
	struct page_node *node = pages->root;
	unsigned level = pages->height;
	for (; node && level >= 1; level--) {
		path[level] = node;
		node = level > 1 ? page_node_below(node, page_index_slot(index, level)) : NULL;
	}
	for (level++; level <= pages->height && path[level]->used == 0; level++) {
		page_node_destroy(pages, path[level]);
		if (level == pages->height) {
			pages->root = NULL;
			pages->height = 0;
			return;
		}
		path[level + 1]->slots[page_index_slot(index, level + 1)] = 0;
		path[level + 1]->used--;
	}
}

static enum status page_index_grow(struct page_index *pages, uint64_t index)
{
	while (!page_index_reaches(pages, index)) {
		/* one that holds nothing is as good at any level */
		if (pages->root && pages->root->used == 0) {
			pages->height++;
			continue;
		}
		struct page_node *root = page_node_create(pages);
		if (!root)
			return ERR_NO_MEMORY;
		if (pages->root) {
			root->slots[0] = (uintptr_t)pages->root;
			root->used = 1;
		}
		pages->root = root;
		pages->height++;
	}
	return OK;
}

/* An empty tree is as high as its first index needs, at once. */
static enum status page_index_reach(struct page_index *pages, uint64_t index,
                                    struct page_node **out_node)
{
	TRY(page_index_grow(pages, index));
	struct page_node *node = pages->root;
	for (unsigned level = pages->height; level > 1; level--) {
		size_t slot = page_index_slot(index, level);
		if (!node->slots[slot]) {
			struct page_node *below = page_node_create(pages);
			if (!below)
				return ERR_NO_MEMORY;
			node->slots[slot] = (uintptr_t)below;
			node->used++;
		}
		node = page_node_below(node, slot);
	}
	*out_node = node;
	return OK;
}

enum status page_index_insert(struct page_index *pages, uint64_t index, uint64_t slot)
{
	struct page_node *node;
	enum status status = page_index_reach(pages, index, &node);
	if (status != OK) {
		if (pages->root && page_index_reaches(pages, index))
			page_index_prune(pages, index);
		else if (pages->root && pages->root->used == 0)
			page_index_prune(pages, 0);
		return status;
	}
	ASSERT(!node->slots[page_index_slot(index, 1)]);
	node->slots[page_index_slot(index, 1)] = slot;
	node->used++;
	return OK;
}

void page_index_remove(struct page_index *pages, uint64_t index)
{
	uint64_t *slot = page_index_find(pages, index);
	ASSERT(slot);
	*slot = 0;
	struct page_node *node = pages->root;
	for (unsigned level = pages->height; level > 1; level--)
		node = page_node_below(node, page_index_slot(index, level));
	node->used--;
	page_index_prune(pages, index);
}

uint64_t *page_index_next(const struct page_index *pages, uint64_t *index)
{
	uint64_t at = *index;
	while (page_index_reaches(pages, at)) {
		struct page_node *node = pages->root;
		unsigned level = pages->height;
		size_t slot = page_index_slot(at, level);
		while (level > 1 && node->slots[slot]) {
			node = page_node_below(node, slot);
			slot = page_index_slot(at, --level);
		}
		if (node->slots[slot]) {
			*index = at;
			return &node->slots[slot];
		}
		uint64_t span = (uint64_t)1 << page_index_shift(level);
		if (at > UINT64_MAX - span)
			return NULL;
		at = (at & ~(span - 1)) + span;
	}
	return NULL;
}
