/* The boot volume: no owners and no rights of its own. */
#include "volume/kinds.h"

#include <string.h>

enum { NS_PER_SECOND = 1000000000, FAT_FOLDER = 0040000, FAT_PLAIN = 0100000, FAT_RUNS = 0111 };

static enum status fat_bytes(void *context, uint64_t offset, void *bytes, size_t len)
{
	struct volume *v = context;
	return disk_read(v->disks, &v->device, offset, bytes, len);
}

static enum status volume_fat_open(struct volume *v)
{
	const struct fat_source source = {v, fat_bytes, disk_size(&v->device)};
	enum status status = fat_volume_open(&source, &v->fat);
	if (status != OK)
		return status;
	v->bytes = (uint64_t)v->fat.cluster_count * v->fat.cluster_bytes;
	v->root = fat_root(&v->fat).first_cluster;
	return OK;
}

static enum status volume_fat_list(struct volume *v, uint64_t folder, uint64_t *cookie,
                                   struct volume_entry *out_entry)
{
	struct fat_entry entry;
	const struct fat_file file = {.first_cluster = (uint32_t)folder, .is_folder = true};
	struct fat_folder reader = fat_folder_open(&v->fat, &file, (uint32_t)*cookie);
	enum status status = fat_folder_next(&reader, &entry);
	if (status != OK)
		return status;
	*cookie = entry.position;
	*out_entry = (struct volume_entry){
	        .file = entry.file.first_cluster,
	        .mode = entry.file.is_folder ? FAT_FOLDER | v->rights
	                                     : FAT_PLAIN | (v->rights & ~(uint32_t)FAT_RUNS),
	        .size = entry.file.size,
	        .modify_ns = entry.file.modify_time * NS_PER_SECOND,
	        .name_len = entry.name_len,
	};
	memcpy(out_entry->name, entry.name, entry.name_len);
	return OK;
}

static enum status fat_run_read(struct volume *v, const struct fat_run *run, void *bytes)
{
	return disk_read(v->disks, &v->device, run->offset, bytes, run->len);
}

static enum status volume_fat_read(struct volume *v, const struct volume_bytes *wanted, void *bytes,
                                   size_t *out_len)
{
	const struct fat_file file = {.first_cluster = (uint32_t)wanted->file,
	                              .size = (uint32_t)wanted->size};
	size_t done = 0;
	while (done < wanted->len) {
		struct fat_run run;
		const struct fat_range range = {(uint32_t)(wanted->offset + done),
		                                (uint32_t)(wanted->len - done)};
		enum status status = fat_find_run(&v->fat, &file, &v->cursor, range, &run);
		if (status == OK)
			status = fat_run_read(v, &run, (uint8_t *)bytes + done);
		if (status != OK)
			return ERR_IO;
		done += run.len;
	}
	*out_len = done;
	return OK;
}

const struct volume_kind volume_kind_fat = {volume_fat_open, volume_fat_list, volume_fat_read};
