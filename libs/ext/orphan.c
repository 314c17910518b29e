/*
 * Inodes that something is still to be done for, chained from the superblock: those without links
 * that may be in use, and files that are being cut.
 */
#include "cache.h"

/* Who stands before an inode in the chain; 0: the superblock. ERR_NOT_FOUND: it is not in it. */
static enum status orphan_find(struct ext_volume *v, uint32_t number, uint32_t *out_previous)
{
	const struct disk_super *super;
	TRY(ext_volume_super(v, &super));
	uint32_t at = super->last_orphan;
	*out_previous = 0;
	for (uint32_t seen = 0; at; seen++) {
		const struct disk_inode *inode;
		if (at == number)
			return OK;
		if (seen >= v->state->inode_count || ext_inode_read(v, at, &inode) != OK)
			return ERR_IO;
		*out_previous = at;
		at = inode->deleted;
	}
	return ERR_NOT_FOUND;
}

enum status ext_orphan_add(struct ext_volume *v, uint32_t number)
{
	struct disk_super *super;
	struct disk_inode *inode;
	uint32_t previous;
	enum status status = orphan_find(v, number, &previous);
	if (status != ERR_NOT_FOUND)
		return status;
	TRY(ext_volume_change_super(v, &super));
	TRY(ext_inode_change(v, number, &inode));
	inode->deleted = super->last_orphan;
	super->last_orphan = number;
	return OK;
}

enum status ext_orphan_remove(struct ext_volume *v, uint32_t number)
{
	struct disk_super *super;
	struct disk_inode *inode, *before;
	uint32_t previous;
	enum status status = orphan_find(v, number, &previous);
	if (status != OK)
		return status == ERR_NOT_FOUND ? OK : status;
	TRY(ext_inode_change(v, number, &inode));
	uint32_t next = inode->deleted;
	inode->deleted = 0;
	if (previous) {
		TRY(ext_inode_change(v, previous, &before));
		before->deleted = next;
	} else {
		TRY(ext_volume_change_super(v, &super));
		super->last_orphan = next;
	}
	return OK;
}

/* Extended attributes, which inodes may share. */
static enum status attributes_free(struct ext_volume *v, uint32_t block)
{
	uint8_t *page;
	if (!ext_block_is_content(v, block))
		return ERR_IO;
	TRY(ext_block_change(v, block, &page));
	struct disk_attributes *attributes = (struct disk_attributes *)page;
	if (attributes->magic != DISK_ATTRIBUTES_MAGIC || !attributes->users)
		return ERR_IO;
	if (attributes->users > 1) {
		attributes->users--;
		return OK;
	}
	TRY(ext_block_free(v, block));
	return ext_block_forget(v, block);
}

struct forgetting {
	uint32_t inode;
	bool more;
};

static bool inode_has_blocks(const struct disk_inode *inode)
{
	return inode_is(inode, MODE_FILE) || inode_is(inode, MODE_DIRECTORY) ||
	       (inode_is(inode, MODE_LINK) && !ext_inode_is_fast_link(inode));
}

static enum status forget_step(struct ext_volume *v, void *context)
{
	struct forgetting *f = context;
	struct disk_inode *inode;
	f->more = false;
	TRY(ext_inode_change(v, f->inode, &inode));
	if (inode_has_blocks(inode))
		TRY(ext_map_free(v, f->inode, 0, &f->more));
	if (f->more)
		return OK;
	if (inode->attributes)
		TRY(attributes_free(v, inode->attributes));
	TRY(ext_orphan_remove(v, f->inode));
	TRY(ext_inode_free(v, f->inode, inode_is(inode, MODE_DIRECTORY)));
	ext_inode_clear(v, inode);
	return OK;
}

enum status ext_forget(struct ext_volume *v, uint32_t number)
{
	struct ext_facts facts;
	struct forgetting f = {.inode = number, .more = true};
	TRY(ext_facts(v, number, &facts));
	if (facts.links)
		return OK;
	while (f.more)
		TRY(ext_operation_run(v, forget_step, &f));
	return OK;
}

/* The first orphan at or behind `at` in the chain that has links, or has none; 0: there is none. */
static enum status orphan_from(struct ext_volume *v, uint32_t at, bool linked, uint32_t *out_inode)
{
	for (uint32_t seen = 0; at; seen++) {
		const struct disk_inode *inode;
		if (seen >= v->state->inode_count || ext_inode_read(v, at, &inode) != OK)
			return ERR_IO;
		if (linked == (inode->links > 0))
			break;
		at = inode->deleted;
	}
	*out_inode = at;
	return OK;
}

enum status ext_orphan(struct ext_volume *v, uint32_t after, uint32_t *out_inode)
{
	const struct disk_super *super;
	const struct disk_inode *inode;
	uint32_t at, found;
	if (after) {
		TRY(ext_inode_read(v, after, &inode));
		at = inode->deleted;
	} else {
		TRY(ext_volume_super(v, &super));
		at = super->last_orphan;
	}
	TRY(orphan_from(v, at, false, &found));
	if (!found)
		return ERR_NOT_FOUND;
	*out_inode = found;
	return OK;
}

enum status ext_orphans_truncate(struct ext_volume *v)
{
	for (;;) {
		const struct disk_super *super;
		uint32_t inode;
		TRY(ext_volume_super(v, &super));
		TRY(orphan_from(v, super->last_orphan, true, &inode));
		if (!inode)
			return OK;
		TRY(ext_file_cut(v, inode));
	}
}
