/*
 * ext3 volumes, read and written: ext2, revision 1, with a journal in inode 8.
 *
 * Blocks are 4 KiB. Changes of names and facts collect in the caller's memory as one transaction,
 * which ext_sync writes to the journal; bytes of files go to their places at once. What the disk
 * holds at any moment is, once the journal is replayed, some synced state and all of each later
 * operation or nothing of it, in order; bytes of files stand no earlier than what they belong to.
 *
 * Every function is one operation: it stands when it answers OK and has changed nothing otherwise,
 * except where a function says that it works in steps. Nothing on the volume is trusted: ERR_IO
 * also says that it is damaged where it was looked at. ERR_READ_ONLY: the volume is not writable.
 * Who may do it was decided before; names are neither empty nor "." nor ".." nor contain '/'.
 *
 * All state lies in the caller's memory, without pointers: another process may go on with it after
 * the death of this one at any instruction (ext_adopt). Not for two threads at once.
 * Format: Linux, Documentation/filesystems/ext4; docs/data_volume.md.
 */
#pragma once

#include <abi/status.h>
#include <base/str.h>

enum {
	EXT_BLOCK_BYTES = 4096,
	EXT_NAME_MAX = 255,
	EXT_TARGET_MAX = 4095, /* bytes of a symbolic link */
	EXT_LINKS_MAX = 32000,
	EXT_ROOT = 2, /* inode number of the root directory */
	EXT_MEMORY_MIN = 2 << 20, /* bytes; more is more cache and longer transactions */
};

/* Where the volume lies. All of count blocks, or a status; a failed write may have written any of
 * them. flush: what was written before is on the disk when it answers OK. */
struct ext_source {
	void *context;
	enum status (*read)(void *context, uint64_t block, uint32_t count, void *bytes);
	enum status (*write)(void *context, uint64_t block, uint32_t count, const void *bytes);
	enum status (*flush)(void *context);
	uint64_t block_count;
	bool read_only; /* write and flush are never called */
};

struct ext_volume {
	struct ext_source source;
	struct ext_state *state; /* the caller's memory */
	struct ext_slot *slots;
	uint32_t slot_count;
	uint8_t *pages;
};

/* ---- volume.c ---- */

/*
 * Replays the journal when it is needed. memory: zeroed or of a volume that is not used any more,
 * 4096-byte aligned, at least EXT_MEMORY_MIN bytes; it is the volume's until ext_close.
 * ERR_INVALID_ARGS: no such volume, or a lying one. ERR_NOT_SUPPORTED: it has features that are
 * not known here. ERR_READ_ONLY: the journal must be replayed, and must not.
 */
enum status ext_open(struct ext_volume *v, const struct ext_source *source, void *memory,
                     size_t size);
/*
 * Goes on with what a process that died left in memory: all operations that answered OK stand, the
 * one under way is undone. ERR_NOT_FOUND: nothing of this version and size is there.
 */
enum status ext_adopt(struct ext_volume *v, const struct ext_source *source, void *memory,
                      size_t size);
/* Syncs and marks the volume clean. On failure it can be called again; the memory is still used. */
enum status ext_close(struct ext_volume *v);
/* Whether nothing can be written: asked for, or for features that are not known here. */
bool ext_is_read_only(const struct ext_volume *v);
/* Whether anything waits for ext_sync. The owner's timer asks this. */
bool ext_is_dirty(const struct ext_volume *v);
/* All that was done is on the disk. On failure nothing is lost, and it can be called again. */
enum status ext_sync(struct ext_volume *v);
/* Everything to its place, so that the journal is empty and little has to be replayed; ext_sync
 * does it by itself as often as it must. */
enum status ext_checkpoint(struct ext_volume *v);

struct ext_space {
	uint64_t blocks, free_blocks; /* of EXT_BLOCK_BYTES */
	uint64_t available_blocks; /* to others than uid 0 */
	uint64_t inodes, free_inodes;
	uint8_t id[16];
	bool read_only;
	bool needs_check; /* was marked damaged, by e2fsck or Linux */
};

enum status ext_space(struct ext_volume *v, struct ext_space *out_space);

/* ---- inode.c ---- */

struct ext_facts {
	uint32_t inode, generation; /* generation: counts the files that this inode was */
	uint32_t mode; /* as st_mode */
	uint32_t uid, gid;
	uint32_t links; /* 0: unlinked, and kept until ext_forget */
	uint64_t size;
	uint64_t sectors; /* of 512 bytes, as st_blocks */
	uint32_t major, minor; /* of a device */
	int64_t access_ns, modify_ns, change_ns; /* since 1970; whole seconds if inodes are small */
};

/* ERR_NOT_FOUND: the inode is free. ERR_INVALID_ARGS: there is none of that number. */
enum status ext_facts(struct ext_volume *v, uint32_t inode, struct ext_facts *out_facts);

enum ext_change_mask {
	EXT_CHANGE_MODE = 1, /* rights; the kind of file stays */
	EXT_CHANGE_OWNER = 2, /* uid and gid */
	EXT_CHANGE_ACCESS = 4,
	EXT_CHANGE_MODIFY = 8,
	EXT_CHANGE_CHANGE = 16,
};

struct ext_change {
	uint32_t mask;
	uint32_t mode, uid, gid;
	int64_t access_ns, modify_ns, change_ns;
};

enum status ext_set(struct ext_volume *v, uint32_t inode, const struct ext_change *change);

/* ---- directory.c ---- */

struct ext_entry {
	uint32_t inode;
	uint32_t kind; /* as the type bits of st_mode; 0: not told */
	uint64_t cookie; /* of the next entry */
	size_t name_len;
	char name[EXT_NAME_MAX];
};

/* Any name, also "." and "..". ERR_NOT_FOUND, ERR_NOT_DIRECTORY, ERR_NAME_TOO_LONG. */
enum status ext_find(struct ext_volume *v, uint32_t directory, struct str name,
                     uint32_t *out_inode);
/* The first entry at or behind the cookie; 0 begins. "." and ".." are among them. ERR_NOT_FOUND at
 * the end. An entry that is there all the time comes once, whatever happens to others. */
enum status ext_list(struct ext_volume *v, uint32_t directory, uint64_t cookie,
                     struct ext_entry *out_entry);

/* ---- file.c ---- */

struct ext_range {
	uint64_t offset, len; /* bytes */
};

/* *out_len: less than range.len only at the end of the file. Holes are zeros. */
enum status ext_read(struct ext_volume *v, uint32_t inode, struct ext_range range, void *bytes,
                     size_t *out_len);
/*
 * Writes at any offset, and makes the file larger when it must. Works in steps: with a failure
 * *out_len bytes were written. Whole blocks are the fast way. Times are not changed (ext_set).
 * ERR_NO_SPACE, ERR_FILE_TOO_BIG.
 */
enum status ext_write(struct ext_volume *v, uint32_t inode, struct ext_range range,
                      const void *bytes, size_t *out_len);
/* Blocks behind the new end are freed, in steps: the size stands at once, also over a power cut.
 * Growing makes a hole. */
enum status ext_set_size(struct ext_volume *v, uint32_t inode, uint64_t size);
/* At most capacity bytes of a link's target. ERR_INVALID_ARGS: it is none. */
enum status ext_read_link(struct ext_volume *v, uint32_t inode, char *target, size_t capacity,
                          size_t *out_len);

/* ---- names.c ---- */

struct ext_new {
	uint32_t directory;
	struct str name; /* empty: a file without a name, as ext_unlink leaves one */
	uint32_t mode; /* as st_mode: any kind of file */
	uint32_t uid, gid;
	uint32_t major, minor; /* of a device */
	struct str target; /* of a symbolic link */
	int64_t now_ns;
};

/* One name, for what is done to it. */
struct ext_name {
	uint32_t directory;
	struct str name;
	int64_t now_ns;
};

/* ERR_EXISTS, ERR_NO_SPACE, ERR_TOO_MANY_LINKS (a directory in a full one), ERR_NAME_TOO_LONG. */
enum status ext_create(struct ext_volume *v, const struct ext_new *new, uint32_t *out_inode);
/* One more name for what is no directory. ERR_EXISTS, ERR_TOO_MANY_LINKS, ERR_NOT_PERMITTED. */
enum status ext_link(struct ext_volume *v, uint32_t inode, const struct ext_name *name);
/* The same, also for what has none: it is no orphan any more. */
enum status ext_link_first(struct ext_volume *v, uint32_t inode, const struct ext_name *name);
/*
 * Takes the name away; of a directory too, which must be empty (ERR_NOT_EMPTY). What has no name
 * left lives on until ext_forget, also over ext_close: the next ext_orphan tells it.
 */
enum status ext_unlink(struct ext_volume *v, const struct ext_name *name, uint32_t *out_inode);

struct ext_rename {
	uint32_t from_directory;
	struct str from_name;
	uint32_t to_directory;
	struct str to_name;
	bool keep; /* ERR_EXISTS instead of replacing */
	bool exchange; /* both names are there and change places */
	int64_t now_ns;
};

/*
 * As rename(2): ERR_NOT_FOUND, ERR_INVALID_ARGS (into itself), ERR_NOT_EMPTY, ERR_IS_DIRECTORY,
 * ERR_NOT_DIRECTORY, ERR_TOO_MANY_LINKS, ERR_NO_SPACE. Two names of one file: nothing happens.
 * *out_replaced: whose name was taken, as by ext_unlink; 0: nobody's.
 */
enum status ext_rename(struct ext_volume *v, const struct ext_rename *rename,
                       uint32_t *out_replaced);

/* ---- orphan.c ---- */

/* Frees an inode without links and its blocks, in steps; nothing happens to one with links. */
enum status ext_forget(struct ext_volume *v, uint32_t inode);
/* The inode without links that stands behind `after`, which is one too, in the volume's list;
 * 0 begins. ERR_NOT_FOUND at the end. After ext_open each one that nobody uses wants ext_forget. */
enum status ext_orphan(struct ext_volume *v, uint32_t after, uint32_t *out_inode);
