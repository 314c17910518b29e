/*
 * The journal as it lies on the disk; big-endian. Format: Linux, Documentation/filesystems/ext4,
 * journal (JBD2).
 */
#pragma once

#include <stdint.h>

#define JOURNAL_MAGIC 0xc03b3998u

enum journal_kind {
	JOURNAL_DESCRIPTOR = 1,
	JOURNAL_COMMIT = 2,
	JOURNAL_SUPER_1 = 3,
	JOURNAL_SUPER_2 = 4,
	JOURNAL_REVOKE = 5
};

enum journal_incompat { JOURNAL_INCOMPAT_REVOKE = 1 };

struct [[gnu::may_alias]] journal_header {
	uint32_t magic, kind, sequence;
};

struct [[gnu::may_alias]] journal_super {
	struct journal_header header;
	uint32_t block_bytes;
	uint32_t blocks; /* of the whole journal */
	uint32_t first; /* block of the log */
	uint32_t sequence; /* of the first transaction in the log */
	uint32_t start; /* where it begins; 0: the log is empty */
	uint32_t error;
	uint32_t compat, incompat, ro_compat; /* from version 2 on */
	uint8_t id[16];
	uint32_t users;
};

enum journal_tag_flags {
	JOURNAL_ESCAPED = 1, /* the block begins with the magic, which was set to 0 in the log */
	JOURNAL_SAME_ID = 2, /* no identity follows */
	JOURNAL_LAST = 8,
};

struct [[gnu::may_alias]] journal_tag {
	uint32_t block;
	uint16_t checksum;
	uint16_t flags;
};

enum { JOURNAL_ID_BYTES = 16 };

struct [[gnu::may_alias]] journal_revoke {
	struct journal_header header;
	uint32_t bytes; /* that are used in this block */
	uint32_t blocks[];
};

struct [[gnu::may_alias]] journal_commit {
	struct journal_header header;
	uint8_t checksum_kind, checksum_bytes, padding[2];
	uint32_t checksums[8];
	uint32_t seconds_high, seconds;
	uint32_t nanoseconds;
};

static inline uint32_t big32(uint32_t value)
{
	return __builtin_bswap32(value);
}

static inline uint16_t big16(uint16_t value)
{
	return __builtin_bswap16(value);
}
