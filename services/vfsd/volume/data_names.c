/* Names of data volumes. Who may do it was decided before. */
#include "volume/data.h"

enum {
	GROUP_EXECUTE = 010,
	SET_OWNER = VFS_SET_UID | VFS_SET_GID,
	SET_NO_SET_ID = SET_OWNER | VFS_SET_NO_SET_ID
};

enum status data_create(struct vfs_service *self, struct place directory,
                        const struct tree_new *new, struct place *out_made)
{
	struct data_volume *v = data_of(self, directory.volume);
	uint32_t file;
	const struct ext_new made = {
	        .directory = directory.file,
	        .name = new->name,
	        .mode = new->mode,
	        .uid = new->uid,
	        .gid = new->gid,
	        .major = (uint32_t)(new->rdev >> 8) & 0xfff,
	        .minor = (uint32_t)((new->rdev & 0xff) | (new->rdev >> 12 & 0xffffff00)),
	        .target = new->target,
	        .now_ns = new->now_ns,
	};
	if (!v)
		return ERR_IO;
	enum status status = ext_create(&v->ext, &made, &file);
	if (status == OK)
		*out_made = data_place(directory, file);
	return status;
}

enum status data_link(struct vfs_service *self, struct place file, struct place directory,
                      const struct tree_new *new)
{
	struct data_volume *v = data_of(self, directory.volume);
	struct hold *hold = holds_find(&self->holds, file.volume, file.file);
	const struct ext_name name = {directory.file, new->name, new->now_ns};
	bool is_first = hold && hold->is_linkable;
	if (!v)
		return ERR_IO;
	enum status status = is_first ? ext_link_first(&v->ext, file.file, &name)
	                              : ext_link(&v->ext, file.file, &name);
	if (status == OK && is_first)
		hold->is_linkable = false;
	return status;
}

/* It has lost a name: the last one, perhaps. */
static void unheld_goes(struct vfs_service *self, struct data_volume *v, uint32_t file)
{
	if (file && !holds_find(&self->holds, v->number, file))
		(void)!ext_forget(&v->ext, file); /* else it is an orphan for the next open */
}

enum status data_unlink(struct vfs_service *self, struct place directory, struct str name,
                        int64_t now_ns)
{
	struct data_volume *v = data_of(self, directory.volume);
	const struct ext_name gone = {directory.file, name, now_ns};
	uint32_t file;
	enum status status = v ? ext_unlink(&v->ext, &gone, &file) : ERR_IO;
	if (status == OK)
		unheld_goes(self, v, file);
	return status;
}

enum status data_rename(struct vfs_service *self, const struct data_move *move)
{
	struct data_volume *v = data_of(self, move->from.volume);
	const struct ext_rename rename = {
	        .from_directory = move->from.file,
	        .from_name = move->from_name,
	        .to_directory = move->to.file,
	        .to_name = move->to_name,
	        .exchange = move->exchange,
	        .now_ns = move->now_ns,
	};
	uint32_t replaced;
	enum status status = v ? ext_rename(&v->ext, &rename, &replaced) : ERR_IO;
	if (status == OK)
		unheld_goes(self, v, replaced);
	return status;
}

bool data_is_above(struct vfs_service *self, struct place directory, struct place below)
{
	struct data_volume *v = data_of(self, below.volume);
	uint32_t at = below.file, above;
	if (!v || directory.volume != below.volume)
		return false;
	while (at != directory.file) {
		if (at == EXT_ROOT || ext_find(&v->ext, at, STR(".."), &above) != OK || above == at)
			return false;
		at = above;
	}
	return true;
}

/* A program that runs as its owner does not do so for the next one. */
static uint32_t mode_after(const struct vfs_facts *facts, const struct vfs_request *in,
                           const struct identity *who)
{
	uint32_t mode = facts->mode & MODE_RIGHTS;
	if (in->mask & SET_NO_SET_ID && !mode_is(facts->mode, MODE_DIRECTORY)) {
		mode &= ~(uint32_t)MODE_SET_UID;
		if (mode & GROUP_EXECUTE)
			mode &= ~(uint32_t)MODE_SET_GID;
	}
	if (in->mask & VFS_SET_MODE) {
		mode = in->mode & MODE_RIGHTS;
		if (mode & MODE_SET_GID && who->uid != 0 && !access_in_group(who, facts->gid))
			mode &= ~(uint32_t)MODE_SET_GID;
	}
	return mode;
}

enum status data_set(struct vfs_service *self, struct place place, const struct vfs_facts *facts,
                     const struct vfs_request *in)
{
	struct data_volume *v = data_of(self, place.volume);
	const struct identity who = request_identity(self, in);
	uint32_t access = VFS_SET_ACCESS_TIME | VFS_SET_ACCESS_NOW;
	uint32_t modify = VFS_SET_MODIFY_TIME | VFS_SET_MODIFY_NOW;
	struct ext_change change = {
	        .mask = EXT_CHANGE_MODE | EXT_CHANGE_CHANGE,
	        .mode = mode_after(facts, in, &who),
	        .uid = in->mask & VFS_SET_UID ? in->other_uid : facts->uid,
	        .gid = in->mask & VFS_SET_GID ? in->other_gid : facts->gid,
	        .access_ns = in->mask & VFS_SET_ACCESS_NOW ? in->now_ns : in->times_ns[0],
	        .modify_ns = in->mask & VFS_SET_MODIFY_NOW ? in->now_ns : in->times_ns[1],
	        .change_ns = in->now_ns,
	};
	change.mask |= in->mask & SET_OWNER ? EXT_CHANGE_OWNER : 0;
	change.mask |= in->mask & access ? EXT_CHANGE_ACCESS : 0;
	change.mask |= in->mask & modify ? EXT_CHANGE_MODIFY : 0;
	return v ? ext_set(&v->ext, place.file, &change) : ERR_IO;
}
