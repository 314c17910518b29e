/* The mounts of every system (tree.tsv), each done once its disk is there. */
#include "build.h"
#include "volume/below.h"
#include "volume/data.h"

#include <stdarg.h>
#include <string.h>

[[gnu::format(printf, 3, 4)]] static void say(const struct vfs_service *self, enum log_level level,
                                              const char *format, ...)
{
	char bytes[256];
	struct format_buffer text = {.ptr = bytes, .size = sizeof bytes};
	va_list arguments;
	va_start(arguments, format);
	format_append_list(&text, format, arguments);
	va_end(arguments);
	if (self->say)
		self->say(level, format_buffer_text(&text));
}

struct mount_row {
	struct str path, volume, source, rights, over;
	uint32_t number; /* from 1 */
};

static bool row_is_done(const struct vfs_service *self, const struct mount_row *row)
{
	const struct store_volume *volumes = self->tree.store.header->volumes;
	for (uint32_t i = 1; i <= STORE_VOLUMES_MAX; i++)
		if (volumes[i].kind != STORE_VOLUME_NONE && volumes[i].row == row->number)
			return true;
	return false;
}

/* The volume's own label, when it can be opened. */
static bool label_fits(struct vfs_service *self, const struct storage_descriptor *device,
                       const struct mount_row *row)
{
	struct volume *v = &self->volumes[0];
	char text[VOLUME_LABEL_BYTES + 1];
	*v = (struct volume){.device = *device};
	struct str label = str_slice(row->source, strlen("label="), row->source.len);
	if (str_starts_with(row->volume, STR("ext")))
		return data_label(self, device, text) && str_equal(str_from_c(text), label);
	return volume_kind_of(row->volume, &v->kind) == OK && volume_open(v, &self->disks) == OK &&
	       str_equal(str_from_c(v->label), label);
}

static bool device_fits(struct vfs_service *self, const struct storage_descriptor *device,
                        const struct mount_row *row)
{
	if (str_equal(row->source, STR("system")))
		return device->flags & STORAGE_BOOT_VOLUME;
	/* what programs are started from lies where nobody can write */
	if (row->over.len && !(device->flags & STORAGE_READ_ONLY))
		return false;
	return str_starts_with(row->source, STR("label=")) && label_fits(self, device, row);
}

static bool row_device(struct vfs_service *self, const struct mount_row *row,
                       struct storage_descriptor *out_device)
{
	const struct disk_source *source = &self->disks.source;
	*out_device = (struct storage_descriptor){};
	while (source->next && source->next(source->context, out_device->id, out_device))
		if (device_fits(self, out_device, row))
			return true;
	return false;
}

/* Somebody mounted it by hand. */
static bool device_is_mounted(const struct vfs_service *self, uint32_t device)
{
	const struct store_volume *volumes = self->tree.store.header->volumes;
	for (uint32_t i = 1; i <= STORE_VOLUMES_MAX; i++)
		if (volumes[i].kind == STORE_VOLUME_DATA && volumes[i].device == device)
			return true;
	return false;
}

static void row_try(struct vfs_service *self, const struct mount_row *row, int64_t now_ns)
{
	struct storage_descriptor device;
	char source[sizeof device.path + 8], options[16];
	struct format_buffer source_text = {.ptr = source, .size = sizeof source};
	struct format_buffer options_text = {.ptr = options, .size = sizeof options};
	uint32_t on = below_find(self, self->tree.store.header->volumes[1].root, row->path);
	if (!row_device(self, row, &device) || device_is_mounted(self, device.id))
		return;
	format_append(&source_text, "/dev/%.*s", STR_ARG(disk_name(&device)));
	format_append(&options_text, "mode=%.*s", STR_ARG(row->rights));
	const struct place below = {.inode = on, .mount = 1};
	const struct mount_request request = {
	        .on = row->over.len ? below : place_uncover(self, below),
	        .source = format_buffer_text(&source_text),
	        .disk = device.id,
	        .kind = row->volume,
	        .data = row->rights.len ? format_buffer_text(&options_text) : STR("mode=755"),
	        .row = row->number,
	        .over = row->over.len,
	        .now_ns = now_ns,
	};
	enum status status = on ? mount_add(self, &request) : ERR_NOT_FOUND;
	if (status == OK)
		say(self, LOG_LEVEL_INFO, "mounted %.*s of %.*s at %.*s", STR_ARG(row->volume),
		    STR_ARG(request.source), STR_ARG(row->path));
	else
		say(self, LOG_LEVEL_ERROR, "cannot mount %.*s at %.*s: %s", STR_ARG(request.source),
		    STR_ARG(row->path), status_name(status));
}

/* The folders of the tree that lie where a data volume was mounted are made on it. */
static void make_folders(struct vfs_service *self, struct str registry, struct str mount,
                         int64_t now_ns)
{
	struct registry_reader reader = registry_begin(registry);
	struct registry_record record;
	enum status status;
	struct place root = place_uncover(
	        self,
	        (struct place){.inode = below_find(self, self->tree.store.header->volumes[1].root,
	                                           mount)});
	while (root.volume && (status = registry_next(&reader, &record)) != ERR_NOT_FOUND) {
		struct str kind, path, rights;
		struct place made;
		uint32_t owner;
		if (status != OK || !registry_value(&record, STR("kind"), &kind) ||
		    !str_equal(kind, STR("folder")) ||
		    !registry_value(&record, STR("path"), &path) ||
		    !registry_value(&record, STR("rights"), &rights) ||
		    build_owner(&record, &owner) != OK || !str_starts_with(path, mount) ||
		    path.len <= mount.len + 1)
			continue;
		struct tree_new new = {.name = str_slice(path, mount.len + 1, path.len),
		                       .mode = MODE_DIRECTORY | mode_of_text(rights),
		                       .uid = owner,
		                       .gid = owner,
		                       .now_ns = now_ns};
		if (path.ptr[mount.len] != '/' || str_contains(new.name, '/'))
			continue;
		status = data_create(self, root, &new, &made);
		if (status != OK && status != ERR_EXISTS && status != ERR_READ_ONLY)
			say(self, LOG_LEVEL_WARN, "no folder %.*s, going on without it: %s",
			    STR_ARG(path), status_name(status));
	}
}

/* A line without a key is malformed: it was counted when the tree was built. */
static bool row_read(const struct registry_record *record, struct mount_row *row)
{
	struct str kind;
	(void)registry_value(record, STR("rights"), &row->rights);
	(void)registry_value(record, STR("over"), &row->over);
	return registry_value(record, STR("kind"), &kind) && str_equal(kind, STR("mount")) &&
	       registry_value(record, STR("path"), &row->path) &&
	       registry_value(record, STR("volume"), &row->volume) &&
	       registry_value(record, STR("source"), &row->source);
}

void mount_table_try(struct vfs_service *self, int64_t now_ns)
{
	struct boot_archive_entry file;
	struct registry_record record;
	uint32_t number = 0;
	enum status status;
	disks_name(self, now_ns);
	if (boot_archive_find((struct boot_archive){self->archive}, STR(BUILD_TREE_PATH), &file) !=
	    OK)
		return;
	struct registry_reader reader = registry_begin(file.data);
	while ((status = registry_next(&reader, &record)) != ERR_NOT_FOUND) {
		struct mount_row row = {.number = ++number};
		if (status != OK || !row_read(&record, &row) || row_is_done(self, &row))
			continue;
		row_try(self, &row, now_ns);
		if (row_is_done(self, &row))
			make_folders(self, file.data, row.path, now_ns);
	}
}

/* Whether all mounts of a volume say so. */
static bool is_only_read(const struct vfs_service *self, uint32_t volume)
{
	const struct store_mount *mounts = self->tree.store.header->mounts;
	bool any = false, all = true;
	for (uint32_t i = 1; i <= STORE_MOUNTS_MAX; i++) {
		if (mounts[i].volume != volume)
			continue;
		any = true;
		all = all && (mounts[i].flags & MOUNT_READ_ONLY);
	}
	return any && all;
}

static enum status reopen_data(struct vfs_service *self, uint32_t volume,
                               const struct store_volume *cell)
{
	struct data_request data = {.volume = volume, .adopt = true, .slot = cell->slot};
	unsigned slot;
	data.read_only = is_only_read(self, volume);
	enum status status = disk_find(&self->disks, cell->device, &data.device);
	return status == OK ? data_open(self, &data, &slot) : status;
}

static enum status reopen_fixed(struct vfs_service *self, uint32_t volume,
                                const struct store_volume *cell)
{
	struct volume *v = &self->volumes[volume];
	*v = (struct volume){.kind = cell->kind, .rights = cell->rights};
	enum status status = disk_find(&self->disks, cell->device, &v->device);
	if (status == OK)
		status = volume_open(v, &self->disks);
	if (status != OK)
		v->kind = STORE_VOLUME_NONE;
	return status;
}

/* A data volume whose mount its maker did not live to enter: it would keep the disk for ever. */
static bool is_left_over(const struct store_volume *cell)
{
	return cell->kind == STORE_VOLUME_DATA && !cell->mount && !cell->detached;
}

void mount_table_reopen(struct vfs_service *self)
{
	const struct store_volume *cells = self->tree.store.header->volumes;
	for (uint32_t i = 1; i <= STORE_VOLUMES_MAX; i++) {
		if (is_left_over(&cells[i])) {
			say(self, LOG_LEVEL_WARN, "volume %u was never mounted, giving it up", i);
			tree_volume_remove(&self->tree, i);
		}
		if (!cells[i].device || cells[i].kind == STORE_VOLUME_NONE ||
		    cells[i].kind == STORE_VOLUME_DYING)
			continue;
		enum status status = cells[i].kind == STORE_VOLUME_DATA
		                             ? reopen_data(self, i, &cells[i])
		                             : reopen_fixed(self, i, &cells[i]);
		if (status != OK)
			say(self, LOG_LEVEL_ERROR, "volume %u cannot be used again: %s", i,
			    status_name(status));
	}
}
