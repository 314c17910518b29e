/* Generated from registry/syscalls.toml; edit that. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum rustos_syscall {
	SYS_RUSTOS_TAKE = 0x52550001, /* live: Take records. */
	SYS_RUSTOS_PUT = 0x52550002, /* live: Put one record, bytes and strings. */
	SYS_RUSTOS_TICK = 0x52550003, /* live: Nothing in, nothing out. */
	SYS_RUSTOS_LATER = 0x52550004, /* reserved: Not yet. */
	SYS_RUSTOS_LEAVE = 0x52550100, /* live: Does not come back. */
};

enum {
	RECORDS_MAX = 4, /* Records of one call. */
	AT_BASE_ADDRESS = 0x52551000, /* A large one. */
};

/* All kinds of fields. */
struct record {
	uint16_t kind; /* which */
	uint8_t tag[6];
	int64_t value;
	uint32_t low;
	int32_t high;
	uint64_t last;
};
_Static_assert(sizeof(struct record) == 32, "size of struct record");
_Static_assert(offsetof(struct record, kind) == 0,
	       "place of kind in struct record");
_Static_assert(offsetof(struct record, tag) == 2,
	       "place of tag in struct record");
_Static_assert(offsetof(struct record, value) == 8,
	       "place of value in struct record");
_Static_assert(offsetof(struct record, low) == 16,
	       "place of low in struct record");
_Static_assert(offsetof(struct record, high) == 20,
	       "place of high in struct record");
_Static_assert(offsetof(struct record, last) == 24,
	       "place of last in struct record");
