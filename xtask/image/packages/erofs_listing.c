#include "image/packages/erofs_listing.h"
#include <errno.h>
#include <string.h>

enum { DEPTH_MAX = 64 };

struct lister {
	struct arena *arena;
	struct str bytes;
	struct erofs_listing *out;
	uint8_t *seen; /* bit per inode slot */
	struct text *why;
};

static struct erofs_item *item_add(struct lister *l)
{
	struct erofs_listing *out = l->out;
	if (out->count == out->capacity) {
		size_t capacity = out->capacity ? out->capacity * 2 : 256;
		struct erofs_item *items = ARENA_ARRAY(l->arena, struct erofs_item, capacity);
		if (out->count)
			memcpy(items, out->items, out->count * sizeof *items);
		out->items = items;
		out->capacity = capacity;
	}
	return &out->items[out->count++];
}

static int damaged(struct lister *l, struct str path, const char *what)
{
	text_addf(l->why, "package volume: '/%.*s': %s\n", STR_ARG(path), what);
	return EBADMSG;
}

static int item_read(struct lister *l, struct str path, uint64_t number, size_t *out_index)
{
	const struct erofs_volume *volume = &l->out->volume;
	struct erofs_item item = {.path = path};
	if (!erofs_inode_offset(volume, number, &item.inode_offset) ||
	    !erofs_inode_read(volume, number,
	                      str_slice(l->bytes, item.inode_offset,
	                                item.inode_offset + EROFS_EXTENDED_BYTES),
	                      &item.inode))
		return damaged(l, path, "its inode can't be read");
	item.is_further_name = l->seen[number / 8] >> number % 8 & 1;
	l->seen[number / 8] |= (uint8_t)(1u << number % 8);
	*item_add(l) = item;
	*out_index = l->out->count - 1;
	return 0;
}

static bool type_fits(uint32_t mode, unsigned type)
{
	uint32_t kind = mode & EROFS_MODE_TYPE;
	return (kind == EROFS_MODE_FOLDER) == (type == EROFS_FOLDER) &&
	       (kind == EROFS_MODE_FILE) == (type == EROFS_FILE) &&
	       (kind == EROFS_MODE_LINK) == (type == EROFS_LINK);
}

static int folder_read_below(struct lister *l, size_t folder, unsigned depth);

static int entry_take(struct lister *l, struct str folder, const struct erofs_entry *entry,
                      unsigned depth)
{
	size_t index;
	if (str_equal(entry->name, STR(".")) || str_equal(entry->name, STR("..")))
		return 0;
	struct str path = folder.len ? str_format(l->arena, "%.*s/%.*s", STR_ARG(folder),
	                                          STR_ARG(entry->name))
	                             : entry->name;
	TRY(item_read(l, path, entry->inode, &index));
	const struct erofs_item *item = &l->out->items[index];
	if (!type_fits(item->inode.mode, entry->type))
		return damaged(l, path, "folder and inode differ about what it is");
	if (entry->type != EROFS_FOLDER)
		return 0;
	if (item->is_further_name || depth == DEPTH_MAX)
		return damaged(l, path, "a folder with two names, or too deep");
	return folder_read_below(l, index, depth + 1);
}

static int folder_read_below(struct lister *l, size_t folder, unsigned depth)
{
	struct erofs_item item = l->out->items[folder]; /* the list moves */
	struct str content = erofs_item_content(l->arena, l->bytes, &item);
	for (size_t at = 0; at < content.len; at += EROFS_BLOCK_BYTES) {
		struct str block = str_slice(content, at, at + EROFS_BLOCK_BYTES);
		struct erofs_entry entry;
		if (!erofs_block_is_sound(block))
			return damaged(l, item.path, "its entries can't be read");
		for (size_t i = 0; erofs_entry_read(block, i, &entry); i++)
			TRY(entry_take(l, item.path, &entry, depth));
	}
	return 0;
}

struct str erofs_item_content(struct arena *a, struct str bytes, const struct erofs_item *item)
{
	struct erofs_extent first = erofs_content(&item->inode, 0);
	if (first.len == item->inode.size)
		return str_slice(bytes, first.offset, first.offset + first.len);
	struct erofs_extent rest = erofs_content(&item->inode, first.len);
	struct text all = {.arena = a};
	text_add(&all, str_slice(bytes, first.offset, first.offset + first.len));
	text_add(&all, str_slice(bytes, rest.offset, rest.offset + rest.len));
	return text_str(&all);
}

int erofs_list(struct arena *a, struct str bytes, struct erofs_listing *out_listing,
               struct text *why)
{
	struct lister l = {.arena = a, .bytes = bytes, .out = out_listing, .why = why};
	size_t root;
	*out_listing = (struct erofs_listing){};
	if (!erofs_volume_read(str_slice(bytes, 0, EROFS_BLOCK_BYTES), bytes.len,
	                       &out_listing->volume)) {
		text_addf(why, "package volume: no EROFS volume that can be read\n");
		return EBADMSG;
	}
	l.seen = arena_alloc(a, bytes.len / EROFS_SLOT_BYTES / 8 + 1);
	TRY(item_read(&l, STR(""), out_listing->volume.root, &root));
	if ((out_listing->items[root].inode.mode & EROFS_MODE_TYPE) != EROFS_MODE_FOLDER)
		return damaged(&l, STR(""), "the root is no folder");
	return folder_read_below(&l, root, 0);
}
