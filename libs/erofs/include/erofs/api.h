/*
 * Reader of EROFS structures; trusts none of their bytes, reads no device, needs no memory.
 *
 * Who calls has the volume in memory, or fetches the bytes that are asked for: the first block, 64
 * bytes of an inode, one block of a directory. Where content lies is answered in bytes from the
 * volume's first. Volumes that need more than erofs/format.h has (compression, attributes, several
 * devices) are refused.
 */
#pragma once

#include <base/str.h>
#include <erofs/format.h>

struct erofs_volume {
	uint64_t bytes; /* that the volume takes, whole blocks */
	uint64_t inodes_offset; /* of the first inode slot */
	uint64_t root; /* inode number */
	uint64_t inode_count;
	uint8_t id[16];
};

enum erofs_mode {
	EROFS_MODE_TYPE = 0170000,
	EROFS_MODE_FOLDER = 0040000,
	EROFS_MODE_FILE = 0100000,
	EROFS_MODE_LINK = 0120000
};

struct erofs_inode {
	uint64_t number;
	uint32_t mode; /* as in stat(2) */
	uint32_t uid, gid;
	uint32_t links;
	uint64_t size;
	uint64_t modified; /* seconds since 1970; 0 in the compact form */
	uint32_t device; /* of a device; 0 */
	uint64_t bytes; /* of the inode itself */
	uint64_t content; /* of whole blocks; 0: none */
	uint64_t inline_bytes, inline_content; /* the rest of it */
};

struct erofs_extent {
	uint64_t offset; /* in the volume */
	uint64_t len; /* 0 at the end of the content */
};

struct erofs_entry {
	struct str name; /* in the block */
	uint64_t inode;
	unsigned type; /* enum erofs_type */
};

/* start: the volume's first block. device_bytes: how much there is in all. False when it is none
 * that we read. */
bool erofs_volume_read(struct str start, uint64_t device_bytes, struct erofs_volume *out_volume);
/* Where an inode lies; false for a number that is outside. */
bool erofs_inode_offset(const struct erofs_volume *volume, uint64_t number, uint64_t *out_offset);
/* bytes: what lies there, 64 bytes or as many as the volume has. */
bool erofs_inode_read(const struct erofs_volume *volume, uint64_t number, struct str bytes,
                      struct erofs_inode *out_inode);
/* The bytes of the content from offset on that lie in one piece. */
struct erofs_extent erofs_content(const struct erofs_inode *inode, uint64_t offset);
/*
 * Entry number `index` of one block of a directory. block: what of it belongs to the directory's
 * content, at most 4096 bytes. False behind the last one, and for a damaged block: see
 * erofs_block_is_sound.
 */
bool erofs_entry_read(struct str block, size_t index, struct erofs_entry *out_entry);
/* Whether every entry can be read, with names in ascending order. */
bool erofs_block_is_sound(struct str block);
/* CRC-32C (Castagnoli) as EROFS uses it: begin with ~0. */
uint32_t erofs_checksum(uint32_t before, struct str bytes);
/* That of the first block, whatever its own field says. */
uint32_t erofs_block_checksum(struct str start);
