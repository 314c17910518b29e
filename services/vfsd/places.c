/* Places of the tree and of /proc, with mounts between them. */
#include "volume/data.h"

#include <string.h>

/* Linux include/uapi/linux/mount.h */
enum { PLACE_NO_SET_ID = 2, PLACE_NO_EXECUTE = 8 };

static struct store *store_of(struct vfs_service *self)
{
	return &self->tree.store;
}

static const struct store_mount *mount_cell(const struct vfs_service *self, uint32_t mount)
{
	return &self->tree.store.header->mounts[mount];
}

/* The root of a volume, which is made for /proc and /dev/pts. */
static struct place volume_root(const struct vfs_service *self, uint32_t volume)
{
	const struct store_volume *cell = &self->tree.store.header->volumes[volume];
	if (cell->kind == STORE_VOLUME_PROCESSES)
		return (struct place){.made = MADE_ROOT};
	if (cell->kind == STORE_VOLUME_TERMINALS)
		return (struct place){.made = MADE_TERMINALS};
	if (cell->kind == STORE_VOLUME_DATA)
		return data_place(volume, EXT_ROOT);
	return (struct place){.inode = cell->root};
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
	while (place.inode && tree_inode(&self->tree, place.inode)->covered_by) {
		uint32_t mount = tree_inode(&self->tree, place.inode)->covered_by;
		place = volume_root(self, mount_cell(self, mount)->volume);
	}
	return place;
}

enum status place_of_node(struct vfs_service *self, const struct vfs_node *node,
                          struct place *out_place)
{
	*out_place = (struct place){};
	if (!node->inode && !node->volume) {
		*out_place = place_uncover(self, volume_root(self, 1));
		return OK;
	}
	if (volume_is_made(self, node->volume)) {
		out_place->made = node->inode;
		return made_volume(node->inode) ==
		                       self->tree.store.header->volumes[node->volume].kind
		               ? OK
		               : ERR_NOT_FOUND;
	}
	if (data_of(self, node->volume))
		return data_of_node(self, node, out_place);
	out_place->inode = tree_find_node(&self->tree, node);
	return out_place->inode ? OK : ERR_NOT_FOUND;
}

enum status place_facts(struct vfs_service *self, struct place place, struct vfs_facts *out_facts)
{
	if (!place.made) {
		enum status status = OK;
		if (place.volume)
			status = data_facts(self, place, out_facts);
		else
			tree_facts(&self->tree, place.inode, out_facts);
		if (status != OK)
			return status;
		uint32_t mount = mount_of_volume(self, out_facts->node.volume);
		uint32_t flags = mount ? mount_cell(self, mount)->flags : 0;
		out_facts->flags |= flags & (VFS_VOLUME_READ_ONLY); /* MS_RDONLY is 1 too */
		if (flags & PLACE_NO_SET_ID)
			out_facts->flags |= VFS_VOLUME_NO_SET_ID;
		if (flags & PLACE_NO_EXECUTE)
			out_facts->flags |= VFS_VOLUME_NO_EXECUTE;
		return OK;
	}
	enum status status = made_facts(self, place.made, out_facts);
	out_facts->node = (struct vfs_node){volume_of_made(self, place.made), 1, place.made};
	return status;
}

enum status place_child(struct vfs_service *self, struct place directory, struct str name,
                        struct place *out_child)
{
	*out_child = (struct place){};
	if (directory.volume)
		return data_child(self, directory, name, out_child);
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

/* The mount whose root this is; 0: none. */
uint32_t mount_of_root(const struct vfs_service *self, struct place place)
{
	for (uint32_t i = 1; i <= STORE_MOUNTS_MAX; i++) {
		uint32_t volume = mount_cell(self, i)->volume;
		if (volume && place_equal(volume_root(self, volume), place))
			return i;
	}
	return 0;
}

uint32_t mount_of_volume(const struct vfs_service *self, uint32_t volume)
{
	return volume <= STORE_VOLUMES_MAX ? self->tree.store.header->volumes[volume].mount : 0;
}

/* From the root of a mount to what it covers, as often as it takes. */
static struct place place_below_mounts(struct vfs_service *self, struct place place,
                                       struct place root)
{
	while (!place_equal(place, root)) {
		bool may_be_root = place.made == MADE_ROOT || place.made == MADE_TERMINALS ||
		                   place.file == EXT_ROOT ||
		                   (place.inode && !tree_inode(&self->tree, place.inode)->parent);
		uint32_t mount = may_be_root ? mount_of_root(self, place) : 0;
		if (!mount || !mount_cell(self, mount)->on)
			break;
		place = (struct place){.inode = mount_cell(self, mount)->on};
	}
	return place;
}

enum status place_parent(struct vfs_service *self, struct place directory, struct place root,
                         struct place *out_parent)
{
	struct place here = place_below_mounts(self, directory, root);
	*out_parent = here;
	if (place_equal(here, root))
		return OK;
	if (here.made) {
		*out_parent = (struct place){.made = made_parent(here.made)};
		return OK;
	}
	if (here.volume)
		return data_child(self, here, STR(".."), out_parent);
	uint32_t parent = tree_inode(&self->tree, here.inode)->parent;
	if (!parent && !tree_inode(&self->tree, here.inode)->links)
		return ERR_NOT_FOUND; /* it was removed */
	if (parent)
		*out_parent = place_uncover(self, (struct place){.inode = parent});
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
	*out_parent = (struct place){.made = place.made ? made_parent(place.made) : 0};
	if (place.made)
		return path_prepend(buffer, start, name, made_name(place.made, name, sizeof name));
	uint32_t parent = tree_inode(&self->tree, place.inode)->parent;
	bool folder = parent && mode_is(s->inodes[parent].mode, MODE_DIRECTORY);
	uint32_t entry = folder ? directory_name_of(s, parent, place.inode) : 0;
	if (!entry)
		return ERR_NOT_FOUND;
	size_t len = store_text_copy(s, s->entries[entry].text, s->entries[entry].name_len, name,
	                             sizeof name);
	*out_parent = place_uncover(self, (struct place){.inode = parent});
	return path_prepend(buffer, start, name, len);
}

enum status place_path(struct vfs_service *self, struct place place, struct place root,
                       struct str buffer, struct str *out_path)
{
	size_t start = buffer.len;
	for (;;) {
		struct place here = place_below_mounts(self, place, root);
		if (place_equal(here, root) || (!here.made && mount_of_root(self, here)))
			break;
		enum status status = path_prepend_place(self, here, buffer, &start, &place);
		if (status != OK)
			return status;
	}
	if (start == buffer.len)
		*out_path = STR("/");
	else
		*out_path = str_slice(buffer, start, buffer.len);
	return OK;
}
