/*
 * Block devices: what a driver registers, and what it is asked.
 *
 * Several requests are in flight at once. submit only starts one; the driver says
 * driver_block_complete when it is done, usually in its interrupt. -EAGAIN from submit: no room
 * now, the kernel asks again after the next completion.
 */
#pragma once

#include <driver/kernel.h>

enum driver_block_operation {
	DRIVER_BLOCK_READ = 1,
	DRIVER_BLOCK_WRITE = 2,
	DRIVER_BLOCK_FLUSH = 3, /* what was written survives a loss of power */
};

enum { DRIVER_BLOCK_SEGMENTS_MAX = 16, DRIVER_BLOCK_PRIVATE_WORDS = 8 };

struct driver_block_segment {
	uint64_t physical;
	uint32_t len; /* bytes; a multiple of the block size */
};

struct driver_block_request {
	uint32_t operation; /* enum driver_block_operation */
	uint32_t segment_count;
	uint64_t first_block;
	uint64_t block_count; /* the segments hold exactly these; 0 for a flush */
	struct driver_block_segment segments[DRIVER_BLOCK_SEGMENTS_MAX];
	uint64_t driver_words[DRIVER_BLOCK_PRIVATE_WORDS]; /* the driver's, from submit on */
};

enum driver_block_flag { DRIVER_BLOCK_READ_ONLY = 1, DRIVER_BLOCK_CAN_FLUSH = 2 };

struct driver_block_device {
	uint64_t block_count;
	uint32_t block_bytes; /* a power of two from 512 to 4096 */
	uint32_t flags; /* enum driver_block_flag */
	uint32_t transport; /* enum driver_bus */
	uint32_t segments_max; /* up to DRIVER_BLOCK_SEGMENTS_MAX */
	void *context;
	/* 0, or a negative errno and nothing was started. Never sleeps; may be called from
	 * driver_block_complete. */
	int32_t (*submit)(void *context, struct driver_block_request *request);
};

/* For init, once the device can take requests: the kernel reads its partition table at once. */
int32_t driver_block_register(const struct driver_block_device *device);
/* status 0 or a negative errno. No lock of the driver may be held. */
void driver_block_complete(struct driver_block_request *request, int32_t status);
