/*
 * The table of mounts: what lies on what.
 *
 * A mount shows a folder, or a file, of a volume at a place that another mount shows. A volume
 * lives as long as a mount shows some of it, and as long as somebody uses one of its files.
 */
#include "volume/data.h"

#include <string.h>

enum {
	UNMOUNT_KNOWN = 1 | 2 | 4 | 8,
	NUMBER_INDEX_BITS = 6,
	NUMBER_SEQUENCE_MASK = 0x3ff,
};

_Static_assert(STORE_MOUNTS_MAX < 1 << NUMBER_INDEX_BITS, "a number holds an index");

static struct store_mount *mounts_of(const struct vfs_service *self)
{
	return self->tree.store.header->mounts;
}

static bool place_is_stored(struct place place, const struct store_place *stored)
{
	return place.inode == stored->inode && place.volume == stored->volume &&
	       place.file == stored->file && place.made == stored->made;
}

static struct store_place place_to_store(struct place place)
{
	return (struct store_place){.made = place.made,
	                            .inode = place.inode,
	                            .volume = place.volume,
	                            .file = place.file};
}

static struct place place_from_store(const struct store_place *stored, uint32_t mount)
{
	return (struct place){.inode = stored->inode,
	                      .volume = stored->volume,
	                      .file = stored->file,
	                      .mount = mount,
	                      .made = stored->made};
}

/* How many mounts lie on a place, or on files of its volume that the tree does not know. */
static uint32_t *place_covers(const struct vfs_service *self, struct place place)
{
	struct store_volume *volumes = self->tree.store.header->volumes;
	if (place.inode)
		return &tree_inode(&self->tree, place.inode)->covers;
	/* made files have their counter where no volume is */
	return place.volume <= STORE_VOLUMES_MAX ? &volumes[place.volume].covers : NULL;
}

uint32_t mount_on(const struct vfs_service *self, struct place place)
{
	const uint32_t *covers = place_covers(self, place);
	if (!covers || !*covers)
		return 0;
	const struct store_mount *mounts = mounts_of(self);
	for (uint32_t i = 1; i <= STORE_MOUNTS_MAX; i++)
		if (mounts[i].volume && mounts[i].parent &&
		    (!place.mount || mounts[i].parent == place.mount) &&
		    place_is_stored(place, &mounts[i].on))
			return i;
	return 0;
}

uint32_t mount_of_root(const struct vfs_service *self, struct place place)
{
	const struct store_mount *mount = &mounts_of(self)[place.mount];
	return mount->parent && place_is_stored(place, &mount->root) ? place.mount : 0;
}

struct place mount_place_below(const struct vfs_service *self, uint32_t mount)
{
	const struct store_mount *cell = &mounts_of(self)[mount];
	return place_from_store(&cell->on, cell->parent);
}

struct place mount_root(const struct vfs_service *self, uint32_t mount)
{
	return place_from_store(&mounts_of(self)[mount].root, mount);
}

bool mount_needs(const struct vfs_service *self, struct place place, bool roots)
{
	const struct store_mount *mounts = mounts_of(self);
	for (uint32_t i = 1; i <= STORE_MOUNTS_MAX; i++)
		if (mounts[i].volume && mounts[i].parent &&
		    (place_is_stored(place, &mounts[i].on) ||
		     (roots && place_is_stored(place, &mounts[i].root))))
			return true;
	return false;
}

uint16_t mount_number(const struct vfs_service *self, uint32_t mount)
{
	uint32_t sequence = mounts_of(self)[mount].sequence & NUMBER_SEQUENCE_MASK;
	return mount ? (uint16_t)(sequence << NUMBER_INDEX_BITS | mount) : 0;
}

enum status mount_of_number(const struct vfs_service *self, uint16_t number, uint32_t *out_mount)
{
	uint32_t mount = number & ((1u << NUMBER_INDEX_BITS) - 1);
	*out_mount = 0;
	if (!mount || mount > STORE_MOUNTS_MAX || !mounts_of(self)[mount].volume ||
	    mount_number(self, mount) != number)
		return ERR_NOT_FOUND;
	*out_mount = mount;
	return OK;
}

uint32_t mount_after(const struct vfs_service *self, uint32_t mount)
{
	const struct store_mount *mounts = mounts_of(self);
	uint32_t next = 0;
	for (uint32_t i = 1; i <= STORE_MOUNTS_MAX; i++)
		if (mounts[i].volume && mounts[i].sequence > (mount ? mounts[mount].sequence : 0) &&
		    (!next || mounts[i].sequence < mounts[next].sequence))
			next = i;
	return next;
}

/* ---- changes ---- */

static void mount_text(char *out, struct str text)
{
	size_t len = text.len < STORE_MOUNT_TEXT_MAX - 1 ? text.len : STORE_MOUNT_TEXT_MAX - 1;
	memcpy(out, text.ptr, len);
	out[len] = '\0';
}

/* A place of a mount, by the words that can be taken back. */
static void place_set(struct store *s, struct store_place *at, struct place place)
{
	store_set64(s, &at->made, place.made);
	store_set32(s, &at->inode, place.inode);
	store_set32(s, &at->volume, place.volume);
	store_set32(s, &at->file, place.file);
}

static void covers_change(struct vfs_service *self, struct place place, int change)
{
	uint32_t *covers = place_covers(self, place);
	if (covers)
		store_set32(&self->tree.store, covers, *covers + (uint32_t)change);
}

void mount_attach(struct vfs_service *self, uint32_t mount, struct place on)
{
	struct store_mount *cell = &mounts_of(self)[mount];
	self->tree.store.changes++;
	if (cell->parent)
		covers_change(self, mount_place_below(self, mount), -1);
	place_set(&self->tree.store, &cell->on, on);
	store_set32(&self->tree.store, &cell->parent, on.mount);
	covers_change(self, on, 1);
}

enum status mount_enter(struct vfs_service *self, const struct mount_entry *entry)
{
	struct store *s = &self->tree.store;
	struct store_volume *volume = &s->header->volumes[entry->volume];
	uint32_t index = 1;
	while (index <= STORE_MOUNTS_MAX && mounts_of(self)[index].volume)
		index++;
	if (index > STORE_MOUNTS_MAX)
		return ERR_NO_SPACE;
	struct store_mount *mount = &mounts_of(self)[index];
	/* nobody looks at a cell without a volume */
	*mount = (struct store_mount){.root = place_to_store(entry->root),
	                              .flags = entry->flags & MOUNT_KEPT_FLAGS,
	                              .sequence = s->header->mount_sequence + 1};
	mount_text(mount->source, entry->source);
	mount_text(mount->kind, entry->kind);
	store_set32(s, &s->header->mount_sequence, mount->sequence);
	store_set32(s, &mount->volume, entry->volume);
	if (entry->on.mount)
		mount_attach(self, index, entry->on);
	if (!volume->mount)
		store_set32(s, &volume->mount, index);
	store_commit(s);
	return OK;
}

/* Another mount of the same volume; 0: none. */
static uint32_t mount_beside(const struct vfs_service *self, uint32_t mount)
{
	const struct store_mount *mounts = mounts_of(self);
	for (uint32_t i = 1; i <= STORE_MOUNTS_MAX; i++)
		if (i != mount && mounts[i].volume == mounts[mount].volume)
			return i;
	return 0;
}

static bool mount_is_below(const struct vfs_service *self, uint32_t mount)
{
	const struct store_mount *mounts = mounts_of(self);
	for (uint32_t i = 1; i <= STORE_MOUNTS_MAX; i++)
		if (mounts[i].volume && mounts[i].parent == mount)
			return true;
	return false;
}

static bool volume_is_held(struct vfs_service *self, uint32_t volume)
{
	return data_of(self, volume) ? holds_any(&self->holds, volume)
	                             : tree_volume_held(&self->tree, volume);
}

/* Nobody reaches it, nobody uses it. What it cannot write now is tried again later. */
static enum status volume_end(struct vfs_service *self, uint32_t volume)
{
	enum status status = data_close(self, volume);
	if (status != OK)
		return status;
	self->volumes[volume].kind = STORE_VOLUME_NONE;
	store_set32(&self->tree.store, &self->tree.store.header->volumes[volume].detached, 0);
	tree_volume_remove(&self->tree, volume);
	return OK;
}

void mounts_settle(struct vfs_service *self)
{
	const struct store_volume *volumes = self->tree.store.header->volumes;
	for (uint32_t i = 1; i <= STORE_VOLUMES_MAX; i++)
		if (volumes[i].detached && !volume_is_held(self, i))
			(void)!volume_end(self, i);
}

/* The mount alone goes; the volume with the last one. */
static void mount_detach(struct vfs_service *self, uint32_t mount)
{
	struct store *s = &self->tree.store;
	struct store_mount *cell = &mounts_of(self)[mount];
	struct store_volume *volume = &s->header->volumes[cell->volume];
	uint32_t other = mount_beside(self, mount);
	self->tree.store.changes++;
	covers_change(self, mount_place_below(self, mount), -1);
	if (volume->mount == mount)
		store_set32(s, &volume->mount, other);
	if (!other)
		store_set32(s, &volume->detached, 1);
	store_set32(s, &cell->volume, 0);
	store_commit(s);
}

/* What lies on it goes first: whoever dies in between leaves mounts that can be reached. */
static void mount_detach_all(struct vfs_service *self, uint32_t mount)
{
	while (mount_is_below(self, mount)) {
		uint32_t last = 0, i = 0;
		while ((i = mount_after(self, i)) != 0) {
			uint32_t up = i;
			while (up && up != mount)
				up = mounts_of(self)[up].parent;
			if (up && i != mount && !mount_is_below(self, i))
				last = i;
		}
		mount_detach(self, last);
	}
	mount_detach(self, mount);
}

enum status mount_remove(struct vfs_service *self, struct place root, uint32_t flags)
{
	uint32_t mount = mount_of_root(self, root);
	bool detach = flags & MOUNT_DETACH;
	if (flags & ~(uint32_t)UNMOUNT_KNOWN)
		return ERR_INVALID_ARGS;
	if (place_equal(root, mount_root(self, 1)))
		return ERR_BUSY;
	if (!mount)
		return ERR_INVALID_ARGS;
	uint32_t volume = mounts_of(self)[mount].volume;
	bool last = !mount_beside(self, mount);
	if (!detach && (mount_is_below(self, mount) || (last && volume_is_held(self, volume))))
		return ERR_BUSY;
	/* what cannot be written stays where it is seen */
	enum status status = last && data_of(self, volume) ? data_sync(self, volume, true) : OK;
	if (status != OK)
		return status;
	mount_detach_all(self, mount);
	mounts_settle(self);
	return OK;
}
