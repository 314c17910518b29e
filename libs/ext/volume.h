/* What the parts of libs/ext know of each other. Blocks are used through the cache: cache.h. */
#pragma once

#include "disk.h"
#include <base/cleanup.h>
#include <ext/api.h>
#include <string.h>

enum {
	UNDO_MAX = 48, /* blocks that one operation may change */
	BUCKETS = 1024,
	REVOKES_MAX = 4096,
	REVOKES_FULL = REVOKES_MAX / 2, /* a transaction with so many is committed */
	GROUPS_PER_BLOCK = EXT_BLOCK_BYTES / 32,
	SECTORS_PER_BLOCK = EXT_BLOCK_BYTES / 512,
	SLOTS_MAX = 8192,
	NO_SLOT = 0xffffffff,
};

enum slot_flags {
	SLOT_VALID = 1, /* the page is the block's content */
	SLOT_DIRTY = 2, /* changed by the running transaction */
	SLOT_LOGGED = 4, /* committed, but not at its place on the disk */
	SLOT_SHADOW = 8, /* bits of a bitmap that may not be taken before the next commit */
	SLOT_STAYS = SLOT_DIRTY | SLOT_LOGGED | SLOT_SHADOW,
};

struct ext_slot {
	uint32_t block;
	uint32_t flags;
	uint32_t next; /* in the bucket */
	uint32_t saved; /* stamp of the operation whose undo pages hold it */
	uint64_t used; /* clock of the last use */
};

/* What stands on the disk when a process died. Each one is reached by one store. */
enum commit_phase {
	COMMIT_NONE,
	COMMIT_WRITING, /* what is in the transaction must not change */
	COMMIT_WRITTEN, /* it is in the log; the state does not say so yet */
	COMMIT_PLACED, /* and at its place, the log being empty */
};

struct ext_state {
	uint64_t magic;
	uint64_t bytes; /* of the memory */
	uint32_t block_count, inode_count, first_inode;
	uint32_t group_count, group_blocks, group_inodes;
	uint32_t inode_bytes;
	uint32_t read_only;
	uint32_t needs_check;
	uint32_t marked; /* the disk says that the journal is in use */

	uint64_t clock;
	uint32_t operation;
	uint32_t dirty_count; /* of slots: dirty or shadow */
	uint32_t logged_count; /* of slots: logged and not dirty */
	uint32_t shadow_count;
	uint32_t written; /* bytes of files since the last flush */

	uint32_t log_first, log_end; /* blocks of the journal between which the log lies */
	uint32_t log_used, log_used_next;
	uint32_t log_known; /* the journal's first block says where the log begins */
	uint32_t sequence, sequence_next; /* of the running transaction; of the one behind it */
	uint32_t sequence_first; /* of the first in the log */
	uint32_t phase; /* enum commit_phase */

	uint32_t room_directory, room_index; /* before this block of it there was no room lately */

	/* of the operation under way */
	uint32_t undo_count;
	uint32_t revoke_count_before;
	struct ext_undo {
		uint32_t slot, block, flags;
	} undo[UNDO_MAX];

	uint32_t revoke_count;
	uint32_t revokes[REVOKES_MAX]; /* blocks that were freed by the transaction */
	uint32_t buckets[BUCKETS];
};

static inline uint32_t group_of_block(const struct ext_volume *v, uint32_t block)
{
	return block / v->state->group_blocks;
}

static inline uint32_t group_of_inode(const struct ext_volume *v, uint32_t inode)
{
	return (inode - 1) / v->state->group_inodes;
}

/* ---- volume.c ---- */

/* Before the first change: the disk says that the journal may be needed. */
enum status ext_volume_mark(struct ext_volume *v);
enum status ext_volume_super(struct ext_volume *v, const struct disk_super **out_super);
enum status ext_volume_change_super(struct ext_volume *v, struct disk_super **out_super);

/* ---- operation.c ---- */

typedef enum status operation_step(struct ext_volume *v, void *context);

/* Does a step whole or not at all. Without space it is tried again once, after a commit. */
enum status ext_operation_run(struct ext_volume *v, operation_step *step, void *context);
/* After a death, or a step that failed. */
void ext_operation_undo(struct ext_volume *v);
/* Whether a step that works through something large should end here. */
bool ext_operation_is_full(const struct ext_volume *v);

/* ---- journal_write.c, journal_replay.c ---- */

/* The running transaction goes to the log, what it needs before it. */
enum status ext_journal_commit(struct ext_volume *v);
/* After a commit: everything to its place; the log is empty then. */
enum status ext_journal_place(struct ext_volume *v);
/* Brings the state behind what stands on the disk. */
void ext_journal_settle(struct ext_volume *v);
/* Writes where the log begins; 0: it is empty. */
enum status ext_journal_begin_at(struct ext_volume *v, uint32_t start, uint32_t sequence);
enum status ext_source_flush(struct ext_volume *v);
/* Where block number index of the journal lies. */
enum status ext_journal_block(struct ext_volume *v, uint32_t index, uint32_t *out_block);
/* Reads the journal's own facts, and replays it when `needed`. */
enum status ext_journal_open(struct ext_volume *v, bool needed);

/* ---- allocate.c ---- */

struct group_place {
	uint32_t block_bitmap, inode_bitmap, inode_table;
	uint32_t free_blocks, free_inodes;
};

enum status ext_group_read(struct ext_volume *v, uint32_t group, struct group_place *out_place);
/* Whether a block may belong to a file. */
bool ext_block_is_content(const struct ext_volume *v, uint32_t block);
/* Near the goal; counted, its content undefined. ERR_NO_SPACE. */
enum status ext_block_allocate(struct ext_volume *v, uint32_t goal, uint32_t *out_block);
enum status ext_block_free(struct ext_volume *v, uint32_t block);
enum status ext_inode_allocate(struct ext_volume *v, uint32_t directory, bool is_directory,
                               uint32_t *out_inode);
enum status ext_inode_free(struct ext_volume *v, uint32_t inode, bool is_directory);
enum status ext_inode_is_used(struct ext_volume *v, uint32_t inode, bool *out_used);

/* ---- inode.c ---- */

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
};

enum inode_time { TIME_ACCESS, TIME_MODIFY, TIME_CHANGE };

static inline bool inode_is(const struct disk_inode *inode, uint32_t kind)
{
	return (inode->mode & MODE_KIND) == kind;
}

/* ERR_INVALID_ARGS: no inode of a file. */
enum status ext_inode_read(struct ext_volume *v, uint32_t number,
                           const struct disk_inode **out_inode);
enum status ext_inode_change(struct ext_volume *v, uint32_t number, struct disk_inode **out_inode);
/* All of the inode's bytes 0 but its generation. */
void ext_inode_clear(const struct ext_volume *v, struct disk_inode *inode);
uint64_t ext_inode_size(const struct disk_inode *inode);
/* Of a file; also says on the volume that there are large ones. */
enum status ext_inode_set_size(struct ext_volume *v, uint32_t number, uint64_t size);
void ext_inode_set_time(const struct ext_volume *v, struct disk_inode *inode, enum inode_time time,
                        int64_t ns);
/* The block map holds a link's target, not blocks. */
bool ext_inode_is_fast_link(const struct disk_inode *inode);

/* ---- map.c ---- */

/* The block that holds block number `index` of a file; 0: a hole. ERR_FILE_TOO_BIG. */
enum status ext_map_find(struct ext_volume *v, uint32_t inode, uint64_t index, uint32_t *out_block);
/* The same, a hole being filled. *out_is_new: it was one; the content is undefined. */
enum status ext_map_allocate(struct ext_volume *v, uint32_t inode, uint64_t index,
                             uint32_t *out_block, bool *out_is_new);
/* ---- ext_map_free.c ---- */

/* Frees the blocks from number `first` on, as many as an operation may. */
enum status ext_map_free(struct ext_volume *v, uint32_t inode, uint64_t first, bool *out_more);

/* ---- orphan.c ---- */

enum status ext_orphan_add(struct ext_volume *v, uint32_t inode);
enum status ext_orphan_remove(struct ext_volume *v, uint32_t inode);
/* What truncating left over, when it was interrupted. */
enum status ext_orphans_truncate(struct ext_volume *v);

/* ---- file.c ---- */

/* Frees what lies behind the end of an orphan, which is none afterwards; in steps. */
enum status ext_file_cut(struct ext_volume *v, uint32_t inode);
