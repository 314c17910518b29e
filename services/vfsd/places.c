/* Places of the tree and of /proc, with mounts between them. */
#include "volume/data.h"
#include "waits.h"

#include <string.h>

/* Linux include/uapi/linux/mount.h */
enum { PLACE_NO_SET_ID = 2, PLACE_NO_DEVICES = 4, PLACE_NO_EXECUTE = 8 };

static struct store *store_of(struct vfs_service *self)
{
	return &self->tree.store;
}

static bool volume_is_made(const struct vfs_service *self, uint32_t volume)
{
	if (!volume || volume > STORE_VOLUMES_MAX)
		return false;
	uint32_t kind = self->tree.store.header->volumes[volume].kind;
	return kind == STORE_VOLUME_PROCESSES || kind == STORE_VOLUME_TERMINALS;
}

static uint32_t volume_of_made(const struct vfs_service *self, uint64_t made)
{
	const struct store_volume *volumes = self->tree.store.header->volumes;
	for (uint32_t i = 1; i <= STORE_VOLUMES_MAX; i++)
		if (volumes[i].kind == made_volume(made))
			return i;
	return 0;
}

struct place place_uncover(struct vfs_service *self, struct place place)
{
	uint32_t mount;
	while ((mount = mount_on(self, place)) != 0)
		place = mount_root(self, mount);
	return place;
}

/* A file of a volume below, or of the boot archive, is reached as the folder with its name. */
static uint32_t mount_of_volume_of(const struct vfs_service *self, struct place place)
{
	const struct store_volume *volumes = self->tree.store.header->volumes;
	if (place.made)
		return volumes[volume_of_made(self, place.made)].mount;
	if (place.volume)
		return volumes[place.volume].mount;
	const struct store_inode *cell = tree_inode(&self->tree, place.inode);
	bool folder = mode_is(cell->mode, MODE_DIRECTORY) || !cell->parent;
	return volumes[folder ? cell->volume : tree_inode(&self->tree, cell->parent)->volume].mount;
}

enum status place_of_node(struct vfs_service *self, const struct vfs_node *node, uint16_t mount,
                          struct place *out_place)
{
	enum status status = OK;
	*out_place = (struct place){};
	if (!node->inode && !node->volume) {
		*out_place = place_uncover(self, mount_root(self, 1));
		return OK;
	}
	if (volume_is_made(self, node->volume)) {
		out_place->made = node->inode;
		if (made_volume(node->inode) != self->tree.store.header->volumes[node->volume].kind)
			return ERR_NOT_FOUND;
	} else if (data_of(self, node->volume)) {
		status = data_of_node(self, node, out_place);
	} else {
		out_place->inode = tree_find_node(&self->tree, node);
		status = out_place->inode ? OK : ERR_NOT_FOUND;
	}
	if (status == OK && mount_of_number(self, mount, &out_place->mount) != OK)
		out_place->mount = mount_of_volume_of(self, *out_place);
	return status;
}

static uint32_t mount_flags(const struct vfs_service *self, uint32_t mount)
{
	return mount ? self->tree.store.header->mounts[mount].flags : 0;
}

bool place_refuses_device(const struct vfs_service *self, struct place place, uint32_t mode)
{
	bool device = mode_is(mode, MODE_CHARACTER) || mode_is(mode, MODE_BLOCK);
	return device && (mount_flags(self, place.mount) & PLACE_NO_DEVICES);
}

/* What the mount adds. */
static void facts_by_mount(const struct vfs_service *self, uint32_t mount,
                           struct vfs_facts *out_facts)
{
	uint32_t flags = mount_flags(self, mount);
	out_facts->mount = mount_number(self, mount);
	out_facts->flags |= flags & VFS_VOLUME_READ_ONLY; /* MS_RDONLY is 1 too */
	if (flags & PLACE_NO_SET_ID)
		out_facts->flags |= VFS_VOLUME_NO_SET_ID;
	if (flags & PLACE_NO_EXECUTE)
		out_facts->flags |= VFS_VOLUME_NO_EXECUTE;
}

enum status place_facts(struct vfs_service *self, struct place place, struct vfs_facts *out_facts)
{
	enum status status = OK;
	if (place.made) {
		status = made_facts(self, place.made, out_facts);
		out_facts->node =
		        (struct vfs_node){volume_of_made(self, place.made), 1, place.made};
	} else if (place.volume) {
		status = data_facts(self, place, out_facts);
	} else {
		tree_facts(&self->tree, place.inode, out_facts);
	}
	if (status == OK)
		facts_by_mount(self, place.mount, out_facts);
	return status;
}

enum status place_child(struct vfs_service *self, struct place directory, struct str name,
                        struct place *out_child)
{
	if (directory.volume)
		return data_child(self, directory, name, out_child);
	*out_child = (struct place){.mount = directory.mount};
	if (!directory.inode)
		return made_child(self, directory.made, name, &out_child->made);
	enum status status = below_take(self, directory.inode);
	if (status != OK)
		return status;
	uint32_t entry = directory_find(store_of(self), directory.inode, name);
	if (entry)
		out_child->inode = store_of(self)->entries[entry].inode;
	return entry ? OK : ERR_NOT_FOUND;
}

static bool place_is_root(struct place place, struct place root)
{
	return place_equal(place, root) && (!root.mount || place.mount == root.mount);
}

/* From the root of a mount to what it covers, as often as it takes. */
static struct place place_below_mounts(const struct vfs_service *self, struct place place,
                                       struct place root)
{
	uint32_t mount;
	while (!place_is_root(place, root) && (mount = mount_of_root(self, place)) != 0)
		place = mount_place_below(self, mount);
	return place;
}

/* Where no way leads up from: the root of the tree, or of a volume that nobody reaches. */
static bool place_is_top(const struct vfs_service *self, struct place place)
{
	if (place.inode)
		return !tree_inode(&self->tree, place.inode)->parent &&
		       tree_inode(&self->tree, place.inode)->links;
	return place.made == MADE_ROOT || place.made == MADE_TERMINALS ||
	       (place.volume && place.file == EXT_ROOT);
}

enum status place_parent(struct vfs_service *self, struct place directory, struct place root,
                         struct place *out_parent)
{
	struct place here = place_below_mounts(self, directory, root);
	*out_parent = here;
	if (place_is_root(here, root) || place_is_top(self, here))
		return OK;
	if (here.made) {
		*out_parent = (struct place){.mount = here.mount, .made = made_parent(here.made)};
		return OK;
	}
	if (here.volume) {
		enum status status = data_child(self, here, STR(".."), out_parent);
		if (status == OK)
			*out_parent = place_uncover(self, *out_parent);
		return status;
	}
	uint32_t parent = tree_inode(&self->tree, here.inode)->parent;
	if (!parent)
		return ERR_NOT_FOUND; /* it was removed */
	*out_parent = place_uncover(self, (struct place){.inode = parent, .mount = here.mount});
	return OK;
}

enum status place_target(struct vfs_service *self, struct place link, uint64_t reader_pid,
                         struct format_buffer *text)
{
	if (link.volume)
		return data_target(self, link, text);
	if (!link.inode)
		return made_target(self, link.made, reader_pid, text);
	const struct store_inode *cell = tree_inode(&self->tree, link.inode);
	if (!mode_is(cell->mode, MODE_LINK))
		return ERR_INVALID_ARGS;
	text->len += store_text_copy(store_of(self), cell->text, (size_t)cell->size,
	                             text->ptr + text->len, text->size - text->len);
	return OK;
}

/* Puts "/name" before what is there. */
static enum status path_prepend(struct str buffer, size_t *start, const char *name, size_t len)
{
	if (len + 1 > *start)
		return ERR_OUT_OF_RANGE;
	*start -= len + 1;
	char *at = (char *)(uintptr_t)buffer.ptr + *start;
	at[0] = '/';
	memcpy(at + 1, name, len);
	return OK;
}

/* *out_parent: where the name stands. */
static enum status path_prepend_place(struct vfs_service *self, struct place place,
                                      struct str buffer, size_t *start, struct place *out_parent)
{
	char name[VFS_NAME_MAX + 1];
	struct store *s = store_of(self);
	if (place.volume) {
		struct ext_entry entry;
		enum status status = data_name(self, place, &entry, out_parent);
		return status == OK ? path_prepend(buffer, start, entry.name, entry.name_len)
		                    : status;
	}
	*out_parent = (struct place){.mount = place.mount,
	                             .made = place.made ? made_parent(place.made) : 0};
	if (place.made)
		return path_prepend(buffer, start, name, made_name(place.made, name, sizeof name));
	uint32_t parent = tree_inode(&self->tree, place.inode)->parent;
	bool folder = parent && mode_is(s->inodes[parent].mode, MODE_DIRECTORY);
	uint32_t entry = folder ? directory_name_of(s, parent, place.inode) : 0;
	if (!entry)
		return ERR_NOT_FOUND;
	size_t len = store_text_copy(s, s->entries[entry].text, s->entries[entry].name_len, name,
	                             sizeof name);
	*out_parent = (struct place){.inode = parent, .mount = place.mount};
	return path_prepend(buffer, start, name, len);
}

enum status place_path(struct vfs_service *self, struct place place, struct place root,
                       struct str buffer, struct str *out_path)
{
	size_t start = buffer.len;
	for (;;) {
		struct place here = place_below_mounts(self, place, root);
		if (place_is_root(here, root) || place_is_top(self, here))
			break;
		enum status status = path_prepend_place(self, here, buffer, &start, &place);
		if (status != OK)
			return status;
	}
	if (waits_must_end(self))
		return ERR_INTERRUPTED;
	if (start == buffer.len)
		*out_path = STR("/");
	else
		*out_path = str_slice(buffer, start, buffer.len);
	return OK;
}
