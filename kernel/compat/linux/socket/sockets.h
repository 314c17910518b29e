/*
 * Sockets in the Linux ABI, x86-64. Private to compat.
 *
 * Linux 6.1: include/uapi/linux/un.h, include/uapi/asm-generic/socket.h, include/linux/socket.h.
 */
#pragma once

#include "compat/linux/file/path.h"

enum { LINUX_AF_NONE = 0, LINUX_AF_UNIX = 1 };

struct linux_socket_address {
	uint16_t family;
	char path[UNIX_NAME_MAX];
};

struct linux_message {
	uint64_t name;
	uint32_t name_len;
	uint32_t reserved0;
	uint64_t parts; /* struct linux_iovec */
	uint64_t part_count;
	uint64_t control;
	uint64_t control_len;
	uint32_t flags;
	uint32_t reserved1;
};

_Static_assert(sizeof(struct linux_message) == 56);

/* Of sendmmsg and recvmmsg. */
struct linux_counted_message {
	struct linux_message message;
	uint32_t len;
	uint32_t reserved0;
};

/* Of what comes along with a message; data follows, and each begins at a multiple of 8. */
struct linux_control_header {
	uint64_t len; /* with this header */
	int32_t level;
	int32_t kind;
};

enum {
	LINUX_SOL_SOCKET = 1,
	LINUX_SCM_RIGHTS = 1,
	LINUX_SCM_CREDENTIALS = 2,
	LINUX_MSG_CONTROL_TRUNCATED = 0x08,
	LINUX_MSG_NO_SIGNAL = 0x4000,
	LINUX_MSG_WAIT_FOR_ONE = 0x10000,
	LINUX_MSG_CLOSE_ON_EXEC = 0x40000000,
	LINUX_MESSAGES_MAX = 1024, /* of one sendmmsg or recvmmsg */
};

/* As given, without a key. len 0: no name but a family. ERR_INVALID_ARGS, ERR_BAD_ADDRESS. */
enum status linux_socket_address(uintptr_t address, uint32_t len, struct unix_address *out);
/* Fills in the key by which it is found. ERR_NOT_FOUND, ERR_CONNECTION_REFUSED. */
enum status linux_socket_address_find(struct unix_address *address);
/* As struct sockaddr_un, cut to capacity, and its whole length. name NULL: none. */
int64_t linux_put_socket_name(const struct unix_name *name, uintptr_t out, uint32_t capacity,
                              uintptr_t out_len);
