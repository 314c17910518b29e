/*
 * Writer of a pack: the entries of a Debian package as a cpio archive in "newc" format.
 *
 * Inode numbers are counted; a further name of a file (a hard link) has the number of the first,
 * two links and no content. Format: cpio(5), "New ASCII Format". Reader: image/packages/tree.h.
 */
#pragma once

#include "os/text.h"
#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>

enum { PACK_BUFFER_BYTES = 64 * 1024 };

struct pack_name {
	struct str path;
	uint32_t number;
};

struct pack {
	struct arena *arena;
	FILE *file;
	char *buffer; /* PACK_BUFFER_BYTES */
	struct pack_name *names; /* of files, in order */
	size_t count, capacity;
	uint32_t last_number;
};

/* One entry with its content. Why it can't be packed; empty: it was. */
struct str pack_add(struct pack *pack, struct archive *in, struct archive_entry *entry,
                    struct str path);
/* Closes the file; false with errno set when it is not whole. */
bool pack_end(struct pack *pack);
