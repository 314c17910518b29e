/*
 * The first tree: a tmpfs with the files of the boot archive at their places, links that packages
 * ask for, mounts. Devices have names once the kernel was asked (mount_table.c).
 */
#include "build.h"
#include "volume/below.h"

#include <boot_archive/api.h>
#include <registry/api.h>

enum { RIGHTS_FOLDER = 0755, RIGHTS_EVERYBODY = 01777 };

static const struct {
	struct str name, target;
} device_links[] = {
        {STR_INIT("fd"), STR_INIT("/proc/self/fd")},
        {STR_INIT("stdin"), STR_INIT("/proc/self/fd/0")},
        {STR_INIT("stdout"), STR_INIT("/proc/self/fd/1")},
        {STR_INIT("stderr"), STR_INIT("/proc/self/fd/2")},
};

struct building {
	struct vfs_service *self;
	int64_t now_ns;
	uint32_t root, archive_volume;
	struct build_outcome *outcome;
};

static enum status add_file(struct building *b, const struct tree_new *new,
                            const struct tree_file *file, uint32_t *out_inode)
{
	struct tree_new timed = *new;
	timed.now_ns = b->now_ns;
	if (directory_find(&b->self->tree.store, new->directory, new->name))
		return ERR_EXISTS;
	if (!new->name.len || new->name.len > VFS_NAME_MAX)
		return ERR_NAME_TOO_LONG;
	return file ? tree_create_file(&b->self->tree, &timed, file, out_inode)
	            : tree_create(&b->self->tree, &timed, out_inode);
}

/* The folder, made when it is not there; a link to one is it. */
static enum status folder_in(struct building *b, uint32_t directory, struct str name,
                             uint32_t *out_inode)
{
	const struct store *s = &b->self->tree.store;
	uint32_t entry = directory_find(s, directory, name);
	if (!entry) {
		const struct tree_new new = {.directory = directory,
		                             .name = name,
		                             .mode = MODE_DIRECTORY | RIGHTS_FOLDER};
		return add_file(b, &new, NULL, out_inode);
	}
	uint32_t found = s->entries[entry].inode;
	if (mode_is(s->inodes[found].mode, MODE_LINK))
		found = below_leads_to(b->self, directory, found);
	if (!found || !mode_is(s->inodes[found].mode, MODE_DIRECTORY))
		return ERR_NOT_DIRECTORY;
	*out_inode = found;
	return OK;
}

/* The folder that holds the last name of a path; ".." and "." are no names here. */
static enum status folder_of(struct building *b, struct str path, uint32_t *out_inode,
                             struct str *out_name)
{
	*out_inode = b->root;
	for (;;) {
		struct str_split split = str_cut(path, '/');
		bool last = split.head.len == path.len;
		if (str_equal(split.head, STR(".")) || str_equal(split.head, STR("..")))
			return ERR_INVALID_ARGS;
		*out_name = split.head;
		if (last)
			return split.head.len ? OK : ERR_INVALID_ARGS;
		path = split.rest;
		if (!split.head.len)
			continue;
		enum status status = folder_in(b, *out_inode, split.head, out_inode);
		if (status != OK)
			return status;
	}
}

static void add_archive_file(struct building *b, const struct boot_archive_entry *entry)
{
	uint32_t parent, inode;
	struct str name;
	enum status status = folder_of(b, entry->path, &parent, &name);
	const struct tree_new new = {
	        .directory = parent, .name = name, .mode = MODE_FILE | (entry->mode & MODE_RIGHTS)};
	const struct tree_file file = {
	        .volume = b->archive_volume,
	        .offset = (uint64_t)(entry->data.ptr - b->self->archive.ptr),
	        .size = entry->data.len,
	};
	if (status == OK)
		status = add_file(b, &new, &file, &inode);
	if (status == OK)
		b->outcome->files++;
	else
		b->outcome->refused++;
}

static enum status add_archive(struct building *b)
{
	struct boot_archive_cursor cursor =
	        boot_archive_begin((struct boot_archive){b->self->archive});
	struct boot_archive_entry entry;
	enum status status;
	while ((status = boot_archive_next(&cursor, &entry)) == OK)
		if ((entry.mode & BOOT_ARCHIVE_MODE_KIND) == BOOT_ARCHIVE_MODE_FILE)
			add_archive_file(b, &entry);
	return status == ERR_NOT_FOUND ? OK : status;
}

static enum status add_link(struct building *b, struct str path, struct str target,
                            uint32_t *out_inode)
{
	uint32_t parent;
	struct str name;
	enum status status = folder_of(b, path, &parent, &name);
	const struct tree_new new = {
	        .directory = parent, .name = name, .mode = MODE_LINK | 0777, .target = target};
	if (target.len > VFS_PATH_MAX || !target.len)
		return ERR_INVALID_ARGS;
	return status == OK ? add_file(b, &new, NULL, out_inode) : status;
}

enum status build_owner(const struct registry_record *record, uint32_t *out_owner)
{
	struct str text = {};
	(void)registry_value(record, STR("owner"), &text);
	return id_of_text(text, out_owner);
}

static void set_folder(struct store *s, struct store_inode *folder, uint32_t mode, uint32_t owner)
{
	store_set32(s, &folder->mode, mode);
	store_set32(s, &folder->uid, owner);
	store_set32(s, &folder->gid, owner);
	store_commit(s);
}

/* A folder with these rights, whether or not it is there. */
static enum status add_folder(struct building *b, struct str path, struct str rights,
                              uint32_t owner)
{
	uint32_t parent, inode;
	struct str name;
	enum status status = folder_of(b, path, &parent, &name);
	if (status == OK)
		status = folder_in(b, parent, name, &inode);
	if (status != OK)
		return status;
	set_folder(&b->self->tree.store, tree_inode(&b->self->tree, inode),
	           MODE_DIRECTORY | mode_of_text(rights), owner);
	return OK;
}

/* One row of the tree's registry; mounts wait for their disks. */
static enum status add_tree_row(struct building *b, const struct registry_record *record)
{
	struct str kind, path, value;
	uint32_t inode, owner;
	if (!registry_value(record, STR("kind"), &kind) ||
	    !registry_value(record, STR("path"), &path) || build_owner(record, &owner) != OK)
		return ERR_INVALID_ARGS;
	if (str_equal(kind, STR("mount")))
		return OK;
	if (str_equal(kind, STR("folder")) && registry_value(record, STR("rights"), &value))
		return add_folder(b, path, value, owner);
	if (str_equal(kind, STR("link")) && registry_value(record, STR("target"), &value))
		return add_link(b, path, value, &inode);
	return ERR_INVALID_ARGS;
}

/* A link of a package: a file of that name on a volume comes before it. */
static enum status add_package_link(struct building *b, const struct registry_record *record)
{
	struct str path, target;
	uint32_t inode;
	if (!registry_value(record, STR("path"), &path) ||
	    !registry_value(record, STR("target"), &target))
		return ERR_INVALID_ARGS;
	enum status status = add_link(b, path, target, &inode);
	if (status == OK) {
		b->outcome->links++;
		store_poke32(&b->self->tree.store, &tree_inode(&b->self->tree, inode)->yields, 1);
	}
	return status;
}

/* Each line of a registry of the archive; a bad one costs that line. */
static void add_registry(struct building *b, struct str registry,
                         enum status (*add)(struct building *b,
                                            const struct registry_record *record))
{
	struct boot_archive_entry file;
	struct registry_record record;
	if (boot_archive_find((struct boot_archive){b->self->archive}, registry, &file) != OK)
		return;
	struct registry_reader reader = registry_begin(file.data);
	enum status status;
	while ((status = registry_next(&reader, &record)) != ERR_NOT_FOUND)
		if (status != OK || add(b, &record) != OK)
			b->outcome->refused++;
}

static enum status mount_at(struct building *b, struct place on, struct str name, const char *kind,
                            struct place *out_root)
{
	struct vfs_service *self = b->self;
	uint32_t folder;
	enum status status = folder_in(b, on.inode, name, &folder);
	if (status != OK)
		return status;
	const struct mount_request request = {.on = {.inode = folder, .mount = on.mount},
	                                      .source = str_from_c(kind),
	                                      .kind = str_from_c(kind),
	                                      .data = STR("mode=755"),
	                                      .now_ns = b->now_ns};
	status = mount_add(self, &request);
	if (status == OK)
		*out_root = place_uncover(self, request.on);
	return status;
}

/* Where glibc keeps shared memory and named semaphores. */
static enum status add_shared_memory(struct building *b, uint32_t devices)
{
	uint32_t inode;
	enum status status = folder_in(b, devices, STR("shm"), &inode);
	if (status == OK)
		set_folder(&b->self->tree.store, tree_inode(&b->self->tree, inode),
		           MODE_DIRECTORY | RIGHTS_EVERYBODY, 0);
	return status;
}

static enum status add_device_links(struct building *b, uint32_t root)
{
	uint32_t inode;
	for (size_t i = 0; i < COUNT(device_links); i++) {
		const struct tree_new new = {.directory = root,
		                             .name = device_links[i].name,
		                             .mode = MODE_LINK | 0777,
		                             .target = device_links[i].target};
		enum status status = add_file(b, &new, NULL, &inode);
		if (status != OK)
			return status;
	}
	return OK;
}

static enum status add_root(struct building *b)
{
	struct store *s = &b->self->tree.store;
	uint32_t volume;
	const struct tree_new root = {.mode = MODE_DIRECTORY | RIGHTS_FOLDER, .now_ns = b->now_ns};
	enum status status = tree_volume_create(&b->self->tree, STORE_VOLUME_TMPFS, &root, &volume);
	if (status != OK)
		return status;
	b->root = s->header->volumes[volume].root;
	const struct mount_entry first = {.volume = volume,
	                                  .root = {.inode = b->root},
	                                  .source = STR("tmpfs"),
	                                  .kind = STR("tmpfs")};
	status = mount_enter(b->self, &first);
	if (status != OK)
		return status;
	return tree_volume_create(&b->self->tree, STORE_VOLUME_ARCHIVE, &root, &b->archive_volume);
}

enum status build_tree(struct vfs_service *self, int64_t now_ns, struct build_outcome *out)
{
	struct building b = {.self = self, .now_ns = now_ns, .outcome = out};
	uint32_t folder = 0;
	struct place devices = {}, unused;
	*out = (struct build_outcome){};
	enum status status = add_root(&b);
	if (status != OK)
		return status;
	add_registry(&b, STR(BUILD_TREE_PATH), add_tree_row);
	if (self->archive.len)
		status = add_archive(&b);
	if (status != OK)
		return status;
	add_registry(&b, STR(BUILD_LINKS_PATH), add_package_link);
	status = mount_at(&b, mount_root(self, 1), STR("dev"), "devtmpfs", &devices);
	if (status == OK)
		status = add_device_links(&b, devices.inode);
	if (status == OK)
		status = add_shared_memory(&b, devices.inode);
	if (status == OK)
		status = folder_in(&b, devices.inode, STR("pts"), &folder);
	if (status == OK)
		status = mount_at(&b, devices, STR("pts"), "devpts", &unused);
	if (status == OK)
		status = mount_at(&b, mount_root(self, 1), STR("proc"), "proc", &unused);
	if (status == OK)
		store_poke32(&self->tree.store, &self->tree.store.header->ready, 1);
	return status;
}

/* Calls each for every file that the kernel knows. */
static void for_each_held(struct vfs_service *self, const struct build_kernel *kernel,
                          void (*each)(struct vfs_service *self, const struct vfs_held_node *held))
{
	struct vfs_held_node held[VFS_LIST_NODES_MAX];
	uint64_t cookie = 0;
	size_t count;
	while ((count = kernel->list(kernel->context, cookie, held, COUNT(held))) > 0) {
		for (size_t i = 0; i < count; i++)
			each(self, &held[i]);
		cookie = held[count - 1].cookie;
	}
}

static struct vfs_node held_node(const struct vfs_held_node *held)
{
	return (struct vfs_node){held->volume, held->generation, held->inode};
}

static void adopt_holds(struct vfs_service *self, const struct vfs_held_node *held)
{
	const struct vfs_node node = held_node(held);
	uint32_t inode = tree_find_node(&self->tree, &node);
	uint32_t volume = node.volume <= STORE_VOLUMES_MAX ? node.volume : 0;
	const struct hold hold = {
	        .count = held->holds, .volume = volume, .file = (uint32_t)node.inode};
	if (self->tree.store.header->volumes[volume].kind == STORE_VOLUME_DATA && held->holds)
		(void)!holds_add(&self->holds, &hold); /* as many as its predecessor had */
	else if (inode)
		store_poke32(&self->tree.store, &tree_inode(&self->tree, inode)->holds,
		             (uint32_t)held->holds);
}

/* Its vfsd died before it could say that the file is no more. */
static void drop_lost_content(struct vfs_service *self, const struct vfs_held_node *held)
{
	const struct vfs_node node = held_node(held);
	bool stored = node.volume <= STORE_VOLUMES_MAX &&
	              self->tree.store.header->volumes[node.volume].kind == STORE_VOLUME_DATA;
	if ((held->flags & VFS_HELD_CONTENT) && !stored && !tree_find_node(&self->tree, &node) &&
	    self->tree.drop_content)
		self->tree.drop_content(self->tree.context, &node);
}

void build_adopt(struct vfs_service *self, const struct build_kernel *kernel)
{
	const struct store_header *h = self->tree.store.header;
	/* A death in between is no harm: the next one counts anew. */
	for (uint32_t i = 1; i < h->inodes.used; i++)
		store_poke32(&self->tree.store, &tree_inode(&self->tree, i)->holds, 0);
	for_each_held(self, kernel, adopt_holds);
	for (uint32_t i = 1; i < h->inodes.used; i++)
		if (tree_inode(&self->tree, i)->mode)
			tree_correct_holds(&self->tree, i, tree_inode(&self->tree, i)->holds);
	for (uint32_t v = 1; v <= STORE_VOLUMES_MAX; v++)
		if (h->volumes[v].kind == STORE_VOLUME_DYING)
			tree_volume_remove(&self->tree, v);
	mounts_settle(self);
	for_each_held(self, kernel, drop_lost_content);
}
