/*
 * Reader of cpio archives in "newc" format in memory; trusts none of their bytes.
 *
 * For the tool, as libs/boot_archive is for the system. Format: cpio(5), "New ASCII Format".
 */
#pragma once

#include "os/text.h"

struct cpio_entry {
	struct str path;
	struct str data;
	uint32_t mode; /* as in stat(2) */
	uint32_t number; /* of the inode */
	uint32_t uid, gid, links;
	uint32_t modified; /* seconds since 1970 */
	size_t offset; /* of the header in the archive */
};

struct cpio_cursor {
	struct str archive;
	size_t offset; /* of the next header; behind the trailer at the end */
	bool ended;
};

/* 0 and *out_entry; ENOENT behind the last one; EBADMSG when the archive is damaged. */
[[nodiscard]] int cpio_next(struct cpio_cursor *cursor, struct cpio_entry *out_entry);
