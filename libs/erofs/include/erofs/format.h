/*
 * EROFS on disk, as far as it is used here: blocks of 4 KiB, nothing compressed, no extended
 * attributes.
 *
 * Little-endian throughout. Format: Linux, Documentation/filesystems/erofs.rst and
 * fs/erofs/erofs_fs.h.
 */
#pragma once

enum {
	EROFS_BLOCK_BYTES = 4096,
	EROFS_BLOCK_BITS = 12,
	EROFS_SUPERBLOCK_OFFSET = 1024,
	EROFS_SUPERBLOCK_BYTES = 128,
	EROFS_SLOT_BYTES = 32, /* an inode number counts these from the first block of inodes */
	EROFS_COMPACT_BYTES = 32,
	EROFS_EXTENDED_BYTES = 64,
	EROFS_ENTRY_BYTES = 12, /* of a directory, without its name */
	EROFS_NAME_MAX = 255,
};

#define EROFS_MAGIC 0xE0F5E1E2u

enum erofs_compat { EROFS_COMPAT_CHECKSUM = 1, EROFS_COMPAT_MODIFIED = 2 };

/* Bytes of the superblock. */
enum erofs_superblock_field {
	EROFS_AT_MAGIC = 0,
	EROFS_AT_CHECKSUM = 4, /* CRC-32C of its block from here on, itself taken as 0 */
	EROFS_AT_COMPAT = 8,
	EROFS_AT_BLOCK_BITS = 12,
	EROFS_AT_ROOT = 14,
	EROFS_AT_INODE_COUNT = 16,
	EROFS_AT_TIME = 24,
	EROFS_AT_BLOCK_COUNT = 36,
	EROFS_AT_INODE_BLOCK = 40,
	EROFS_AT_UUID = 48,
	EROFS_AT_LABEL = 64, /* 16 bytes */
	EROFS_AT_INCOMPAT = 80,
	EROFS_AT_EXTRA_DEVICES = 86,
};

/* Bytes of an inode; what both forms share comes first. */
enum erofs_inode_field {
	EROFS_AT_FORMAT = 0, /* bit 0: extended; bits 1 to 3: layout */
	EROFS_AT_ATTRIBUTES = 2, /* count; 0: none */
	EROFS_AT_MODE = 4,
	EROFS_AT_SIZE = 8, /* 4 bytes, 8 in the extended form */
	EROFS_AT_BLOCK = 16, /* first block of the content; a device's number */
	EROFS_AT_NUMBER = 20, /* for stat(2) of old systems */
	EROFS_AT_COMPACT_LINKS = 6,
	EROFS_AT_COMPACT_UID = 24,
	EROFS_AT_COMPACT_GID = 26,
	EROFS_AT_UID = 24, /* the extended form from here on */
	EROFS_AT_GID = 28,
	EROFS_AT_MODIFIED = 32,
	EROFS_AT_LINKS = 44,
};

enum erofs_layout {
	EROFS_PLAIN = 0, /* whole blocks */
	EROFS_INLINE = 2, /* what fills no block lies behind the inode */
};

/* Bytes of a directory's entry; the first one's name offset tells how many there are. */
enum erofs_entry_field {
	EROFS_AT_ENTRY_INODE = 0,
	EROFS_AT_ENTRY_NAME = 8, /* offset in the block */
	EROFS_AT_ENTRY_TYPE = 10,
};

enum erofs_type {
	EROFS_FILE = 1,
	EROFS_FOLDER = 2,
	EROFS_CHARACTER_DEVICE = 3,
	EROFS_BLOCK_DEVICE = 4,
	EROFS_FIFO = 5,
	EROFS_SOCKET = 6,
	EROFS_LINK = 7,
};
