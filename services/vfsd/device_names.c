/* The names of devices and disks in /dev, with links by which disks are found by their labels. */
#include "volume/data.h"

#include <string.h>

enum { DISK_RIGHTS = 0600, LINK_RIGHTS = 0777, FOLDER_RIGHTS = 0755 };

static uint32_t devices_root(const struct vfs_service *self)
{
	const struct store_volume *volumes = self->tree.store.header->volumes;
	for (uint32_t i = 1; i <= STORE_VOLUMES_MAX; i++)
		if (volumes[i].kind == STORE_VOLUME_DEVICES)
			return volumes[i].root;
	return 0;
}

enum status devices_name(struct vfs_service *self, const struct device_node *nodes, size_t count,
                         int64_t now_ns)
{
	uint32_t root = devices_root(self), inode;
	for (size_t i = 0; root && i < count; i++) {
		const struct device_node *node = &nodes[i];
		const struct tree_new new = {.directory = root,
		                             .name = str_from_c((const char *)node->name),
		                             .mode = node->mode,
		                             .rdev = node->rdev,
		                             .now_ns = now_ns};
		if (!node->is_present || memchr(new.name.ptr, '/', new.name.len) ||
		    directory_find(&self->tree.store, root, new.name))
			continue;
		enum status status = tree_create(&self->tree, &new, &inode);
		if (status != OK)
			return status;
	}
	return OK;
}

/* What the volume says that it is called. False: nothing that could be a name. */
static bool disk_label(struct vfs_service *self, const struct storage_descriptor *device,
                       char out_label[VOLUME_LABEL_BYTES + 1])
{
	struct volume *v = &self->volumes[0];
	if (!data_label(self, device, out_label)) {
		*v = (struct volume){.kind = STORE_VOLUME_EROFS, .device = *device};
		if (volume_open(v, &self->disks) != OK)
			return false;
		memcpy(out_label, v->label, sizeof v->label);
	}
	for (const char *c = out_label; *c; c++)
		if (*c <= ' ' || *c > '~' || *c == '/' || *c == '\\')
			return false;
	return out_label[0] && out_label[0] != '.';
}

/* A folder, which may be there already. */
static enum status name_folder(struct vfs_service *self, uint32_t directory, struct str name,
                               uint32_t *out_inode)
{
	struct store *s = &self->tree.store;
	uint32_t entry = directory_find(s, directory, name);
	const struct tree_new new = {
	        .directory = directory, .name = name, .mode = MODE_DIRECTORY | FOLDER_RIGHTS};
	if (!entry)
		return tree_create(&self->tree, &new, out_inode);
	*out_inode = s->entries[entry].inode;
	return mode_is(tree_inode(&self->tree, *out_inode)->mode, MODE_DIRECTORY)
	               ? OK
	               : ERR_NOT_DIRECTORY;
}

/* /dev/disk/by-label/NAME. Of two disks with one label the first has it. */
static void link_label(struct vfs_service *self, uint32_t root,
                       const struct storage_descriptor *device, int64_t now_ns)
{
	char label[VOLUME_LABEL_BYTES + 1], target[sizeof device->path + 8];
	struct format_buffer text = {.ptr = target, .size = sizeof target};
	uint32_t folder, inode;
	if (!disk_label(self, device, label) ||
	    name_folder(self, root, STR("disk"), &folder) != OK ||
	    name_folder(self, folder, STR("by-label"), &folder) != OK ||
	    directory_find(&self->tree.store, folder, str_from_c(label)))
		return;
	format_append(&text, "../../%.*s", STR_ARG(disk_name(device)));
	const struct tree_new new = {.directory = folder,
	                             .name = str_from_c(label),
	                             .mode = MODE_LINK | LINK_RIGHTS,
	                             .target = format_buffer_text(&text),
	                             .now_ns = now_ns};
	(void)!tree_create(&self->tree, &new, &inode); /* the disk has its own name still */
}

void disks_name(struct vfs_service *self, int64_t now_ns)
{
	struct storage_descriptor device = {};
	uint32_t root = devices_root(self), inode;
	while (root && self->disks.source.next &&
	       self->disks.source.next(self->disks.source.context, device.id, &device)) {
		const struct tree_new new = {.directory = root,
		                             .name = disk_name(&device),
		                             .mode = MODE_BLOCK | DISK_RIGHTS,
		                             .rdev = (uint64_t)DISK_MAJOR << 8 | device.id,
		                             .now_ns = now_ns};
		if (directory_find(&self->tree.store, root, new.name))
			continue;
		link_label(self, root, &device, now_ns); /* first: the name says that it is done */
		if (tree_create(&self->tree, &new, &inode) != OK)
			return;
	}
}
