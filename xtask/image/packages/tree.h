/*
 * The file tree of the package volume: packs of several packages laid over each other.
 *
 * A pack is a cpio archive that xtask-unpack has written. Folders that nobody brings are made,
 * root's, with rwxr-xr-x. Folders may be brought by several packages that agree about them, other
 * things by one.
 */
#pragma once

#include "os/text.h"

enum tree_mode {
	TREE_TYPE = 0170000, /* as in stat(2) */
	TREE_FOLDER = 0040000,
	TREE_FILE = 0100000,
	TREE_LINK = 0120000,
};

struct tree_node {
	struct str path; /* from the root; empty: the root */
	uint32_t mode, uid, gid;
	uint32_t links;
	uint64_t modified; /* seconds since 1970 */
	struct str content; /* of a file, in the pack; a link's target */
	struct str package; /* who brings it; empty: nobody */
	size_t parent; /* index; the root is its own */
	size_t inode; /* index of the node that it is another name of, or its own */
	struct str same_as; /* path of that node, until the tree is finished; empty: its own */
};

struct tree {
	struct arena *arena;
	struct tree_node *nodes; /* sorted by path once finished; the root first */
	size_t count, capacity;
};

/* Adds what a pack holds. pack and package must live as long as the tree. EBADMSG: it is damaged.
 */
[[nodiscard]] int tree_add_pack(struct tree *tree, struct str package, struct str pack,
                                struct text *why);
/* Sorts, makes missing folders, ties links. EINVAL when packages contradict each other. */
[[nodiscard]] int tree_finish(struct tree *tree, uint64_t epoch, struct text *why);
/* The node of a path in a finished tree, or NULL. */
const struct tree_node *tree_find(const struct tree *tree, struct str path);
struct str tree_name(const struct tree_node *node);
