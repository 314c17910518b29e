/*
 * The tables of names, in one piece of memory that outlives the process.
 *
 * Cells of fixed size, found by index; no pointers, so that it may be mapped anywhere. Every
 * change of a cell goes through store_set*, which writes the old value down before the new one:
 * store_adopt takes an operation back that death interrupted, store_undo one that failed. What an
 * operation changed stands with store_commit. Cells are taken before others are given back: what a
 * given cell held is needed until the commit.
 */
#pragma once

#include <abi/status.h>
#include <base/api.h>
#include <stddef.h>
#include <stdint.h>

enum {
	STORE_INODES_MAX = 65536,
	STORE_ENTRIES_MAX = 131072,
	STORE_TEXTS_MAX = 131072,
	STORE_BUCKETS = 16384,
	STORE_TEXT_BYTES = 60,
	STORE_VOLUMES_MAX = 32,
	STORE_MOUNTS_MAX = 32,
	STORE_LOG_MAX = 1024,
	STORE_MOUNT_TEXT_MAX = 64,
};

struct store_inode {
	uint32_t generation; /* counts the files that this cell was; kept when free */
	uint32_t mode; /* as st_mode; 0: the cell is free */
	uint32_t uid, gid;
	uint32_t links;
	uint32_t holds; /* that the kernel has; a file without links lives on by them */
	uint32_t volume;
	uint32_t content; /* VFS_CONTENT_* */
	uint64_t rdev; /* of an archive's file: where its bytes begin; of a disk's: its number */
	uint64_t size; /* of links and of files whose size is not the kernel's */
	int64_t access_ns, modify_ns, change_ns;
	uint64_t next_cookie; /* of a directory: for its next entry */
	uint32_t parent; /* directory: where it is; others: where one of its names is; 0: nowhere */
	uint32_t first, last; /* entries of a directory, by cookie */
	uint32_t entry_count;
	uint32_t text; /* a link's target */
	uint32_t covers; /* mounts on it */
	uint32_t linkable; /* it never had a name, and may get one */
	uint32_t next_free;
	uint32_t
	        below_volume; /* of a directory: what lies below it was not looked at; 0: nothing */
	uint32_t yields; /* a link that gives way to a file of a volume below */
	uint64_t below; /* number of the folder on that volume */
};

struct store_entry {
	uint32_t directory; /* 0: the cell is free */
	uint32_t inode;
	uint32_t hash;
	uint32_t bucket_next;
	uint32_t previous, next; /* in the directory */
	uint64_t cookie;
	uint32_t text;
	uint32_t name_len;
	uint32_t next_free;
	uint32_t reserved0;
};

struct store_text {
	uint32_t next;
	char bytes[STORE_TEXT_BYTES];
};

enum store_volume_kind {
	STORE_VOLUME_NONE,
	STORE_VOLUME_TMPFS,
	STORE_VOLUME_ARCHIVE, /* read-only files among directories of others */
	STORE_VOLUME_DEVICES,
	STORE_VOLUME_PROCESSES,
	STORE_VOLUME_EROFS,
	STORE_VOLUME_FAT,
	STORE_VOLUME_DATA,
	STORE_VOLUME_DYING, /* taken away; its files are given up one after the other */
	STORE_VOLUME_TERMINALS, /* made, as that of processes */
};

struct store_volume {
	uint32_t kind;
	uint32_t root;
	uint32_t mount; /* index of one by which it is reached; 0: none */
	uint32_t detached; /* nobody reaches it any more; it goes with its last user */
	uint32_t covers; /* mounts on files of it that have no cell in the tree */
	uint32_t device; /* id of the block device it lies on; 0: none */
	uint32_t row; /* of the mount table, from 1; 0: none */
	uint32_t rights; /* of the files of a volume that has none */
	uint32_t slot; /* of a data volume */
};

/* Where a walk stands; by which mount stands elsewhere. */
struct store_place {
	uint64_t made; /* number of a made file; 0: none */
	uint32_t inode; /* of the tree; 0: none of it */
	uint32_t volume; /* a data volume's number; 0: none */
	uint32_t file; /* of that volume: the number of its inode */
	uint32_t reserved0;
};

struct store_mount {
	uint32_t volume; /* 0: the cell is free */
	uint32_t parent; /* index of the mount that it lies on; 0: the first of all */
	struct store_place on; /* what it covers there */
	struct store_place root; /* what is seen instead */
	uint32_t flags; /* of mount(2) */
	uint32_t sequence; /* order of mounting */
	char source[STORE_MOUNT_TEXT_MAX]; /* NUL-terminated */
	char kind[STORE_MOUNT_TEXT_MAX];
};

/* Cells of one kind: used ones lie below `used`, those given back in a chain. */
struct store_cells {
	uint32_t used; /* index 0 is none */
	uint32_t free;
	uint32_t live;
	uint32_t reserved0;
};

struct store_header {
	uint64_t magic;
	uint32_t version;
	uint32_t ready; /* the first tree was built */
	struct store_cells inodes, entries, texts;
	uint32_t mount_sequence;
	uint32_t log_count;
	struct store_volume volumes[STORE_VOLUMES_MAX + 1]; /* by number, from 1 */
	struct store_mount mounts[STORE_MOUNTS_MAX + 1];
	struct store_log_entry {
		uint32_t offset;
		uint32_t wide; /* 8 bytes instead of 4 */
		uint64_t old;
	} log[STORE_LOG_MAX];
};

struct store {
	uint8_t *memory;
	struct store_header *header;
	uint32_t *buckets;
	struct store_inode *inodes;
	struct store_entry *entries;
	struct store_text *texts;
	bool gave; /* a cell was given back since the last commit: none may be taken */
	uint64_t changes; /* counts what takes from numbers of inodes and mounts their meaning */
	/* For tests: called before every write. */
	void (*before_write)(void *context);
	void *context;
};

size_t store_size(void); /* whole pages */
/* memory: store_size() zeroed bytes. */
void store_create(struct store *s, void *memory);
/* What another process left; false when that is nothing of this version. */
bool store_adopt(struct store *s, void *memory);

void store_set32(struct store *s, uint32_t *at, uint32_t value);
void store_set64(struct store *s, void *at, uint64_t value); /* uint64_t or int64_t */
void store_commit(struct store *s);
/* Whether something was changed since the last commit. */
static inline bool store_is_changing(const struct store *s)
{
	return s->header->log_count || s->gave;
}
void store_undo(struct store *s);
/* One word that no operation depends on: written without a record. */
void store_poke32(struct store *s, uint32_t *at, uint32_t value);

/* A cell with the next generation, all else 0 but `mode`; 0: full. */
uint32_t store_inode_take(struct store *s, uint32_t mode);
void store_inode_give(struct store *s, uint32_t index);
uint32_t store_entry_take(struct store *s);
void store_entry_give(struct store *s, uint32_t index);

/* Bytes kept as a chain of cells. ERR_NO_SPACE. An empty text is 0. */
enum status store_text_take(struct store *s, struct str bytes, uint32_t *out_text);
void store_text_give(struct store *s, uint32_t text);
/* At most capacity bytes of a text of len bytes; how many. */
size_t store_text_copy(const struct store *s, uint32_t text, size_t len, char *out,
                       size_t capacity);
bool store_text_equal(const struct store *s, uint32_t text, size_t len, struct str bytes);

/* Whether cells, chains and counts agree; for tests and for adoption. */
bool store_sound(const struct store *s);
