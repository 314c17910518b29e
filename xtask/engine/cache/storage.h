/*
 * The cache's folder as it lies on disk: how large it is, and what goes when it is too large.
 *
 * Only files that a cache writes are seen: names of 64 hexadecimal digits in cas/ and ac/. A file
 * was used last when its time says so; every build that takes one sets it.
 */
#pragma once

#include "os/text.h"

struct cache_file {
	struct str path;
	uint64_t bytes;
	int64_t used_ns;
	bool is_entry; /* of ac/ */
};

struct cache_storage {
	struct cache_file *files; /* used longest ago first */
	size_t count, capacity;
	uint64_t bytes;
};

/* 0 or an errno value; ENOENT when there is no such folder. */
[[nodiscard]] int cache_storage_read(struct arena *a, const char *folder,
                                     struct cache_storage *out_storage);
/*
 * Removes what was used longest ago until at most keep_bytes are left. *out_removed: how many
 * files. A build that misses one makes it again.
 */
[[nodiscard]] int cache_storage_prune(struct cache_storage *storage, uint64_t keep_bytes,
                                      size_t *out_removed);
