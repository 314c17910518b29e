#include "image/explain.h"
#include "image/cpio_reader.h"
#include "image/fat/format.h"
#include "image/gpt.h"
#include "image/packages/erofs_listing.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { REPORTED_MAX = 10, ISO_MARK_OFFSET = 32769 /* ECMA-119, 8.1.2 */ };

struct explainer {
	struct arena *arena;
	const struct image *image;
	struct image_regions claims;
	struct text *why;
};

const char *region_kind_name(enum region_kind kind)
{
	static const char *const names[REGION_KIND_COUNT] = {"file", "structure", "padding"};
	return names[kind];
}

static struct image_region *region_add(struct arena *a, struct image_regions *list)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? 2 * list->capacity : 256;
		struct image_region *items = ARENA_ARRAY(a, struct image_region, capacity);
		if (list->count)
			memcpy(items, list->items, list->count * sizeof *items);
		list->items = items;
		list->capacity = capacity;
	}
	return &list->items[list->count++];
}

static void claim(struct explainer *e, uint64_t offset, uint64_t len, enum region_kind kind,
                  struct str name)
{
	if (len)
		*region_add(e->arena, &e->claims) = (struct image_region){
		        .offset = offset,
		        .len = len,
		        .kind = kind,
		        .name = name,
		};
}

static void claim_structure(struct explainer *e, uint64_t offset, uint64_t len, const char *name)
{
	claim(e, offset, len, REGION_STRUCTURE, str_from_c(name));
}

/* An ISO image's own structures, before the partition that it carries. */
static void iso_claim(struct explainer *e, uint64_t start)
{
	struct str mark = str_slice(e->image->disk, ISO_MARK_OFFSET, ISO_MARK_OFFSET + 5);
	if (str_equal(mark, STR("CD001")) && start < e->image->volume_start)
		claim_structure(e, start, e->image->volume_start - start, "ISO 9660 file system");
}

static int partition_table_claim(struct explainer *e)
{
	struct gpt_table gpt;
	TRY(gpt_read(e->arena, e->image->disk, &gpt, e->why));
	uint64_t table = gpt.table_sectors * GPT_SECTOR_BYTES;
	uint64_t end = e->image->disk.len;
	iso_claim(e, 2 * GPT_SECTOR_BYTES + table);
	claim_structure(e, 0, GPT_SECTOR_BYTES, "protective record");
	claim_structure(e, GPT_SECTOR_BYTES, GPT_SECTOR_BYTES + table, "partition table");
	claim_structure(e, end - GPT_SECTOR_BYTES - table, GPT_SECTOR_BYTES + table,
	                "backup partition table");
	return 0;
}

static void fat_claim(struct explainer *e)
{
	static const uint64_t copies[] = {FAT32_INFO_SECTOR, FAT32_BACKUP_SECTOR,
	                                  FAT32_BACKUP_SECTOR + 1};
	const struct fat_volume *v = &e->image->volume;
	uint64_t start = e->image->volume_start;
	claim_structure(e, start, FAT_SECTOR_BYTES, "FAT boot sector");
	for (size_t i = 0; v->is_fat32 && i < COUNT(copies); i++)
		claim_structure(e, start + copies[i] * FAT_SECTOR_BYTES, FAT_SECTOR_BYTES,
		                i == 1 ? "FAT boot sector" : "FAT information sector");
	uint64_t half, tables_end = v->is_fat32 ? v->data_offset : v->root_offset;
	claim_structure(e, start + v->table_offset, tables_end - v->table_offset, "FAT tables");
	half = (tables_end - v->table_offset) / 2;
	const char *first = v->bytes.ptr + v->table_offset;
	if (memcmp(first, first + half, half) != 0)
		text_addf(e->why, "the two FAT tables differ\n");
}

/* An alias has no control characters; a stray byte behind the last entry does not make one. */
static bool entry_is_plausible(const char *entry)
{
	if ((uint8_t)entry[11] == FAT_ATTRIBUTE_LONG_NAME)
		return true;
	for (size_t i = 0; i < FAT_ALIAS_BYTES; i++)
		if ((uint8_t)entry[i] < 0x20 && !(i == 0 && entry[i] == 0x05))
			return false;
	return true;
}

/* Entries up to the one that ends the folder. */
static uint64_t folder_used(struct str content)
{
	size_t used = 0;
	while (used + FAT_ENTRY_BYTES <= content.len && content.ptr[used] &&
	       entry_is_plausible(content.ptr + used))
		used += FAT_ENTRY_BYTES;
	return used;
}

/* A folder's extents: what its entries take is claimed, the rest has to be zero. */
static void folder_claim(struct explainer *e, const struct fat_file *folder)
{
	struct str disk = e->image->disk;
	for (size_t i = 0; i < folder->extent_count; i++) {
		uint64_t offset = e->image->volume_start + folder->extents[i].offset;
		struct str part = str_slice(disk, offset, offset + folder->extents[i].len);
		uint64_t used = folder_used(part);
		claim_structure(e, offset, used, "folders");
		if (used < part.len)
			return;
	}
}

static int archive_claim(struct explainer *e, uint64_t offset, struct str path, struct str bytes)
{
	struct cpio_cursor cursor = {.archive = bytes};
	struct cpio_entry entry = {};
	int error;
	while ((error = cpio_next(&cursor, &entry)) == 0) {
		size_t data = (size_t)(entry.data.ptr - bytes.ptr);
		size_t named = (size_t)(entry.path.ptr - bytes.ptr) + entry.path.len + 1;
		claim_structure(e, offset + entry.offset, named - entry.offset,
		                "boot archive headers");
		claim(e, offset + data, entry.data.len, REGION_FILE,
		      arena_str(e->arena, entry.path));
		if (entry.data.len)
			e->claims.items[e->claims.count - 1].archive = path;
		entry.offset = cursor.offset;
	}
	if (error != ENOENT)
		text_addf(e->why, "%.*s: the archive is damaged at byte %zu\n", STR_ARG(path),
		          cursor.offset);
	else /* the trailer */
		claim_structure(e, offset + entry.offset, cursor.offset - entry.offset,
		                "boot archive headers");
	return error == ENOENT ? 0 : EBADMSG;
}

static int file_claim(struct explainer *e, const struct fat_file *file)
{
	uint64_t start = e->image->volume_start, left = file->size;
	if (e->image->packages_is_file && str_equal(file->path, STR(IMAGE_PACKAGES_PATH)))
		return 0; /* packages_claim() takes it apart */
	if (str_ends_with(file->path, STR(".cpio")) && file->extent_count == 1) {
		uint64_t offset = start + file->extents[0].offset;
		return archive_claim(e, offset, file->path,
		                     str_slice(e->image->disk, offset, offset + file->size));
	}
	for (size_t i = 0; i < file->extent_count; i++) {
		uint64_t len = file->extents[i].len < left ? file->extents[i].len : left;
		claim(e, start + file->extents[i].offset, len, REGION_FILE, file->path);
		left -= len;
	}
	return 0;
}

static int contents_claim(struct explainer *e)
{
	const struct fat_volume *v = &e->image->volume;
	struct fat_listing listing;
	TRY(fat_list(e->arena, v, &listing, e->why));
	folder_claim(e, &listing.root);
	int error = 0;
	for (size_t i = 0; i < listing.count; i++) {
		if (listing.files[i].is_folder)
			folder_claim(e, &listing.files[i]);
		else
			error |= file_claim(e, &listing.files[i]);
	}
	return error ? EBADMSG : 0;
}

static void item_claim(struct explainer *e, const struct erofs_item *item)
{
	uint64_t start = e->image->packages_start;
	bool is_folder = (item->inode.mode & EROFS_MODE_TYPE) == EROFS_MODE_FOLDER;
	struct erofs_extent part;
	if (item->is_further_name)
		return;
	claim_structure(e, start + item->inode_offset, item->inode.bytes, "package volume inodes");
	for (uint64_t at = 0; (part = erofs_content(&item->inode, at)).len; at += part.len) {
		if (is_folder) {
			claim_structure(e, start + part.offset, part.len, "package volume folders");
			continue;
		}
		claim(e, start + part.offset, part.len, REGION_FILE, item->path);
		e->claims.items[e->claims.count - 1].archive = STR(IMAGE_PACKAGES_NAME);
	}
}

static int packages_claim(struct explainer *e)
{
	struct erofs_listing listing;
	if (!e->image->packages.len)
		return 0;
	TRY(erofs_list(e->arena, e->image->packages, &listing, e->why));
	claim_structure(e, e->image->packages_start + EROFS_SUPERBLOCK_OFFSET,
	                EROFS_SUPERBLOCK_BYTES, "package volume superblock");
	for (size_t i = 0; i < listing.count; i++)
		item_claim(e, &listing.items[i]);
	return 0;
}

static int region_compare(const void *left, const void *right)
{
	const struct image_region *a = left, *b = right;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* The byte that should be zero, or SIZE_MAX. */
static size_t first_set_byte(struct str bytes)
{
	if (!bytes.len || (!bytes.ptr[0] && memcmp(bytes.ptr, bytes.ptr + 1, bytes.len - 1) == 0))
		return SIZE_MAX;
	size_t at = 0;
	while (!bytes.ptr[at])
		at++;
	return at;
}

static bool padding_add(struct explainer *e, struct image_regions *out, uint64_t end)
{
	const struct image_region *before = out->count ? &out->items[out->count - 1] : NULL;
	struct str name = before ? before->name : STR("the image's begin");
	uint64_t start = out->total_bytes;
	*region_add(e->arena, out) = (struct image_region){
	        .offset = start, .len = end - start, .kind = REGION_PADDING, .name = name};
	out->total_bytes = end;
	struct str bytes = str_slice(e->image->disk, start, end);
	size_t set = first_set_byte(bytes);
	if (set == SIZE_MAX)
		return true;
	text_addf(e->why, "byte %llu is padding behind '%.*s', but holds 0x%02x instead of zero\n",
	          (unsigned long long)(start + set), STR_ARG(name), (uint8_t)bytes.ptr[set]);
	return false;
}

/* Claims in order, with padding between them. */
static bool regions_join(struct explainer *e, struct image_regions *out)
{
	struct image_regions *claims = &e->claims;
	size_t reported = 0;
	qsort(claims->items, claims->count, sizeof *claims->items, region_compare);
	for (size_t i = 0; i <= claims->count && reported < REPORTED_MAX; i++) {
		const struct image_region *next = i < claims->count ? &claims->items[i] : NULL;
		uint64_t start = next ? next->offset : e->image->disk.len;
		if (start < out->total_bytes || start > e->image->disk.len) {
			text_addf(e->why, "'%.*s' at byte %llu lies in something else\n",
			          next ? (int)next->name.len : 0, next ? next->name.ptr : "",
			          (unsigned long long)start);
			return false;
		}
		if (start > out->total_bytes)
			reported += !padding_add(e, out, start);
		if (next) {
			*region_add(e->arena, out) = *next;
			out->total_bytes += next->len;
		}
	}
	return reported == 0;
}

int image_explain(struct arena *a, const struct image *image, struct image_regions *out_regions,
                  struct text *why)
{
	struct explainer e = {.arena = a, .image = image, .why = why};
	*out_regions = (struct image_regions){};
	if (image->volume_start)
		TRY(partition_table_claim(&e));
	size_t before = why->len;
	fat_claim(&e);
	int error = contents_claim(&e);
	error |= packages_claim(&e);
	if (why->len > before)
		error = EBADMSG;
	return regions_join(&e, out_regions) ? error : EBADMSG;
}
