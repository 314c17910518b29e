/* What tests/target/memory_target asks tests/target/users, whose broker then has its memory map. */
#pragma once

#include <stdint.h>

/* Pages of memory_target_request, and what is to come of each; what is not named stays. */
enum memory_target_page {
	MEMORY_TARGET_KEPT, /* written before, and stays */
	MEMORY_TARGET_READABLE = 2, /* may only be read */
	MEMORY_TARGET_REPLACED = 3, /* zero */
	MEMORY_TARGET_HOLE = 4, /* is not mapped from the start */
	MEMORY_TARGET_GONE = 6,
	MEMORY_TARGET_PAGES = 8,
};

struct memory_target_request {
	uint64_t pages; /* each byte is its page's number, plus 1 */
	uint32_t memory; /* a descriptor: memory of two pages */
	uint32_t pipe_read, pipe_write;
	uint32_t null_device;
	uint32_t endpoint; /* no descriptor, but a handle */
	uint32_t reserved;
};

/* What is mapped: two pages each. */
struct memory_target_reply {
	uint64_t zeroed, shared, private;
};
