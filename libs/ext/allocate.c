/*
 * Blocks and inodes, taken and given back: bitmaps, and the counts of groups and volume.
 *
 * A block that the running transaction freed is not taken before the commit: until then the disk's
 * own state still has it in use.
 */
#include "cache.h"

enum count { COUNT_BLOCKS, COUNT_INODES, COUNT_DIRECTORIES };

static uint32_t descriptor_block(uint32_t group)
{
	return 1 + group / GROUPS_PER_BLOCK;
}

static uint32_t descriptor_blocks(const struct ext_volume *v)
{
	return (v->state->group_count + GROUPS_PER_BLOCK - 1) / GROUPS_PER_BLOCK;
}

bool ext_block_is_content(const struct ext_volume *v, uint32_t block)
{
	return block > descriptor_blocks(v) && block < v->state->block_count;
}

enum status ext_group_read(struct ext_volume *v, uint32_t group, struct group_place *out_place)
{
	const uint8_t *page;
	TRY(ext_block_read(v, descriptor_block(group), &page));
	const struct disk_group *g = (const struct disk_group *)page + group % GROUPS_PER_BLOCK;
	if (!ext_block_is_content(v, g->block_bitmap) ||
	    !ext_block_is_content(v, g->inode_bitmap) || !ext_block_is_content(v, g->inode_table))
		return ERR_IO;
	*out_place = (struct group_place){.block_bitmap = g->block_bitmap,
	                                  .inode_bitmap = g->inode_bitmap,
	                                  .inode_table = g->inode_table,
	                                  .free_blocks = g->free_blocks,
	                                  .free_inodes = g->free_inodes};
	return OK;
}

static uint32_t group_size(const struct ext_volume *v, uint32_t group)
{
	uint32_t first = group * v->state->group_blocks;
	uint32_t left = v->state->block_count - first;
	return left < v->state->group_blocks ? left : v->state->group_blocks;
}

static bool count_add(uint16_t *count, int change)
{
	if (change < 0 && !*count)
		return false;
	*count = (uint16_t)(*count + change);
	return true;
}

/* Adds 1 or -1 to what a group and the volume count. */
static enum status count_change(struct ext_volume *v, uint32_t group, enum count count, int change)
{
	uint8_t *page;
	struct disk_super *super;
	TRY(ext_block_change(v, descriptor_block(group), &page));
	struct disk_group *g = (struct disk_group *)page + group % GROUPS_PER_BLOCK;
	uint16_t *of_group = count == COUNT_BLOCKS   ? &g->free_blocks
	                     : count == COUNT_INODES ? &g->free_inodes
	                                             : &g->directories;
	if (!count_add(of_group, change))
		return ERR_IO;
	if (count == COUNT_DIRECTORIES)
		return OK;
	TRY(ext_volume_change_super(v, &super));
	uint32_t *of_all = count == COUNT_BLOCKS ? &super->free_blocks : &super->free_inodes;
	if (change < 0 && !*of_all)
		return ERR_IO;
	*of_all += (uint32_t)change;
	return OK;
}

static bool bit_get(const uint8_t *bitmap, uint32_t bit)
{
	return bitmap[bit / 8] >> bit % 8 & 1;
}

static void bit_flip(uint8_t *bitmap, uint32_t bit)
{
	bitmap[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

/* The first bit of [from, end) that is 0 in both; end: none. kept may be NULL. */
static uint32_t bit_find_free(const uint8_t *bitmap, const uint8_t *kept, uint32_t from,
                              uint32_t end)
{
	uint32_t bit = from;
	while (bit < end) {
		uint8_t used = bitmap[bit / 8] | (kept ? kept[bit / 8] : 0);
		if (used == 0xff)
			bit = (bit / 8 + 1) * 8;
		else if (used >> bit % 8 & 1)
			bit++;
		else
			return bit;
	}
	return end;
}

static enum status block_take(struct ext_volume *v, uint32_t group, uint32_t bitmap_block,
                              uint32_t bit)
{
	uint8_t *bitmap;
	TRY(ext_block_change(v, bitmap_block, &bitmap));
	bit_flip(bitmap, bit);
	return count_change(v, group, COUNT_BLOCKS, -1);
}

/* ERR_NO_SPACE: none in this group from `from` on. */
static enum status block_allocate_in(struct ext_volume *v, uint32_t group, uint32_t from,
                                     uint32_t *out_block)
{
	struct group_place place;
	const uint8_t *bitmap;
	TRY(ext_group_read(v, group, &place));
	if (!place.free_blocks)
		return ERR_NO_SPACE;
	TRY(ext_block_read(v, place.block_bitmap, &bitmap));
	uint32_t end = group_size(v, group);
	uint32_t bit = bit_find_free(bitmap, ext_bitmap_kept(v, place.block_bitmap), from, end);
	if (bit >= end)
		return ERR_NO_SPACE;
	uint32_t block = group * v->state->group_blocks + bit;
	if (!ext_block_is_content(v, block))
		return ERR_IO;
	TRY(block_take(v, group, place.block_bitmap, bit));
	*out_block = block;
	return OK;
}

enum status ext_block_allocate(struct ext_volume *v, uint32_t goal, uint32_t *out_block)
{
	uint32_t groups = v->state->group_count;
	if (goal >= v->state->block_count)
		goal = 0;
	uint32_t group = group_of_block(v, goal);
	enum status status = block_allocate_in(v, group, goal % v->state->group_blocks, out_block);
	/* the goal's group comes again at the end: there may be some before the goal */
	for (uint32_t i = 1; status == ERR_NO_SPACE && i <= groups; i++)
		status = block_allocate_in(v, (group + i) % groups, 0, out_block);
	return status;
}

static bool block_is_of_group(const struct ext_volume *v, const struct group_place *place,
                              uint32_t block)
{
	uint32_t table_blocks = v->state->group_inodes / (EXT_BLOCK_BYTES / v->state->inode_bytes);
	return block == place->block_bitmap || block == place->inode_bitmap ||
	       (block >= place->inode_table && block - place->inode_table < table_blocks);
}

enum status ext_block_free(struct ext_volume *v, uint32_t block)
{
	uint32_t group = group_of_block(v, block), bit = block % v->state->group_blocks;
	struct group_place place;
	uint8_t *bitmap;
	if (!ext_block_is_content(v, block))
		return ERR_IO;
	TRY(ext_group_read(v, group, &place));
	if (block_is_of_group(v, &place, block))
		return ERR_IO;
	TRY(ext_bitmap_keep(v, place.block_bitmap, bit));
	TRY(ext_block_change(v, place.block_bitmap, &bitmap));
	if (!bit_get(bitmap, bit))
		return ERR_IO;
	bit_flip(bitmap, bit);
	return count_change(v, group, COUNT_BLOCKS, 1);
}

/* The group with the most free blocks among those that have an inode. */
static enum status group_emptiest(struct ext_volume *v, uint32_t *out_group)
{
	uint32_t best = 0, most = 0;
	for (uint32_t i = 0; i < v->state->group_count; i++) {
		struct group_place place;
		TRY(ext_group_read(v, i, &place));
		if (place.free_inodes && place.free_blocks > most) {
			most = place.free_blocks;
			best = i;
		}
	}
	*out_group = best;
	return OK;
}

static enum status inode_allocate_in(struct ext_volume *v, uint32_t group, uint32_t *out_inode)
{
	struct ext_state *state = v->state;
	struct group_place place;
	const uint8_t *read;
	uint8_t *bitmap;
	TRY(ext_group_read(v, group, &place));
	if (!place.free_inodes)
		return ERR_NO_SPACE;
	TRY(ext_block_read(v, place.inode_bitmap, &read));
	uint32_t from = group ? 0 : state->first_inode - 1;
	uint32_t bit = bit_find_free(read, NULL, from, state->group_inodes);
	if (bit >= state->group_inodes)
		return ERR_NO_SPACE;
	TRY(ext_block_change(v, place.inode_bitmap, &bitmap));
	bit_flip(bitmap, bit);
	*out_inode = group * state->group_inodes + bit + 1;
	return count_change(v, group, COUNT_INODES, -1);
}

enum status ext_inode_allocate(struct ext_volume *v, uint32_t directory, bool is_directory,
                               uint32_t *out_inode)
{
	uint32_t group = group_of_inode(v, directory), groups = v->state->group_count;
	enum status status = ERR_NO_SPACE;
	/* what lies below the root is spread, all else stays together */
	if (is_directory && directory == EXT_ROOT)
		TRY(group_emptiest(v, &group));
	for (uint32_t i = 0; status == ERR_NO_SPACE && i < groups; i++)
		status = inode_allocate_in(v, (group + i) % groups, out_inode);
	TRY(status);
	if (is_directory)
		TRY(count_change(v, group_of_inode(v, *out_inode), COUNT_DIRECTORIES, 1));
	return OK;
}

enum status ext_inode_free(struct ext_volume *v, uint32_t inode, bool is_directory)
{
	uint32_t group = group_of_inode(v, inode), bit = (inode - 1) % v->state->group_inodes;
	struct group_place place;
	uint8_t *bitmap;
	TRY(ext_group_read(v, group, &place));
	TRY(ext_block_change(v, place.inode_bitmap, &bitmap));
	if (!bit_get(bitmap, bit))
		return ERR_IO;
	bit_flip(bitmap, bit);
	if (is_directory)
		TRY(count_change(v, group, COUNT_DIRECTORIES, -1));
	return count_change(v, group, COUNT_INODES, 1);
}

enum status ext_inode_is_used(struct ext_volume *v, uint32_t inode, bool *out_used)
{
	struct group_place place;
	const uint8_t *bitmap;
	TRY(ext_group_read(v, group_of_inode(v, inode), &place));
	TRY(ext_block_read(v, place.inode_bitmap, &bitmap));
	*out_used = bit_get(bitmap, (inode - 1) % v->state->group_inodes);
	return OK;
}
