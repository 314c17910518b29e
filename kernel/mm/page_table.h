/*
 * Four-level page tables: one mechanism for kernel and user tables.
 *
 * Knows no CPU: where tables come from, how they are reached and what must be
 * invalidated are operations, so it runs on the host. Format: AMD64 volume 2, section 5.3.
 * Callers serialise access to one table.
 */
#pragma once

#include "hal/api.h"
#include <abi/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum page_bit {
	PAGE_PRESENT = 1 << 0,
	PAGE_WRITABLE = 1 << 1,
	PAGE_USER = 1 << 2,
	PAGE_LARGE = 1 << 7, /* in level 2 */
	PAGE_GLOBAL = 1 << 8,
	PAGE_BORROWED = 1 << 9, /* ours: the frame belongs to somebody else */
};

#define PAGE_NO_EXECUTE ((uint64_t)1 << 63)
#define PAGE_ADDRESS_MASK ((uint64_t)0x000ffffffffff000)

struct page_table_ops {
	/* a zeroed frame for a table */
	enum status (*table_alloc)(paddr_t *out_table);
	void (*table_free)(paddr_t table);
	uint64_t *(*view)(paddr_t table);
	/* after a present entry changed; address is the page's */
	void (*invalidate)(uintptr_t address);
};

struct page_table {
	paddr_t root;
	const struct page_table_ops *ops;
	uint64_t no_execute_mask; /* PAGE_NO_EXECUTE, or 0 on a CPU without it */
	size_t table_count; /* below the root */
};

/*
 * Maps one page. flags: enum page_bit and PAGE_NO_EXECUTE, without PAGE_PRESENT.
 * ERR_EXISTS when something is mapped there; ERR_NO_MEMORY, and then no table is left over.
 */
enum status page_table_map(struct page_table *table, uintptr_t address, paddr_t frame,
                           uint64_t flags);
/* The same for one LARGE_PAGE_SIZE page, both addresses aligned. */
enum status page_table_map_large(struct page_table *table, uintptr_t address, paddr_t frame,
                                 uint64_t flags);
/* The entry of the PAGE_SIZE page at address, or NULL when it is not mapped. */
uint64_t *page_table_entry(const struct page_table *table, uintptr_t address);
/* Changes the rights of a mapped page: flags as for page_table_map. */
void page_table_set_flags(struct page_table *table, uintptr_t address, uint64_t flags);

/* Told of every page that goes, after it was invalidated. */
typedef void page_released(void *context, uint64_t entry);

/*
 * Unmaps [start, end) of one half, small pages only, skipping what is not
 * mapped, and frees tables that became empty. The root stays. released may be NULL.
 */
void page_table_unmap(struct page_table *table, uintptr_t start, uintptr_t end,
                      page_released *released, void *context);
