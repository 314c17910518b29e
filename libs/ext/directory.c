/*
 * Directories: blocks full of entries, each of which says how far the next one is.
 *
 * An index (dir_index) is not used; a directory that has one loses it with its first change, after
 * which others see an ordinary one.
 */
#include "directory.h"
#include "cache.h"

enum { ENTRY_LEN_MIN = 12, BLOCKS_MAX = 1 << 20 };

static const uint16_t kind_modes[DISK_KINDS] = {
        [DISK_KIND_FILE] = MODE_FILE,   [DISK_KIND_DIRECTORY] = MODE_DIRECTORY,
        [DISK_KIND_BLOCK] = MODE_BLOCK, [DISK_KIND_CHARACTER] = MODE_CHARACTER,
        [DISK_KIND_PIPE] = MODE_PIPE,   [DISK_KIND_SOCKET] = MODE_SOCKET,
        [DISK_KIND_LINK] = MODE_LINK,
};

static uint8_t kind_of_mode(uint32_t mode)
{
	uint8_t kind = DISK_KINDS - 1;
	while (kind && kind_modes[kind] != (mode & MODE_KIND))
		kind--;
	return kind;
}

static uint32_t entry_need(size_t name_len)
{
	return (uint32_t)(DISK_ENTRY_BYTES + name_len + 3) / 4 * 4;
}

/* The entry at an offset of a block. ERR_IO: it is damaged. */
static enum status entry_at(const struct ext_volume *v, const uint8_t *page, uint32_t offset,
                            const struct disk_entry **out_entry)
{
	const struct disk_entry *entry = (const struct disk_entry *)(page + offset);
	if (offset > EXT_BLOCK_BYTES - ENTRY_LEN_MIN || entry->len < ENTRY_LEN_MIN ||
	    entry->len % 4 || entry->len > EXT_BLOCK_BYTES - offset)
		return ERR_IO;
	if (entry->inode && (!entry->name_len || entry_need(entry->name_len) > entry->len ||
	                     entry->inode > v->state->inode_count))
		return ERR_IO;
	*out_entry = entry;
	return OK;
}

/* ERR_NOT_FOUND: it was removed. */
static enum status directory_blocks(struct ext_volume *v, uint32_t directory, uint32_t *out_count)
{
	const struct disk_inode *inode;
	TRY(ext_inode_read(v, directory, &inode));
	if (!inode_is(inode, MODE_DIRECTORY))
		return ERR_NOT_DIRECTORY;
	*out_count = inode->size / EXT_BLOCK_BYTES;
	/* it has no holes */
	bool is_sound = !(inode->size % EXT_BLOCK_BYTES) && *out_count < v->state->block_count;
	return is_sound ? OK : ERR_IO;
}

/* Block number index; ERR_IO for a hole. */
static enum status directory_block(struct ext_volume *v, uint32_t directory, uint32_t index,
                                   uint32_t *out_block)
{
	TRY(ext_map_find(v, directory, index, out_block));
	return *out_block ? OK : ERR_IO;
}

static bool entry_is_named(const struct disk_entry *entry, struct str name)
{
	return entry->inode && entry->name_len == name.len &&
	       memcmp(entry->name, name.ptr, name.len) == 0;
}

/* ERR_NOT_FOUND: not in this block. */
static enum status block_find(struct ext_volume *v, uint32_t block, struct str name,
                              struct found_entry *out_entry)
{
	const uint8_t *page;
	const struct disk_entry *entry;
	uint32_t previous = 0;
	TRY(ext_block_read(v, block, &page));
	for (uint32_t offset = 0; offset < EXT_BLOCK_BYTES; offset += entry->len) {
		TRY(entry_at(v, page, offset, &entry));
		if (entry_is_named(entry, name)) {
			*out_entry = (struct found_entry){entry->inode, block, offset, previous};
			return OK;
		}
		previous = offset;
	}
	return ERR_NOT_FOUND;
}

enum status ext_directory_find(struct ext_volume *v, uint32_t directory, struct str name,
                               struct found_entry *out_entry)
{
	uint32_t count, block;
	TRY(directory_blocks(v, directory, &count));
	if (name.len > EXT_NAME_MAX)
		return ERR_NAME_TOO_LONG;
	for (uint32_t i = 0; i < count; i++) {
		TRY(directory_block(v, directory, i, &block));
		enum status status = block_find(v, block, name, out_entry);
		if (status != ERR_NOT_FOUND)
			return status;
	}
	return ERR_NOT_FOUND;
}

enum status ext_directory_parent(struct ext_volume *v, uint32_t directory,
                                 struct found_entry *out_entry)
{
	uint32_t count, block;
	TRY(directory_blocks(v, directory, &count));
	TRY(directory_block(v, directory, 0, &block));
	enum status status = block_find(v, block, STR(".."), out_entry);
	return status == ERR_NOT_FOUND ? ERR_IO : status;
}

enum status ext_find(struct ext_volume *v, uint32_t directory, struct str name, uint32_t *out_inode)
{
	struct found_entry found;
	TRY(ext_directory_find(v, directory, name, &found));
	*out_inode = found.inode;
	return OK;
}

static void entry_tell(const struct disk_entry *entry, uint64_t cookie, struct ext_entry *out_entry)
{
	out_entry->inode = entry->inode;
	out_entry->kind = entry->kind < DISK_KINDS ? kind_modes[entry->kind] : 0;
	out_entry->cookie = cookie;
	out_entry->name_len = entry->name_len;
	memcpy(out_entry->name, entry->name, entry->name_len);
}

enum status ext_list(struct ext_volume *v, uint32_t directory, uint64_t cookie,
                     struct ext_entry *out_entry)
{
	uint32_t count, block;
	TRY(directory_blocks(v, directory, &count));
	for (uint64_t i = cookie / EXT_BLOCK_BYTES; i < count; i++) {
		const uint8_t *page;
		const struct disk_entry *entry;
		TRY(directory_block(v, directory, (uint32_t)i, &block));
		TRY(ext_block_read(v, block, &page));
		/* from the block's beginning: what the cookie named may be gone */
		for (uint32_t offset = 0; offset < EXT_BLOCK_BYTES; offset += entry->len) {
			uint64_t at = i * EXT_BLOCK_BYTES + offset;
			TRY(entry_at(v, page, offset, &entry));
			if (!entry->inode || at < cookie)
				continue;
			entry_tell(entry, at + entry->len, out_entry);
			return OK;
		}
	}
	return ERR_NOT_FOUND;
}

enum status ext_directory_is_empty(struct ext_volume *v, uint32_t directory)
{
	struct ext_entry entry = {};
	for (;;) {
		enum status status = ext_list(v, directory, entry.cookie, &entry);
		if (status == ERR_NOT_FOUND)
			return OK;
		TRY(status);
		struct str name = {entry.name, entry.name_len};
		if (!str_equal(name, STR(".")) && !str_equal(name, STR("..")))
			return ERR_NOT_EMPTY;
	}
}

static void entry_write(struct disk_entry *entry, struct str name, uint32_t inode, uint32_t kind)
{
	entry->inode = inode;
	entry->name_len = (uint8_t)name.len;
	entry->kind = kind_of_mode(kind);
	memcpy(entry->name, name.ptr, name.len);
}

/* Where in a block there is room for a name: the entry that has it. ERR_NOT_FOUND. */
static enum status block_find_room(struct ext_volume *v, uint32_t block, size_t name_len,
                                   uint32_t *out_offset)
{
	const uint8_t *page;
	const struct disk_entry *entry;
	TRY(ext_block_read(v, block, &page));
	for (uint32_t offset = 0; offset < EXT_BLOCK_BYTES; offset += entry->len) {
		TRY(entry_at(v, page, offset, &entry));
		uint32_t used = entry->inode ? entry_need(entry->name_len) : 0;
		if (entry->len - used >= entry_need(name_len)) {
			*out_offset = offset;
			return OK;
		}
	}
	return ERR_NOT_FOUND;
}

/* A new last block that is one empty entry. */
static enum status directory_grow(struct ext_volume *v, uint32_t directory, uint32_t index,
                                  uint32_t *out_block)
{
	uint8_t *page;
	bool is_new;
	TRY(ext_map_allocate(v, directory, index, out_block, &is_new));
	if (!is_new)
		return ERR_IO;
	TRY(ext_block_new(v, *out_block, &page));
	((struct disk_entry *)page)->len = EXT_BLOCK_BYTES;
	return ext_inode_set_size(v, directory, (index + 1ULL) * EXT_BLOCK_BYTES);
}

static enum status directory_touch(struct ext_volume *v, uint32_t directory)
{
	struct disk_inode *inode;
	TRY(ext_inode_change(v, directory, &inode));
	inode->flags &= ~(uint32_t)DISK_FLAG_INDEX;
	return OK;
}

/* Where to look first: a large directory is not searched from its beginning for each new name. */
static uint32_t room_begin(struct ext_volume *v, uint32_t directory)
{
	if (v->state->room_directory != directory) {
		v->state->room_directory = directory;
		v->state->room_index = 0;
	}
	return v->state->room_index;
}

static enum status directory_find_room(struct ext_volume *v, uint32_t directory, size_t name_len,
                                       struct found_entry *out_room)
{
	uint32_t count;
	TRY(directory_blocks(v, directory, &count));
	*out_room = (struct found_entry){};
	for (uint32_t i = room_begin(v, directory); i < count; i++) {
		v->state->room_index = i;
		TRY(directory_block(v, directory, i, &out_room->block));
		enum status status =
		        block_find_room(v, out_room->block, name_len, &out_room->offset);
		if (status != ERR_NOT_FOUND)
			return status;
	}
	if (count >= BLOCKS_MAX)
		return ERR_NO_SPACE;
	out_room->offset = 0;
	return directory_grow(v, directory, count, &out_room->block);
}

enum status ext_directory_add(struct ext_volume *v, uint32_t directory, struct str name,
                              uint32_t inode, uint32_t kind)
{
	struct found_entry room;
	uint8_t *page;
	if (name.len > EXT_NAME_MAX)
		return ERR_NAME_TOO_LONG;
	TRY(directory_touch(v, directory));
	TRY(directory_find_room(v, directory, name.len, &room));
	TRY(ext_block_change(v, room.block, &page));
	struct disk_entry *entry = (struct disk_entry *)(page + room.offset);
	if (entry->inode) {
		uint32_t used = entry_need(entry->name_len), rest = entry->len - used;
		entry->len = (uint16_t)used;
		entry = (struct disk_entry *)(page + room.offset + used);
		entry->len = (uint16_t)rest;
	}
	entry_write(entry, name, inode, kind);
	return OK;
}

enum status ext_directory_remove(struct ext_volume *v, uint32_t directory,
                                 const struct found_entry *found)
{
	uint8_t *page;
	v->state->room_directory = 0;
	TRY(directory_touch(v, directory));
	TRY(ext_block_change(v, found->block, &page));
	struct disk_entry *entry = (struct disk_entry *)(page + found->offset);
	if (found->previous != found->offset) {
		struct disk_entry *previous = (struct disk_entry *)(page + found->previous);
		previous->len = (uint16_t)(previous->len + entry->len);
	}
	entry->inode = 0;
	return OK;
}

enum status ext_directory_point(struct ext_volume *v, const struct found_entry *found,
                                uint32_t inode, uint32_t kind)
{
	uint8_t *page;
	TRY(ext_block_change(v, found->block, &page));
	struct disk_entry *entry = (struct disk_entry *)(page + found->offset);
	entry->inode = inode;
	entry->kind = kind_of_mode(kind);
	return OK;
}

enum status ext_directory_fill(struct ext_volume *v, uint32_t directory, uint32_t parent)
{
	uint32_t block;
	uint8_t *page;
	TRY(directory_grow(v, directory, 0, &block));
	TRY(ext_block_change(v, block, &page));
	struct disk_entry *self = (struct disk_entry *)page;
	struct disk_entry *above = (struct disk_entry *)(page + ENTRY_LEN_MIN);
	entry_write(self, STR("."), directory, MODE_DIRECTORY);
	self->len = ENTRY_LEN_MIN;
	entry_write(above, STR(".."), parent, MODE_DIRECTORY);
	above->len = EXT_BLOCK_BYTES - ENTRY_LEN_MIN;
	return OK;
}
