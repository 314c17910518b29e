/*
 * FAT reader: a small FAT16 volume whose boot sector, table, root folder and first clusters come
 * from the input. What a listing names must be readable, and lie in the volume.
 */
#include "image/fat/reader.h"
#include "os/files.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	SECTORS = 4200,
	TABLE_SECTORS = 17,
	TABLE_AT = 512,
	ROOT_AT = TABLE_AT + TABLE_SECTORS * 512,
	DATA_AT = ROOT_AT + 512,
	BOOT_BYTES = 40,
	PART_BYTES = 512,
	DATA_BYTES = 8192,
};

static uint8_t volume[SECTORS * 512];

static void template_fill(void)
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
	memset(volume, 0, DATA_AT + DATA_BYTES);
	memcpy(volume, boot, sizeof boot);
	volume[510] = 0x55;
	volume[511] = 0xaa;
}

static size_t overlay(size_t at, size_t max, const uint8_t **data, size_t size)
{
	size_t len = size < max ? size : max;
	memcpy(volume + at, *data, len);
	*data += len;
	return size - len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct fat_volume v;
	struct fat_listing listing;
	struct str content;
	if (!size)
		return 0;
	bool changes_boot = *data++ & 1;
	size--;
	template_fill();
	if (changes_boot)
		size = overlay(0, BOOT_BYTES, &data, size);
	size = overlay(TABLE_AT, PART_BYTES, &data, size);
	size = overlay(ROOT_AT, PART_BYTES, &data, size);
	overlay(DATA_AT, DATA_BYTES, &data, size);

	host_arena_init(&a);
	struct text why = {.arena = &a};
	struct str bytes = {(const char *)volume, sizeof volume};
	if (fat_open(bytes, &v, &why) == 0 && fat_list(&a, &v, &listing, &why) == 0) {
		for (size_t i = 0; i < listing.count; i++) {
			const struct fat_file *file = &listing.files[i];
			for (size_t j = 0; j < file->extent_count; j++)
				if (file->extents[j].offset + file->extents[j].len > sizeof volume)
					abort();
			if (!file->is_folder && fat_read(&a, &v, file->path, &content, &why) == 0 &&
			    content.len)
				(void)memchr(content.ptr, 1, content.len);
		}
	}
	arena_release(&a);
	return 0;
}
