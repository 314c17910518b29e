#include "image/fat/reader.h"
#include "image/fat/format.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDER_DEPTH_MAX = 32, FOLDER_BYTES_MAX = FAT_FOLDER_ENTRIES_MAX * FAT_ENTRY_BYTES };

static int damaged(struct text *why, struct str path, const char *what)
{
	text_addf(why, "FAT volume: /%.*s: %s", STR_ARG(path), what);
	return EBADMSG;
}

/* Sizes of the boot sector in sectors; false when they contradict each other or the volume. */
static bool geometry_read(struct str bytes, struct fat_volume *v)
{
	const char *b = bytes.ptr;
	uint64_t cluster_sectors = (uint8_t)b[13], reserved = get_le16(b + 14);
	uint64_t tables = (uint8_t)b[16], root_entries = get_le16(b + 17);
	uint64_t total = get_le16(b + 19) ? get_le16(b + 19) : get_le32(b + 32);
	uint64_t table = get_le16(b + 22) ? get_le16(b + 22) : get_le32(b + 36);
	uint64_t root = (root_entries * FAT_ENTRY_BYTES + FAT_SECTOR_BYTES - 1) / FAT_SECTOR_BYTES;
	if (get_le16(b + 510) != 0xaa55 || get_le16(b + 11) != FAT_SECTOR_BYTES ||
	    !cluster_sectors || cluster_sectors & (cluster_sectors - 1) || !reserved || !tables ||
	    tables > 2 || !table || total > bytes.len / FAT_SECTOR_BYTES)
		return false;
	uint64_t data = reserved + tables * table + root;
	if (data >= total)
		return false;
	uint64_t clusters = (total - data) / cluster_sectors;
	bool is_fat32 = clusters >= FAT32_CLUSTERS_MIN;
	if (clusters < FAT16_CLUSTERS_MIN || clusters > FAT32_CLUSTERS_MAX ||
	    is_fat32 != (root_entries == 0) ||
	    table * FAT_SECTOR_BYTES < (clusters + FAT_FIRST_CLUSTER) * (is_fat32 ? 4 : 2))
		return false;
	*v = (struct fat_volume){
	        .bytes = bytes,
	        .is_fat32 = is_fat32,
	        .cluster_bytes = (uint32_t)cluster_sectors * FAT_SECTOR_BYTES,
	        .cluster_count = (uint32_t)clusters,
	        .table_offset = reserved * FAT_SECTOR_BYTES,
	        .data_offset = data * FAT_SECTOR_BYTES,
	        .root_offset = (data - root) * FAT_SECTOR_BYTES,
	        .root_entries = (uint32_t)root_entries,
	        .root_cluster = is_fat32 ? get_le32(b + 44) : 0,
	};
	return true;
}

int fat_open(struct str bytes, struct fat_volume *out_volume, struct text *why)
{
	if (bytes.len < FAT_SECTOR_BYTES || !geometry_read(bytes, out_volume)) {
		text_addf(why, "no sound FAT16 or FAT32 volume");
		return EBADMSG;
	}
	return 0;
}

static bool cluster_is_data(const struct fat_volume *v, uint32_t cluster)
{
	return cluster >= FAT_FIRST_CLUSTER && cluster - FAT_FIRST_CLUSTER < v->cluster_count;
}

static uint64_t cluster_offset(const struct fat_volume *v, uint32_t cluster)
{
	return v->data_offset + (uint64_t)(cluster - FAT_FIRST_CLUSTER) * v->cluster_bytes;
}

/* What follows a data cluster: the next one, or 0 at the end of the chain, or a number of no
 * cluster. */
static uint32_t cluster_next(const struct fat_volume *v, uint32_t cluster)
{
	const char *table = v->bytes.ptr + v->table_offset;
	uint32_t next = v->is_fat32 ? get_le32(table + 4 * (size_t)cluster) & FAT32_MASK
	                            : get_le16(table + 2 * (size_t)cluster);
	bool is_end = next >= (v->is_fat32 ? 0x0ffffff8u : 0xfff8u);
	return is_end ? 0 : next ? next : 1;
}

struct cluster_chain {
	uint32_t first;
	uint64_t len; /* bytes in all; 0: whole clusters */
	uint64_t max; /* clusters */
};

/* As merged extents. */
static int chain_read(struct arena *a, const struct fat_volume *v,
                      const struct cluster_chain *chain, struct fat_file *out)
{
	size_t capacity = 4;
	uint64_t left = chain->len, steps = 0;
	out->extents = ARENA_ARRAY(a, struct fat_extent, capacity);
	out->extent_count = 0;
	for (uint32_t cluster = chain->first; cluster; cluster = cluster_next(v, cluster)) {
		if (!cluster_is_data(v, cluster) || steps++ == chain->max)
			return EBADMSG;
		uint64_t part = chain->len && left < v->cluster_bytes ? left : v->cluster_bytes;
		uint64_t offset = cluster_offset(v, cluster);
		struct fat_extent *last = out->extents + out->extent_count;
		if (out->extent_count && last[-1].offset + last[-1].len == offset) {
			last[-1].len += part;
		} else {
			if (out->extent_count == capacity) {
				struct fat_extent *grown =
				        ARENA_ARRAY(a, struct fat_extent, capacity * 2);
				memcpy(grown, out->extents, capacity * sizeof *grown);
				out->extents = grown;
				capacity *= 2;
			}
			out->extents[out->extent_count++] = (struct fat_extent){offset, part};
		}
		left -= chain->len ? part : 0;
	}
	return chain->len && steps != chain->max ? EBADMSG : 0;
}

static struct str extents_content(struct arena *a, const struct fat_volume *v,
                                  const struct fat_file *file)
{
	size_t len = 0, at = 0;
	for (size_t i = 0; i < file->extent_count; i++)
		len += file->extents[i].len;
	if (file->extent_count == 1)
		return str_slice(v->bytes, file->extents[0].offset, file->extents[0].offset + len);
	char *content = arena_alloc(a, len + 1);
	for (size_t i = 0; i < file->extent_count; i++) {
		const struct fat_extent *e = &file->extents[i];
		memcpy(content + at, v->bytes.ptr + e->offset, e->len);
		at += e->len;
	}
	return (struct str){content, len};
}

/* Extents of a file, or of a folder's whole clusters; a FAT16 root is one extent outside of them.
 */
static int file_locate(struct arena *a, const struct fat_volume *v, struct fat_file *file)
{
	uint64_t max = FOLDER_BYTES_MAX / v->cluster_bytes;
	if (file->is_folder && !file->first_cluster) {
		file->extents = ARENA_NEW(a, struct fat_extent);
		file->extents[0].offset = v->root_offset;
		file->extents[0].len = (uint64_t)v->root_entries * FAT_ENTRY_BYTES;
		file->extent_count = 1;
		return 0;
	}
	if (!file->is_folder && !file->size)
		return 0;
	if (!file->is_folder)
		max = (file->size + v->cluster_bytes - 1) / v->cluster_bytes;
	struct cluster_chain chain = {file->first_cluster, file->size, max};
	return chain_read(a, v, &chain, file);
}

static struct fat_file root_file(const struct fat_volume *v)
{
	return (struct fat_file){.is_folder = true, .first_cluster = v->root_cluster};
}

/* What an entry of a folder says, with its extents. A folder must have clusters of its own. */
static int entry_open(struct arena *a, const struct fat_volume *v, const struct fat_entry *entry,
                      struct fat_file *out)
{
	*out = (struct fat_file){
	        .path = entry->name,
	        .size = entry->is_folder ? 0 : entry->size,
	        .is_folder = entry->is_folder,
	        .first_cluster = v->is_fat32 ? entry->first_cluster : entry->first_cluster & 0xffff,
	};
	if ((out->is_folder || out->size) && !out->first_cluster)
		return EBADMSG;
	return file_locate(a, v, out);
}

struct fat_listing_work {
	struct arena *arena;
	const struct fat_volume *volume;
	struct text *why;
	struct fat_listing listing;
	size_t capacity;
	uint8_t *claimed; /* a bit a cluster */
};

/* Every cluster belongs to one file: this also bounds the work that a lying volume can cause. */
static bool clusters_claim(struct fat_listing_work *w, const struct fat_file *file)
{
	const struct fat_volume *v = w->volume;
	for (size_t i = 0; i < file->extent_count; i++) {
		const struct fat_extent *e = &file->extents[i];
		if (e->offset < v->data_offset)
			continue; /* the FAT16 root */
		uint64_t first = (e->offset - v->data_offset) / v->cluster_bytes;
		uint64_t count = (e->len + v->cluster_bytes - 1) / v->cluster_bytes;
		for (uint64_t c = first; c < first + count; c++) {
			uint8_t bit = (uint8_t)(1u << c % 8);
			if (w->claimed[c / 8] & bit)
				return false;
			w->claimed[c / 8] |= bit;
		}
	}
	return true;
}

static void listing_add(struct fat_listing_work *w, const struct fat_file *file)
{
	struct fat_listing *l = &w->listing;
	if (l->count == w->capacity) {
		size_t capacity = w->capacity ? w->capacity * 2 : 64;
		struct fat_file *grown = ARENA_ARRAY(w->arena, struct fat_file, capacity);
		if (l->count)
			memcpy(grown, l->files, l->count * sizeof *grown);
		l->files = grown;
		w->capacity = capacity;
	}
	l->files[l->count++] = *file;
}

static int folder_list(struct fat_listing_work *w, const struct fat_file *folder, unsigned depth)
{
	if (depth > FOLDER_DEPTH_MAX)
		return damaged(w->why, folder->path, "folders too deep");
	struct fat_entries walk = {.content = extents_content(w->arena, w->volume, folder)};
	struct fat_entry entry;
	while (fat_entries_next(w->arena, &walk, &entry)) {
		struct fat_file file;
		struct str path = entry.name;
		if (folder->path.len)
			path = str_format(w->arena, "%.*s/%.*s", STR_ARG(folder->path),
			                  STR_ARG(entry.name));
		if (entry_open(w->arena, w->volume, &entry, &file))
			return damaged(w->why, path, "its chain of clusters is damaged");
		if (!clusters_claim(w, &file))
			return damaged(w->why, path, "shares clusters with another file");
		file.path = path;
		listing_add(w, &file);
		if (file.is_folder)
			TRY(folder_list(w, &file, depth + 1));
	}
	return 0;
}

static int listing_compare(const void *left, const void *right)
{
	const struct fat_file *a = left, *b = right;
	return str_compare(a->path, b->path);
}

int fat_list(struct arena *a, const struct fat_volume *volume, struct fat_listing *out_listing,
             struct text *why)
{
	struct fat_listing_work w = {
	        .arena = a,
	        .volume = volume,
	        .why = why,
	        .claimed = arena_alloc(a, (size_t)volume->cluster_count / 8 + 1),
	};
	struct fat_file root = root_file(volume);
	if (file_locate(a, volume, &root) || !clusters_claim(&w, &root))
		return damaged(why, root.path, "its chain of clusters is damaged");
	w.listing.root = root;
	TRY(folder_list(&w, &root, 0));
	if (w.listing.count)
		qsort(w.listing.files, w.listing.count, sizeof *w.listing.files, listing_compare);
	*out_listing = w.listing;
	return 0;
}

static bool folder_find(struct arena *a, struct str content, struct str name,
                        struct fat_entry *out_entry)
{
	struct fat_entries walk = {.content = content};
	while (fat_entries_next(a, &walk, out_entry))
		if (str_equal_no_case(out_entry->name, name))
			return true;
	return false;
}

int fat_read(struct arena *a, const struct fat_volume *volume, struct str path,
             struct str *out_content, struct text *why)
{
	struct fat_file file = root_file(volume);
	struct str_split parts = {.rest = path};
	if (file_locate(a, volume, &file))
		return damaged(why, file.path, "its chain of clusters is damaged");
	while (parts.rest.len) {
		struct fat_entry entry;
		parts = str_cut(parts.rest, '/');
		if (!file.is_folder ||
		    !folder_find(a, extents_content(a, volume, &file), parts.head, &entry)) {
			text_addf(why, "no file /%.*s", STR_ARG(path));
			return ENOENT;
		}
		if (entry_open(a, volume, &entry, &file))
			return damaged(why, path, "its chain of clusters is damaged");
	}
	if (file.is_folder) {
		text_addf(why, "/%.*s is a folder", STR_ARG(path));
		return EISDIR;
	}
	*out_content = extents_content(a, volume, &file);
	return 0;
}
