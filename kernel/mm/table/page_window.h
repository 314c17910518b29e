/*
 * Addresses for pages that are mapped one piece at a time, lowest fit first. Private to mm.
 *
 * Between two pieces a page stays free, so that running off the end of one faults.
 */
#pragma once

#include "mm/api.h"

enum {
	PAGE_WINDOW_PAGES = 32768, /* 128 MiB of addresses */
	PAGE_WINDOW_BYTES = PAGE_WINDOW_PAGES * PAGE_SIZE,
	PAGE_WINDOW_WORDS = PAGE_WINDOW_PAGES / 64,
};

struct page_window {
	uintptr_t base;
	struct spinlock lock;
	/* guarded by lock, as are the tables of the window */
	uint64_t used[PAGE_WINDOW_WORDS]; /* bit per page */
};

/* Both with the lock held. ERR_NO_MEMORY: no room. */
enum status page_window_take(struct page_window *window, size_t pages, uintptr_t *out_address);
void page_window_give(struct page_window *window, uintptr_t address, size_t pages);
