/* One name after the other, each an operation of its own: who dies meanwhile is taken up again. */
#include "volume/below.h"
#include "waits.h"

#include <string.h>

enum { BELOW_LINKS_MAX = 8, BELOW_DEPTH_MAX = 32 };

struct taking {
	struct vfs_service *self;
	uint32_t directory;
	uint32_t volume;
	unsigned depth;
};

static enum status taking_all(struct vfs_service *self, uint32_t directory, unsigned depth);

/* One folder waits below a directory; another one comes when that is taken in. */
static enum status attach(struct vfs_service *self, uint32_t directory, uint32_t volume,
                          uint64_t folder, unsigned depth)
{
	struct store *s = &self->tree.store;
	struct store_inode *cell = &s->inodes[directory];
	bool same = cell->below_volume == volume && cell->below == folder;
	if (cell->below_volume && !same) {
		enum status status = taking_all(self, directory, depth + 1);
		if (status != OK)
			return status;
	}
	store_set64(s, &cell->below, folder);
	store_set32(s, &cell->below_volume, volume);
	store_commit(s);
	return OK;
}

enum status below_attach(struct vfs_service *self, uint32_t directory, uint32_t volume,
                         uint64_t folder)
{
	return attach(self, directory, volume, folder, 0);
}

uint32_t below_find(struct vfs_service *self, uint32_t directory, struct str path)
{
	const struct store *s = &self->tree.store;
	while (path.len && directory) {
		struct str_split split = str_cut(path, '/');
		path = split.rest;
		if (!split.head.len)
			continue;
		uint32_t entry = directory_find(s, directory, split.head);
		directory = entry ? s->entries[entry].inode : 0;
		if (!mode_is(s->inodes[directory].mode, MODE_DIRECTORY))
			return 0;
	}
	return directory;
}

uint32_t below_leads_to(struct vfs_service *self, uint32_t directory, uint32_t link)
{
	const struct store *s = &self->tree.store;
	char *text = request_memory(self)->below_text;
	size_t len = store_text_copy(s, s->inodes[link].text, (size_t)s->inodes[link].size, text,
	                             VFS_PATH_MAX);
	const struct str path = {text, len};
	if (str_starts_with(path, STR("/")))
		directory = s->header->volumes[s->inodes[directory].volume].root;
	return below_find(self, directory, path);
}

static enum status take_link(struct taking *t, const struct volume_entry *entry,
                             struct tree_new *new)
{
	char *target = request_memory(t->self)->below_text;
	uint32_t inode;
	size_t len;
	const struct volume_bytes wanted = {entry->file, entry->size, 0, VFS_PATH_MAX};
	enum status status = volume_read(&t->self->volumes[t->volume], &wanted, target, &len);
	if (status != OK)
		return status;
	if (!len || len != entry->size)
		return ERR_IO;
	new->target = (struct str){target, len};
	return tree_create(&t->self->tree, new, &inode);
}

/* The inode that another name of the file was given. */
static uint32_t find_taken(const struct taking *t, uint64_t file)
{
	const struct tree *tree = &t->self->tree;
	for (uint32_t i = 1; i < tree->store.header->inodes.used; i++) {
		const struct store_inode *cell = tree_inode(tree, i);
		if (cell->mode && cell->volume == t->volume && cell->rdev == file &&
		    cell->content == VFS_CONTENT_PAGED)
			return i;
	}
	return 0;
}

static enum status take_file(struct taking *t, const struct volume_entry *entry,
                             const struct tree_new *new)
{
	const struct tree_file file = {t->volume, entry->file, entry->size};
	uint32_t inode = entry->has_other_names ? find_taken(t, entry->file) : 0;
	if (inode)
		return tree_link(&t->self->tree, inode, new);
	return tree_create_file(&t->self->tree, new, &file, &inode);
}

static enum status take_new(struct taking *t, const struct volume_entry *entry)
{
	uint32_t inode;
	struct tree_new new = {
	        .directory = t->directory,
	        .name = {entry->name, entry->name_len},
	        .mode = entry->mode,
	        .uid = entry->uid,
	        .gid = entry->gid,
	        .now_ns = entry->modify_ns,
	        .found = true,
	};
	switch (entry->mode & MODE_KIND) {
	case MODE_DIRECTORY: {
		enum status status = tree_create(&t->self->tree, &new, &inode);
		if (status == OK)
			status = attach(t->self, inode, t->volume, entry->file, t->depth);
		return status;
	}
	case MODE_FILE:
		return take_file(t, entry, &new);
	case MODE_LINK:
		return take_link(t, entry, &new);
	default:
		return OK; /* devices and the like are the system's own */
	}
}

/* The tree has the name already. */
static enum status take_again(struct taking *t, const struct volume_entry *entry, uint32_t known)
{
	const struct store *s = &t->self->tree.store;
	uint32_t inode = s->entries[known].inode;
	bool folder = mode_is(entry->mode, MODE_DIRECTORY);
	if (folder && mode_is(s->inodes[inode].mode, MODE_LINK))
		inode = below_leads_to(t->self, t->directory, inode);
	if (folder && inode && mode_is(s->inodes[inode].mode, MODE_DIRECTORY))
		return attach(t->self, inode, t->volume, entry->file, t->depth);
	if (folder || !inode || !s->inodes[inode].yields)
		return OK;
	tree_unlink(&t->self->tree, known, tree_inode(&t->self->tree, t->directory)->modify_ns);
	return take_new(t, entry);
}

static enum status take_entry(struct taking *t, const struct volume_entry *entry)
{
	const struct str name = {entry->name, entry->name_len};
	if (!name.len || name.len > VFS_NAME_MAX)
		return OK; /* no program could name it */
	uint32_t known = directory_find(&t->self->tree.store, t->directory, name);
	return known ? take_again(t, entry, known) : take_new(t, entry);
}

static enum status taking_all(struct vfs_service *self, uint32_t directory, unsigned depth)
{
	struct store *s = &self->tree.store;
	struct store_inode *cell = &s->inodes[directory];
	if (!waits_enter(self, cell->below_volume))
		return ERR_INTERRUPTED;
	struct taking t = {self, directory, cell->below_volume, depth};
	struct volume_entry entry;
	uint64_t cookie = 0, folder = cell->below;
	enum status status = OK;
	/* somebody else has done it meanwhile */
	if (!t.volume)
		return OK;
	if (depth > BELOW_DEPTH_MAX)
		return ERR_IO;
	if (!self->volumes[t.volume].kind)
		return ERR_IO;
	while (status == OK) {
		status = volume_list(&self->volumes[t.volume], folder, &cookie, &entry);
		if (status == OK)
			status = take_entry(&t, &entry);
		else if (status == ERR_NOT_FOUND)
			break;
	}
	if (status != ERR_NOT_FOUND)
		return status;
	store_set32(s, &cell->below_volume, 0);
	store_commit(s);
	return OK;
}

enum status below_take(struct vfs_service *self, uint32_t directory)
{
	if (!tree_inode(&self->tree, directory)->below_volume)
		return OK;
	enum status status = taking_all(self, directory, 0);
	return waits_must_end(self) ? ERR_INTERRUPTED : status;
}
