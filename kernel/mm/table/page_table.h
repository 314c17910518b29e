/*
 * Four-level page tables: one mechanism for kernel and user tables. Included by mm/api.h.
 *
 * Knows no CPU: where tables come from and what must be invalidated are operations, so it runs on
 * the host. Tables are reached through direct_map, and frame_count_uses counts the entries in use
 * of each. Format: AMD64 volume 2, section 5.3.
 * Callers serialise access to one table. A table goes with its last entry.
 */
#pragma once

#include "hal/api.h"
#include "mm/heap/account.h"
#include <abi/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum page_bit {
	PAGE_PRESENT = 1 << 0,
	PAGE_WRITABLE = 1 << 1,
	PAGE_USER = 1 << 2,
	PAGE_LARGE = 1 << 7, /* in level 2, and 3 */
	PAGE_GLOBAL = 1 << 8,
	PAGE_BORROWED = 1 << 9, /* ours: the frame belongs to somebody else */
	PAGE_HIDDEN = 1 << 10, /* ours: there is a page, but without rights; not present */
	PAGE_TABLE = 1 << 11, /* ours, only while it is released: the frame was a table */
};

/* Ours: the frame is none of the allocator's, so it can't be shared. */
#define PAGE_FOREIGN ((uint64_t)1 << 52)
/* Ours: a page of HUGE_PAGE_SIZE, beside PAGE_LARGE. */
#define PAGE_HUGE ((uint64_t)1 << 53)
#define PAGE_NO_EXECUTE ((uint64_t)1 << 63)
#define PAGE_ADDRESS_MASK ((uint64_t)0x000ffffffffff000)

struct page_table;

struct page_table_ops {
	/* a zeroed frame for a table; charged to the table's account */
	enum status (*table_alloc)(struct page_table *table, paddr_t *out_frame);
	/* all of it is zero */
	void (*table_free)(struct page_table *table, paddr_t frame);
	/* after entries of [start, end) lost rights or went, and before anything is freed */
	void (*invalidate)(struct page_table *table, uintptr_t start, uintptr_t end);
};

struct page_table {
	paddr_t root;
	const struct page_table_ops *ops;
	struct memory_account *account; /* who pays for tables; NULL: the kernel */
	uint64_t no_execute_mask; /* PAGE_NO_EXECUTE, or 0 on a CPU without it */
	size_t table_count; /* below the root */
	size_t page_count; /* mapped, hidden ones too, in pages of PAGE_SIZE */
	paddr_t saved; /* tables in a chain by their first words, for splits that may not fail; 0:
	                  none */
	uint64_t cpus; /* atomic: bit per CPU that has it loaded, or had; all ones for the kernel's
	                */
	uint64_t version; /* atomic: how often something was invalidated */
};

/*
 * Maps one page. flags: enum page_bit and PAGE_NO_EXECUTE; PAGE_PRESENT comes by itself unless
 * PAGE_HIDDEN is there.
 * ERR_EXISTS when something is mapped there; ERR_NO_MEMORY, and then no table is left over.
 */
enum status page_table_map(struct page_table *table, uintptr_t address, paddr_t frame,
                           uint64_t flags);
/* The same for one LARGE_PAGE_SIZE page, both addresses aligned. */
enum status page_table_map_large(struct page_table *table, uintptr_t address, paddr_t frame,
                                 uint64_t flags);
/*
 * And for one HUGE_PAGE_SIZE page, where the CPU has them. In the user half it has a table saved
 * for it, so that page_table_split to level 2 can't fail.
 */
enum status page_table_map_huge(struct page_table *table, uintptr_t address, paddr_t frame,
                                uint64_t flags);

/* The entry that maps an address, or would. */
struct page_slot {
	uint64_t *entry; /* NULL: no table reaches so far down */
	unsigned level; /* 1, 2 for a large page, 3 for a huge one */
};

static inline size_t page_level_size(unsigned level)
{
	return (size_t)PAGE_SIZE << (level - 1) * 9;
}

/*
 * page_table_map where page_table_find has just found nothing: slot is its answer, and the entry,
 * if there is one, is 0.
 */
enum status page_table_fill(struct page_table *table, struct page_slot slot, uintptr_t address,
                            paddr_t frame, uint64_t flags);
struct page_slot page_table_find(const struct page_table *table, uintptr_t address);
/* Nothing at all in the LARGE_PAGE_SIZE around address? */
bool page_table_large_is_free(const struct page_table *table, uintptr_t address);
/* The entry of the PAGE_SIZE page at address, or NULL when none is present. */
uint64_t *page_table_entry(const struct page_table *table, uintptr_t address);

/* The entry with other rights; flags as for page_table_map. The caller invalidates. */
uint64_t page_table_with_flags(const struct page_table *table, uint64_t entry, uint64_t flags);
/*
 * Makes smaller pages of the one at address, if there is one of a higher level than that.
 * ERR_NO_MEMORY: some may have become smaller.
 */
enum status page_table_split(struct page_table *table, uintptr_t address, unsigned level);

/* Frees what was saved for huge pages that are gone. */
void page_table_drop_saved(struct page_table *table);

/* Told of every page, hidden ones too; level as in struct page_slot. May change the entry. */
typedef enum status page_visitor(void *context, uint64_t *entry, uintptr_t address, unsigned level);
/* Visits [start, end), one half only, until a visit fails. */
enum status page_table_visit(struct page_table *table, uintptr_t start, uintptr_t end,
                             page_visitor *visitor, void *context);

/* Told of every page that goes, after it was invalidated. */
typedef void page_released(void *context, uint64_t entry);

/*
 * Unmaps [start, end) of one half, skipping what is not mapped, and frees tables that became
 * empty. The root stays. No large page may be cut. released may be NULL.
 */
void page_table_unmap(struct page_table *table, uintptr_t start, uintptr_t end,
                      page_released *released, void *context);

struct page_unmap {
	uintptr_t start, end;
	page_released *released;
	void *context;
	size_t pages; /* at most so many, a large one counting for more; not 0. Told: what is left
	               */
};

/* The same in pieces: up to where it is done. */
uintptr_t page_table_unmap_some(struct page_table *table, struct page_unmap *request);
