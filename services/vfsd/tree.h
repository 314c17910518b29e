/*
 * Files and names as POSIX has them, on the tables of the store; no paths, no messages.
 *
 * Who may do it was decided before (access.h). Each function is one operation: it stands when it
 * answers OK and has changed nothing otherwise.
 */
#pragma once

#include "directory.h"
#include <abi/vfs.h>

enum { /* as in st_mode */
       MODE_KIND = 0170000,
       MODE_SOCKET = 0140000,
       MODE_LINK = 0120000,
       MODE_FILE = 0100000,
       MODE_BLOCK = 0060000,
       MODE_DIRECTORY = 0040000,
       MODE_CHARACTER = 0020000,
       MODE_PIPE = 0010000,
       MODE_RIGHTS = 07777,
       MODE_SET_UID = 04000,
       MODE_SET_GID = 02000,
       MODE_STICKY = 01000,
};

struct tree {
	struct store store;
	/* The kernel can give the bytes of a file up: it has no name and no user any more. */
	void (*drop_content)(void *context, const struct vfs_node *node);
	void *context;
};

struct tree_new {
	uint32_t directory;
	struct str name;
	uint32_t mode, uid, gid;
	uint64_t rdev;
	struct str target; /* of a symbolic link */
	int64_t now_ns;
	bool linkable; /* without a name: may get one later */
	bool found; /* it was there before: the directory's times stay */
};

struct tree_rename {
	uint32_t from_entry;
	uint32_t to_directory;
	struct str to_name;
	uint32_t to_entry; /* what has that name; 0: nothing */
	bool exchange;
	int64_t now_ns;
};

struct tree_file { /* bytes that are no memory object of the kernel */
	uint32_t volume;
	uint64_t offset; /* or the file's number */
	uint64_t size;
};

static inline bool mode_is(uint32_t mode, uint32_t kind)
{
	return (mode & MODE_KIND) == kind;
}

static inline struct store_inode *tree_inode(const struct tree *t, uint32_t inode)
{
	return &t->store.inodes[inode];
}

struct vfs_node tree_node(const struct tree *t, uint32_t inode);
/* Index of a node that exists; 0: it does not any more. */
uint32_t tree_find_node(const struct tree *t, const struct vfs_node *node);

/* A new volume with an empty root directory. ERR_NO_SPACE. */
enum status tree_volume_create(struct tree *t, enum store_volume_kind kind,
                               const struct tree_new *root, uint32_t *out_volume);
/* Its files go, also those that have users; it was unmounted before. */
void tree_volume_remove(struct tree *t, uint32_t volume);
/* Whether the kernel holds a file of it. */
bool tree_volume_held(const struct tree *t, uint32_t volume);

/* The name is not there yet. ERR_NO_SPACE, ERR_TOO_MANY_LINKS. */
enum status tree_create(struct tree *t, const struct tree_new *new, uint32_t *out_inode);
/* The same for a file whose bytes lie on a volume. */
enum status tree_create_file(struct tree *t, const struct tree_new *new,
                             const struct tree_file *file, uint32_t *out_inode);
/* A file without a name, for who holds it. ERR_NO_SPACE. */
enum status tree_create_unnamed(struct tree *t, const struct tree_new *new, uint32_t *out_inode);
/* ERR_NOT_FOUND: it has lost its last name. */
enum status tree_link(struct tree *t, uint32_t inode, const struct tree_new *new);
/* Of a directory: it is empty. */
void tree_unlink(struct tree *t, uint32_t entry, int64_t now_ns);
enum status tree_rename(struct tree *t, const struct tree_rename *rename);
/* Whether `directory` is `below` or lies above it, in one volume. */
bool tree_is_above(const struct tree *t, uint32_t directory, uint32_t below);

void tree_hold(struct tree *t, uint32_t inode);
/* At most as many as there are; frees a file that has no name. */
void tree_release(struct tree *t, uint32_t inode, uint64_t holds);
/* The kernel's true count of holds, after a restart; frees as tree_release. */
void tree_correct_holds(struct tree *t, uint32_t inode, uint32_t holds);

void tree_facts(const struct tree *t, uint32_t inode, struct vfs_facts *out_facts);
