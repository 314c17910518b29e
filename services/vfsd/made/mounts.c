/* The mounts as programs read them: /proc/PID/mounts and mountinfo. Formats: proc(5). */
#include "made/made.h"

/* Spaces and the like would end a column. */
static void add_escaped(struct format_buffer *text, struct str bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		char byte = bytes.ptr[i];
		if (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\\')
			format_append(text, "\\%03o", (unsigned)byte);
		else
			format_append(text, "%c", byte);
	}
}

static void add_options(struct format_buffer *text, uint32_t flags)
{
	static const struct {
		uint32_t flag; /* of mount(2) */
		const char *name;
	} names[] = {{2, "nosuid"},
	             {4, "nodev"},
	             {8, "noexec"},
	             {1024, "noatime"},
	             {2048, "nodiratime"}};
	format_append(text, "%s", flags & MOUNT_READ_ONLY ? "ro" : "rw");
	for (size_t i = 0; i < COUNT(names); i++)
		if (flags & names[i].flag)
			format_append(text, ",%s", names[i].name);
	if (!(flags & 1024))
		format_append(text, ",relatime");
}

/* Where a mount is seen; false: what it lies on cannot be reached. */
static bool add_point(struct vfs_service *self, uint32_t mount, struct format_buffer *text)
{
	char buffer[VFS_PATH_MAX + 1];
	struct str path = STR("/");
	const struct place on = mount_place_below(self, mount);
	const struct place root = {.inode = self->tree.store.header->volumes[1].root};
	if (on.mount &&
	    place_path(self, on, root, (struct str){buffer, sizeof buffer}, &path) != OK)
		return false;
	add_escaped(text, path);
	return true;
}

enum status made_write_mounts(struct vfs_service *self, uint64_t, struct format_buffer *text)
{
	uint32_t mount = 0;
	while ((mount = mount_after(self, mount)) != 0) {
		const struct store_mount *cell = &self->tree.store.header->mounts[mount];
		const size_t start = text->len;
		add_escaped(text, str_from_c(cell->source));
		format_append(text, " ");
		if (!add_point(self, mount, text)) {
			text->len = start;
			continue;
		}
		format_append(text, " %s ", cell->kind);
		add_options(text, cell->flags);
		format_append(text, " 0 0\n");
	}
	return OK;
}

/* The part of its volume that a mount shows. */
static void add_root(struct vfs_service *self, uint32_t mount, struct format_buffer *text)
{
	char buffer[VFS_PATH_MAX + 1];
	struct str path = STR("/");
	struct place root = mount_root(self, mount);
	const struct place nowhere = {};
	root.mount = 0; /* up to the root of the volume, over no mounts */
	if (place_path(self, root, nowhere, (struct str){buffer, sizeof buffer}, &path) != OK)
		path = STR("//deleted");
	add_escaped(text, path);
}

enum status made_write_mount_table(struct vfs_service *self, uint64_t, struct format_buffer *text)
{
	const struct store_mount *cells = self->tree.store.header->mounts;
	uint32_t mount = 0;
	while ((mount = mount_after(self, mount)) != 0) {
		const struct store_mount *cell = &cells[mount];
		const size_t start = text->len;
		format_append(text, "%u %u 0:%u ", cell->sequence,
		              cells[cell->parent ? cell->parent : mount].sequence, cell->volume);
		add_root(self, mount, text);
		format_append(text, " ");
		if (!add_point(self, mount, text)) {
			text->len = start;
			continue;
		}
		format_append(text, " ");
		add_options(text, cell->flags);
		format_append(text, " - %s ", cell->kind);
		add_escaped(text, str_from_c(cell->source));
		format_append(text, " %s\n", cell->flags & MOUNT_READ_ONLY ? "ro" : "rw");
	}
	return OK;
}
