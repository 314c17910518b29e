#include <erofs/api.h>

static uint64_t number_at(struct str s, size_t offset, size_t len)
{
	uint64_t value = 0;
	for (size_t i = len; i > 0; i--)
		value = value << 8 | (unsigned char)s.ptr[offset + i - 1];
	return value;
}

static uint16_t u16_at(struct str s, size_t offset)
{
	return (uint16_t)number_at(s, offset, 2);
}

static uint32_t u32_at(struct str s, size_t offset)
{
	return (uint32_t)number_at(s, offset, 4);
}

uint32_t erofs_checksum(uint32_t before, struct str bytes)
{
	const uint32_t castagnoli = 0x82F63B78u;
	uint32_t crc = before;
	for (size_t i = 0; i < bytes.len; i++) {
		crc ^= (unsigned char)bytes.ptr[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? castagnoli : 0);
	}
	return crc;
}

uint32_t erofs_block_checksum(struct str start)
{
	struct str super = str_slice(start, EROFS_SUPERBLOCK_OFFSET, EROFS_BLOCK_BYTES);
	uint32_t crc = erofs_checksum(~0u, str_slice(super, 0, EROFS_AT_CHECKSUM));
	crc = erofs_checksum(crc, STR("\0\0\0\0"));
	return erofs_checksum(crc, str_slice(super, EROFS_AT_COMPAT, super.len));
}

bool erofs_volume_read(struct str start, uint64_t device_bytes, struct erofs_volume *out_volume)
{
	if (start.len < EROFS_BLOCK_BYTES)
		return false;
	struct str super = str_slice(start, EROFS_SUPERBLOCK_OFFSET, start.len);
	if (u32_at(super, EROFS_AT_MAGIC) != EROFS_MAGIC ||
	    super.ptr[EROFS_AT_BLOCK_BITS] != EROFS_BLOCK_BITS ||
	    u32_at(super, EROFS_AT_INCOMPAT) || u16_at(super, EROFS_AT_EXTRA_DEVICES))
		return false;
	if (u32_at(super, EROFS_AT_COMPAT) & EROFS_COMPAT_CHECKSUM &&
	    u32_at(super, EROFS_AT_CHECKSUM) != erofs_block_checksum(start))
		return false;
	struct erofs_volume volume = {
	        .bytes = (uint64_t)u32_at(super, EROFS_AT_BLOCK_COUNT) * EROFS_BLOCK_BYTES,
	        .inodes_offset = (uint64_t)u32_at(super, EROFS_AT_INODE_BLOCK) * EROFS_BLOCK_BYTES,
	        .root = u16_at(super, EROFS_AT_ROOT),
	        .inode_count = number_at(super, EROFS_AT_INODE_COUNT, 8),
	};
	uint64_t offset;
	for (size_t i = 0; i < sizeof volume.id; i++)
		volume.id[i] = (uint8_t)super.ptr[EROFS_AT_UUID + i];
	if (volume.bytes > device_bytes || !erofs_inode_offset(&volume, volume.root, &offset))
		return false;
	*out_volume = volume;
	return true;
}

bool erofs_inode_offset(const struct erofs_volume *volume, uint64_t number, uint64_t *out_offset)
{
	if (volume->inodes_offset >= volume->bytes ||
	    number >= (volume->bytes - volume->inodes_offset) / EROFS_SLOT_BYTES)
		return false;
	*out_offset = volume->inodes_offset + number * EROFS_SLOT_BYTES;
	return true;
}

/* Where the content lies; it has to lie in the volume. */
static bool place_content(const struct erofs_volume *volume, unsigned layout, uint32_t block,
                          uint64_t inode_end, struct erofs_inode *inode)
{
	uint64_t part = inode->size % EROFS_BLOCK_BYTES;
	inode->inline_bytes = layout == EROFS_INLINE ? part : 0;
	uint64_t whole = inode->size - inode->inline_bytes;
	inode->inline_content = inode_end;
	if (inode->inline_bytes &&
	    (inode_end % EROFS_BLOCK_BYTES + inode->inline_bytes > EROFS_BLOCK_BYTES ||
	     inode_end + inode->inline_bytes > volume->bytes))
		return false;
	inode->content = whole ? (uint64_t)block * EROFS_BLOCK_BYTES : 0;
	return whole <= volume->bytes && inode->content <= volume->bytes - whole;
}

static bool has_content(uint32_t mode)
{
	uint32_t type = mode & EROFS_MODE_TYPE;
	return type == EROFS_MODE_FOLDER || type == EROFS_MODE_FILE || type == EROFS_MODE_LINK;
}

bool erofs_inode_read(const struct erofs_volume *volume, uint64_t number, struct str bytes,
                      struct erofs_inode *out_inode)
{
	uint64_t offset;
	if (bytes.len < EROFS_COMPACT_BYTES || !erofs_inode_offset(volume, number, &offset))
		return false;
	unsigned format = u16_at(bytes, EROFS_AT_FORMAT), layout = format >> 1 & 7;
	bool extended = format & 1;
	size_t len = extended ? EROFS_EXTENDED_BYTES : EROFS_COMPACT_BYTES;
	if (bytes.len < len || format >> 4 || (layout != EROFS_PLAIN && layout != EROFS_INLINE) ||
	    u16_at(bytes, EROFS_AT_ATTRIBUTES))
		return false;
	struct erofs_inode inode = {
	        .number = number,
	        .mode = u16_at(bytes, EROFS_AT_MODE),
	        .size = number_at(bytes, EROFS_AT_SIZE, extended ? 8 : 4),
	        .uid = extended ? u32_at(bytes, EROFS_AT_UID) : u16_at(bytes, EROFS_AT_COMPACT_UID),
	        .gid = extended ? u32_at(bytes, EROFS_AT_GID) : u16_at(bytes, EROFS_AT_COMPACT_GID),
	        .links = extended ? u32_at(bytes, EROFS_AT_LINKS)
	                          : u16_at(bytes, EROFS_AT_COMPACT_LINKS),
	        .modified = extended ? number_at(bytes, EROFS_AT_MODIFIED, 8) : 0,
	        .bytes = len,
	};
	uint32_t block = u32_at(bytes, EROFS_AT_BLOCK);
	if (!has_content(inode.mode)) {
		inode.device = block;
		inode.size = 0;
	} else if (!place_content(volume, layout, block, offset + len, &inode)) {
		return false;
	}
	*out_inode = inode;
	return true;
}

struct erofs_extent erofs_content(const struct erofs_inode *inode, uint64_t offset)
{
	uint64_t whole = inode->size - inode->inline_bytes;
	if (offset >= inode->size)
		return (struct erofs_extent){};
	if (offset < whole)
		return (struct erofs_extent){inode->content + offset, whole - offset};
	return (struct erofs_extent){inode->inline_content + offset - whole, inode->size - offset};
}

/* The first name follows the last entry. */
static size_t entry_count(struct str block)
{
	if (block.len < EROFS_ENTRY_BYTES || block.len > EROFS_BLOCK_BYTES)
		return 0;
	size_t names = u16_at(block, EROFS_AT_ENTRY_NAME);
	return names > block.len ? 0 : names / EROFS_ENTRY_BYTES;
}

bool erofs_entry_read(struct str block, size_t index, struct erofs_entry *out_entry)
{
	size_t count = entry_count(block);
	if (index >= count)
		return false;
	struct str raw = str_slice(block, index * EROFS_ENTRY_BYTES, block.len);
	bool last = index + 1 == count;
	size_t start = u16_at(raw, EROFS_AT_ENTRY_NAME);
	size_t end = last ? block.len : u16_at(raw, EROFS_ENTRY_BYTES + EROFS_AT_ENTRY_NAME);
	if (start < count * EROFS_ENTRY_BYTES || end > block.len || start >= end)
		return false;
	struct str name = str_slice(block, start, end);
	if (last)
		name = str_cut(name, '\0').head;
	if (!name.len || name.len > EROFS_NAME_MAX || str_contains(name, '\0') ||
	    str_contains(name, '/'))
		return false;
	*out_entry = (struct erofs_entry){
	        .name = name,
	        .inode = number_at(raw, EROFS_AT_ENTRY_INODE, 8),
	        .type = (unsigned char)raw.ptr[EROFS_AT_ENTRY_TYPE],
	};
	return true;
}

bool erofs_block_is_sound(struct str block)
{
	size_t count = entry_count(block);
	struct erofs_entry former = {}, entry;
	for (size_t i = 0; i < count; i++) {
		if (!erofs_entry_read(block, i, &entry) ||
		    (i && str_compare(former.name, entry.name) >= 0))
			return false;
		former = entry;
	}
	return count > 0;
}
