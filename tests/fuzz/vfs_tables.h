/* Tables of vfsd for one run after the other: they are large and mostly unused. */
#pragma once

#include "../../services/vfsd/build.h"
#include "require.h"
#include <string.h>

/* Zeroed memory of store_size() bytes; what the run before used of it is cleared. */
static inline void *vfs_tables_clear(struct store *used)
{
	static void *tables;
	if (!tables) {
		tables = calloc(1, store_size());
		require(tables);
		return tables;
	}
	struct store_header *h = used->header;
	memset(used->inodes, 0, (h->inodes.used + 1) * sizeof *used->inodes);
	memset(used->entries, 0, (h->entries.used + 1) * sizeof *used->entries);
	memset(used->texts, 0, (h->texts.used + 1) * sizeof *used->texts);
	memset(used->buckets, 0, STORE_BUCKETS * sizeof *used->buckets);
	memset(h, 0, sizeof *h);
	return tables;
}
