/* FAT writer: tables and folders made in memory, as pieces beside those of the files. */
#include "image/fat/format.h"
#include <string.h>
#include <time.h>

enum { MEDIA_FIXED = 0xf8, DRIVE_FIXED = 0x80, BOOT_EXTENDED = 0x29 };

struct fat_writer {
	const struct fat_layout *layout;
	struct image_pieces *pieces;
	uint8_t label[FAT_LABEL_BYTES];
	uint32_t date, time, tenths;
};

static const int64_t FAT_TIME_MIN = 315532800; /* 1980-01-01 */
static const int64_t FAT_TIME_MAX = 4354819199; /* 2107-12-31 23:59:59 */

static void time_encode(struct fat_writer *w, uint64_t epoch)
{
	int64_t clamped = epoch > (uint64_t)FAT_TIME_MAX ? FAT_TIME_MAX : (int64_t)epoch;
	time_t seconds = clamped < FAT_TIME_MIN ? FAT_TIME_MIN : clamped;
	struct tm utc;
	gmtime_r(&seconds, &utc);
	w->date = (uint32_t)(utc.tm_year - 80) << 9 | (uint32_t)(utc.tm_mon + 1) << 5 |
	          (uint32_t)utc.tm_mday;
	w->time =
	        (uint32_t)utc.tm_hour << 11 | (uint32_t)utc.tm_min << 5 | (uint32_t)utc.tm_sec / 2;
	w->tenths = (uint32_t)utc.tm_sec % 2 * 100;
}

static void volume_add(struct fat_writer *w, uint64_t offset, const void *bytes, size_t len)
{
	image_pieces_add_bytes(w->pieces, w->layout->request->start_bytes + offset, bytes, len);
}

static void boot_sector_fill(const struct fat_writer *w, uint8_t *b)
{
	const struct fat_layout *l = w->layout;
	static const uint8_t halt[] = {0xfa, 0xf4, 0xeb, 0xfd}; /* cli; hlt; jump back to hlt */
	unsigned extended = l->is_fat32 ? 64 : 36, code = extended + 26;
	memcpy(b, (uint8_t[]){0xeb, (uint8_t)(code - 2), 0x90}, 3);
	memcpy(b + 3, "RUSTOS  ", 8);
	put_le16(b + 11, FAT_SECTOR_BYTES);
	b[13] = (uint8_t)l->cluster_sectors;
	put_le16(b + 14, l->reserved_sectors);
	b[16] = 2; /* tables */
	put_le16(b + 17, l->root_sectors * (FAT_SECTOR_BYTES / FAT_ENTRY_BYTES));
	bool is_small = !l->is_fat32 && l->total_sectors < 0x10000;
	put_le16(b + 19, is_small ? l->total_sectors : 0);
	b[21] = MEDIA_FIXED;
	put_le16(b + 22, l->is_fat32 ? 0 : l->table_sectors);
	put_le16(b + 24, 32); /* sectors a track and heads: unused, but not 0 */
	put_le16(b + 26, 64);
	put_le32(b + 28, (uint32_t)(l->request->start_bytes / FAT_SECTOR_BYTES));
	put_le32(b + 32, is_small ? 0 : l->total_sectors);
	if (l->is_fat32) {
		put_le32(b + 36, l->table_sectors);
		put_le32(b + 44, l->root->first_cluster);
		put_le16(b + 48, FAT32_INFO_SECTOR);
		put_le16(b + 50, FAT32_BACKUP_SECTOR);
	}
	b[extended] = DRIVE_FIXED;
	b[extended + 2] = BOOT_EXTENDED;
	put_le32(b + extended + 3, l->request->id);
	memcpy(b + extended + 7, w->label, FAT_LABEL_BYTES);
	memcpy(b + extended + 18, l->is_fat32 ? "FAT32   " : "FAT16   ", 8);
	memcpy(b + code, halt, sizeof halt);
	put_le16(b + 510, 0xaa55);
}

static uint32_t clusters_used(const struct fat_layout *l)
{
	uint32_t used = 0;
	for (size_t i = l->is_fat32 ? 0 : 1; i < l->folder_count; i++)
		used += l->folders[i]->used_clusters;
	for (size_t i = 0; i < l->content_count; i++)
		used += l->contents[i]->used_clusters;
	return used;
}

/* The cluster behind the last one in use. */
static uint32_t clusters_end(const struct fat_layout *l)
{
	uint32_t end = FAT_FIRST_CLUSTER;
	for (size_t i = l->is_fat32 ? 0 : 1; i < l->folder_count; i++)
		end = l->folders[i]->first_cluster + l->folders[i]->used_clusters;
	for (size_t i = 0; i < l->content_count; i++)
		if (l->contents[i]->used_clusters)
			end = l->contents[i]->first_cluster + l->contents[i]->used_clusters;
	return end;
}

static void boot_sectors_add(struct fat_writer *w)
{
	const struct fat_layout *l = w->layout;
	uint8_t *boot = arena_alloc(w->pieces->arena, FAT_SECTOR_BYTES);
	boot_sector_fill(w, boot);
	volume_add(w, 0, boot, FAT_SECTOR_BYTES);
	if (!l->is_fat32)
		return;
	uint8_t *info = arena_alloc(w->pieces->arena, FAT_SECTOR_BYTES);
	put_le32(info, 0x41615252);
	put_le32(info + 484, 0x61417272);
	put_le32(info + 488, l->cluster_count - clusters_used(l));
	put_le32(info + 492, clusters_end(l));
	put_le32(info + 508, 0xaa550000);
	volume_add(w, FAT32_INFO_SECTOR * FAT_SECTOR_BYTES, info, FAT_SECTOR_BYTES);
	volume_add(w, FAT32_BACKUP_SECTOR * FAT_SECTOR_BYTES, boot, FAT_SECTOR_BYTES);
	volume_add(w, (FAT32_BACKUP_SECTOR + 1) * FAT_SECTOR_BYTES, info, FAT_SECTOR_BYTES);
}

static void chain_fill(const struct fat_layout *l, uint8_t *table, const struct fat_node *node)
{
	for (uint32_t i = 0; i < node->used_clusters; i++) {
		uint32_t cluster = node->first_cluster + i;
		bool is_last = i + 1 == node->used_clusters;
		if (l->is_fat32)
			put_le32(table + 4 * (size_t)cluster, is_last ? FAT32_END : cluster + 1);
		else
			put_le16(table + 2 * (size_t)cluster, is_last ? FAT16_END : cluster + 1);
	}
}

static void tables_add(struct fat_writer *w)
{
	const struct fat_layout *l = w->layout;
	uint32_t end = clusters_end(l);
	size_t used = (size_t)end * (l->is_fat32 ? 4 : 2);
	uint8_t *table = arena_alloc(w->pieces->arena, used);
	if (l->is_fat32) {
		put_le32(table, 0x0fffff00 | MEDIA_FIXED);
		put_le32(table + 4, FAT32_END);
	} else {
		put_le16(table, 0xff00 | MEDIA_FIXED);
		put_le16(table + 2, FAT16_END);
	}
	for (size_t i = l->is_fat32 ? 0 : 1; i < l->folder_count; i++)
		chain_fill(l, table, l->folders[i]);
	for (size_t i = 0; i < l->content_count; i++)
		chain_fill(l, table, l->contents[i]);
	uint64_t first = (uint64_t)l->reserved_sectors * FAT_SECTOR_BYTES;
	uint64_t second = first + (uint64_t)l->table_sectors * FAT_SECTOR_BYTES;
	volume_add(w, first, table, used);
	volume_add(w, second, table, used);
}

static uint8_t *long_name_fill(uint8_t *at, const struct fat_node *node)
{
	static const uint8_t places[FAT_LONG_UNITS] = {1,  3,  5,  7,  9,  14, 16,
	                                               18, 20, 22, 24, 28, 30};
	uint32_t entries = fat_long_entries(node);
	for (uint32_t order = entries; order > 0; order--, at += FAT_ENTRY_BYTES) {
		at[0] = (uint8_t)(order | (order == entries ? FAT_LONG_LAST : 0));
		at[11] = FAT_ATTRIBUTE_LONG_NAME;
		at[13] = fat_alias_checksum(node->alias);
		for (uint32_t i = 0; i < FAT_LONG_UNITS; i++) {
			uint32_t unit = (order - 1) * FAT_LONG_UNITS + i;
			uint32_t value = unit < node->unit_count    ? node->units[unit]
			                 : unit == node->unit_count ? 0
			                                            : 0xffff;
			put_le16(at + places[i], value);
		}
	}
	return at;
}

static uint8_t *entry_fill(const struct fat_writer *w, uint8_t *at, const void *name,
                           unsigned attributes, const struct fat_node *node)
{
	uint32_t cluster = node ? node->first_cluster : 0;
	memcpy(at, name, FAT_ALIAS_BYTES);
	at[11] = (uint8_t)attributes;
	at[13] = (uint8_t)w->tenths;
	put_le16(at + 14, w->time); /* made */
	put_le16(at + 16, w->date);
	put_le16(at + 18, w->date); /* read */
	put_le16(at + 20, cluster >> 16);
	put_le16(at + 22, w->time); /* written */
	put_le16(at + 24, w->date);
	put_le16(at + 26, cluster);
	put_le32(at + 28, node && !node->is_folder ? (uint32_t)node->size : 0);
	if (attributes == FAT_ATTRIBUTE_LABEL)
		at[13] = 0, put_le16(at + 14, 0), put_le16(at + 16, 0), put_le16(at + 18, 0);
	return at + FAT_ENTRY_BYTES;
}

static void folder_add(struct fat_writer *w, const struct fat_node *folder)
{
	const struct fat_layout *l = w->layout;
	uint8_t *entries = arena_alloc(w->pieces->arena, folder->size + 1), *at = entries;
	if (folder->parent) {
		/* ".." of a folder in the root says cluster 0, on FAT32 too. */
		const struct fat_node *above = folder->parent->parent ? folder->parent : NULL;
		at = entry_fill(w, at, ".          ", FAT_ATTRIBUTE_FOLDER, folder);
		at = entry_fill(w, at, "..         ", FAT_ATTRIBUTE_FOLDER, above);
	} else if (l->request->label.len) {
		at = entry_fill(w, at, w->label, FAT_ATTRIBUTE_LABEL, NULL);
	}
	for (const struct fat_node *node = folder->first_child; node; node = node->next_sibling) {
		at = long_name_fill(at, node);
		at = entry_fill(w, at, node->alias,
		                node->is_folder ? FAT_ATTRIBUTE_FOLDER : FAT_ATTRIBUTE_FILE, node);
	}
	uint64_t offset =
	        folder->parent || l->is_fat32
	                ? fat_cluster_offset(l, folder->first_cluster)
	                : ((uint64_t)l->reserved_sectors + 2 * (uint64_t)l->table_sectors) *
	                          FAT_SECTOR_BYTES;
	volume_add(w, offset, entries, folder->size);
}

static void content_add(struct fat_writer *w, const struct fat_node *node)
{
	struct str table = w->layout->extents;
	if (!node->size)
		return;
	uint64_t offset = fat_cluster_offset(w->layout, node->first_cluster);
	if (node->file)
		image_pieces_add_file(w->pieces, w->layout->request->start_bytes + offset,
		                      node->file);
	else
		volume_add(w, offset, table.ptr, table.len);
}

int fat_add_pieces(const struct fat_layout *layout, struct image_pieces *pieces, struct text *why)
{
	struct fat_writer w = {.layout = layout, .pieces = pieces};
	TRY(fat_label_encode(layout->request->label, w.label, why));
	time_encode(&w, layout->request->epoch);
	boot_sectors_add(&w);
	tables_add(&w);
	for (size_t i = 0; i < layout->folder_count; i++)
		folder_add(&w, layout->folders[i]);
	for (size_t i = 0; i < layout->content_count; i++)
		content_add(&w, layout->contents[i]);
	pieces->reserved_bytes =
	        layout->request->start_bytes + fat_cluster_offset(layout, clusters_end(layout));
	return 0;
}
