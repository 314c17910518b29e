/* What sendmsg(2) and recvmsg(2) take: Linux include/linux/socket.h, struct user_msghdr and iovec.
 */
#pragma once

#include <stdint.h>

struct linux_piece {
	const void *ptr; /* recvmsg writes there */
	uint64_t len;
};

struct linux_message {
	const void *name;
	uint64_t name_len; /* u32, and padding */
	const struct linux_piece *pieces;
	uint64_t piece_count;
	const void *control; /* the same */
	uint64_t control_len;
	uint64_t flags;
};
