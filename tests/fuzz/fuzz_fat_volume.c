/*
 * FAT reader of the system: a small FAT16 volume whose boot sector, table, root folder and first
 * clusters come from the input. Every walk ends, and nothing outside the volume is read.
 */
#include <fat/api.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	SECTORS = 4200,
	TABLE_SECTORS = 17,
	TABLE_AT = 512,
	ROOT_AT = TABLE_AT + TABLE_SECTORS * 512,
	DATA_AT = ROOT_AT + 512,
	BOOT_BYTES = 48,
	DATA_BYTES = 8192,
	DEPTH_MAX = 3,
	READS_MAX = 400000,
};

static uint8_t volume_bytes[SECTORS * 512];
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

static void fuzz_template(void)
{
	static const uint8_t boot[BOOT_BYTES] = {
	        [12] = 2,
	        [13] = 1, /* sector a cluster */
	        [14] = 1, /* reserved */
	        [16] = 1, /* table */
	        [17] = 16, /* root entries */
	        [19] = SECTORS & 0xff,
	        [20] = SECTORS >> 8,
	        [22] = TABLE_SECTORS,
	};
	memset(volume_bytes, 0, DATA_AT + DATA_BYTES);
	memcpy(volume_bytes, boot, sizeof boot);
	volume_bytes[510] = 0x55;
	volume_bytes[511] = 0xaa;
}

static void fuzz_overlay(size_t at, size_t most, const uint8_t **data, size_t *size)
{
	size_t len = *size < most ? *size : most;
	memcpy(volume_bytes + at, *data, len);
	*data += len;
	*size -= len;
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
	fuzz_template();
	if (changes_boot)
		fuzz_overlay(0, BOOT_BYTES, &data, &size);
	fuzz_overlay(ROOT_AT, 512, &data, &size);
	fuzz_overlay(TABLE_AT, 64, &data, &size);
	fuzz_overlay(DATA_AT, DATA_BYTES, &data, &size);
	if (fat_volume_open(&source, &volume) != OK)
		return 0;
	struct fat_file root = fat_root(&volume);
	fuzz_list(&volume, &root, 0);
	return 0;
}
