/* Which volume lies on which directory. */
#include "vfsd.h"

#include <string.h>

enum { /* of mount(2) and umount2(2) */
       MOUNT_REMOUNT = 32,
       MOUNT_BIND = 4096,
       MOUNT_MOVE = 8192,
       MOUNT_PROPAGATION = (1 << 17) | (1 << 18) | (1 << 19) | (1 << 20),
       MOUNT_KEPT_FLAGS = 1 | 2 | 4 | 8 | 1024 | 2048, /* read-only, nosuid, nodev, noexec, ... */
       UNMOUNT_DETACH = 2,
       UNMOUNT_KNOWN = 1 | 2 | 4 | 8,
       MOUNT_ROOT_RIGHTS = 01777,
};

static const struct {
	struct str name;
	enum store_volume_kind kind;
} mount_kinds[] = {
        {STR_INIT("tmpfs"), STORE_VOLUME_TMPFS},      {STR_INIT("ramfs"), STORE_VOLUME_TMPFS},
        {STR_INIT("devtmpfs"), STORE_VOLUME_DEVICES}, {STR_INIT("proc"), STORE_VOLUME_PROCESSES},
        {STR_INIT("devpts"), STORE_VOLUME_TERMINALS},
};

static enum status mount_kind_of(struct str name, enum store_volume_kind *out_kind)
{
	for (size_t i = 0; i < COUNT(mount_kinds); i++) {
		if (str_equal(mount_kinds[i].name, name)) {
			*out_kind = mount_kinds[i].kind;
			return OK;
		}
	}
	return ERR_NO_DEVICE;
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
		uint32_t mode = 0;
		for (size_t i = 5; i < split.head.len; i++)
			mode = mode * 8 + (uint32_t)(split.head.ptr[i] - '0') % 8;
		return mode & MODE_RIGHTS;
	}
	return MOUNT_ROOT_RIGHTS;
}

static enum status mount_change_flags(struct vfs_service *self, struct place root, uint32_t flags)
{
	uint32_t mount = mount_of_root(self, root);
	if (!mount)
		return ERR_INVALID_ARGS;
	store_set32(&self->tree.store, &self->tree.store.header->mounts[mount].flags,
	            flags & MOUNT_KEPT_FLAGS);
	store_commit(&self->tree.store);
	return OK;
}

enum status mount_add(struct vfs_service *self, const struct mount_request *request)
{
	struct store *s = &self->tree.store;
	enum store_volume_kind kind;
	uint32_t volume, index = mount_free_cell(self);
	if (request->flags & MOUNT_REMOUNT)
		return mount_change_flags(self, request->on, request->flags);
	if (request->flags & (MOUNT_BIND | MOUNT_MOVE | MOUNT_PROPAGATION))
		return ERR_INVALID_ARGS;
	enum status status = mount_kind_of(request->kind, &kind);
	if (status != OK)
		return status;
	if (request->on.made || (kind != STORE_VOLUME_TMPFS && volume_of_kind(self, kind)))
		return ERR_BUSY;
	if (!index)
		return ERR_NO_SPACE;
	status = tree_volume_create(&self->tree, kind, mode_option(request->data), request->now_ns,
	                            &volume);
	if (status != OK)
		return status;
	struct store_mount *mount = &s->header->mounts[index];
	mount_text(mount->source, request->source);
	mount_text(mount->kind, request->kind);
	mount->flags = request->flags & MOUNT_KEPT_FLAGS;
	mount->on = request->on.inode;
	mount->sequence = s->header->mount_sequence + 1;
	store_set32(s, &s->header->mount_sequence, mount->sequence);
	store_set32(s, &mount->volume, volume);
	store_set32(s, &s->header->volumes[volume].mount, index);
	if (request->on.inode)
		store_set32(s, &s->inodes[request->on.inode].covered_by, index);
	store_commit(s);
	return OK;
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
	if (!(flags & UNMOUNT_DETACH) && tree_volume_held(&self->tree, volume))
		return ERR_BUSY;
	store_set32(s, &s->inodes[on].covered_by, 0);
	store_set32(s, &mount->volume, 0);
	store_set32(s, &s->header->volumes[volume].mount, 0);
	store_set32(s, &s->header->volumes[volume].kind, STORE_VOLUME_DYING);
	store_commit(s);
	tree_volume_remove(&self->tree, volume);
	return OK;
}
