#include "image/cpio_reader.h"
#include <errno.h>
#include <string.h>

enum {
	HEADER_BYTES = 110,
	FIELD_BYTES = 8,
	FIELD_NUMBER = 0, /* fields of 8 digits, counted behind the magic */
	FIELD_MODE,
	FIELD_UID,
	FIELD_GID,
	FIELD_LINKS,
	FIELD_MODIFIED,
	FIELD_SIZE,
	FIELD_NAME_BYTES = 11,
};

static bool field_read(const char *header, size_t index, uint32_t *out_value)
{
	const char *digits = header + 6 + index * FIELD_BYTES;
	uint32_t value = 0;
	for (size_t i = 0; i < FIELD_BYTES; i++) {
		char c = digits[i];
		unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
		                 : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
		                 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
		                                        : 16;
		if (digit > 15)
			return false;
		value = value << 4 | digit;
	}
	*out_value = value;
	return true;
}

static bool header_read(const char *header, struct cpio_entry *entry, uint32_t *out_size,
                        uint32_t *out_name_bytes)
{
	return field_read(header, FIELD_NUMBER, &entry->number) &&
	       field_read(header, FIELD_MODE, &entry->mode) &&
	       field_read(header, FIELD_UID, &entry->uid) &&
	       field_read(header, FIELD_GID, &entry->gid) &&
	       field_read(header, FIELD_LINKS, &entry->links) &&
	       field_read(header, FIELD_MODIFIED, &entry->modified) &&
	       field_read(header, FIELD_SIZE, out_size) &&
	       field_read(header, FIELD_NAME_BYTES, out_name_bytes);
}

static size_t aligned(size_t offset)
{
	return (offset + 3) & ~(size_t)3;
}

int cpio_next(struct cpio_cursor *c, struct cpio_entry *out_entry)
{
	uint32_t size, name_bytes;
	struct str rest = str_slice(c->archive, c->offset, c->archive.len);
	struct cpio_entry entry = {.offset = c->offset};
	if (c->ended)
		return ENOENT;
	if (rest.len < HEADER_BYTES || memcmp(rest.ptr, "070701", 6) != 0 ||
	    !header_read(rest.ptr, &entry, &size, &name_bytes))
		return EBADMSG;
	if (name_bytes == 0 || name_bytes > rest.len - HEADER_BYTES ||
	    rest.ptr[HEADER_BYTES + name_bytes - 1] != '\0')
		return EBADMSG;
	entry.path = str_slice(rest, HEADER_BYTES, HEADER_BYTES + name_bytes - 1);
	size_t data = aligned(HEADER_BYTES + name_bytes);
	if (str_equal(entry.path, STR("TRAILER!!!"))) {
		c->ended = true;
		c->offset += data < rest.len ? data : rest.len;
		return ENOENT;
	}
	if (data > rest.len || size > rest.len - data)
		return EBADMSG;
	entry.data = str_slice(rest, data, data + size);
	c->offset += aligned(data + size) < rest.len ? aligned(data + size) : rest.len;
	*out_entry = entry;
	return 0;
}
