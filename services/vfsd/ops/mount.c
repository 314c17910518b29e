/* mount and umount2: what was asked for, and of whom. */
#include "ops/ops.h"
#include "waits.h"

struct mount_texts {
	struct str source, kind, data;
};

static struct mount_texts split_texts(struct str text)
{
	struct str_split first = str_cut(text, '\0'), second = str_cut(first.rest, '\0');
	return (struct mount_texts){first.head, second.head, second.rest};
}

/* Where something is mounted, or is to be: only the superuser may. *out_texts: the second name. */
static enum status mount_place(struct vfs_service *self, const struct vfs_request *in,
                               const struct service_call *call, struct place *out_place,
                               struct str *out_texts)
{
	struct str path;
	struct walked walked;
	enum status status = request_names(in, call, &path, out_texts);
	if (status == OK && in->uid != 0)
		status = ERR_NOT_PERMITTED;
	if (status != OK)
		return status;
	waits_enter_all(self);
	const struct walk_request walking = {.in = in,
	                                     .start = &in->start,
	                                     .mount = in->start_mount,
	                                     .path = path,
	                                     .kind = WALK_LOOK_UP};
	status = walk(self, &walking, &walked);
	*out_place = walked.place;
	return status;
}

/* What the source's path names. */
static enum status mount_look(struct vfs_service *self, const struct vfs_request *in,
                              struct str path, struct place *out_place, struct vfs_facts *out_facts)
{
	struct walked walked;
	const struct walk_request walking = {.in = in,
	                                     .start = &in->other,
	                                     .mount = in->other_mount,
	                                     .path = path,
	                                     .kind = WALK_LOOK_UP,
	                                     .memory = 1};
	enum status status = walk(self, &walking, &walked);
	if (status == OK)
		status = place_facts(self, walked.place, out_facts);
	if (status == OK)
		*out_place = walked.place;
	return status;
}

/* What is shown elsewhere, and whether that fits: a folder on a folder, a file on a file. */
static enum status mount_source(struct vfs_service *self, const struct vfs_request *in,
                                struct str path, const struct vfs_facts *on,
                                struct place *out_place)
{
	struct vfs_facts facts;
	enum status status = mount_look(self, in, path, out_place, &facts);
	if (status != OK)
		return status;
	return mode_is(facts.mode, MODE_DIRECTORY) == mode_is(on->mode, MODE_DIRECTORY)
	               ? OK
	               : ERR_NOT_DIRECTORY;
}

static enum status mount_known(struct vfs_service *self, const struct vfs_request *in,
                               struct str source, struct place on, const struct vfs_facts *facts)
{
	struct place from;
	enum status status = mount_source(self, in, source, facts, &from);
	if (status != OK)
		return status;
	return in->flags & MOUNT_BIND ? mount_bind(self, from, on, in->flags & MOUNT_DEEP)
	                              : mount_move(self, from, on);
}

/* The disk whose node this path names, perhaps by links; 0: none, as with "tmpfs". */
static uint32_t mount_disk(struct vfs_service *self, const struct vfs_request *in, struct str path)
{
	struct vfs_facts facts;
	struct place place;
	if (mount_look(self, in, path, &place, &facts) != OK || !mode_is(facts.mode, MODE_BLOCK) ||
	    facts.rdev >> 8 != DISK_MAJOR)
		return 0;
	return facts.rdev & 0xff;
}

enum status vfs_op_mount(struct vfs_service *self, const struct vfs_request *in,
                         struct vfs_reply *out, struct service_call *call)
{
	struct str texts;
	struct place place;
	enum status status = mount_place(self, in, call, &place, &texts);
	if (status == OK)
		status = place_facts(self, place, &out->facts);
	if (status != OK)
		return status;
	const struct mount_texts split = split_texts(texts);
	if (in->flags & MOUNT_REMOUNT)
		return mount_change_flags(self, place, in->flags);
	if (in->flags & (MOUNT_BIND | MOUNT_MOVE))
		return mount_known(self, in, split.source, place, &out->facts);
	if (!mode_is(out->facts.mode, MODE_DIRECTORY))
		return ERR_NOT_DIRECTORY;
	const struct mount_request request = {.on = place,
	                                      .source = split.source,
	                                      .disk = mount_disk(self, in, split.source),
	                                      .kind = split.kind,
	                                      .data = split.data,
	                                      .flags = in->flags,
	                                      .now_ns = in->now_ns};
	return mount_add(self, &request);
}

enum status vfs_op_umount2(struct vfs_service *self, const struct vfs_request *in,
                           struct vfs_reply *out, struct service_call *call)
{
	struct str second;
	struct place place;
	enum status status = mount_place(self, in, call, &place, &second);
	if (status == OK)
		status = place_facts(self, place, &out->facts);
	if (status != OK)
		return status;
	uint32_t volume = out->facts.node.volume;
	status = mount_remove(self, place, in->flags & ~(uint32_t)VFS_TELL);
	bool is_gone = self->tree.store.header->volumes[volume].kind == STORE_VOLUME_NONE;
	if (status == OK)
		tell_unmounted(&(struct telling){in, call}, is_gone ? volume : 0);
	return status;
}
