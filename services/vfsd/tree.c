/* Inodes: made, named, held, and freed when nothing of that is left. */
#include "tree.h"

enum { TREE_LINKS_MAX = 65000, TREE_ENTRY_BYTES = 20 /* as Linux's tmpfs counts names */ };

struct vfs_node tree_node(const struct tree *t, uint32_t inode)
{
	const struct store_inode *cell = tree_inode(t, inode);
	return (struct vfs_node){cell->volume, cell->generation, inode};
}

uint32_t tree_find_node(const struct tree *t, const struct vfs_node *node)
{
	if (!node->inode || node->inode >= t->store.header->inodes.used)
		return 0;
	const struct store_inode *cell = tree_inode(t, (uint32_t)node->inode);
	bool same =
	        cell->mode && cell->generation == node->generation && cell->volume == node->volume;
	return same ? (uint32_t)node->inode : 0;
}

/* Content in memory objects of the kernel goes with the file; called after the commit. */
static void tree_drop(struct tree *t, const struct vfs_node *node, uint32_t content)
{
	if (content == VFS_CONTENT_KERNEL && t->drop_content)
		t->drop_content(t->context, node);
}

/* Gives the cell of a file back that has neither names nor holds. */
static void tree_reap(struct tree *t, uint32_t inode)
{
	const struct store_inode *cell = tree_inode(t, inode);
	if (!cell->mode || cell->links || cell->holds)
		return;
	struct vfs_node node = tree_node(t, inode);
	uint32_t content = cell->content;
	store_inode_give(&t->store, inode);
	store_commit(&t->store);
	tree_drop(t, &node, content);
}

static uint32_t content_of(uint32_t mode)
{
	switch (mode & MODE_KIND) {
	case MODE_FILE:
		return VFS_CONTENT_KERNEL;
	case MODE_CHARACTER:
	case MODE_BLOCK:
		return VFS_CONTENT_DEVICE;
	default:
		return VFS_CONTENT_NONE;
	}
}

static uint32_t tree_inode_make(struct tree *t, const struct tree_new *new, uint32_t volume)
{
	struct store *s = &t->store;
	uint32_t index = store_inode_take(s, new->mode);
	struct store_inode *cell = &s->inodes[index];
	if (!index)
		return 0;
	cell->uid = new->uid;
	cell->gid = new->gid;
	cell->volume = volume;
	cell->content = content_of(new->mode);
	cell->rdev = new->rdev;
	cell->access_ns = cell->modify_ns = cell->change_ns = new->now_ns;
	return index;
}

static void tree_touch(struct tree *t, uint32_t inode, int64_t now_ns)
{
	struct store_inode *cell = tree_inode(t, inode);
	store_set64(&t->store, &cell->modify_ns, (uint64_t)now_ns);
	store_set64(&t->store, &cell->change_ns, (uint64_t)now_ns);
}

static void tree_change_links(struct tree *t, uint32_t inode, int change)
{
	struct store_inode *cell = tree_inode(t, inode);
	store_set32(&t->store, &cell->links, cell->links + (uint32_t)change);
}

enum status tree_volume_create(struct tree *t, enum store_volume_kind kind,
                               const struct tree_new *root, uint32_t *out_volume)
{
	struct store_volume *volumes = t->store.header->volumes;
	uint32_t number = 1;
	while (number <= STORE_VOLUMES_MAX && volumes[number].kind != STORE_VOLUME_NONE)
		number++;
	if (number > STORE_VOLUMES_MAX)
		return ERR_NO_SPACE;
	uint32_t inode = tree_inode_make(t, root, number);
	if (!inode) {
		store_undo(&t->store);
		return ERR_NO_SPACE;
	}
	tree_change_links(t, inode, 2);
	store_set32(&t->store, &volumes[number].root, inode);
	store_set32(&t->store, &volumes[number].kind, kind);
	store_commit(&t->store);
	*out_volume = number;
	return OK;
}

bool tree_volume_held(const struct tree *t, uint32_t volume)
{
	for (uint32_t i = 1; i < t->store.header->inodes.used; i++) {
		const struct store_inode *cell = tree_inode(t, i);
		if (cell->mode && cell->volume == volume && cell->holds)
			return true;
	}
	return false;
}

/* Everything below a directory, deepest first; each name an operation of its own. */
static void tree_empty(struct tree *t, uint32_t root)
{
	uint32_t directory = root;
	for (;;) {
		uint32_t entry = tree_inode(t, directory)->first;
		if (entry &&
		    mode_is(tree_inode(t, t->store.entries[entry].inode)->mode, MODE_DIRECTORY)) {
			directory = t->store.entries[entry].inode;
			if (tree_inode(t, directory)->first)
				continue;
			directory = tree_inode(t, directory)->parent;
		}
		if (entry)
			tree_unlink(t, entry, tree_inode(t, directory)->modify_ns);
		else if (directory == root)
			return;
		else
			directory = tree_inode(t, directory)->parent;
	}
}

/* Files with users live on, as those without a name do; their volume's number is kept. */
static void tree_volume_end(struct tree *t, uint32_t volume)
{
	struct store_volume *cell = &t->store.header->volumes[volume];
	if (cell->kind != STORE_VOLUME_DYING || cell->root || tree_volume_held(t, volume))
		return;
	store_set32(&t->store, &cell->kind, STORE_VOLUME_NONE);
	store_commit(&t->store);
}

void tree_volume_remove(struct tree *t, uint32_t volume)
{
	struct store_volume *cell = &t->store.header->volumes[volume];
	if (cell->kind != STORE_VOLUME_DYING) {
		store_set32(&t->store, &cell->kind, STORE_VOLUME_DYING);
		store_commit(&t->store);
	}
	uint32_t root = cell->root;
	if (root) {
		tree_empty(t, root);
		tree_change_links(t, root, -(int)tree_inode(t, root)->links);
		store_set32(&t->store, &cell->root, 0);
		store_commit(&t->store);
		tree_reap(t, root);
	}
	tree_volume_end(t, volume);
}

/* The name, the links that it means, and the times of its directory. */
static enum status tree_name(struct tree *t, uint32_t inode, const struct tree_new *new)
{
	struct store_inode *cell = tree_inode(t, inode);
	enum status status = directory_insert(&t->store, new->directory, new->name, inode);
	if (status != OK)
		return status;
	tree_change_links(t, inode, 1);
	store_set32(&t->store, &cell->parent, new->directory);
	store_set64(&t->store, &cell->change_ns, (uint64_t) new->now_ns);
	if (!new->found)
		tree_touch(t, new->directory, new->now_ns);
	return OK;
}

static enum status tree_make(struct tree *t, const struct tree_new *new,
                             const struct tree_file *file, uint32_t *out_inode)
{
	struct store *s = &t->store;
	bool directory = mode_is(new->mode, MODE_DIRECTORY);
	if (directory && tree_inode(t, new->directory)->links >= TREE_LINKS_MAX)
		return ERR_TOO_MANY_LINKS;
	uint32_t volume = file ? file->volume : tree_inode(t, new->directory)->volume;
	uint32_t inode = tree_inode_make(t, new, volume), text = 0;
	if (!inode)
		return ERR_NO_SPACE;
	struct store_inode *cell = tree_inode(t, inode);
	if (file) {
		cell->content = VFS_CONTENT_PAGED;
		cell->rdev = file->offset;
		cell->size = file->size;
	}
	enum status status = store_text_take(s, new->target, &text);
	if (status != OK)
		return status;
	cell->text = text;
	cell->size += new->target.len;
	if (directory) {
		tree_change_links(t, inode, 1);
		tree_change_links(t, new->directory, 1);
	}
	*out_inode = inode;
	return tree_name(t, inode, new);
}

static enum status tree_end(struct tree *t, enum status status)
{
	if (status == OK)
		store_commit(&t->store);
	else
		store_undo(&t->store);
	return status;
}

enum status tree_create(struct tree *t, const struct tree_new *new, uint32_t *out_inode)
{
	return tree_end(t, tree_make(t, new, NULL, out_inode));
}

enum status tree_create_file(struct tree *t, const struct tree_new *new,
                             const struct tree_file *file, uint32_t *out_inode)
{
	return tree_end(t, tree_make(t, new, file, out_inode));
}

enum status tree_create_unnamed(struct tree *t, const struct tree_new *new, uint32_t *out_inode)
{
	*out_inode = tree_inode_make(t, new, tree_inode(t, new->directory)->volume);
	if (*out_inode)
		tree_inode(t, *out_inode)->linkable = new->linkable;
	return tree_end(t, *out_inode ? OK : ERR_NO_SPACE);
}

enum status tree_link(struct tree *t, uint32_t inode, const struct tree_new *new)
{
	struct store_inode *cell = tree_inode(t, inode);
	if (cell->links >= TREE_LINKS_MAX)
		return ERR_TOO_MANY_LINKS;
	if (!cell->links && !cell->linkable)
		return ERR_NOT_FOUND;
	if (cell->linkable)
		store_set32(&t->store, &cell->linkable, 0);
	return tree_end(t, tree_name(t, inode, new));
}

/* The links that go with a name; the inode stays until tree_reap. */
static void tree_unname(struct tree *t, uint32_t inode, uint32_t directory, int64_t now_ns)
{
	struct store_inode *cell = tree_inode(t, inode);
	store_set64(&t->store, &cell->change_ns, (uint64_t)now_ns);
	if (mode_is(cell->mode, MODE_DIRECTORY)) {
		tree_change_links(t, inode, -2);
		tree_change_links(t, directory, -1);
	} else {
		tree_change_links(t, inode, -1);
	}
	if (!cell->links)
		store_set32(&t->store, &cell->parent, 0);
}

void tree_unlink(struct tree *t, uint32_t entry, int64_t now_ns)
{
	uint32_t directory = t->store.entries[entry].directory;
	uint32_t inode = t->store.entries[entry].inode;
	tree_unname(t, inode, directory, now_ns);
	tree_touch(t, directory, now_ns);
	directory_remove(&t->store, entry);
	store_commit(&t->store);
	tree_reap(t, inode);
}

bool tree_is_above(const struct tree *t, uint32_t directory, uint32_t below)
{
	while (below && below != directory)
		below = tree_inode(t, below)->parent;
	return below == directory;
}

/* A directory that moves takes its ".." along. */
static void tree_move_parent(struct tree *t, uint32_t inode, uint32_t from, uint32_t to)
{
	struct store_inode *cell = tree_inode(t, inode);
	store_set32(&t->store, &cell->parent, to);
	if (from == to || !mode_is(cell->mode, MODE_DIRECTORY))
		return;
	tree_change_links(t, from, -1);
	tree_change_links(t, to, 1);
}

static void tree_exchange(struct tree *t, const struct tree_rename *r)
{
	struct store_entry *from = &t->store.entries[r->from_entry];
	struct store_entry *to = &t->store.entries[r->to_entry];
	uint32_t moved = from->inode, other = to->inode;
	store_set32(&t->store, &from->inode, other);
	store_set32(&t->store, &to->inode, moved);
	tree_move_parent(t, moved, from->directory, to->directory);
	tree_move_parent(t, other, to->directory, from->directory);
	store_set64(&t->store, &tree_inode(t, other)->change_ns, (uint64_t)r->now_ns);
}

/* What had the new name loses it; the entry is taken over. */
static void tree_replace(struct tree *t, const struct tree_rename *r)
{
	struct store_entry *from = &t->store.entries[r->from_entry];
	struct store_entry *to = &t->store.entries[r->to_entry];
	uint32_t moved = from->inode, replaced = to->inode, from_directory = from->directory;
	store_set32(&t->store, &to->inode, moved);
	tree_unname(t, replaced, r->to_directory, r->now_ns);
	tree_move_parent(t, moved, from_directory, r->to_directory);
	directory_remove(&t->store, r->from_entry);
}

enum status tree_rename(struct tree *t, const struct tree_rename *r)
{
	const struct store_entry *from = &t->store.entries[r->from_entry];
	uint32_t moved = from->inode, from_directory = from->directory;
	uint32_t replaced = r->to_entry ? t->store.entries[r->to_entry].inode : 0;
	if (r->exchange) {
		tree_exchange(t, r);
	} else if (r->to_entry) {
		tree_replace(t, r);
	} else {
		if (directory_insert(&t->store, r->to_directory, r->to_name, moved) != OK)
			return tree_end(t, ERR_NO_SPACE);
		tree_move_parent(t, moved, from_directory, r->to_directory);
		directory_remove(&t->store, r->from_entry);
	}
	tree_touch(t, from_directory, r->now_ns);
	tree_touch(t, r->to_directory, r->now_ns);
	store_set64(&t->store, &tree_inode(t, moved)->change_ns, (uint64_t)r->now_ns);
	store_commit(&t->store);
	if (replaced && !r->exchange)
		tree_reap(t, replaced);
	return OK;
}

void tree_hold(struct tree *t, uint32_t inode)
{
	struct store_inode *cell = tree_inode(t, inode);
	store_poke32(&t->store, &cell->holds, cell->holds + 1);
}

void tree_release(struct tree *t, uint32_t inode, uint64_t holds)
{
	struct store_inode *cell = tree_inode(t, inode);
	tree_correct_holds(t, inode, holds < cell->holds ? cell->holds - (uint32_t)holds : 0);
}

void tree_correct_holds(struct tree *t, uint32_t inode, uint32_t holds)
{
	struct store_inode *cell = tree_inode(t, inode);
	uint32_t volume = cell->volume;
	if (cell->holds != holds)
		store_poke32(&t->store, &cell->holds, holds);
	tree_reap(t, inode);
	tree_volume_end(t, volume);
}

void tree_facts(const struct tree *t, uint32_t inode, struct vfs_facts *out_facts)
{
	const struct store_inode *cell = tree_inode(t, inode);
	bool archive = cell->content == VFS_CONTENT_PAGED;
	/* of a directory that was not looked at nobody knows how many lie in it: 1, as btrfs says
	 */
	*out_facts = (struct vfs_facts){
	        .node = tree_node(t, inode),
	        .content = (uint16_t)cell->content,
	        .mode = cell->mode,
	        .uid = cell->uid,
	        .gid = cell->gid,
	        .links = cell->below_volume && cell->links ? 1 : cell->links,
	        .flags = archive ? VFS_VOLUME_READ_ONLY : 0,
	        .size = mode_is(cell->mode, MODE_DIRECTORY)
	                        ? (cell->entry_count + 2ull) * TREE_ENTRY_BYTES
	                        : cell->size,
	        .blocks = archive ? (cell->size + 511) / 512 : 0,
	        .rdev = archive ? 0 : cell->rdev,
	        .access_ns = cell->access_ns,
	        .modify_ns = cell->modify_ns,
	        .change_ns = cell->change_ns,
	};
}
