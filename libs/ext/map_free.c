/*
 * Blocks of a file given back from some place on, in portions: whatever was freed has left the
 * tables before the operation ends.
 */
#include "cache.h"

enum { TABLES_MAX = 3, ENTRY_BITS = 10 };

struct freeing {
	struct ext_volume *v;
	uint64_t first; /* block number in the file */
	uint32_t freed;
	bool is_metadata; /* the content went through the journal */
	bool is_full;
};

/* A subtree: `tables` tables deep, from block number `base` of the file on. */
struct subtree {
	uint32_t tables;
	uint64_t base;
};

static enum status table_free(struct freeing *f, uint32_t block, struct subtree tree,
                              bool *out_empty);

static enum status content_free(struct freeing *f, uint32_t block, bool is_metadata)
{
	TRY(ext_block_free(f->v, block));
	if (is_metadata)
		TRY(ext_block_forget(f->v, block));
	f->freed++;
	f->is_full = ext_operation_is_full(f->v);
	return OK;
}

/* Frees what hangs on an entry of a block that is being changed. */
static enum status entry_free(struct freeing *f, uint32_t *entry, struct subtree tree)
{
	bool empty = true;
	if (tree.tables)
		TRY(table_free(f, *entry, tree, &empty));
	if (!empty || f->is_full)
		return OK;
	TRY(content_free(f, *entry, tree.tables || f->is_metadata));
	*entry = 0;
	return OK;
}

static bool subtree_is_kept(const struct freeing *f, struct subtree tree)
{
	return tree.base + (1ULL << ENTRY_BITS * tree.tables) <= f->first;
}

static bool table_is_empty(const uint32_t *entries)
{
	for (uint32_t i = 0; i < DISK_ENTRIES; i++)
		if (entries[i])
			return false;
	return true;
}

static enum status table_free(struct freeing *f, uint32_t block, struct subtree tree,
                              bool *out_empty)
{
	uint8_t *page;
	if (!ext_block_is_content(f->v, block))
		return ERR_IO;
	TRY(ext_block_change(f->v, block, &page));
	uint32_t *entries = (uint32_t *)page;
	for (uint32_t i = 0; i < DISK_ENTRIES && !f->is_full; i++) {
		struct subtree below = {tree.tables - 1,
		                        tree.base +
		                                ((uint64_t)i << ENTRY_BITS * (tree.tables - 1))};
		if (entries[i] && !subtree_is_kept(f, below))
			TRY(entry_free(f, &entries[i], below));
	}
	*out_empty = table_is_empty(entries);
	return OK;
}

static enum status inode_map_free(struct freeing *f, struct disk_inode *inode)
{
	uint64_t base = DISK_DIRECT;
	for (uint32_t i = 0; i < DISK_DIRECT && !f->is_full; i++)
		if (inode->map[i] && i >= f->first)
			TRY(entry_free(f, &inode->map[i], (struct subtree){0, i}));
	for (uint32_t tables = 1; tables <= TABLES_MAX && !f->is_full; tables++) {
		struct subtree tree = {tables, base};
		uint32_t *entry = &inode->map[DISK_DIRECT + tables - 1];
		if (*entry && !subtree_is_kept(f, tree))
			TRY(entry_free(f, entry, tree));
		base += 1ULL << ENTRY_BITS * tables;
	}
	return OK;
}

enum status ext_map_free(struct ext_volume *v, uint32_t number, uint64_t first, bool *out_more)
{
	struct disk_inode *inode;
	TRY(ext_inode_change(v, number, &inode));
	struct freeing f = {.v = v, .first = first, .is_metadata = !inode_is(inode, MODE_FILE)};
	TRY(inode_map_free(&f, inode));
	uint32_t sectors = f.freed * SECTORS_PER_BLOCK;
	inode->sectors -= sectors < inode->sectors ? sectors : inode->sectors;
	*out_more = f.is_full;
	return OK;
}
