#include <boot_archive/api.h>

/* Layout of a newc header: 6 bytes of magic, then 13 fields of 8 hexadecimal digits. */
enum {
	CPIO_MAGIC_BYTES = 6,
	CPIO_FIELD_DIGITS = 8,
	CPIO_HEADER_BYTES = 110,
	CPIO_FIELD_MODE = 1,
	CPIO_FIELD_FILE_BYTES = 6,
	CPIO_FIELD_NAME_BYTES = 11,
};

struct boot_archive_cursor boot_archive_begin(struct boot_archive archive)
{
	return (struct boot_archive_cursor){.archive = archive};
}

static bool cpio_digit(char c, uint32_t *out_value)
{
	if (c >= '0' && c <= '9')
		*out_value = (uint32_t)(c - '0');
	else if (c >= 'a' && c <= 'f')
		*out_value = (uint32_t)(c - 'a' + 10);
	else if (c >= 'A' && c <= 'F')
		*out_value = (uint32_t)(c - 'A' + 10);
	else
		return false;
	return true;
}

static bool cpio_field(struct str header, unsigned index, uint32_t *out_value)
{
	const char *digits = header.ptr + CPIO_MAGIC_BYTES + (size_t)index * CPIO_FIELD_DIGITS;
	uint32_t value = 0;
	for (unsigned i = 0; i < CPIO_FIELD_DIGITS; i++) {
		uint32_t digit;
		if (!cpio_digit(digits[i], &digit))
			return false;
		value = value << 4 | digit;
	}
	*out_value = value;
	return true;
}

/* len bytes at *offset, which then moves behind them and their padding to 4. */
static bool cpio_take(struct str bytes, size_t *offset, size_t len, struct str *out_taken)
{
	if (*offset > bytes.len || len > bytes.len - *offset)
		return false;
	*out_taken = (struct str){bytes.ptr + *offset, len};
	size_t next = *offset + len;
	*offset = next + (-next & 3);
	return true;
}

static bool cpio_name(struct str raw, struct str *out_path)
{
	/* the stored size counts the NUL, and there must be no other */
	if (raw.len < 2 || raw.ptr[raw.len - 1] != '\0')
		return false;
	struct str path = str_slice(raw, 0, raw.len - 1);
	if (str_contains(path, '\0'))
		return false;
	if (str_starts_with(path, STR("./")))
		path = str_slice(path, 2, path.len);
	while (str_starts_with(path, STR("/")))
		path = str_slice(path, 1, path.len);
	*out_path = path;
	return true;
}

enum status boot_archive_next(struct boot_archive_cursor *cursor,
                              struct boot_archive_entry *out_entry)
{
	struct str bytes = cursor->archive.bytes;
	size_t offset = cursor->offset;
	struct str header, name, data;
	uint32_t mode, file_bytes, name_bytes;

	if (!cpio_take(bytes, &offset, CPIO_HEADER_BYTES, &header))
		return ERR_INVALID_ARGS;
	if (!str_starts_with(header, STR("070701")))
		return ERR_INVALID_ARGS;
	if (!cpio_field(header, CPIO_FIELD_MODE, &mode) ||
	    !cpio_field(header, CPIO_FIELD_FILE_BYTES, &file_bytes) ||
	    !cpio_field(header, CPIO_FIELD_NAME_BYTES, &name_bytes))
		return ERR_INVALID_ARGS;

	/* the name follows the header without padding; its end is padded, counted from the header
	 */
	offset = cursor->offset + CPIO_HEADER_BYTES;
	struct boot_archive_entry entry = {.mode = mode};
	if (!cpio_take(bytes, &offset, name_bytes, &name) || !cpio_name(name, &entry.path) ||
	    !cpio_take(bytes, &offset, file_bytes, &data))
		return ERR_INVALID_ARGS;
	if (str_equal(entry.path, STR("TRAILER!!!")))
		return ERR_NOT_FOUND;

	entry.data = data;
	cursor->offset = offset;
	*out_entry = entry;
	return OK;
}

enum status boot_archive_find(struct boot_archive archive, struct str path,
                              struct boot_archive_entry *out_entry)
{
	if (str_starts_with(path, STR("/")))
		path = str_slice(path, 1, path.len);

	struct boot_archive_cursor cursor = boot_archive_begin(archive);
	struct boot_archive_entry entry;
	enum status status;
	while ((status = boot_archive_next(&cursor, &entry)) == OK) {
		if ((entry.mode & BOOT_ARCHIVE_MODE_KIND) != BOOT_ARCHIVE_MODE_FILE)
			continue;
		if (!str_equal(entry.path, path))
			continue;
		*out_entry = entry;
		return OK;
	}
	return status;
}

enum status boot_archive_check(struct boot_archive archive)
{
	struct boot_archive_cursor cursor = boot_archive_begin(archive);
	struct boot_archive_entry entry;
	enum status status;
	while ((status = boot_archive_next(&cursor, &entry)) == OK)
		;
	return status == ERR_NOT_FOUND ? OK : status;
}
