/*
 * The kernel's page table, whose upper half every address space shares.
 * Private to mm.
 */
#pragma once

#include "mm/table/page_table.h"

struct page_table *kernel_tables(void);
/* An empty table on the machine's frames, loaded nowhere; account pays for the tables below. */
enum status page_table_create(struct memory_account *account, struct page_table *out_table);
/* The page tables' operation: makes every CPU that has the table loaded forget the range. */
void page_table_invalidate(struct page_table *table, uintptr_t start, uintptr_t end);

enum { KERNEL_HALF_FIRST = 256, KERNEL_HALF_END = 512 };

/* Index in the root of an address. */
static inline size_t kernel_half_index(uintptr_t address)
{
	return address >> 39 & 511;
}
