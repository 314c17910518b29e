/* Tables that are saved for huge pages, and how a table is linked. Private to mm/table. */
#pragma once

#include "mm/table/page_table.h"

/* Rights are decided by the last level; the ones above allow everything of their half. */
static inline uint64_t page_table_link(uintptr_t address)
{
	uint64_t user = address < USER_END ? PAGE_USER : 0;
	return PAGE_PRESENT | PAGE_WRITABLE | user;
}

/* ERR_NO_MEMORY. */
enum status page_table_save(struct page_table *table);
/* One that is saved, all zero. */
paddr_t page_table_take_saved(struct page_table *table);
