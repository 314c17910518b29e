/*
 * What FAT's writer and reader share: numbers of the format and the layout's nodes.
 * Private to image/. Format: Microsoft FAT specification 1.03 (fatgen103).
 */
#pragma once

#include "image/fat/fat.h"

enum {
	FAT_ENTRY_BYTES = 32,
	FAT_ALIAS_BYTES = 11,
	FAT_NAME_UNITS_MAX = 255, /* of a long name, UTF-16 */
	FAT_LONG_UNITS = 13, /* in one long name entry */
	FAT_FOLDER_ENTRIES_MAX = 65536,

	FAT_ATTRIBUTE_LABEL = 0x08,
	FAT_ATTRIBUTE_FOLDER = 0x10,
	FAT_ATTRIBUTE_FILE = 0x20, /* archive */
	FAT_ATTRIBUTE_LONG_NAME = 0x0f,
	FAT_LONG_LAST = 0x40, /* in the order byte of the entry that comes first */

	FAT16_CLUSTERS_MIN = 4085, /* fewer: FAT12 */
	FAT32_CLUSTERS_MIN = 65525,
	FAT32_CLUSTERS_MAX = 0x0ffffff5,
	FAT_FIRST_CLUSTER = 2,
	FAT16_END = 0xffff,
	FAT32_END = 0x0fffffff,
	FAT32_MASK = 0x0fffffff, /* the upper four bits are reserved */

	FAT32_INFO_SECTOR = 1,
	FAT32_BACKUP_SECTOR = 6,
	FAT32_RESERVED_SECTORS = 32,
};

struct fat_node {
	struct str name;
	struct str path;
	struct fat_node *parent; /* NULL: the root */
	struct fat_node *first_child, *last_child, *next_sibling;
	const struct image_file *file; /* NULL: a folder or the extent table */
	bool is_folder;
	uint64_t size; /* bytes of content; of a folder too */
	uint32_t first_cluster; /* 0: nothing lies there */
	uint32_t used_clusters;
	uint32_t slot_clusters;

	uint8_t alias[FAT_ALIAS_BYTES];
	uint16_t *units; /* the long name in UTF-16; NULL: the alias is the name */
	uint32_t unit_count;
};

/* Long name entries that the node's name takes beside its alias. */
static inline uint32_t fat_long_entries(const struct fat_node *node)
{
	return node->units ? (node->unit_count + FAT_LONG_UNITS - 1) / FAT_LONG_UNITS : 0;
}

static inline uint64_t fat_cluster_offset(const struct fat_layout *layout, uint32_t cluster)
{
	uint64_t sector = layout->data_sector +
	                  (uint64_t)(cluster - FAT_FIRST_CLUSTER) * layout->cluster_sectors;
	return sector * FAT_SECTOR_BYTES;
}

/* Long names, aliases: fills alias, units, unit_count of every child of folder. */
[[nodiscard]] int fat_name_children(struct arena *a, struct fat_node *folder, struct text *why);
/* A volume label in its 11 bytes. EINVAL for what it can't hold. */
[[nodiscard]] int fat_label_encode(struct str label, uint8_t out_label[FAT_LABEL_BYTES],
                                   struct text *why);
/* Walk over the entries of a folder's content; what is no file or folder is passed over. */
struct fat_entries {
	struct str content;
	size_t offset;
};

struct fat_entry {
	struct str name; /* long name, or the alias; UTF-8 without '/' */
	bool is_folder;
	uint32_t first_cluster;
	uint32_t size;
};

/* False after the last one. "." and ".." are passed over. */
bool fat_entries_next(struct arena *a, struct fat_entries *walk, struct fat_entry *out_entry);
/* Of an alias, as each long name entry carries it. */
uint8_t fat_alias_checksum(const uint8_t alias[FAT_ALIAS_BYTES]);

static inline void put_le16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static inline void put_le32(uint8_t *at, uint32_t value)
{
	put_le16(at, value);
	put_le16(at + 2, value >> 16);
}

static inline uint32_t get_le16(const char *at)
{
	return (uint32_t)(uint8_t)at[0] | (uint32_t)(uint8_t)at[1] << 8;
}

static inline uint32_t get_le32(const char *at)
{
	return get_le16(at) | get_le16(at + 2) << 16;
}
