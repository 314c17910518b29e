/* Volumes: opened, asked and brought to the disk. */
#include "volume/data.h"
#include "waits.h"

#include <string.h>

enum { EXT_SUPERBLOCK = 1024, EXT_MAGIC = 56, EXT_LABEL = 120 };
enum { SECTOR_BYTES = 512 };

/* ---- the disk ---- */

static enum status source_read(void *context, uint64_t block, uint32_t count, void *bytes)
{
	const struct data_volume *v = context;
	const struct disk_transfer transfer = {.unit = block, .count = count, .to = bytes};
	return disk_transfer(v->disks, &v->device, &transfer);
}

static enum status source_write(void *context, uint64_t block, uint32_t count, const void *bytes)
{
	const struct data_volume *v = context;
	const struct disk_transfer transfer = {.unit = block, .count = count, .from = bytes};
	return disk_transfer(v->disks, &v->device, &transfer);
}

static enum status source_flush(void *context)
{
	const struct data_volume *v = context;
	return disk_flush(v->disks, &v->device);
}

/* ---- volumes ---- */

struct data_volume *data_of(struct vfs_service *self, uint32_t volume)
{
	for (size_t i = 0; i < DATA_VOLUMES_MAX && volume; i++) {
		struct data_volume *v = &self->data[i];
		if (v->number != volume)
			continue;
		/* where it waits for its turn, the volume may go */
		return waits_enter(self, volume) && v->number == volume ? v : NULL;
	}
	return NULL;
}

bool data_label(struct vfs_service *self, const struct storage_descriptor *device,
                char out_label[VOLUME_LABEL_BYTES + 1])
{
	uint8_t super[SECTOR_BYTES];
	if (disk_read(&self->disks, device, EXT_SUPERBLOCK, super, sizeof super) != OK ||
	    super[EXT_MAGIC] != 0x53 || super[EXT_MAGIC + 1] != 0xef)
		return false;
	memcpy(out_label, super + EXT_LABEL, VOLUME_LABEL_BYTES);
	out_label[VOLUME_LABEL_BYTES] = '\0';
	return true;
}

static bool device_is_used(const struct vfs_service *self, uint32_t device)
{
	for (size_t i = 0; i < DATA_VOLUMES_MAX; i++)
		if (self->data[i].number && self->data[i].device.id == device)
			return true;
	return false;
}

static enum status open_or_adopt(struct data_volume *v, const struct ext_source *source, bool adopt)
{
	if (adopt) {
		enum status status = ext_adopt(&v->ext, source, v->memory, DATA_MEMORY_BYTES);
		if (status != ERR_NOT_FOUND)
			return status;
	}
	return ext_open(&v->ext, source, v->memory, DATA_MEMORY_BYTES);
}

enum status data_open(struct vfs_service *self, const struct data_request *request,
                      unsigned *out_slot)
{
	unsigned slot = request->adopt ? request->slot : 0;
	while (!request->adopt && slot < DATA_VOLUMES_MAX && self->data[slot].number)
		slot++;
	if (slot >= DATA_VOLUMES_MAX || device_is_used(self, request->device.id))
		return ERR_BUSY;
	struct data_volume *v = &self->data[slot];
	if (!v->memory)
		v->memory = self->data_memory ? self->data_memory(slot) : NULL;
	if (!v->memory)
		return ERR_NO_MEMORY;
	v->device = request->device;
	v->disks = &self->disks;
	const struct ext_source source = {
	        .context = v,
	        .read = source_read,
	        .write = source_write,
	        .flush = source_flush,
	        .block_count = disk_size(&v->device) / EXT_BLOCK_BYTES,
	        .read_only = request->read_only || (v->device.flags & STORAGE_READ_ONLY),
	};
	enum status status = open_or_adopt(v, &source, request->adopt);
	if (status != OK)
		return status;
	v->number = request->volume;
	*out_slot = slot;
	return OK;
}

enum status data_close(struct vfs_service *self, uint32_t volume)
{
	struct data_volume *v = data_of(self, volume);
	if (!v)
		return OK;
	enum status status = ext_close(&v->ext);
	if (status == OK)
		v->number = 0;
	return status;
}

enum status data_sync(struct vfs_service *self, uint32_t volume, bool ends)
{
	enum status first = OK;
	for (size_t i = 0; i < DATA_VOLUMES_MAX; i++) {
		struct data_volume *v = &self->data[i];
		if (!v->number || (volume && v->number != volume) || !data_of(self, v->number) ||
		    ext_is_read_only(&v->ext))
			continue;
		enum status status = ends ? ext_checkpoint(&v->ext) : ext_sync(&v->ext);
		if (first == OK)
			first = status;
		waits_leave(self);
	}
	return first;
}

bool data_is_dirty(struct vfs_service *self)
{
	for (size_t i = 0; i < DATA_VOLUMES_MAX; i++)
		if (self->data[i].number && ext_is_dirty(&self->data[i].ext))
			return true;
	return false;
}

static void forget_orphans(struct vfs_service *self, struct data_volume *v)
{
	uint32_t after = 0, file;
	while (ext_orphan(&v->ext, after, &file) == OK) {
		bool held = holds_find(&self->holds, v->number, file);
		/* a volume that cannot be written keeps them */
		if (!held && ext_forget(&v->ext, file) != OK)
			return;
		if (held)
			after = file;
	}
}

void data_forget_orphans(struct vfs_service *self)
{
	for (size_t i = 0; i < DATA_VOLUMES_MAX; i++)
		if (self->data[i].number)
			forget_orphans(self, &self->data[i]);
}

/* ---- files ---- */

static uint16_t content_of(uint32_t mode)
{
	switch (mode & MODE_KIND) {
	case MODE_FILE:
		return VFS_CONTENT_STORED;
	case MODE_CHARACTER:
	case MODE_BLOCK:
		return VFS_CONTENT_DEVICE;
	default:
		return VFS_CONTENT_NONE;
	}
}

/* As Linux has it: makedev(3). */
static uint64_t device_number(uint32_t major, uint32_t minor)
{
	return (uint64_t)major << 8 | (minor & 0xff) | (uint64_t)(minor & ~0xffu) << 12;
}

static enum status file_facts(struct vfs_service *self, struct place place,
                              struct ext_facts *out_facts)
{
	struct data_volume *v = data_of(self, place.volume);
	return v ? ext_facts(&v->ext, place.file, out_facts) : ERR_IO;
}

enum status data_facts(struct vfs_service *self, struct place place, struct vfs_facts *out_facts)
{
	struct ext_facts facts;
	const struct data_volume *v = data_of(self, place.volume);
	enum status status = v ? file_facts(self, place, &facts) : ERR_IO;
	if (status != OK)
		return status;
	bool fixed = ext_is_read_only(&v->ext);
	*out_facts = (struct vfs_facts){
	        .node = {place.volume, facts.generation, place.file},
	        .content = content_of(facts.mode),
	        .mode = facts.mode,
	        .uid = facts.uid,
	        .gid = facts.gid,
	        .links = facts.links,
	        .flags = fixed ? VFS_VOLUME_READ_ONLY : 0,
	        .size = facts.size,
	        .blocks = facts.sectors,
	        .rdev = device_number(facts.major, facts.minor),
	        .access_ns = facts.access_ns,
	        .modify_ns = facts.modify_ns,
	        .change_ns = facts.change_ns,
	};
	return OK;
}

enum status data_of_node(struct vfs_service *self, const struct vfs_node *node,
                         struct place *out_place)
{
	struct ext_facts facts;
	*out_place = (struct place){.volume = node->volume, .file = (uint32_t)node->inode};
	if (node->inode > UINT32_MAX)
		return ERR_NOT_FOUND;
	enum status status = file_facts(self, *out_place, &facts);
	if (status == ERR_INVALID_ARGS)
		return ERR_NOT_FOUND;
	return status == OK && facts.generation != node->generation ? ERR_NOT_FOUND : status;
}

enum status data_child(struct vfs_service *self, struct place directory, struct str name,
                       struct place *out_child)
{
	struct data_volume *v = data_of(self, directory.volume);
	uint32_t file;
	if (!v)
		return ERR_IO;
	enum status status = ext_find(&v->ext, directory.file, name, &file);
	if (status == OK)
		*out_child = data_place(directory, file);
	return status;
}

enum status data_target(struct vfs_service *self, struct place link, struct format_buffer *text)
{
	struct data_volume *v = data_of(self, link.volume);
	size_t len;
	if (!v)
		return ERR_IO;
	enum status status = ext_read_link(&v->ext, link.file, text->ptr + text->len,
	                                   text->size - text->len, &len);
	if (status == OK)
		text->len += len;
	return status;
}

static enum status name_in(struct data_volume *v, uint32_t directory, uint32_t file,
                           struct ext_entry *out_name)
{
	uint64_t cookie = 0;
	enum status status;
	while ((status = ext_list(&v->ext, directory, cookie, out_name)) == OK) {
		bool dots = out_name->name[0] == '.' &&
		            (out_name->name_len == 1 ||
		             (out_name->name_len == 2 && out_name->name[1] == '.'));
		if (out_name->inode == file && !dots)
			return OK;
		cookie = out_name->cookie;
	}
	return status;
}

enum status data_name(struct vfs_service *self, struct place place, struct ext_entry *out_name,
                      struct place *out_directory)
{
	struct data_volume *v = data_of(self, place.volume);
	struct ext_facts facts;
	uint32_t directory = 0;
	enum status status = file_facts(self, place, &facts);
	if (status != OK)
		return status;
	if (mode_is(facts.mode, MODE_DIRECTORY)) {
		status = ext_find(&v->ext, place.file, STR(".."), &directory);
	} else {
		const struct hold *hold = holds_find(&self->holds, place.volume, place.file);
		directory = hold ? hold->directory : 0;
	}
	if (status != OK || !directory)
		return ERR_NOT_FOUND;
	*out_directory = data_place(place, directory);
	return name_in(v, directory, place.file, out_name);
}

enum status data_statfs(struct vfs_service *self, uint32_t volume, struct vfs_volume_facts *facts)
{
	struct data_volume *v = data_of(self, volume);
	struct ext_space space;
	enum status status = v ? ext_space(&v->ext, &space) : ERR_IO;
	if (status != OK)
		return status;
	facts->type = 0xef53;
	facts->blocks = space.blocks;
	facts->blocks_free = space.free_blocks;
	facts->blocks_available = space.available_blocks;
	facts->files = space.inodes;
	facts->files_free = space.free_inodes;
	return OK;
}

enum status data_hold(struct vfs_service *self, struct place place, struct place directory)
{
	const struct hold hold = {.count = 1,
	                          .volume = place.volume,
	                          .file = place.file,
	                          .directory = directory.file};
	return holds_add(&self->holds, &hold);
}

void data_release(struct vfs_service *self, struct place place, uint64_t count)
{
	const struct hold hold = {.count = count, .volume = place.volume, .file = place.file};
	struct data_volume *v = data_of(self, place.volume);
	/* one with names stays; one that cannot be freed now is an orphan for the next open */
	if (holds_drop(&self->holds, &hold) && v)
		(void)!ext_forget(&v->ext, place.file);
}
