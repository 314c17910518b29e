/* Mounts as mount(2) asks for them: new volumes, what is seen at a second place, other flags. */
#include "volume/below.h"
#include "volume/data.h"

#include <string.h>

enum {
	MOUNT_SHARED = 1 << 20,
	MOUNT_PROPAGATION = (1 << 17) | (1 << 18) | (1 << 19) | MOUNT_SHARED,
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

/* There is one each of /proc, /dev and /dev/pts: a second one is the same volume at two places. */
static uint32_t volume_of_kind(const struct vfs_service *self, enum store_volume_kind kind)
{
	const struct store_volume *volumes = self->tree.store.header->volumes;
	for (uint32_t i = 1; i <= STORE_VOLUMES_MAX; i++)
		if (volumes[i].kind == kind && volumes[i].mount)
			return i;
	return 0;
}

/* What stands behind "name=" in the options; NULL for the pointer: nothing does. */
static struct str mount_option(struct str data, struct str name)
{
	while (data.len) {
		struct str_split split = str_cut(data, ',');
		data = split.rest;
		if (str_starts_with(split.head, name))
			return str_slice(split.head, name.len, split.head.len);
	}
	return (struct str){};
}

static uint32_t mode_option(struct str data)
{
	struct str mode = mount_option(data, STR("mode="));
	return mode.ptr ? mode_of_text(mode) : MOUNT_ROOT_RIGHTS;
}

enum status id_of_text(struct str text, uint32_t *out_id)
{
	uint64_t id = 0;
	if (text.ptr && (!str_to_u64(text, &id) || id >= UINT32_MAX))
		return ERR_INVALID_ARGS;
	*out_id = (uint32_t)id;
	return OK;
}

/* Whose the root of a tmpfs is. ERR_INVALID_ARGS: nobody. */
static enum status root_owner(struct str data, struct tree_new *root)
{
	enum status status = id_of_text(mount_option(data, STR("uid=")), &root->uid);
	return status == OK ? id_of_text(mount_option(data, STR("gid=")), &root->gid) : status;
}

static enum status mount_device(struct vfs_service *self, const struct mount_request *request,
                                struct storage_descriptor *out_device)
{
	struct str name = request->source;
	if (request->disk)
		return disk_find(&self->disks, request->disk, out_device) == OK ? OK
		                                                                : ERR_NOT_FOUND;
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

/* A disk that is mounted already is the same volume at two places. */
static uint32_t volume_of_disk(struct vfs_service *self, const struct mount_request *request)
{
	const struct store_volume *volumes = self->tree.store.header->volumes;
	struct storage_descriptor device;
	if (mount_device(self, request, &device) != OK)
		return 0;
	for (uint32_t i = 1; i <= STORE_VOLUMES_MAX; i++)
		if (volumes[i].kind == STORE_VOLUME_DATA && volumes[i].device == device.id &&
		    volumes[i].mount)
			return i;
	return 0;
}

static bool kind_is_single(enum store_volume_kind kind)
{
	return kind == STORE_VOLUME_DEVICES || kind == STORE_VOLUME_PROCESSES ||
	       kind == STORE_VOLUME_TERMINALS;
}

/* The volume that is there already; 0: one is to be made. */
static uint32_t volume_known(struct vfs_service *self, const struct mount_request *request,
                             enum store_volume_kind kind)
{
	if (kind == STORE_VOLUME_DATA)
		return volume_of_disk(self, request);
	return kind_is_single(kind) ? volume_of_kind(self, kind) : 0;
}

static struct place volume_root(const struct vfs_service *self, uint32_t volume)
{
	const struct store_volume *cell = &self->tree.store.header->volumes[volume];
	if (cell->kind == STORE_VOLUME_PROCESSES)
		return (struct place){.made = MADE_ROOT};
	if (cell->kind == STORE_VOLUME_TERMINALS)
		return (struct place){.made = MADE_TERMINALS};
	if (cell->kind == STORE_VOLUME_DATA)
		return (struct place){.volume = volume, .file = EXT_ROOT};
	return (struct place){.inode = cell->root};
}

static enum status mount_volume(struct vfs_service *self, const struct mount_request *request,
                                uint32_t volume, uint32_t flags)
{
	const struct mount_entry entry = {.volume = volume,
	                                  .on = request->on,
	                                  .root = volume_root(self, volume),
	                                  .source = request->source,
	                                  .kind = request->kind,
	                                  .flags = flags};
	return mount_enter(self, &entry);
}

/* What nobody can reach. */
static void mount_give_up(struct vfs_service *self, uint32_t volume)
{
	(void)!data_close(self, volume);
	self->volumes[volume].kind = STORE_VOLUME_NONE;
	tree_volume_remove(&self->tree, volume);
}

static enum status mount_new(struct vfs_service *self, const struct mount_request *request,
                             enum store_volume_kind kind)
{
	uint32_t volume, flags = request->flags;
	struct tree_new shape = {.mode = MODE_DIRECTORY | mode_option(request->data),
	                         .now_ns = request->now_ns};
	enum status status = kind_is_on_disk(kind) ? mount_look(self, request, kind) : OK;
	if (status == OK && kind == STORE_VOLUME_TMPFS)
		status = root_owner(request->data, &shape);
	if (status == OK)
		status = tree_volume_create(&self->tree, kind, &shape, &volume);
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
	if (status == OK && !request->over)
		status = mount_volume(self, request, volume, flags);
	if (status != OK)
		mount_give_up(self, volume);
	return status;
}

enum status mount_add(struct vfs_service *self, const struct mount_request *request)
{
	enum store_volume_kind kind;
	/* each is its maker's own here, as "private" says */
	if (request->flags & MOUNT_PROPAGATION)
		return request->flags & MOUNT_SHARED ? ERR_INVALID_ARGS : OK;
	enum status status = mount_kind_of(request->kind, &kind);
	if (status != OK)
		return status;
	uint32_t known = volume_known(self, request, kind);
	/* twice at one place is once too often */
	if (known && place_equal(volume_root(self, known), request->on))
		return ERR_BUSY;
	return known ? mount_volume(self, request, known, request->flags)
	             : mount_new(self, request, kind);
}

/* ---- what is there already ---- */

/* Whether `below` lies in what is seen from `above` on, over further mounts. */
static bool place_is_below(struct vfs_service *self, struct place below, struct place above)
{
	const struct place nowhere = {};
	struct place up;
	for (;; below = up) {
		if (place_equal(below, above) && below.mount == above.mount)
			return true;
		if (place_parent(self, below, nowhere, &up) != OK ||
		    (place_equal(up, below) && up.mount == below.mount))
			return false;
	}
}

/* The mount `index` once more, from `root` on. */
static enum status mount_again(struct vfs_service *self, uint32_t index, struct place root,
                               struct place on)
{
	const struct store_mount *cell = &self->tree.store.header->mounts[index];
	const struct mount_entry entry = {.volume = cell->volume,
	                                  .on = on,
	                                  .root = root,
	                                  .source = str_from_c(cell->source),
	                                  .kind = str_from_c(cell->kind),
	                                  .flags = cell->flags};
	return mount_enter(self, &entry);
}

/* What lies below `from` is mounted again below `on`: those of before only, parents first. */
static enum status mount_bind_below(struct vfs_service *self, struct place from, uint32_t made)
{
	uint32_t twins[STORE_MOUNTS_MAX + 1] = {};
	uint32_t last = made;
	enum status status = OK;
	twins[from.mount] = made;
	for (uint32_t i = mount_after(self, 0); i && i != last && status == OK;
	     i = mount_after(self, i)) {
		struct place on = mount_place_below(self, i);
		if (!on.mount || !twins[on.mount] ||
		    (on.mount == from.mount && !place_is_below(self, on, from)))
			continue;
		on.mount = twins[on.mount];
		status = mount_again(self, i, mount_root(self, i), on);
		if (status == OK)
			twins[i] = mount_on(self, on);
	}
	return status;
}

enum status mount_bind(struct vfs_service *self, struct place from, struct place on, bool deep)
{
	if (!from.mount || !on.mount)
		return ERR_INVALID_ARGS;
	enum status status = mount_again(self, from.mount, from, on);
	if (status != OK || !deep)
		return status;
	uint32_t made = mount_on(self, on);
	status = mount_bind_below(self, from, made);
	if (status != OK) /* the whole or nothing */
		(void)!mount_remove(self, mount_root(self, made), MOUNT_DETACH);
	return status;
}

enum status mount_move(struct vfs_service *self, struct place from, struct place on)
{
	struct store *s = &self->tree.store;
	uint32_t mount = mount_of_root(self, from);
	if (!mount || !on.mount || place_is_below(self, on, from))
		return ERR_INVALID_ARGS;
	mount_attach(self, mount, on);
	store_commit(s);
	return OK;
}

static enum status change_check(struct vfs_service *self, uint32_t volume, uint32_t flags)
{
	struct data_volume *data = data_of(self, volume);
	if (flags & MOUNT_READ_ONLY) {
		/* the volume says so again when it is closed */
		(void)!data_sync(self, volume, true);
		return OK;
	}
	bool fixed = kind_is_on_disk(self->tree.store.header->volumes[volume].kind);
	return fixed || (data && ext_is_read_only(&data->ext)) ? ERR_READ_ONLY : OK;
}

/* With MOUNT_BIND of this mount alone; without, the whole volume is written or not. */
enum status mount_change_flags(struct vfs_service *self, struct place root, uint32_t flags)
{
	struct store *s = &self->tree.store;
	struct store_mount *mounts = s->header->mounts;
	uint32_t mount = place_equal(mount_root(self, 1), root) ? 1 : mount_of_root(self, root);
	if (!mount)
		return ERR_INVALID_ARGS;
	enum status status = change_check(self, mounts[mount].volume, flags);
	if (status != OK)
		return status;
	for (uint32_t i = 1; i <= STORE_MOUNTS_MAX && !(flags & MOUNT_BIND); i++)
		if (mounts[i].volume == mounts[mount].volume)
			store_set32(s, &mounts[i].flags,
			            (mounts[i].flags & ~(uint32_t)MOUNT_READ_ONLY) |
			                    (flags & MOUNT_READ_ONLY));
	store_set32(s, &mounts[mount].flags, flags & MOUNT_KEPT_FLAGS);
	store_commit(s);
	return OK;
}
