/* Operations that change no names: open, facts, directories, bytes. */
#include "ops/ops.h"
#include "volume/data.h"
#include "waits.h"

#include <string.h>

enum status request_names(const struct vfs_request *in, const struct service_call *call,
                          struct str *out_first, struct str *out_second)
{
	size_t first = in->name_len, second = in->name2_len;
	if (first > VFS_PATH_MAX || second > VFS_PATH_MAX)
		return ERR_NAME_TOO_LONG;
	if (call->len != first + second)
		return ERR_INVALID_ARGS;
	const char *bytes = (const char *)call->bytes;
	*out_first = (struct str){bytes, first};
	*out_second = (struct str){bytes + first, second};
	return OK;
}

enum status request_walk(struct vfs_service *self, const struct vfs_request *in,
                         struct service_call *call, enum walk_kind kind, struct walked *out_walked)
{
	struct str path, second;
	enum status status = request_names(in, call, &path, &second);
	if (status != OK)
		return status;
	if (!path.len && (in->flags & VFS_EMPTY_PATH)) {
		*out_walked = (struct walked){.kind = LAST_ROOT, .found = true};
		return place_of_node(self, &in->start, in->start_mount, &out_walked->place);
	}
	const struct walk_request request = {.in = in,
	                                     .start = &in->start,
	                                     .mount = in->start_mount,
	                                     .path = path,
	                                     .kind = kind};
	return walk(self, &request, out_walked);
}

enum status request_place(struct vfs_service *self, const struct vfs_request *in,
                          struct service_call *call, struct place *out_place)
{
	struct walked walked;
	enum walk_kind kind = in->flags & VFS_NO_FOLLOW ? WALK_NO_FOLLOW : WALK_LOOK_UP;
	enum status status = request_walk(self, in, call, kind, &walked);
	*out_place = walked.place;
	return status;
}

/* The access list concerns what was loaded with the kernel; volumes have rights of their own. */
static bool is_archived(const struct vfs_service *self, const struct vfs_facts *facts)
{
	uint32_t kind = self->tree.store.header->volumes[facts->node.volume].kind;
	return facts->content == VFS_CONTENT_PAGED && kind == STORE_VOLUME_ARCHIVE;
}

/* Whether the file may be opened as asked; the order of errors is that of Linux. */
static enum status open_check(struct vfs_service *self, const struct vfs_request *in,
                              struct place place, const struct vfs_facts *facts)
{
	bool folder = mode_is(facts->mode, MODE_DIRECTORY);
	if ((in->flags & VFS_DIRECTORY) && !folder)
		return ERR_NOT_DIRECTORY;
	if (in->mask && mode_is(facts->mode, MODE_LINK) && facts->content == VFS_CONTENT_NONE)
		return ERR_TOO_MANY_SYMLINKS;
	if (folder && (in->mask & VFS_MAY_WRITE))
		return ERR_IS_DIRECTORY;
	if (facts->content == VFS_CONTENT_MADE && (in->mask & VFS_MAY_WRITE))
		return ERR_ACCESS_DENIED;
	if (in->mask && place_refuses_device(self, place, facts->mode))
		return ERR_ACCESS_DENIED;
	enum status status = access_check(facts, request_identity(self, in), in->mask);
	if (status == OK && is_archived(self, facts) && (in->mask & VFS_MAY_READ) &&
	    !(in->flags & VFS_IMAGE) && !access_listed(self, place))
		return ERR_ACCESS_DENIED;
	return status;
}

static enum status open_hold(struct vfs_service *self, const struct walked *walked,
                             struct place place)
{
	if (place.inode)
		tree_hold(&self->tree, place.inode);
	return place.volume ? data_hold(self, place, walked->directory) : OK;
}

static enum status open_walked(struct vfs_service *self, const struct vfs_request *in,
                               const struct walked *walked, struct vfs_reply *out)
{
	enum status status = place_facts(self, walked->place, &out->facts);
	if (status == OK)
		status = open_check(self, in, walked->place, &out->facts);
	return status == OK ? open_hold(self, walked, walked->place) : status;
}

enum status vfs_op_openat(struct vfs_service *self, const struct vfs_request *in,
                          struct vfs_reply *out, struct service_call *call)
{
	struct walked walked;
	enum walk_kind kind = in->flags & VFS_NO_FOLLOW ? WALK_NO_FOLLOW : WALK_LOOK_UP;
	enum status status = request_walk(self, in, call, kind, &walked);
	return status == OK ? open_walked(self, in, &walked, out) : status;
}

/* O_TMPFILE: the file lives by its hold. */
static enum status create_unnamed(struct vfs_service *self, const struct vfs_request *in,
                                  struct vfs_reply *out, struct service_call *call)
{
	struct walked walked;
	struct tree_new new;
	struct place made;
	bool linkable = !(in->flags & VFS_EXCLUSIVE);
	enum status status = request_walk(self, in, call, WALK_LOOK_UP, &walked);
	if (status == OK)
		status = place_facts(self, walked.place, &out->facts);
	if (status != OK)
		return status;
	if (!mode_is(out->facts.mode, MODE_DIRECTORY))
		return ERR_NOT_DIRECTORY;
	const struct walked folder = {.directory = walked.place};
	status = request_new(self, in, &folder, &new);
	new.mode = MODE_FILE | (in->mode & MODE_RIGHTS);
	new.linkable = linkable;
	if (status == OK)
		status = name_create(self, folder.directory, &new, &made);
	if (status == OK)
		status = open_hold(self, &folder, made);
	if (status != OK)
		return status;
	if (made.volume)
		holds_find(&self->holds, made.volume, made.file)->is_linkable = linkable;
	out->value = VFS_VALUE_MADE;
	reply_changed(self, out);
	return place_facts(self, made, &out->facts);
}

enum status vfs_op_create(struct vfs_service *self, const struct vfs_request *in,
                          struct vfs_reply *out, struct service_call *call)
{
	struct walked walked;
	if (in->flags & VFS_UNNAMED)
		return create_unnamed(self, in, out, call);
	bool exclusive = in->flags & VFS_EXCLUSIVE, stays = in->flags & VFS_NO_FOLLOW;
	enum status status =
	        request_walk(self, in, call, exclusive || stays ? WALK_NAME : WALK_CREATE, &walked);
	if (status != OK)
		return status;
	if (walked.kind == LAST_NORMAL && walked.slash)
		return ERR_IS_DIRECTORY;
	if (walked.found && exclusive)
		return ERR_EXISTS;
	if (walked.kind != LAST_NORMAL)
		return ERR_IS_DIRECTORY;
	if (walked.found) {
		status = place_facts(self, walked.place, &out->facts);
		if (status == OK && mode_is(out->facts.mode, MODE_DIRECTORY))
			return ERR_IS_DIRECTORY;
		return status == OK ? open_walked(self, in, &walked, out) : status;
	}
	struct tree_new new;
	struct place made = {};
	if (walked.missing != ERR_NOT_FOUND)
		return walked.missing;
	status = request_new(self, in, &walked, &new);
	new.mode = MODE_FILE | (in->mode & MODE_RIGHTS);
	if (status == OK)
		status = name_create(self, walked.directory, &new, &made);
	if (status != OK)
		return status;
	out->value = VFS_VALUE_MADE;
	reply_changed(self, out);
	/* without a hold it stays as a file that nobody opened */
	status = open_hold(self, &walked, made);
	if (status == OK)
		status = place_facts(self, made, &out->facts);
	if (status == OK)
		tell_named(self, &(struct telling){in, call}, &walked, &out->facts);
	return status;
}

enum status vfs_op_chdir(struct vfs_service *self, const struct vfs_request *in,
                         struct vfs_reply *out, struct service_call *call)
{
	struct walked walked;
	enum walk_kind kind = in->flags & VFS_NO_FOLLOW ? WALK_NO_FOLLOW : WALK_LOOK_UP;
	enum status status = request_walk(self, in, call, kind, &walked);
	if (status == OK)
		status = place_facts(self, walked.place, &out->facts);
	if (status == OK && !mode_is(out->facts.mode, MODE_DIRECTORY))
		status = ERR_NOT_DIRECTORY;
	if (status == OK)
		status = access_check(&out->facts, request_identity(self, in), VFS_MAY_EXECUTE);
	return status == OK ? open_hold(self, &walked, walked.place) : status;
}

enum status vfs_op_statx(struct vfs_service *self, const struct vfs_request *in,
                         struct vfs_reply *out, struct service_call *call)
{
	struct place place;
	enum status status = request_place(self, in, call, &place);
	return status == OK ? place_facts(self, place, &out->facts) : status;
}

enum status vfs_op_access(struct vfs_service *self, const struct vfs_request *in,
                          struct vfs_reply *out, struct service_call *call)
{
	struct place place;
	enum status status = request_place(self, in, call, &place);
	if (status == OK)
		status = place_facts(self, place, &out->facts);
	return status == OK ? access_check(&out->facts, request_identity(self, in), in->mask)
	                    : status;
}

enum status vfs_op_readlinkat(struct vfs_service *self, const struct vfs_request *in,
                              struct vfs_reply *out, struct service_call *call)
{
	struct walked walked;
	char bytes[VFS_PATH_MAX + 1];
	struct format_buffer target = {.ptr = bytes, .size = sizeof bytes};
	(void)out;
	enum status status = request_walk(self, in, call, WALK_NO_FOLLOW, &walked);
	if (status == OK)
		status = place_target(self, walked.place, in->pid, &target);
	if (status != OK)
		return status;
	size_t len = target.len < in->size ? target.len : (size_t)in->size;
	memcpy(service_reply_room(call, len), bytes, len);
	return OK;
}

enum status vfs_op_getcwd(struct vfs_service *self, const struct vfs_request *in,
                          struct vfs_reply *out, struct service_call *call)
{
	struct place place, root;
	struct str path;
	char *buffer = service_scratch(call, VFS_PATH_MAX + 1);
	(void)out;
	enum status status = place_of_node(self, &in->start, in->start_mount, &place);
	if (status == OK)
		status = place.mount ? place_of_node(self, &in->root, in->root_mount, &root)
		                     : ERR_NOT_FOUND; /* nobody reaches it any more */
	if (status == OK)
		status = place_path(self, place, root, (struct str){buffer, VFS_PATH_MAX + 1},
		                    &path);
	if (status == OK)
		memcpy(service_reply_room(call, path.len), path.ptr, path.len);
	return status;
}

/* Where the bytes of an archive's file lie; the range is cut at its end. */
static enum status archive_bytes(const struct vfs_service *self, struct place place,
                                 uint64_t offset, uint64_t size, struct str *out_bytes)
{
	const struct store_inode *cell = tree_inode(&self->tree, place.inode);
	if (cell->content != VFS_CONTENT_PAGED || cell->rdev > self->archive.len ||
	    cell->size > self->archive.len - cell->rdev)
		return ERR_INVALID_ARGS;
	uint64_t from = offset < cell->size ? offset : cell->size;
	uint64_t len = cell->size - from < size ? cell->size - from : size;
	*out_bytes = str_slice(self->archive, (size_t)(cell->rdev + from),
	                       (size_t)(cell->rdev + from + len));
	return OK;
}

static enum status page_in_archive(struct vfs_service *self, struct place place,
                                   const struct vfs_request *in, struct service_call *call)
{
	struct str bytes;
	enum status status = archive_bytes(self, place, in->offset, in->size, &bytes);
	if (status == OK)
		memcpy(service_reply_room(call, bytes.len), bytes.ptr, bytes.len);
	return status;
}

static enum status page_in_volume(struct vfs_service *self, struct place place,
                                  const struct vfs_request *in, struct service_call *call)
{
	const struct store_inode *cell = tree_inode(&self->tree, place.inode);
	const struct volume_bytes wanted = {cell->rdev, cell->size, in->offset, in->size};
	if (cell->content != VFS_CONTENT_PAGED)
		return ERR_INVALID_ARGS;
	if (!waits_enter(self, cell->volume) || waits_must_end(self))
		return ERR_INTERRUPTED;
	return volume_read(&self->volumes[cell->volume], &wanted, call->reply_bytes,
	                   &call->reply_len);
}

enum status vfs_op_page_in(struct vfs_service *self, const struct vfs_request *in,
                           struct vfs_reply *out, struct service_call *call)
{
	struct place place;
	(void)out;
	enum status status = place_of_node(self, &in->start, in->start_mount, &place);
	if (status != OK)
		return status;
	if (place.made || in->size > VFS_BYTES_MAX)
		return ERR_INVALID_ARGS;
	if (place.volume)
		return data_page_in(self, place, in, call);
	if (self->volumes[tree_inode(&self->tree, place.inode)->volume].kind)
		return page_in_volume(self, place, in, call);
	return page_in_archive(self, place, in, call);
}

enum status vfs_op_read(struct vfs_service *self, const struct vfs_request *in,
                        struct vfs_reply *out, struct service_call *call)
{
	struct place place;
	size_t len = in->size < VFS_BYTES_MAX ? (size_t)in->size : VFS_BYTES_MAX;
	(void)out;
	enum status status = place_of_node(self, &in->start, in->start_mount, &place);
	if (status != OK)
		return status;
	if (!place.made)
		return ERR_INVALID_ARGS;
	status = made_read(self, place.made, in->offset, call->reply_bytes, &len);
	if (status == OK)
		(void)service_reply_room(call, len);
	return status;
}

enum status vfs_op_statfs(struct vfs_service *self, const struct vfs_request *in,
                          struct vfs_reply *out, struct service_call *call)
{
	static const uint64_t magics[] = {[STORE_VOLUME_TMPFS] = 0x01021994,
	                                  [STORE_VOLUME_ARCHIVE] = 0x28cd3d45, /* cramfs */
	                                  [STORE_VOLUME_DEVICES] = 0x01021994,
	                                  [STORE_VOLUME_PROCESSES] = 0x9fa0,
	                                  [STORE_VOLUME_EROFS] = 0xe0f5e1e2,
	                                  [STORE_VOLUME_FAT] = 0x4d44,
	                                  [STORE_VOLUME_TERMINALS] = 0x1cd1};
	enum { BLOCK = 4096 };
	struct place place;
	enum status status = request_place(self, in, call, &place);
	if (status == OK)
		status = place_facts(self, place, &out->facts);
	if (status != OK)
		return status;
	uint32_t volume = out->facts.node.volume;
	uint32_t kind = self->tree.store.header->volumes[volume].kind;
	const struct store_cells *inodes = &self->tree.store.header->inodes;
	bool counts = kind == STORE_VOLUME_TMPFS || kind == STORE_VOLUME_DEVICES;
	struct vfs_volume_facts facts = {
	        .type = kind < COUNT(magics) ? magics[kind] : 0,
	        .block_size = BLOCK,
	        .files = counts ? STORE_INODES_MAX : 0,
	        .files_free = counts ? STORE_INODES_MAX - inodes->live : 0,
	        .name_max = VFS_NAME_MAX,
	        .flags = out->facts.flags & VFS_VOLUME_READ_ONLY,
	        .volume = volume,
	};
	uint64_t bytes =
	        kind == STORE_VOLUME_ARCHIVE ? self->archive.len : self->volumes[volume].bytes;
	facts.blocks = (bytes + BLOCK - 1) / BLOCK;
	if (kind == STORE_VOLUME_DATA)
		status = data_statfs(self, volume, &facts);
	if (status != OK)
		return status;
	memcpy(service_reply_room(call, sizeof facts), &facts, sizeof facts);
	return OK;
}

void hold_release(struct vfs_service *self, const struct vfs_node *node, uint64_t count)
{
	struct place place;
	uint32_t inode = tree_find_node(&self->tree, node);
	if (data_of(self, node->volume)) {
		if (data_of_node(self, node, &place) == OK)
			data_release(self, place, count);
	} else if (inode) {
		tree_release(&self->tree, inode, count);
	}
	if (node->volume > STORE_VOLUMES_MAX ||
	    !self->tree.store.header->volumes[node->volume].detached)
		return;
	waits_leave(self);
	waits_enter_all(self);
	mounts_settle(self);
}

enum status vfs_op_forget(struct vfs_service *self, const struct vfs_request *in,
                          struct vfs_reply *out, struct service_call *call)
{
	(void)out;
	(void)call;
	hold_release(self, &in->start, in->size);
	return OK;
}

enum status vfs_op_devices(struct vfs_service *self, const struct vfs_request *in,
                           struct vfs_reply *out, struct service_call *call)
{
	(void)out;
	(void)call;
	waits_enter_all(self);
	mount_table_try(self, in->now_ns);
	return OK;
}
