/* Names made and taken away. */
#include "cache.h"
#include "directory.h"

struct creating {
	const struct ext_new *new;
	uint32_t inode;
};

struct naming {
	const struct ext_name *name;
	uint32_t inode;
	bool is_first; /* what has no name may get one */
};

static enum status name_is_free(struct ext_volume *v, uint32_t directory, struct str name)
{
	struct found_entry found;
	const struct disk_inode *inode;
	enum status status = ext_directory_find(v, directory, name, &found);
	if (status != ERR_NOT_FOUND)
		return status == OK ? ERR_EXISTS : status;
	TRY(ext_inode_read(v, directory, &inode));
	return inode->links ? OK : ERR_NOT_FOUND;
}

enum status ext_directory_count(struct ext_volume *v, uint32_t directory, int change)
{
	struct disk_inode *inode;
	if (!change)
		return OK;
	TRY(ext_inode_change(v, directory, &inode));
	if (change > 0 && inode->links >= EXT_LINKS_MAX)
		return ERR_TOO_MANY_LINKS;
	if (change < 0 && inode->links <= 2)
		return ERR_IO;
	inode->links = (uint16_t)(inode->links + change);
	return OK;
}

enum status ext_directory_date(struct ext_volume *v, uint32_t directory, int64_t now_ns)
{
	struct disk_inode *inode;
	TRY(ext_inode_change(v, directory, &inode));
	ext_inode_set_time(v, inode, TIME_MODIFY, now_ns);
	ext_inode_set_time(v, inode, TIME_CHANGE, now_ns);
	return OK;
}

static enum status link_fill(struct ext_volume *v, uint32_t number, struct str target)
{
	struct disk_inode *inode;
	uint8_t *page;
	uint32_t block;
	bool is_new;
	if (!target.len)
		return ERR_INVALID_ARGS;
	if (target.len > EXT_TARGET_MAX)
		return ERR_NAME_TOO_LONG;
	TRY(ext_inode_change(v, number, &inode));
	inode->size = (uint32_t)target.len;
	if (ext_inode_is_fast_link(inode)) {
		memcpy(inode->map, target.ptr, target.len);
		return OK;
	}
	TRY(ext_map_allocate(v, number, 0, &block, &is_new));
	TRY(ext_block_new(v, block, &page));
	memcpy(page, target.ptr, target.len);
	return OK;
}

/* The old form where it is enough, as Linux has it. */
static void device_fill(struct disk_inode *inode, uint32_t major, uint32_t minor)
{
	if (major < 256 && minor < 256)
		inode->map[0] = major << 8 | minor;
	else
		inode->map[1] = (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}

static void inode_fill(const struct ext_volume *v, struct disk_inode *inode,
                       const struct ext_new *new)
{
	ext_inode_clear(v, inode);
	inode->generation++;
	inode->mode = (uint16_t) new->mode;
	inode->links = 1;
	inode->uid = (uint16_t) new->uid;
	inode->uid_high = (uint16_t)(new->uid >> 16);
	inode->gid = (uint16_t) new->gid;
	inode->gid_high = (uint16_t)(new->gid >> 16);
	ext_inode_set_time(v, inode, TIME_ACCESS, new->now_ns);
	ext_inode_set_time(v, inode, TIME_MODIFY, new->now_ns);
	ext_inode_set_time(v, inode, TIME_CHANGE, new->now_ns);
	if (v->state->inode_bytes >= sizeof *inode) {
		inode->created = inode->change;
		inode->created_extra = inode->change_extra;
	}
}

static enum status create_step(struct ext_volume *v, void *context)
{
	struct creating *c = context;
	const struct ext_new *new = c->new;
	struct disk_inode *inode;
	bool is_directory = (new->mode &MODE_KIND) == MODE_DIRECTORY;
	bool is_unnamed = !new->name.len;
	if (!is_unnamed)
		TRY(name_is_free(v, new->directory, new->name));
	else if ((new->mode &MODE_KIND) != MODE_FILE)
		return ERR_INVALID_ARGS;
	TRY(ext_inode_allocate(v, new->directory, is_directory, &c->inode));
	TRY(ext_inode_change(v, c->inode, &inode));
	inode_fill(v, inode, new);
	switch (new->mode &MODE_KIND) {
	case MODE_DIRECTORY:
		inode->links = 2;
		TRY(ext_directory_fill(v, c->inode, new->directory));
		TRY(ext_directory_count(v, new->directory, 1));
		break;
	case MODE_LINK:
		TRY(link_fill(v, c->inode, new->target));
		break;
	case MODE_CHARACTER:
	case MODE_BLOCK:
		device_fill(inode, new->major, new->minor);
		break;
	case MODE_FILE:
	case MODE_PIPE:
	case MODE_SOCKET:
		break;
	default:
		return ERR_INVALID_ARGS;
	}
	if (is_unnamed) {
		inode->links = 0;
		return ext_orphan_add(v, c->inode);
	}
	TRY(ext_directory_add(v, new->directory, new->name, c->inode, new->mode));
	return ext_directory_date(v, new->directory, new->now_ns);
}

enum status ext_create(struct ext_volume *v, const struct ext_new *new, uint32_t *out_inode)
{
	struct creating c = {.new = new};
	TRY(ext_operation_run(v, create_step, &c));
	*out_inode = c.inode;
	return OK;
}

static enum status link_step(struct ext_volume *v, void *context)
{
	const struct naming *n = context;
	struct disk_inode *inode;
	TRY(name_is_free(v, n->name->directory, n->name->name));
	TRY(ext_inode_change(v, n->inode, &inode));
	if (!inode->links && !n->is_first)
		return ERR_NOT_FOUND;
	if (inode_is(inode, MODE_DIRECTORY))
		return ERR_NOT_PERMITTED;
	if (!inode->links) {
		TRY(ext_orphan_remove(v, n->inode));
		TRY(ext_inode_change(v, n->inode, &inode));
	}
	if (inode->links >= EXT_LINKS_MAX)
		return ERR_TOO_MANY_LINKS;
	inode->links++;
	ext_inode_set_time(v, inode, TIME_CHANGE, n->name->now_ns);
	TRY(ext_directory_add(v, n->name->directory, n->name->name, n->inode, inode->mode));
	return ext_directory_date(v, n->name->directory, n->name->now_ns);
}

enum status ext_link(struct ext_volume *v, uint32_t inode, const struct ext_name *name)
{
	struct naming n = {.name = name, .inode = inode};
	return ext_operation_run(v, link_step, &n);
}

enum status ext_link_first(struct ext_volume *v, uint32_t inode, const struct ext_name *name)
{
	struct naming n = {.name = name, .inode = inode, .is_first = true};
	return ext_operation_run(v, link_step, &n);
}

enum status ext_inode_unlink(struct ext_volume *v, uint32_t number, int64_t now_ns)
{
	struct disk_inode *inode;
	TRY(ext_inode_change(v, number, &inode));
	if (!inode->links)
		return ERR_IO;
	ext_inode_set_time(v, inode, TIME_CHANGE, now_ns);
	if (inode_is(inode, MODE_DIRECTORY)) {
		TRY(ext_directory_is_empty(v, number));
		inode->links = 0;
	} else {
		inode->links--;
	}
	return inode->links ? OK : ext_orphan_add(v, number);
}

static enum status unlink_step(struct ext_volume *v, void *context)
{
	struct naming *n = context;
	uint32_t directory = n->name->directory;
	struct found_entry found;
	const struct disk_inode *inode;
	TRY(ext_directory_find(v, directory, n->name->name, &found));
	n->inode = found.inode;
	TRY(ext_inode_unlink(v, found.inode, n->name->now_ns));
	TRY(ext_inode_read(v, found.inode, &inode));
	TRY(ext_directory_count(v, directory, inode_is(inode, MODE_DIRECTORY) ? -1 : 0));
	TRY(ext_directory_remove(v, directory, &found));
	return ext_directory_date(v, directory, n->name->now_ns);
}

enum status ext_unlink(struct ext_volume *v, const struct ext_name *name, uint32_t *out_inode)
{
	struct naming n = {.name = name};
	TRY(ext_operation_run(v, unlink_step, &n));
	*out_inode = n.inode;
	return OK;
}
