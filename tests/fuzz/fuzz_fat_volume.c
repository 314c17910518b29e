/*
 * FAT reader of the system: a small FAT16 volume whose boot sector, table, root folder and first
 * clusters come from the input. Every walk ends, and nothing outside the volume is read.
 */
#include "fat_template.h"
#include <fat/api.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	DEPTH_MAX = 3,
	READS_MAX = 400000,
};

static unsigned reads;

static enum status fuzz_read(void *, uint64_t offset, void *buffer, size_t len)
{
	if (len > FAT_SECTOR_BYTES_MAX || offset > sizeof volume_bytes ||
	    len > sizeof volume_bytes - offset)
		abort();
	if (++reads > READS_MAX)
		return ERR_IO;
	memcpy(buffer, volume_bytes + offset, len);
	return OK;
}

static void fuzz_list(const struct fat_volume *volume, const struct fat_file *file, int depth)
{
	static uint8_t bytes[5000];
	struct fat_entry entry;
	struct fat_folder folder = fat_folder_open(volume, file, 0);
	while (fat_folder_next(&folder, &entry) == OK) {
		size_t got = 0;
		const struct fat_range begin = {0, sizeof bytes};
		if (entry.name_len > FAT_NAME_MAX || memchr(entry.name, '/', entry.name_len))
			abort();
		if (entry.file.is_folder && depth < DEPTH_MAX)
			fuzz_list(volume, &entry.file, depth + 1);
		else if (fat_file_read(volume, &entry.file, begin, bytes, &got) == OK &&
		         got > entry.file.size && !entry.file.is_folder)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct fat_source source = {NULL, fuzz_read, sizeof volume_bytes};
	struct fat_volume volume;
	if (!size)
		return 0;
	bool changes_boot = *data & 1;
	data++;
	size--;
	reads = 0;
	volume_fill();
	if (changes_boot)
		volume_overlay(0, BOOT_BYTES, &data, &size);
	volume_overlay(ROOT_AT, 512, &data, &size);
	volume_overlay(TABLE_AT, 64, &data, &size);
	volume_overlay(DATA_AT, DATA_BYTES, &data, &size);
	if (fat_volume_open(&source, &volume) != OK)
		return 0;
	struct fat_file root = fat_root(&volume);
	fuzz_list(&volume, &root, 0);
	return 0;
}
