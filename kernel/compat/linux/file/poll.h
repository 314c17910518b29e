/*
 * Lists of descriptors to wait for, Linux include/uapi/asm-generic/poll.h. Private to compat.
 */
#pragma once

#include "compat/linux/abi.h"

struct linux_pollfd {
	int32_t descriptor; /* negative: none */
	int16_t events;
	int16_t happened;
};

enum {
	LINUX_POLL_INVALID = 0x20, /* happened: no such descriptor */
	LINUX_NO_WAIT = 1, /* a deadline that is over */
};

/* How many of the list are ready, or a status; deadline_ns 0: waits for ever. */
int64_t linux_poll_list(struct linux_pollfd *list, size_t count, uint64_t deadline_ns);
/*
 * The running call waits with the signal mask at an address, 0: with its own. ERR_INVALID_ARGS: not
 * so many bytes; ERR_BAD_ADDRESS.
 */
enum status linux_wait_with_mask(uintptr_t mask, uint64_t mask_bytes);
