/* rename: every rule of renameat2(2), in the order in which Linux finds them broken. */
#include "ops/ops.h"
#include "volume/data.h"

struct renaming {
	struct vfs_service *self;
	const struct vfs_request *in;
	struct walked from, to;
	struct vfs_facts from_facts, to_facts; /* to_facts: when it is found */
	struct vfs_facts from_directory, to_directory;
	bool exchange;
};

static enum status renaming_walk(struct renaming *r, struct service_call *call)
{
	struct str from, to;
	enum status status = request_names(r->in, call, &from, &to);
	const struct walk_request first = {.in = r->in,
	                                   .start = &r->in->start,
	                                   .mount = r->in->start_mount,
	                                   .path = from,
	                                   .kind = WALK_NAME};
	const struct walk_request second = {.in = r->in,
	                                    .start = &r->in->other,
	                                    .mount = r->in->other_mount,
	                                    .path = to,
	                                    .kind = WALK_NAME,
	                                    .memory = 1};
	if (status == OK)
		status = walk(r->self, &first, &r->from);
	if (status == OK)
		status = walk(r->self, &second, &r->to);
	return status;
}

static enum status renaming_facts(struct renaming *r)
{
	enum status status = place_facts(r->self, r->from.directory, &r->from_directory);
	if (status == OK)
		status = place_facts(r->self, r->to.directory, &r->to_directory);
	if (status == OK && r->from.found)
		status = place_facts(r->self, r->from.place, &r->from_facts);
	if (status == OK && r->to.found)
		status = place_facts(r->self, r->to.place, &r->to_facts);
	return status;
}

/* Names that are none, and volumes. The last names "/", "." and ".." have no directory here. */
static enum status renaming_check_names(struct renaming *r)
{
	bool no_replace = r->in->flags & VFS_NO_REPLACE;
	bool dots = r->from.kind != LAST_NORMAL || r->to.kind != LAST_NORMAL;
	if (!dots && (r->from_directory.node.volume != r->to_directory.node.volume ||
	              r->from.directory.mount != r->to.directory.mount))
		return ERR_CROSS_DEVICE;
	if (r->from.kind != LAST_NORMAL)
		return ERR_BUSY;
	if (r->to.kind != LAST_NORMAL)
		return no_replace ? ERR_EXISTS : ERR_BUSY;
	if (!r->from.found)
		return r->from.missing;
	if (r->to.found)
		return no_replace ? ERR_EXISTS : OK;
	return r->exchange || r->to.missing != ERR_NOT_FOUND ? r->to.missing : OK;
}

static bool is_above(struct vfs_service *self, struct place directory, struct place below)
{
	if (below.volume)
		return data_is_above(self, directory, below);
	return tree_is_above(&self->tree, directory.inode, below.inode);
}

/* A slash says that it is a directory; and none moves into itself. */
static enum status renaming_check_shape(struct renaming *r)
{
	bool folder = mode_is(r->from_facts.mode, MODE_DIRECTORY);
	bool to_folder = r->to.found && mode_is(r->to_facts.mode, MODE_DIRECTORY);
	if (r->exchange && !to_folder && r->to.slash)
		return ERR_NOT_DIRECTORY;
	if (!folder && (r->from.slash || (!r->exchange && r->to.slash)))
		return ERR_NOT_DIRECTORY;
	if (r->from.directory.made || r->to.directory.made)
		return ERR_NOT_PERMITTED;
	if (folder && is_above(r->self, r->from.place, r->to.directory))
		return ERR_INVALID_ARGS;
	if (to_folder && is_above(r->self, r->to.place, r->from.directory))
		return r->exchange ? ERR_INVALID_ARGS : ERR_NOT_EMPTY;
	return OK;
}

static enum status renaming_check_target(struct renaming *r, struct identity who)
{
	bool folder = mode_is(r->from_facts.mode, MODE_DIRECTORY);
	bool to_folder = mode_is(r->to_facts.mode, MODE_DIRECTORY);
	if (!r->to.found) {
		if (!r->to_directory.links)
			return ERR_NOT_FOUND;
		return access_check(&r->to_directory, who, VFS_MAY_WRITE | VFS_MAY_EXECUTE);
	}
	enum status status = access_remove(&r->to_directory, &r->to_facts, who);
	if (status != OK || r->exchange)
		return status;
	if (folder && !to_folder)
		return ERR_NOT_DIRECTORY;
	return !folder && to_folder ? ERR_IS_DIRECTORY : OK;
}

static enum status renaming_check_rights(struct renaming *r)
{
	const struct identity who = request_identity(r->self, r->in);
	bool moves = !place_equal(r->from.directory, r->to.directory);
	enum status status = access_remove(&r->from_directory, &r->from_facts, who);
	if (status == OK)
		status = renaming_check_target(r, who);
	/* ".." of a directory that moves is changed. */
	if (status == OK && moves && mode_is(r->from_facts.mode, MODE_DIRECTORY))
		status = access_check(&r->from_facts, who, VFS_MAY_WRITE);
	if (status == OK && moves && r->exchange && mode_is(r->to_facts.mode, MODE_DIRECTORY))
		status = access_check(&r->to_facts, who, VFS_MAY_WRITE);
	bool read_only = name_is_fixed(r->self, &r->from_facts) ||
	                 (r->to.found && name_is_fixed(r->self, &r->to_facts));
	return status == OK && read_only ? ERR_READ_ONLY : status;
}

/* What the names themselves name, below mounts. What goes is not seen elsewhere, either. */
static enum status renaming_check_mounts(struct renaming *r)
{
	if (walked_is_needed(r->self, &r->from, false) ||
	    (r->to.found && walked_is_needed(r->self, &r->to, !r->exchange)))
		return ERR_BUSY;
	return OK;
}

static enum status renaming_do_data(struct renaming *r)
{
	const struct data_move move = {.from = r->from.directory,
	                               .to = r->to.directory,
	                               .from_name = r->from.last,
	                               .to_name = r->to.last,
	                               .exchange = r->exchange,
	                               .now_ns = r->in->now_ns};
	if (r->to.found && place_equal(r->from.place, r->to.place))
		return OK;
	enum status status = renaming_check_rights(r);
	if (status == OK)
		status = renaming_check_mounts(r);
	return status == OK ? data_rename(r->self, &move) : status;
}

static enum status renaming_do(struct renaming *r)
{
	struct tree *t = &r->self->tree;
	const struct store *s = &t->store;
	struct tree_rename rename = {.to_directory = r->to.directory.inode,
	                             .to_name = r->to.last,
	                             .exchange = r->exchange,
	                             .now_ns = r->in->now_ns};
	rename.from_entry = directory_find(s, r->from.directory.inode, r->from.last);
	uint32_t from = s->entries[rename.from_entry].inode, to = 0;
	if (r->to.found) {
		rename.to_entry = directory_find(s, r->to.directory.inode, r->to.last);
		to = s->entries[rename.to_entry].inode;
	}
	if (from == to)
		return OK;
	enum status status = renaming_check_rights(r);
	if (status != OK)
		return status;
	status = renaming_check_mounts(r);
	if (status != OK)
		return status;
	if (to && !r->exchange)
		status = below_take(r->self, to);
	if (status == OK && to && !r->exchange && tree_inode(t, to)->entry_count)
		status = ERR_NOT_EMPTY;
	return status == OK ? tree_rename(t, &rename) : status;
}

/* The same file under two names is left as it is. */
static void renaming_tell(const struct renaming *r, struct service_call *call)
{
	const struct vfs_node *from = &r->from_facts.node, *to = &r->to_facts.node;
	bool same = r->to.found && from->volume == to->volume && from->inode == to->inode;
	struct vfs_change change = {
	        .directory = r->from_directory.node,
	        .other = r->to_directory.node,
	        .file = *from,
	        .mode = r->from_facts.mode,
	};
	if (r->to.found) {
		bool folder = mode_is(r->to_facts.mode, MODE_DIRECTORY);
		change.replaced = *to;
		change.replaced_mode = r->to_facts.mode;
		change.links = folder || !r->to_facts.links ? 0 : r->to_facts.links - 1;
	}
	if (!same)
		tell_moved(&(struct telling){r->in, call}, &change, r->from.last, r->to.last);
}

enum status vfs_op_rename(struct vfs_service *self, const struct vfs_request *in,
                          struct vfs_reply *out, struct service_call *call)
{
	struct renaming r = {.self = self, .in = in, .exchange = in->flags & VFS_EXCHANGE};
	if (r.exchange && (in->flags & VFS_NO_REPLACE))
		return ERR_INVALID_ARGS;
	enum status status = renaming_walk(&r, call);
	if (status == OK)
		status = renaming_facts(&r);
	if (status == OK)
		status = renaming_check_names(&r);
	if (status == OK)
		status = renaming_check_shape(&r);
	if (status != OK)
		return status;
	status = r.from.directory.volume ? renaming_do_data(&r) : renaming_do(&r);
	reply_changed(self, out);
	if (status == OK)
		renaming_tell(&r, call);
	return status;
}
