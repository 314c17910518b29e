/* Generated from registry/interfaces/counter.toml; edit that. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* A counter for each key. */
enum {
	COUNTER_SERVICE = 1, /* filed answers */
};

/* op of the message header. */
enum counter_operation {
	COUNTER_READ = 1, /* live: What was counted. */
	COUNTER_ADD = 2, /* live: Count more. */
	COUNTER_CLEAR = 5, /* reserved: Count nothing. */
	COUNTER_OPERATION_COUNT = 6,
};

/* Bit of an operation set: a request that a dying service took is sent again. */
#define COUNTER_IDEMPOTENT UINT64_C(0x2)

/* Initialiser of an array of COUNTER_OPERATION_COUNT C strings; NULL where there is none. */
#define COUNTER_OPERATION_NAMES \
	{ \
		[1] = "read", \
		[2] = "add", \
		[5] = "clear", \
	}

enum {
	COUNTER_MAX = 99, /* What fits. */
};

/* Which counter. */
struct counter_key {
	uint32_t high;
	uint32_t low;
};
_Static_assert(sizeof(struct counter_key) == 8, "size of struct counter_key");
_Static_assert(offsetof(struct counter_key, high) == 0,
	       "place of high in struct counter_key");
_Static_assert(offsetof(struct counter_key, low) == 4,
	       "place of low in struct counter_key");

/* What is asked. */
struct counter_request {
	struct counter_key key; /* whose */
	struct counter_key amounts[2];
};
_Static_assert(sizeof(struct counter_request) == 24, "size of struct counter_request");
_Static_assert(offsetof(struct counter_request, key) == 0,
	       "place of key in struct counter_request");
_Static_assert(offsetof(struct counter_request, amounts) == 8,
	       "place of amounts in struct counter_request");

/* What is answered. */
struct counter_reply {
	int32_t status;
	uint32_t len;
	uint64_t value;
};
_Static_assert(sizeof(struct counter_reply) == 16, "size of struct counter_reply");
_Static_assert(offsetof(struct counter_reply, status) == 0,
	       "place of status in struct counter_reply");
_Static_assert(offsetof(struct counter_reply, len) == 4,
	       "place of len in struct counter_reply");
_Static_assert(offsetof(struct counter_reply, value) == 8,
	       "place of value in struct counter_reply");
