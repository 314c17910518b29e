/*
 * The user's side of a read or a write: pieces of memory, used up from the front.
 */
#pragma once

#include "mm/api.h"

struct transfer {
	const struct user_in *parts; /* the caller's, checked against the user range */
	size_t part_count;
	size_t offset; /* used up of the first part */
	size_t left; /* bytes of all parts together */
	bool is_kernel; /* the one part is kernel memory, and is own */
	struct user_in own;
};

/* parts must outlive the transfer. ERR_BAD_ADDRESS: outside the user range; ERR_INVALID_ARGS: more
 * than TRANSFER_MAX bytes. */
enum status transfer_init(struct transfer *transfer, const struct user_in *parts,
                          size_t part_count);
/* The same with kernel memory on the user's side; the transfer may not be moved. */
void transfer_init_kernel(struct transfer *transfer, void *bytes, size_t len);
/* len <= left. ERR_BAD_ADDRESS: a part of it may have been copied. */
enum status transfer_to_user(struct transfer *transfer, const void *src, size_t len);
enum status transfer_from_user(struct transfer *transfer, void *dst, size_t len);

/* Uses len <= left bytes up. */
void transfer_skip(struct transfer *transfer, size_t len);

/* As Linux: what fits an int, rounded down to a page. */
enum { TRANSFER_MAX = 0x7ffff000 };
