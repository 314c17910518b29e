#include "mm/table/page_window.h"

static bool page_window_is_used(const struct page_window *window, size_t page)
{
	return window->used[page / 64] >> page % 64 & 1;
}

static void page_window_flip(struct page_window *window, size_t first, size_t count)
{
	for (size_t page = first; page < first + count; page++)
		window->used[page / 64] ^= (uint64_t)1 << page % 64;
}

enum status page_window_take(struct page_window *window, size_t pages, uintptr_t *out_address)
{
	size_t run = 0;
	for (size_t page = 0; page < PAGE_WINDOW_PAGES; page++) {
		run = page_window_is_used(window, page) ? 0 : run + 1;
		if (run < pages + 2)
			continue;
		size_t first = page - pages;
		page_window_flip(window, first, pages);
		*out_address = window->base + first * PAGE_SIZE;
		return OK;
	}
	return ERR_NO_MEMORY;
}

void page_window_give(struct page_window *window, uintptr_t address, size_t pages)
{
	page_window_flip(window, (address - window->base) / PAGE_SIZE, pages);
}
