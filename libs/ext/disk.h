/*
 * The structures of a volume as they lie on the disk.
 *
 * Little-endian. Format: Linux, Documentation/filesystems/ext4, global and dynamic structures.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
	DISK_SUPER_OFFSET = 1024, /* in block 0 */
	DISK_MAGIC = 0xef53,
	DISK_REVISION = 1,
	DISK_BLOCK_LOG = 2, /* 1024 << 2 */
	DISK_STATE_ERRORS = 2,
	DISK_GROUP_BLOCKS = 32768, /* bits of one block */
	DISK_INODE_BYTES_MIN = 128,
	DISK_INODE_EXTRA_BYTES = 32, /* of the fields behind those 128 that are known here */
	DISK_FIRST_INODE_MIN = 11,
	DISK_JOURNAL_INODE = 8,
	DISK_DIRECT = 12, /* entries of an inode's block map */
	DISK_MAP = 15,
	DISK_ENTRIES = 1024, /* of a block of the map */
	DISK_FAST_LINK = 60, /* bytes of a target in the block map */
	DISK_FLAG_INDEX = 0x1000, /* of an inode: a directory with an index */
};

enum disk_compat { DISK_COMPAT_JOURNAL = 4 };
enum disk_incompat { DISK_INCOMPAT_KIND = 2, DISK_INCOMPAT_RECOVER = 4 };
enum disk_ro_compat { DISK_RO_SPARSE = 1, DISK_RO_LARGE_FILE = 2, DISK_RO_EXTRA = 0x40 };

struct [[gnu::may_alias]] disk_super {
	uint32_t inodes_count;
	uint32_t blocks_count;
	uint32_t reserved_blocks;
	uint32_t free_blocks;
	uint32_t free_inodes;
	uint32_t first_data_block;
	uint32_t log_block_bytes;
	uint32_t log_cluster_bytes;
	uint32_t group_blocks;
	uint32_t group_clusters;
	uint32_t group_inodes;
	uint32_t mount_time;
	uint32_t write_time;
	uint16_t mounts, mounts_max;
	uint16_t magic;
	uint16_t state;
	uint16_t errors;
	uint16_t minor_revision;
	uint32_t check_time, check_interval;
	uint32_t creator;
	uint32_t revision;
	uint16_t reserved_uid, reserved_gid;
	uint32_t first_inode;
	uint16_t inode_bytes;
	uint16_t group_number;
	uint32_t compat, incompat, ro_compat;
	uint8_t id[16];
	char label[16];
	char mounted_on[64];
	uint32_t compression;
	uint8_t preallocate_blocks, preallocate_directory;
	uint16_t reserved_descriptors;
	uint8_t journal_id[16];
	uint32_t journal_inode, journal_device;
	uint32_t last_orphan;
};
_Static_assert(offsetof(struct disk_super, last_orphan) == 0xe8, "");

struct [[gnu::may_alias]] disk_group {
	uint32_t block_bitmap, inode_bitmap, inode_table;
	uint16_t free_blocks, free_inodes, directories;
	uint16_t flags;
	uint32_t unused[3];
};
_Static_assert(sizeof(struct disk_group) == 32, "");

struct [[gnu::may_alias]] disk_inode {
	uint16_t mode;
	uint16_t uid;
	uint32_t size;
	uint32_t access, change, modify, deleted; /* deleted: of an orphan, the next one */
	uint16_t gid;
	uint16_t links;
	uint32_t sectors;
	uint32_t flags;
	uint32_t version;
	uint32_t map[DISK_MAP];
	uint32_t generation;
	uint32_t attributes; /* block of extended ones */
	uint32_t size_high;
	uint32_t fragment;
	uint16_t sectors_high, attributes_high;
	uint16_t uid_high, gid_high;
	uint16_t checksum, unused;
	/* only where extra_bytes says that it is there */
	uint16_t extra_bytes, checksum_high;
	uint32_t change_extra, modify_extra, access_extra;
	uint32_t created, created_extra;
	uint32_t version_high, project;
};
_Static_assert(offsetof(struct disk_inode, extra_bytes) == DISK_INODE_BYTES_MIN, "");
_Static_assert(sizeof(struct disk_inode) == DISK_INODE_BYTES_MIN + DISK_INODE_EXTRA_BYTES, "");

struct [[gnu::may_alias]] disk_entry {
	uint32_t inode; /* 0: nothing here */
	uint16_t len; /* to the next one */
	uint8_t name_len;
	uint8_t kind;
	char name[];
};

enum {
	DISK_ENTRY_BYTES = 8,
};

enum disk_kind {
	DISK_KIND_NONE,
	DISK_KIND_FILE,
	DISK_KIND_DIRECTORY,
	DISK_KIND_CHARACTER,
	DISK_KIND_BLOCK,
	DISK_KIND_PIPE,
	DISK_KIND_SOCKET,
	DISK_KIND_LINK,
	DISK_KINDS
};

/* Extended attributes of one or more inodes. */
struct [[gnu::may_alias]] disk_attributes {
	uint32_t magic;
	uint32_t users;
};

#define DISK_ATTRIBUTES_MAGIC 0xea020000u
