/* Names moved, replaced and exchanged, as rename(2) has it. */
#include "cache.h"
#include "directory.h"

enum { DEPTH_MAX = 65536 }; /* of directories: a ring on a damaged volume ends here */

struct renaming {
	const struct ext_rename *request;
	struct found_entry from, to; /* to.inode 0: the name is free */
	bool from_is_directory, to_is_directory;
	uint32_t replaced;
};

static enum status is_directory(struct ext_volume *v, uint32_t number, bool *out_is)
{
	const struct disk_inode *inode;
	TRY(ext_inode_read(v, number, &inode));
	*out_is = inode_is(inode, MODE_DIRECTORY);
	return OK;
}

/* ERR_INVALID_ARGS: `directory` is `below`, or lies above it. */
static enum status not_above(struct ext_volume *v, uint32_t directory, uint32_t below)
{
	for (uint32_t depth = 0; depth < DEPTH_MAX; depth++) {
		struct found_entry above;
		if (below == directory)
			return ERR_INVALID_ARGS;
		if (below == EXT_ROOT)
			return OK;
		TRY(ext_directory_parent(v, below, &above));
		below = above.inode;
	}
	return ERR_IO;
}

static enum status renaming_find(struct ext_volume *v, struct renaming *r)
{
	const struct ext_rename *q = r->request;
	const struct disk_inode *directory;
	TRY(ext_directory_find(v, q->from_directory, q->from_name, &r->from));
	enum status status = ext_directory_find(v, q->to_directory, q->to_name, &r->to);
	if (status != OK && (status != ERR_NOT_FOUND || q->exchange))
		return status;
	if (status == ERR_NOT_FOUND)
		r->to = (struct found_entry){};
	TRY(ext_inode_read(v, q->to_directory, &directory));
	if (!directory->links)
		return ERR_NOT_FOUND;
	TRY(is_directory(v, r->from.inode, &r->from_is_directory));
	if (r->to.inode)
		TRY(is_directory(v, r->to.inode, &r->to_is_directory));
	return OK;
}

static enum status renaming_check(struct ext_volume *v, const struct renaming *r)
{
	const struct ext_rename *q = r->request;
	if (q->keep && r->to.inode)
		return ERR_EXISTS;
	if (r->from_is_directory)
		TRY(not_above(v, r->from.inode, q->to_directory));
	if (q->exchange)
		return r->to_is_directory ? not_above(v, r->to.inode, q->from_directory) : OK;
	if (r->to.inode && r->from_is_directory && !r->to_is_directory)
		return ERR_NOT_DIRECTORY;
	if (r->to.inode && !r->from_is_directory && r->to_is_directory)
		return ERR_IS_DIRECTORY;
	return OK;
}

static enum status inode_touch(struct ext_volume *v, uint32_t number, int64_t now_ns,
                               uint32_t *out_mode)
{
	struct disk_inode *inode;
	TRY(ext_inode_change(v, number, &inode));
	ext_inode_set_time(v, inode, TIME_CHANGE, now_ns);
	*out_mode = inode->mode;
	return OK;
}

/* A directory that came to another one. */
static enum status directory_adopt(struct ext_volume *v, uint32_t directory, uint32_t parent)
{
	struct found_entry above;
	TRY(ext_directory_parent(v, directory, &above));
	return ext_directory_point(v, &above, parent, MODE_DIRECTORY);
}

static enum status rename_exchange(struct ext_volume *v, struct renaming *r)
{
	const struct ext_rename *q = r->request;
	uint32_t from_mode, to_mode;
	TRY(inode_touch(v, r->from.inode, q->now_ns, &from_mode));
	TRY(inode_touch(v, r->to.inode, q->now_ns, &to_mode));
	TRY(ext_directory_point(v, &r->from, r->to.inode, to_mode));
	TRY(ext_directory_point(v, &r->to, r->from.inode, from_mode));
	if (q->from_directory == q->to_directory)
		return OK;
	if (r->from_is_directory)
		TRY(directory_adopt(v, r->from.inode, q->to_directory));
	if (r->to_is_directory)
		TRY(directory_adopt(v, r->to.inode, q->from_directory));
	int to_more = r->from_is_directory - r->to_is_directory;
	TRY(ext_directory_count(v, q->from_directory, -to_more));
	return ext_directory_count(v, q->to_directory, to_more);
}

/* The new name: a free one, or one that is taken from somebody. */
static enum status rename_give(struct ext_volume *v, struct renaming *r, uint32_t mode)
{
	const struct ext_rename *q = r->request;
	if (!r->to.inode)
		return ext_directory_add(v, q->to_directory, q->to_name, r->from.inode, mode);
	TRY(ext_inode_unlink(v, r->to.inode, q->now_ns));
	TRY(ext_directory_count(v, q->to_directory, r->to_is_directory ? -1 : 0));
	r->replaced = r->to.inode;
	return ext_directory_point(v, &r->to, r->from.inode, mode);
}

static enum status rename_move(struct ext_volume *v, struct renaming *r)
{
	const struct ext_rename *q = r->request;
	uint32_t mode;
	TRY(inode_touch(v, r->from.inode, q->now_ns, &mode));
	TRY(rename_give(v, r, mode));
	/* it may have come to stand elsewhere in the chain of its block */
	TRY(ext_directory_find(v, q->from_directory, q->from_name, &r->from));
	TRY(ext_directory_remove(v, q->from_directory, &r->from));
	if (!r->from_is_directory || q->from_directory == q->to_directory)
		return OK;
	TRY(directory_adopt(v, r->from.inode, q->to_directory));
	TRY(ext_directory_count(v, q->from_directory, -1));
	return ext_directory_count(v, q->to_directory, 1);
}

static enum status rename_step(struct ext_volume *v, void *context)
{
	struct renaming *r = context;
	const struct ext_rename *q = r->request;
	r->replaced = 0;
	TRY(renaming_find(v, r));
	if (r->from.inode == r->to.inode)
		return q->keep ? ERR_EXISTS : OK;
	TRY(renaming_check(v, r));
	TRY(q->exchange ? rename_exchange(v, r) : rename_move(v, r));
	TRY(ext_directory_date(v, q->from_directory, q->now_ns));
	return ext_directory_date(v, q->to_directory, q->now_ns);
}

enum status ext_rename(struct ext_volume *v, const struct ext_rename *rename,
                       uint32_t *out_replaced)
{
	struct renaming r = {.request = rename};
	TRY(ext_operation_run(v, rename_step, &r));
	*out_replaced = r.replaced;
	return OK;
}
