/*
 * The kernel's page table, whose upper half every address space shares.
 * Private to mm.
 */
#pragma once

#include "mm/page_table.h"

struct page_table *kernel_tables(void);
/* An empty table on the machine's frames. */
enum status page_table_create(struct page_table *out_table);

enum { KERNEL_HALF_FIRST = 256, KERNEL_HALF_END = 512 };

/* Index in the root of an address. */
static inline size_t kernel_half_index(uintptr_t address)
{
	return address >> 39 & 511;
}
