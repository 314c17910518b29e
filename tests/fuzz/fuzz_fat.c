/*
 * FAT reader: a small FAT16 volume whose boot sector, table, root folder and first clusters come
 * from the input. What a listing names must be readable, and lie in the volume.
 */
#include "fat_template.h"
#include "image/fat/reader.h"
#include "os/files.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PART_BYTES = 512 };

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
	volume_fill();
	if (changes_boot)
		volume_overlay(0, BOOT_BYTES, &data, &size);
	volume_overlay(TABLE_AT, PART_BYTES, &data, &size);
	volume_overlay(ROOT_AT, PART_BYTES, &data, &size);
	volume_overlay(DATA_AT, DATA_BYTES, &data, &size);

	host_arena_init(&a);
	struct text why = {.arena = &a};
	struct str bytes = {(const char *)volume_bytes, sizeof volume_bytes};
	if (fat_open(bytes, &v, &why) == 0 && fat_list(&a, &v, &listing, &why) == 0) {
		for (size_t i = 0; i < listing.count; i++) {
			const struct fat_file *file = &listing.files[i];
			for (size_t j = 0; j < file->extent_count; j++)
				if (file->extents[j].offset + file->extents[j].len >
				    sizeof volume_bytes)
					abort();
			if (!file->is_folder && fat_read(&a, &v, file->path, &content, &why) == 0 &&
			    content.len)
				(void)memchr(content.ptr, 1, content.len);
		}
	}
	arena_release(&a);
	return 0;
}
