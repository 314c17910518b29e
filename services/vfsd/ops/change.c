/* Operations that make, name, move and remove files. Order of errors as Linux has it. */
#include "ops/ops.h"
#include "volume/data.h"

enum status request_new(struct vfs_service *self, const struct vfs_request *in,
                        const struct walked *walked, struct tree_new *out_new)
{
	struct vfs_facts directory;
	enum status status = place_facts(self, walked->directory, &directory);
	if (status != OK)
		return status;
	if (walked->directory.made)
		return ERR_NOT_FOUND; /* nothing is made in /proc */
	if (!directory.links)
		return ERR_NOT_FOUND;
	status = access_check(&directory, request_identity(self, in),
	                      VFS_MAY_WRITE | VFS_MAY_EXECUTE);
	if (status != OK)
		return status;
	bool group = directory.mode & MODE_SET_GID;
	*out_new = (struct tree_new){
	        .directory = walked->directory.inode,
	        .name = walked->last,
	        .mode = in->mode,
	        .uid = in->uid,
	        .gid = group ? directory.gid : in->gid,
	        .now_ns = in->now_ns,
	};
	return OK;
}

bool name_is_fixed(const struct vfs_service *self, const struct vfs_facts *facts)
{
	uint32_t kind = self->tree.store.header->volumes[facts->node.volume].kind;
	return facts->content == VFS_CONTENT_PAGED && kind != STORE_VOLUME_ARCHIVE;
}

enum status name_create(struct vfs_service *self, struct place directory,
                        const struct tree_new *new, struct place *out_made)
{
	*out_made = (struct place){.mount = directory.mount};
	if (directory.volume)
		return data_create(self, directory, new, out_made);
	if (!new->name.len)
		return tree_create_unnamed(&self->tree, new, &out_made->inode);
	return tree_create(&self->tree, new, &out_made->inode);
}

/* Walks to a name that is to be made. */
static enum status walk_to_new(struct vfs_service *self, const struct walk_request *request,
                               bool directory, struct walked *out_walked)
{
	enum status status = walk(self, request, out_walked);
	if (status != OK)
		return status;
	if (out_walked->kind != LAST_NORMAL || out_walked->found)
		return ERR_EXISTS;
	if (out_walked->missing != ERR_NOT_FOUND)
		return out_walked->missing;
	return out_walked->slash && !directory ? ERR_NOT_FOUND : OK;
}

static enum status make(struct vfs_service *self, const struct telling *telling,
                        const struct tree_new *shape, struct vfs_reply *out)
{
	const struct vfs_request *in = telling->in;
	struct walked walked;
	struct tree_new new;
	struct place made = {};
	bool directory = mode_is(shape->mode, MODE_DIRECTORY);
	const struct walk_request request = {.in = in,
	                                     .start = &in->start,
	                                     .mount = in->start_mount,
	                                     .path = shape->name,
	                                     .kind = WALK_NAME};
	enum status status = walk_to_new(self, &request, directory, &walked);
	if (status == OK)
		status = request_new(self, in, &walked, &new);
	if (status != OK)
		return status;
	new.mode = shape->mode;
	new.target = shape->target;
	new.rdev = shape->rdev;
	/* what it was put into was looked at just now */
	status = place_facts(self, walked.directory, &out->facts);
	if (status == OK && directory && (out->facts.mode & MODE_SET_GID))
		new.mode |= MODE_SET_GID;
	if (status == OK)
		status = name_create(self, walked.directory, &new, &made);
	reply_changed(self, out);
	if (status == OK)
		status = place_facts(self, made, &out->facts);
	if (status == OK)
		tell_named(self, telling, &walked, &out->facts);
	return status;
}

enum status vfs_op_mkdir(struct vfs_service *self, const struct vfs_request *in,
                         struct vfs_reply *out, struct service_call *call)
{
	struct tree_new shape = {.mode = MODE_DIRECTORY | (in->mode & MODE_RIGHTS)};
	struct str second;
	enum status status = request_names(in, call, &shape.name, &second);
	return status == OK ? make(self, &(struct telling){in, call}, &shape, out) : status;
}

enum status vfs_op_make_node(struct vfs_service *self, const struct vfs_request *in,
                             struct vfs_reply *out, struct service_call *call)
{
	struct tree_new shape = {.mode = in->mode & (MODE_KIND | MODE_RIGHTS), .rdev = in->device};
	enum status status = request_names(in, call, &shape.name, &shape.target);
	if (status != OK)
		return status;
	bool link = mode_is(in->mode, MODE_LINK);
	bool device = mode_is(in->mode, MODE_CHARACTER) || mode_is(in->mode, MODE_BLOCK);
	if (mode_is(in->mode, MODE_DIRECTORY))
		return ERR_NOT_PERMITTED;
	if (!(in->mode & MODE_KIND))
		shape.mode |= MODE_FILE;
	if (link && !shape.target.len)
		return ERR_NOT_FOUND;
	if ((!link && shape.target.len) || (!device && in->device))
		return ERR_INVALID_ARGS;
	if (device && in->uid != 0)
		return ERR_NOT_PERMITTED;
	return make(self, &(struct telling){in, call}, &shape, out);
}

enum status vfs_op_link(struct vfs_service *self, const struct vfs_request *in,
                        struct vfs_reply *out, struct service_call *call)
{
	struct str path, new_path;
	struct walked old, walked;
	struct tree_new new;
	enum walk_kind kind = in->flags & VFS_FOLLOW_LINK ? WALK_LOOK_UP : WALK_NO_FOLLOW;
	enum status status = request_names(in, call, &path, &new_path);
	const struct walk_request first = {.in = in,
	                                   .start = &in->start,
	                                   .mount = in->start_mount,
	                                   .path = path,
	                                   .kind = kind};
	if (status == OK && !path.len && (in->flags & VFS_EMPTY_PATH))
		status = place_of_node(self, &in->start, in->start_mount, &old.place);
	else if (status == OK)
		status = walk(self, &first, &old);
	if (status != OK)
		return status;
	const struct walk_request second = {.in = in,
	                                    .start = &in->other,
	                                    .mount = in->other_mount,
	                                    .path = new_path,
	                                    .kind = WALK_NAME,
	                                    .memory = 1};
	status = walk_to_new(self, &second, false, &walked);
	if (status == OK)
		status = place_facts(self, old.place, &out->facts);
	if (status != OK)
		return status;
	struct vfs_facts directory;
	status = place_facts(self, walked.directory, &directory);
	if (status == OK && (out->facts.node.volume != directory.node.volume ||
	                     old.place.mount != walked.directory.mount))
		return ERR_CROSS_DEVICE;
	if (status == OK)
		status = request_new(self, in, &walked, &new);
	if (status != OK)
		return status;
	if (mode_is(out->facts.mode, MODE_DIRECTORY))
		return ERR_NOT_PERMITTED;
	if (walked.directory.volume)
		status = data_link(self, old.place, walked.directory, &new);
	else
		status = tree_link(&self->tree, old.place.inode, &new);
	if (walked.directory.volume)
		reply_changed(self, out);
	if (status == OK)
		tell_named(self, &(struct telling){in, call}, &walked, &out->facts);
	return status;
}

/* Whether the entry of a walk may go: rights, sticky directories, mounts, volumes. */
static enum status check_removal(struct vfs_service *self, const struct vfs_request *in,
                                 const struct walked *walked, struct vfs_facts *out_facts)
{
	struct vfs_facts directory;
	enum status status = place_facts(self, walked->directory, &directory);
	if (status == OK)
		status = place_facts(self, walked->place, out_facts);
	if (status != OK)
		return status;
	if (walked->directory.made)
		return ERR_NOT_PERMITTED;
	status = access_remove(&directory, out_facts, request_identity(self, in));
	return status == OK && name_is_fixed(self, out_facts) ? ERR_READ_ONLY : status;
}

static uint32_t walked_entry(struct vfs_service *self, const struct walked *walked)
{
	return directory_find(&self->tree.store, walked->directory.inode, walked->last);
}

bool walked_is_needed(struct vfs_service *self, const struct walked *walked, bool roots)
{
	struct place own;
	return place_child(self, walked->directory, walked->last, &own) == OK &&
	       mount_needs(self, own, roots);
}

/* Of a directory: it was found empty, or the volume will say that it is not. */
static enum status walked_unlink(struct vfs_service *self, const struct vfs_request *in,
                                 const struct walked *walked)
{
	if (walked->directory.volume)
		return data_unlink(self, walked->directory, walked->last, in->now_ns);
	tree_unlink(&self->tree, walked_entry(self, walked), in->now_ns);
	return OK;
}

static enum status remove_file(struct vfs_service *self, const struct vfs_request *in,
                               const struct walked *walked, struct vfs_facts *out_facts)
{
	if (walked->kind != LAST_NORMAL)
		return ERR_IS_DIRECTORY;
	if (!walked->found)
		return walked->missing;
	enum status status = place_facts(self, walked->place, out_facts);
	if (status != OK)
		return status;
	bool directory = mode_is(out_facts->mode, MODE_DIRECTORY);
	if (walked->slash)
		return directory ? ERR_IS_DIRECTORY : ERR_NOT_DIRECTORY;
	status = check_removal(self, in, walked, out_facts);
	if (status == OK && directory)
		return ERR_IS_DIRECTORY;
	if (status == OK && walked_is_needed(self, walked, true))
		return ERR_BUSY;
	return status == OK ? walked_unlink(self, in, walked) : status;
}

static enum status remove_directory(struct vfs_service *self, const struct vfs_request *in,
                                    const struct walked *walked, struct vfs_facts *out_facts)
{
	static const enum status by_kind[] = {[LAST_DOT] = ERR_INVALID_ARGS,
	                                      [LAST_DOTDOT] = ERR_NOT_EMPTY,
	                                      [LAST_ROOT] = ERR_BUSY};
	if (walked->kind != LAST_NORMAL)
		return by_kind[walked->kind];
	if (!walked->found)
		return walked->missing;
	enum status status = check_removal(self, in, walked, out_facts);
	if (status != OK)
		return status;
	if (!mode_is(out_facts->mode, MODE_DIRECTORY))
		return ERR_NOT_DIRECTORY;
	if (walked_is_needed(self, walked, true))
		return ERR_BUSY;
	if (walked->place.inode)
		status = below_take(self, walked->place.inode);
	if (status != OK)
		return status;
	if (walked->place.inode && tree_inode(&self->tree, walked->place.inode)->entry_count)
		return ERR_NOT_EMPTY;
	return walked_unlink(self, in, walked);
}

enum status vfs_op_unlinkat(struct vfs_service *self, const struct vfs_request *in,
                            struct vfs_reply *out, struct service_call *call)
{
	struct walked walked;
	struct vfs_facts facts;
	enum status status = request_walk(self, in, call, WALK_NAME, &walked);
	if (status != OK)
		return status;
	status = in->flags & VFS_REMOVE_DIRECTORY ? remove_directory(self, in, &walked, &facts)
	                                          : remove_file(self, in, &walked, &facts);
	reply_changed(self, out);
	if (status == OK)
		tell_unnamed(self, &(struct telling){in, call}, &walked, &facts);
	return status;
}
