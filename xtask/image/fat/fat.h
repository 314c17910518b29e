/*
 * FAT16 and FAT32 volumes: layout and writer. Reader: image/fat_reader.h.
 *
 * Layout is a pure function of paths and sizes:
 * - Clusters of 4 KiB unless asked for otherwise; FAT16 below 65525 clusters, FAT32 from there.
 * - First the folders, then the files, each in byte order of their paths, each in a slot of whole
 *   clusters; the extent table, when there is one, comes last.
 * - A slot's size is a rung of the ladder 1, 2, ... where each rung is slack percent above the one
 *   before, rounded up: the first that holds the content. So content may change and grow within its
 *   rung and nothing else moves; the rest of the slot stays free.
 * - The data area is rounded up to whole units of about a sixteenth of it, so the volume's size and
 *   its tables stay, too.
 * Names: long names (VFAT) with a unique 8.3 alias; a name that is a plain upper case 8.3 name
 * needs none. Times: epoch in UTC, two seconds' resolution, from 1980 to 2107 (clamped).
 * Format: Microsoft FAT specification 1.03 (fatgen103).
 */
#pragma once

#include "image/update/pieces.h"

enum { FAT_SECTOR_BYTES = 512, FAT_LABEL_BYTES = 11 };

struct fat_request {
	const struct image_files *files; /* prepared */
	struct str label; /* at most 11 characters, upper case; empty: none */
	uint32_t id;
	uint32_t slack_percent; /* 0..100 */
	uint64_t epoch; /* seconds since 1970 */
	uint32_t cluster_bytes; /* power of 2 from 512 to 32768; 0: 4096 */
	uint64_t minimum_bytes; /* of the volume; 0: as needed */
	uint64_t start_bytes; /* where the volume begins on its disk, multiple of 512 (hidden
	                         sectors) */
	struct str extents_path; /* where the extent table goes; empty: none */
};

/* Where bytes lie in the volume. Our own files have exactly one, or none when empty. */
struct fat_extent {
	uint64_t offset; /* bytes from the volume's first byte */
	uint64_t len; /* bytes that belong to the file */
};

struct fat_node; /* a file or folder of the layout */

struct fat_layout {
	const struct fat_request *request;
	bool is_fat32;
	uint32_t cluster_sectors;
	uint32_t reserved_sectors;
	uint32_t table_sectors; /* of one of the two tables */
	uint32_t root_sectors; /* FAT16 only */
	uint32_t cluster_count;
	uint32_t data_sector; /* of cluster 2 */
	uint32_t total_sectors;
	struct fat_node *root;
	struct fat_node **folders; /* in path order; the root first */
	size_t folder_count;
	struct fat_node **contents; /* files in the order of their slots */
	size_t content_count;
	struct fat_node *extent_table; /* NULL: none asked for */
	struct str extents; /* its content */
};

/*
 * Names that FAT can't hold, a label it can't hold, too large a file or volume: EINVAL,
 * ENAMETOOLONG, EILSEQ, EFBIG. request must live as long as the layout.
 */
[[nodiscard]] int fat_plan(struct arena *a, const struct fat_request *request,
                           struct fat_layout *out_layout, struct text *why);
uint64_t fat_volume_bytes(const struct fat_layout *layout);
/* Content of the extent table: root-file-extents.tsv of contract section 3, without itself. */
struct str fat_extent_table(struct arena *a, const struct fat_layout *layout);
/* The volume's tables, folders and files, start_bytes from the image's first byte. */
[[nodiscard]] int fat_add_pieces(const struct fat_layout *layout, struct image_pieces *pieces,
                                 struct text *why);
