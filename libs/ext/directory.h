/* Directories, for what makes, moves and removes names. */
#pragma once

#include "volume.h"

/* ---- directory.c ---- */

struct found_entry {
	uint32_t inode;
	uint32_t block; /* that holds it */
	uint32_t offset; /* in the block */
	uint32_t previous; /* offset of the one before it; its own: none */
};

enum status ext_directory_find(struct ext_volume *v, uint32_t directory, struct str name,
                               struct found_entry *out_entry);
/* Its "..", which stands in the first block. */
enum status ext_directory_parent(struct ext_volume *v, uint32_t directory,
                                 struct found_entry *out_entry);
/* The name is not there. kind: type bits of st_mode. */
enum status ext_directory_add(struct ext_volume *v, uint32_t directory, struct str name,
                              uint32_t inode, uint32_t kind);
enum status ext_directory_remove(struct ext_volume *v, uint32_t directory,
                                 const struct found_entry *entry);
/* What the name means from now on. */
enum status ext_directory_point(struct ext_volume *v, const struct found_entry *entry,
                                uint32_t inode, uint32_t kind);
/* Its first block, with "." and "..". */
enum status ext_directory_fill(struct ext_volume *v, uint32_t directory, uint32_t parent);
/* ERR_NOT_EMPTY. */
enum status ext_directory_is_empty(struct ext_volume *v, uint32_t directory);

/* ---- names.c ---- */

/* One link less; without any it is an orphan. Of a directory, which must be empty: all. */
enum status ext_inode_unlink(struct ext_volume *v, uint32_t inode, int64_t now_ns);
/* More or fewer directories in a directory. ERR_TOO_MANY_LINKS. */
enum status ext_directory_count(struct ext_volume *v, uint32_t directory, int change);
/* Its content changed. */
enum status ext_directory_date(struct ext_volume *v, uint32_t directory, int64_t now_ns);
