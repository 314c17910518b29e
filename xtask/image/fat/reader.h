/*
 * Reader of FAT16 and FAT32 volumes in memory; trusts none of their bytes.
 *
 * A chain that leaves the volume, meets itself or is shorter than its file ends in EBADMSG.
 * Long names are used when their checksum and order fit, else the 8.3 alias.
 */
#pragma once

#include "image/fat/fat.h"

struct fat_volume {
	struct str bytes;
	bool is_fat32;
	uint32_t cluster_bytes;
	uint32_t cluster_count;
	uint64_t table_offset; /* of the first table */
	uint64_t data_offset; /* of cluster 2 */
	uint64_t root_offset; /* FAT16 */
	uint32_t root_entries; /* FAT16 */
	uint32_t root_cluster; /* FAT32 */
};

struct fat_file {
	struct str path; /* long names joined by '/', UTF-8 */
	uint64_t size;
	bool is_folder;
	uint32_t first_cluster;
	struct fat_extent *extents; /* adjacent ones merged; offsets in the volume */
	size_t extent_count;
};

struct fat_listing {
	struct fat_file root; /* its path is empty */
	struct fat_file *files; /* sorted by path */
	size_t count;
};

[[nodiscard]] int fat_open(struct str bytes, struct fat_volume *out_volume, struct text *why);
/* Every file and folder; 32 levels deep at most. */
[[nodiscard]] int fat_list(struct arena *a, const struct fat_volume *volume,
                           struct fat_listing *out_listing, struct text *why);
/* A file by path, ASCII case ignored. ENOENT when there is none. */
[[nodiscard]] int fat_read(struct arena *a, const struct fat_volume *volume, struct str path,
                           struct str *out_content, struct text *why);
