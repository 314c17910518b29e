/* Which volume lies on which directory. */
#include "volume/below.h"
#include "volume/data.h"

#include <string.h>

enum { /* of mount(2) and umount2(2) */
       MOUNT_READ_ONLY = 1,
       MOUNT_REMOUNT = 32,
       MOUNT_BIND = 4096,
       MOUNT_MOVE = 8192,
       MOUNT_PROPAGATION = (1 << 17) | (1 << 18) | (1 << 19) | (1 << 20),
       MOUNT_KEPT_FLAGS = 1 | 2 | 4 | 8 | 1024 | 2048, /* read-only, nosuid, nodev, noexec, ... */
       UNMOUNT_DETACH = 2,
       UNMOUNT_KNOWN = 1 | 2 | 4 | 8,
       MOUNT_ROOT_RIGHTS = 01777,
       MODE_FOLDER_RIGHTS = 0777,
};

static const struct {
	struct str name;
	enum store_volume_kind kind;
} mount_kinds[] = {
        {STR_INIT("tmpfs"), STORE_VOLUME_TMPFS},      {STR_INIT("ramfs"), STORE_VOLUME_TMPFS},
        {STR_INIT("devtmpfs"), STORE_VOLUME_DEVICES}, {STR_INIT("proc"), STORE_VOLUME_PROCESSES},
        {STR_INIT("ext2"), STORE_VOLUME_DATA},        {STR_INIT("ext3"), STORE_VOLUME_DATA},
        {STR_INIT("devpts"), STORE_VOLUME_TERMINALS},
};

static bool kind_is_on_disk(enum store_volume_kind kind)
{
	return kind == STORE_VOLUME_EROFS || kind == STORE_VOLUME_FAT;
}

static enum status mount_kind_of(struct str name, enum store_volume_kind *out_kind)
{
	for (size_t i = 0; i < COUNT(mount_kinds); i++) {
		if (str_equal(mount_kinds[i].name, name)) {
			*out_kind = mount_kinds[i].kind;
			return OK;
		}
	}
	return volume_kind_of(name, out_kind);
}

/* There is one each of /proc, /dev and /dev/pts; a second one would be the same volume at two
 * places. */
static bool volume_of_kind(const struct vfs_service *self, enum store_volume_kind kind)
{
	const struct store_volume *volumes = self->tree.store.header->volumes;
	for (uint32_t i = 1; i <= STORE_VOLUMES_MAX; i++)
		if (volumes[i].kind == kind)
			return true;
	return false;
}

static void mount_text(char *out, struct str text)
{
	size_t len = text.len < STORE_MOUNT_TEXT_MAX - 1 ? text.len : STORE_MOUNT_TEXT_MAX - 1;
	memcpy(out, text.ptr, len);
	out[len] = '\0';
}

static uint32_t mount_free_cell(const struct vfs_service *self)
{
	for (uint32_t i = 1; i <= STORE_MOUNTS_MAX; i++)
		if (!self->tree.store.header->mounts[i].volume)
			return i;
	return 0;
}

static uint32_t mode_option(struct str data)
{
	while (data.len) {
		struct str_split split = str_cut(data, ',');
		data = split.rest;
		if (!str_starts_with(split.head, STR("mode=")))
			continue;
		return mode_of_text(str_slice(split.head, 5, split.head.len));
	}
	return MOUNT_ROOT_RIGHTS;
}

static enum status mount_change_flags(struct vfs_service *self, struct place root, uint32_t flags)
{
	uint32_t mount = mount_of_root(self, root);
	if (!mount)
		return ERR_INVALID_ARGS;
	uint32_t volume = self->tree.store.header->mounts[mount].volume;
	if (data_of(self, volume) && ext_is_read_only(&data_of(self, volume)->ext) &&
	    !(flags & MOUNT_READ_ONLY))
		return ERR_READ_ONLY;
	if (flags & MOUNT_READ_ONLY)
		(void)!data_sync(self, volume,
		                 true); /* the volume says so again when it is closed */
	if (kind_is_on_disk(self->tree.store.header->volumes[volume].kind) &&
	    !(flags & MOUNT_READ_ONLY))
		return ERR_READ_ONLY;
	store_set32(&self->tree.store, &self->tree.store.header->mounts[mount].flags,
	            flags & MOUNT_KEPT_FLAGS);
	store_commit(&self->tree.store);
	return OK;
}

static enum status mount_device(struct vfs_service *self, const struct mount_request *request,
                                struct storage_descriptor *out_device)
{
	struct str name = request->source;
	if (str_starts_with(name, STR("/dev/")))
		name = str_slice(name, 5, name.len);
	return disk_find_named(&self->disks, name, out_device) == OK ? OK : ERR_NOT_FOUND;
}

/* Opens the volume of a disk as number 0: whether it is one, before anything is made for it. */
static enum status mount_look(struct vfs_service *self, const struct mount_request *request,
                              enum store_volume_kind kind)
{
	struct volume *v = &self->volumes[0];
	*v = (struct volume){.kind = kind,
	                     .rights = mode_option(request->data) & MODE_FOLDER_RIGHTS};
	enum status status = mount_device(self, request, &v->device);
	return status == OK ? volume_open(v, &self->disks) : status;
}

/* The volume that was looked at becomes this number. */
static enum status mount_open(struct vfs_service *self, uint32_t volume, uint32_t row)
{
	struct store *s = &self->tree.store;
	struct store_volume *cell = &s->header->volumes[volume];
	struct volume *v = &self->volumes[volume];
	*v = (struct volume){.kind = self->volumes[0].kind,
	                     .rights = self->volumes[0].rights,
	                     .device = self->volumes[0].device};
	enum status status = volume_open(v, &self->disks);
	if (status != OK) {
		v->kind = STORE_VOLUME_NONE;
		return status;
	}
	store_set32(s, &cell->device, v->device.id);
	store_set32(s, &cell->row, row);
	store_set32(s, &cell->rights, v->rights);
	store_commit(s);
	return OK;
}

/* A data volume takes its number at once: it is open only once. */
static enum status mount_data(struct vfs_service *self, const struct mount_request *request,
                              uint32_t volume)
{
	struct store *s = &self->tree.store;
	struct store_volume *cell = &s->header->volumes[volume];
	struct data_request data = {.volume = volume,
	                            .read_only = request->flags & MOUNT_READ_ONLY};
	unsigned slot;
	enum status status = mount_device(self, request, &data.device);
	if (status == OK)
		status = data_open(self, &data, &slot);
	if (status != OK)
		return status;
	store_set32(s, &cell->device, data.device.id);
	store_set32(s, &cell->row, request->row);
	store_set32(s, &cell->slot, slot);
	store_commit(s);
	data_forget_orphans(self);
	return OK;
}

static enum status mount_check(struct vfs_service *self, const struct mount_request *request,
                               enum store_volume_kind *out_kind)
{
	if (request->flags & (MOUNT_BIND | MOUNT_MOVE | MOUNT_PROPAGATION))
		return ERR_INVALID_ARGS;
	enum status status = mount_kind_of(request->kind, out_kind);
	if (status != OK)
		return status;
	bool single = *out_kind == STORE_VOLUME_DEVICES || *out_kind == STORE_VOLUME_PROCESSES ||
	              *out_kind == STORE_VOLUME_TERMINALS;
	if (!request->on.inode || (single && volume_of_kind(self, *out_kind)))
		return ERR_BUSY;
	if (!request->over && !mount_free_cell(self))
		return ERR_NO_SPACE;
	return kind_is_on_disk(*out_kind) ? mount_look(self, request, *out_kind) : OK;
}

static void mount_enter(struct vfs_service *self, const struct mount_request *request,
                        uint32_t volume, uint32_t flags)
{
	struct store *s = &self->tree.store;
	uint32_t index = mount_free_cell(self);
	struct store_mount *mount = &s->header->mounts[index];
	mount_text(mount->source, request->source);
	mount_text(mount->kind, request->kind);
	mount->flags = flags & MOUNT_KEPT_FLAGS;
	mount->on = request->on.inode;
	mount->sequence = s->header->mount_sequence + 1;
	store_set32(s, &s->header->mount_sequence, mount->sequence);
	store_set32(s, &mount->volume, volume);
	store_set32(s, &s->header->volumes[volume].mount, index);
	if (request->on.inode)
		store_set32(s, &s->inodes[request->on.inode].covered_by, index);
	store_commit(s);
}

/* What nobody can reach. */
static void mount_give_up(struct vfs_service *self, uint32_t volume)
{
	self->volumes[volume].kind = STORE_VOLUME_NONE;
	tree_volume_remove(&self->tree, volume);
}

enum status mount_add(struct vfs_service *self, const struct mount_request *request)
{
	enum store_volume_kind kind;
	uint32_t volume, flags = request->flags;
	if (request->flags & MOUNT_REMOUNT)
		return mount_change_flags(self, request->on, request->flags);
	enum status status = mount_check(self, request, &kind);
	if (status == OK)
		status = tree_volume_create(&self->tree, kind, mode_option(request->data),
		                            request->now_ns, &volume);
	if (status != OK)
		return status;
	if (kind == STORE_VOLUME_DATA)
		status = mount_data(self, request, volume);
	if (kind_is_on_disk(kind)) {
		uint32_t root = self->tree.store.header->volumes[volume].root;
		flags |= MOUNT_READ_ONLY;
		status = mount_open(self, volume, request->row);
		if (status == OK)
			status = below_attach(self, request->over ? request->on.inode : root,
			                      volume, self->volumes[volume].root);
	}
	if (status != OK)
		mount_give_up(self, volume);
	else if (!request->over)
		mount_enter(self, request, volume, flags);
	return status;
}

/* Whether another mount stands on a directory of the volume. */
static bool mount_is_under(const struct vfs_service *self, uint32_t volume)
{
	const struct store_header *h = self->tree.store.header;
	for (uint32_t i = 1; i <= STORE_MOUNTS_MAX; i++)
		if (h->mounts[i].volume && h->mounts[i].on &&
		    tree_inode(&self->tree, h->mounts[i].on)->volume == volume)
			return true;
	return false;
}

enum status mount_remove(struct vfs_service *self, struct place root, uint32_t flags)
{
	struct store *s = &self->tree.store;
	uint32_t index = mount_of_root(self, root);
	if (!index || (flags & ~(uint32_t)UNMOUNT_KNOWN))
		return ERR_INVALID_ARGS;
	struct store_mount *mount = &s->header->mounts[index];
	uint32_t volume = mount->volume, on = mount->on;
	if (!on || mount_is_under(self, volume))
		return ERR_BUSY;
	/* what nobody reaches any more must be written before, so a data volume is never detached
	 */
	if (data_of(self, volume)) {
		enum status status =
		        holds_any(&self->holds, volume) ? ERR_BUSY : data_close(self, volume);
		if (status != OK)
			return status;
	} else if (!(flags & UNMOUNT_DETACH) && tree_volume_held(&self->tree, volume)) {
		return ERR_BUSY;
	}
	store_set32(s, &s->inodes[on].covered_by, 0);
	store_set32(s, &mount->volume, 0);
	store_set32(s, &s->header->volumes[volume].mount, 0);
	store_set32(s, &s->header->volumes[volume].kind, STORE_VOLUME_DYING);
	store_commit(s);
	tree_volume_remove(&self->tree, volume);
	return OK;
}
