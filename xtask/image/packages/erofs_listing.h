/*
 * Everything in an EROFS volume in memory, by libs/erofs; trusts none of its bytes.
 *
 * Each inode is read once, folders 64 levels deep at most; a volume that lists an inode as two
 * folders, or two pieces of content in the same place, is for who sums the regions up to find.
 */
#pragma once

#include "os/text.h"
#include <erofs/api.h>

struct erofs_item {
	struct str path; /* from the root; empty: the root */
	struct erofs_inode inode;
	uint64_t inode_offset;
	bool is_further_name; /* of an inode that came before */
};

struct erofs_listing {
	struct erofs_volume volume;
	struct erofs_item *items; /* a folder before what lies in it */
	size_t count, capacity;
};

/* EBADMSG, with the reason, when something is damaged. */
[[nodiscard]] int erofs_list(struct arena *a, struct str bytes, struct erofs_listing *out_listing,
                             struct text *why);
/* The whole content in one piece, copied only where it does not lie so. */
struct str erofs_item_content(struct arena *a, struct str bytes, const struct erofs_item *item);
