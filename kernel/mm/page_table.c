/*
 * Walks of four-level tables: mapping makes tables, unmapping frees the empty
 * ones, so a table that exists always holds something.
 */
#include "mm/page_table.h"

enum {
	PAGE_TABLE_ENTRIES = 512,
	PAGE_TABLE_TOP_LEVEL = 4, /* level 1 holds small pages */
	PAGE_TABLE_LEVEL_BITS = 9,
	PAGE_SHIFT = 12,
};

static unsigned page_level_shift(unsigned level)
{
	return PAGE_SHIFT + (level - 1) * PAGE_TABLE_LEVEL_BITS;
}

static size_t page_level_index(uintptr_t address, unsigned level)
{
	return address >> page_level_shift(level) & (PAGE_TABLE_ENTRIES - 1);
}

static bool page_table_is_empty(const uint64_t *entries)
{
	for (size_t i = 0; i < PAGE_TABLE_ENTRIES; i++)
		if (entries[i])
			return false;
	return true;
}

/* Rights are decided by the last level; the ones above allow everything of their half. */
static uint64_t page_table_link(uintptr_t address)
{
	uint64_t user = address < USER_END ? PAGE_USER : 0;
	return PAGE_PRESENT | PAGE_WRITABLE | user;
}

/* The entry of address at level, making tables on the way. */
static enum status page_table_reach(struct page_table *table, uintptr_t address, unsigned level,
                                    uint64_t **out_entry)
{
	uint64_t *entries = table->ops->view(table->root);
	for (unsigned at = PAGE_TABLE_TOP_LEVEL; at > level; at--) {
		uint64_t *entry = &entries[page_level_index(address, at)];
		if (*entry & PAGE_LARGE)
			return ERR_EXISTS;
		if (!(*entry & PAGE_PRESENT)) {
			paddr_t next;
			enum status status = table->ops->table_alloc(&next);
			if (status != OK)
				return status;
			*entry = next | page_table_link(address);
			table->table_count++;
		}
		entries = table->ops->view(*entry & PAGE_ADDRESS_MASK);
	}
	*out_entry = &entries[page_level_index(address, level)];
	return OK;
}

static enum status page_table_set(struct page_table *table, uintptr_t address, paddr_t frame,
                                  uint64_t flags, unsigned level)
{
	uint64_t *entry;
	enum status status = page_table_reach(table, address, level, &entry);
	if (status == ERR_NO_MEMORY)
		/* nothing is mapped there: this frees the tables made on the way */
		page_table_unmap(table, address, address + PAGE_SIZE, NULL, NULL);
	if (status != OK)
		return status;
	if (*entry & PAGE_PRESENT)
		return ERR_EXISTS;
	uint64_t no_execute = flags & PAGE_NO_EXECUTE & table->no_execute_mask;
	*entry = frame | (flags & ~PAGE_NO_EXECUTE) | no_execute | PAGE_PRESENT;
	return OK;
}

enum status page_table_map(struct page_table *table, uintptr_t address, paddr_t frame,
                           uint64_t flags)
{
	return page_table_set(table, address, frame, flags, 1);
}

enum status page_table_map_large(struct page_table *table, uintptr_t address, paddr_t frame,
                                 uint64_t flags)
{
	return page_table_set(table, address, frame, flags | PAGE_LARGE, 2);
}

uint64_t *page_table_entry(const struct page_table *table, uintptr_t address)
{
	uint64_t *entries = table->ops->view(table->root);
	for (unsigned level = PAGE_TABLE_TOP_LEVEL; level > 1; level--) {
		uint64_t entry = entries[page_level_index(address, level)];
		if (!(entry & PAGE_PRESENT) || (entry & PAGE_LARGE))
			return NULL;
		entries = table->ops->view(entry & PAGE_ADDRESS_MASK);
	}
	uint64_t *entry = &entries[page_level_index(address, 1)];
	return *entry & PAGE_PRESENT ? entry : NULL;
}

void page_table_set_flags(struct page_table *table, uintptr_t address, uint64_t flags)
{
	uint64_t *entry = page_table_entry(table, address);
	uint64_t kept = *entry & (PAGE_ADDRESS_MASK | PAGE_BORROWED);
	uint64_t no_execute = flags & PAGE_NO_EXECUTE & table->no_execute_mask;
	*entry = kept | (flags & ~PAGE_NO_EXECUTE) | no_execute | PAGE_PRESENT;
	table->ops->invalidate(address);
}

struct page_walk {
	struct page_table *table;
	uintptr_t end; /* exclusive */
	page_released *released;
	void *context;
};

static void page_release(const struct page_walk *walk, uint64_t *entry, uintptr_t address)
{
	uint64_t old = *entry;
	*entry = 0;
	walk->table->ops->invalidate(address);
	if (walk->released)
		walk->released(walk->context, old);
}

static void page_release_table(const struct page_walk *walk, uint64_t *entry, uintptr_t address)
{
	paddr_t below = *entry & PAGE_ADDRESS_MASK;
	*entry = 0;
	/* also drops what the CPU remembers of the tables on the way */
	walk->table->ops->invalidate(address);
	walk->table->ops->table_free(below);
	walk->table->table_count--;
}

/* From start to the end of what the table at `at` covers. Calls itself at most three levels deep.
 */
static void page_walk_table(const struct page_walk *walk, paddr_t at, unsigned level,
                            uintptr_t start)
{
	uint64_t *entries = walk->table->ops->view(at);
	uintptr_t span = (uintptr_t)1 << page_level_shift(level);
	uintptr_t address = start;

	for (size_t i = page_level_index(start, level); i < PAGE_TABLE_ENTRIES; i++) {
		uintptr_t next = (address & ~(span - 1)) + span;
		uint64_t entry = entries[i];
		if (level == 1 && (entry & PAGE_PRESENT)) {
			page_release(walk, &entries[i], address);
		} else if ((entry & PAGE_PRESENT) && !(entry & PAGE_LARGE)) {
			paddr_t below = entry & PAGE_ADDRESS_MASK;
			/* what every address space shares stays */
			bool shared = level == PAGE_TABLE_TOP_LEVEL && address >= USER_END;
			page_walk_table(walk, below, level - 1, address);
			if (!shared && page_table_is_empty(walk->table->ops->view(below)))
				page_release_table(walk, &entries[i], address);
		}
		/* the last entry of the address space ends at 0 */
		if (next >= walk->end || next == 0)
			return;
		address = next;
	}
}

void page_table_unmap(struct page_table *table, uintptr_t start, uintptr_t end,
                      page_released *released, void *context)
{
	const struct page_walk walk = {table, end, released, context};
	if (start < end)
		page_walk_table(&walk, table->root, PAGE_TABLE_TOP_LEVEL, start);
}
