/*
 * Where the blocks of a file lie: twelve numbers in the inode, then tables of numbers, tables of
 * those, and tables of these.
 */
#include "cache.h"

enum { LEVELS_MAX = 4, ENTRY_BITS = 10 };

/* at[0] is an index in the inode, the others in one table each. */
struct map_path {
	uint32_t levels;
	uint32_t at[LEVELS_MAX];
};

static enum status path_of(uint64_t index, struct map_path *out_path)
{
	if (index < DISK_DIRECT) {
		*out_path = (struct map_path){.levels = 1, .at = {(uint32_t)index}};
		return OK;
	}
	index -= DISK_DIRECT;
	for (uint32_t tables = 1; tables < LEVELS_MAX; tables++) {
		uint64_t span = 1ULL << ENTRY_BITS * tables;
		if (index < span) {
			out_path->levels = tables + 1;
			out_path->at[0] = DISK_DIRECT + tables - 1;
			for (uint32_t i = 1; i <= tables; i++)
				out_path->at[i] = (uint32_t)(index >> ENTRY_BITS * (tables - i)) %
				                  DISK_ENTRIES;
			return OK;
		}
		index -= span;
	}
	return ERR_FILE_TOO_BIG;
}

enum status ext_map_find(struct ext_volume *v, uint32_t number, uint64_t index, uint32_t *out_block)
{
	struct map_path path = {};
	const struct disk_inode *inode;
	TRY(path_of(index, &path));
	TRY(ext_inode_read(v, number, &inode));
	uint32_t block = inode->map[path.at[0]];
	for (uint32_t i = 1; block && i < path.levels; i++) {
		const uint8_t *page;
		if (!ext_block_is_content(v, block))
			return ERR_IO;
		TRY(ext_block_read(v, block, &page));
		block = ((const uint32_t *)page)[path.at[i]];
	}
	if (block && !ext_block_is_content(v, block))
		return ERR_IO;
	*out_block = block;
	return OK;
}

/* Behind the block before it, or in the inode's group. */
static enum status map_goal(struct ext_volume *v, uint32_t inode, uint64_t index,
                            uint32_t *out_goal)
{
	uint32_t before = 0;
	if (index)
		TRY(ext_map_find(v, inode, index - 1, &before));
	*out_goal = before ? before + 1 : group_of_inode(v, inode) * v->state->group_blocks;
	return OK;
}

/* A new block, which the inode counts. */
static enum status map_take(struct ext_volume *v, uint32_t number, uint32_t goal,
                            uint32_t *out_block)
{
	struct disk_inode *inode;
	TRY(ext_inode_change(v, number, &inode));
	if (inode->sectors > UINT32_MAX - SECTORS_PER_BLOCK)
		return ERR_FILE_TOO_BIG;
	TRY(ext_block_allocate(v, goal, out_block));
	inode->sectors += SECTORS_PER_BLOCK;
	return OK;
}

/* Fills the number at `entry`, which lies in a block that is being changed. */
static enum status map_fill(struct ext_volume *v, uint32_t number, uint32_t *goal, uint32_t *entry)
{
	uint32_t block;
	TRY(map_take(v, number, *goal, &block));
	*entry = block;
	*goal = block + 1;
	return OK;
}

enum status ext_map_allocate(struct ext_volume *v, uint32_t number, uint64_t index,
                             uint32_t *out_block, bool *out_is_new)
{
	struct map_path path = {};
	uint32_t goal;
	*out_is_new = false;
	TRY(ext_map_find(v, number, index, out_block));
	if (*out_block)
		return OK;
	TRY(path_of(index, &path));
	TRY(map_goal(v, number, index, &goal));
	struct disk_inode *inode;
	TRY(ext_inode_change(v, number, &inode));
	uint32_t *entry = &inode->map[path.at[0]];
	for (uint32_t i = 1; i < path.levels; i++) {
		uint8_t *page;
		if (*entry) {
			TRY(ext_block_change(v, *entry, &page));
		} else {
			TRY(map_fill(v, number, &goal, entry));
			TRY(ext_block_new(v, *entry, &page));
		}
		entry = (uint32_t *)page + path.at[i];
	}
	TRY(map_fill(v, number, &goal, entry));
	*out_block = *entry;
	*out_is_new = true;
	return OK;
}
