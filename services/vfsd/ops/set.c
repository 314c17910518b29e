/* set: mode, owner and times of a file. */
#include "ops/ops.h"
#include "volume/data.h"

enum { GROUP_EXECUTE = 010 };
enum {
	SET_TIMES_NOW = VFS_SET_ACCESS_NOW | VFS_SET_MODIFY_NOW,
	SET_TIMES_GIVEN = VFS_SET_ACCESS_TIME | VFS_SET_MODIFY_TIME,
	SET_OWNER = VFS_SET_UID | VFS_SET_GID,
	SET_NO_SET_ID = SET_OWNER | VFS_SET_NO_SET_ID,
};

static enum status set_check(const struct vfs_service *self, const struct vfs_request *in,
                             const struct vfs_facts *facts)
{
	const struct identity who = request_identity(self, in);
	bool owner = who.uid == 0 || who.uid == facts->uid;
	bool gives_away = (in->mask & VFS_SET_UID) && in->other_uid != facts->uid;
	if (facts->flags & VFS_VOLUME_READ_ONLY)
		return ERR_READ_ONLY;
	if ((in->mask & SET_OWNER) && who.uid != 0 && (!owner || gives_away))
		return ERR_NOT_PERMITTED;
	bool other_group = (in->mask & VFS_SET_GID) && in->other_gid != facts->gid;
	if (other_group && who.uid != 0 && !access_in_group(&who, in->other_gid))
		return ERR_NOT_PERMITTED;
	if ((in->mask & (VFS_SET_MODE | SET_TIMES_GIVEN)) && !owner)
		return ERR_NOT_PERMITTED;
	if ((in->mask & SET_TIMES_NOW) && !owner)
		return access_check(facts, who, VFS_MAY_WRITE);
	return OK;
}

static void set_mode(struct store *s, struct store_inode *cell, const struct vfs_request *in,
                     const struct identity *who)
{
	uint32_t rights = in->mode & MODE_RIGHTS;
	if (rights & MODE_SET_GID && who->uid != 0 && !access_in_group(who, cell->gid))
		rights &= ~(uint32_t)MODE_SET_GID;
	store_set32(s, &cell->mode, (cell->mode & MODE_KIND) | rights);
}

/* A program that runs as its owner does not do so for the next one. */
static void set_owner(struct store *s, struct store_inode *cell, const struct vfs_request *in)
{
	uint32_t mode = cell->mode;
	if (in->mask & VFS_SET_UID)
		store_set32(s, &cell->uid, in->other_uid);
	if (in->mask & VFS_SET_GID)
		store_set32(s, &cell->gid, in->other_gid);
	if (mode_is(mode, MODE_DIRECTORY))
		return;
	mode &= ~(uint32_t)MODE_SET_UID;
	if (mode & GROUP_EXECUTE)
		mode &= ~(uint32_t)MODE_SET_GID;
	store_set32(s, &cell->mode, mode);
}

static void set_times(struct store *s, struct store_inode *cell, const struct vfs_request *in)
{
	if (in->mask & VFS_SET_ACCESS_TIME)
		store_set64(s, &cell->access_ns, (uint64_t)in->times_ns[0]);
	if (in->mask & VFS_SET_ACCESS_NOW)
		store_set64(s, &cell->access_ns, (uint64_t)in->now_ns);
	if (in->mask & VFS_SET_MODIFY_TIME)
		store_set64(s, &cell->modify_ns, (uint64_t)in->times_ns[1]);
	if (in->mask & VFS_SET_MODIFY_NOW)
		store_set64(s, &cell->modify_ns, (uint64_t)in->now_ns);
}

enum status vfs_op_set(struct vfs_service *self, const struct vfs_request *in,
                       struct vfs_reply *out, struct service_call *call)
{
	struct place place;
	struct store *s = &self->tree.store;
	enum status status = request_place(self, in, call, &place);
	if (status == OK)
		status = place_facts(self, place, &out->facts);
	if (status != OK)
		return status;
	if (place.made)
		return ERR_NOT_PERMITTED;
	status = set_check(self, in, &out->facts);
	if (status != OK || !in->mask)
		return status;
	if (place.volume) {
		status = data_set(self, place, &out->facts, in);
		reply_changed(self, out);
		return status == OK ? place_facts(self, place, &out->facts) : status;
	}
	struct store_inode *cell = tree_inode(&self->tree, place.inode);
	const struct identity who = request_identity(self, in);
	if (in->mask & SET_NO_SET_ID)
		set_owner(s, cell, in);
	if (in->mask & VFS_SET_MODE)
		set_mode(s, cell, in, &who);
	set_times(s, cell, in);
	store_set64(s, &cell->change_ns, (uint64_t)in->now_ns);
	store_commit(s);
	return place_facts(self, place, &out->facts);
}
