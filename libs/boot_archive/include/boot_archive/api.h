/*
 * Reader for the boot archive: a cpio archive in "newc" format, in memory.
 *
 * Every byte of the archive is distrusted: sizes are checked before use, and an
 * archive that lies ends the walk with ERR_INVALID_ARGS. Nothing is copied; results point into
 * the archive and live as long as it. Format: cpio(5), "New ASCII Format".
 */
#pragma once

#include <abi/status.h>
#include <base/str.h>

enum { BOOT_ARCHIVE_MODE_KIND = 0170000, BOOT_ARCHIVE_MODE_FILE = 0100000 };

struct boot_archive {
	struct str bytes;
};

struct boot_archive_entry {
	struct str path; /* without leading "./" or "/" */
	struct str data;
	uint32_t mode; /* as in stat(2) */
};

struct boot_archive_cursor {
	struct boot_archive archive;
	size_t offset; /* of the next header */
};

struct boot_archive_cursor boot_archive_begin(struct boot_archive archive);
/* ERR_NOT_FOUND after the last entry, ERR_INVALID_ARGS when the archive is damaged. */
enum status boot_archive_next(struct boot_archive_cursor *cursor,
                              struct boot_archive_entry *out_entry);
/*
 * A regular file by its path (a leading '/' is ignored).
 * ERR_NOT_FOUND, or ERR_INVALID_ARGS when the archive is damaged before it.
 */
enum status boot_archive_find(struct boot_archive archive, struct str path,
                              struct boot_archive_entry *out_entry);
/* Walks the whole archive once: OK when every entry is sound. */
enum status boot_archive_check(struct boot_archive archive);
