/*
 * Walks of four-level tables: mapping makes tables, unmapping frees the empty
 * ones, so a table that exists always holds something.
 */
#include "mm/table/page_table.h"
#include "mm/api.h"
#include "mm/table/page_split.h"
#include <base/cleanup.h>

enum {
	PAGE_TABLE_ENTRIES = 512,
	PAGE_TABLE_TOP_LEVEL = 4, /* level 1 holds small pages */
	PAGE_TABLE_LEVEL_BITS = 9,
	PAGE_SHIFT = 12,
	PAGE_GATHER_MAX = 32,
	PAGE_LARGE_COST = 64, /* of a piece of work: its frames go one by one */
	PAGE_HUGE_COST = 512 * PAGE_LARGE_COST,
};

static unsigned page_level_shift(unsigned level)
{
	return PAGE_SHIFT + (level - 1) * PAGE_TABLE_LEVEL_BITS;
}

static size_t page_level_index(uintptr_t address, unsigned level)
{
	return address >> page_level_shift(level) & (PAGE_TABLE_ENTRIES - 1);
}

/* Something that maps memory, not a table? */
static bool page_is_leaf(uint64_t entry, unsigned level)
{
	return level == 1 ? entry != 0 : (entry & PAGE_LARGE) != 0;
}

static uint64_t *page_table_below(uint64_t entry)
{
	return direct_map(entry & PAGE_ADDRESS_MASK);
}

/* The table that an entry of it lies in. */
static paddr_t page_table_of(const uint64_t *entry)
{
	return direct_map_physical(entry) & ~(paddr_t)(PAGE_SIZE - 1);
}

uint64_t page_table_with_flags(const struct page_table *table, uint64_t entry, uint64_t flags)
{
	uint64_t kept =
	        entry & (PAGE_ADDRESS_MASK | PAGE_BORROWED | PAGE_LARGE | PAGE_HUGE | PAGE_FOREIGN);
	uint64_t present = flags & PAGE_HIDDEN ? 0 : PAGE_PRESENT;
	uint64_t no_execute = flags & PAGE_NO_EXECUTE & table->no_execute_mask;
	return kept | (flags & ~PAGE_NO_EXECUTE) | no_execute | present;
}

/* Where an address's entry lies: a table's frame and the index in it. */
struct page_place {
	paddr_t table;
	uint64_t *entry;
};

/* The entry of address at level, making tables on the way. */
static enum status page_table_reach(struct page_table *table, uintptr_t address, unsigned level,
                                    struct page_place *out_place)
{
	paddr_t at_table = table->root;
	uint64_t *entries = direct_map(at_table);
	for (unsigned at = PAGE_TABLE_TOP_LEVEL; at > level; at--) {
		uint64_t *entry = &entries[page_level_index(address, at)];
		if (*entry & PAGE_LARGE)
			return ERR_EXISTS;
		if (!*entry) {
			paddr_t next;
			TRY(table->ops->table_alloc(table, &next));
			*entry = next | page_table_link(address);
			(void)frame_count_uses(at_table, 1); /* only emptiness is looked at */
			table->table_count++;
		}
		at_table = *entry & PAGE_ADDRESS_MASK;
		entries = direct_map(at_table);
	}
	*out_place = (struct page_place){at_table, &entries[page_level_index(address, level)]};
	return OK;
}

static enum status page_table_set(struct page_table *table, uintptr_t address, paddr_t frame,
                                  uint64_t flags, unsigned level)
{
	struct page_place place;
	enum status status = page_table_reach(table, address, level, &place);
	if (status == ERR_NO_MEMORY)
		/* nothing is mapped there: this frees the tables made on the way */
		page_table_unmap(table, address, address + PAGE_SIZE, NULL, NULL);
	if (status != OK)
		return status;
	if (*place.entry)
		return ERR_EXISTS;
	*place.entry = page_table_with_flags(table, frame, flags);
	table->page_count += page_level_size(level) / PAGE_SIZE;
	(void)frame_count_uses(place.table, 1); /* only emptiness is looked at */
	return OK;
}

enum status page_table_map(struct page_table *table, uintptr_t address, paddr_t frame,
                           uint64_t flags)
{
	return page_table_set(table, address, frame, flags, 1);
}

enum status page_table_fill(struct page_table *table, struct page_slot slot, uintptr_t address,
                            paddr_t frame, uint64_t flags)
{
	if (!slot.entry || slot.level > 1)
		return page_table_map(table, address, frame, flags);
	*slot.entry = page_table_with_flags(table, frame, flags);
	table->page_count++;
	(void)frame_count_uses(page_table_of(slot.entry), 1); /* only emptiness is looked at */
	return OK;
}

enum status page_table_map_large(struct page_table *table, uintptr_t address, paddr_t frame,
                                 uint64_t flags)
{
	return page_table_set(table, address, frame, flags | PAGE_LARGE, 2);
}

enum status page_table_map_huge(struct page_table *table, uintptr_t address, paddr_t frame,
                                uint64_t flags)
{
	bool saves = address < USER_END;
	if (saves)
		TRY(page_table_save(table));
	enum status status =
	        page_table_set(table, address, frame, flags | PAGE_LARGE | PAGE_HUGE, 3);
	if (status != OK && saves)
		table->ops->table_free(table, page_table_take_saved(table));
	return status;
}

struct page_slot page_table_find(const struct page_table *table, uintptr_t address)
{
	uint64_t *entries = direct_map(table->root);
#pragma GCC unroll 3
	for (unsigned level = PAGE_TABLE_TOP_LEVEL; level > 1; level--) {
		uint64_t *entry = &entries[page_level_index(address, level)];
		/* a hidden page is large without being present */
		if (__builtin_expect((*entry & (PAGE_PRESENT | PAGE_LARGE)) != PAGE_PRESENT, 0))
			return (struct page_slot){*entry ? entry : NULL, level};
		entries = page_table_below(*entry);
	}
	return (struct page_slot){&entries[page_level_index(address, 1)], 1};
}

bool page_table_large_is_free(const struct page_table *table, uintptr_t address)
{
	return !page_table_find(table, address).entry;
}

uint64_t *page_table_entry(const struct page_table *table, uintptr_t address)
{
	struct page_slot slot = page_table_find(table, address);
	bool is_page = slot.entry && slot.level == 1 && (*slot.entry & PAGE_PRESENT);
	return is_page ? slot.entry : NULL;
}

/* The part of one table that a walk from start to end covers. */
struct page_span {
	uintptr_t base; /* of the table's first entry */
	size_t first, last; /* indexes */
};

static struct page_span page_table_span(uintptr_t start, uintptr_t end, unsigned level)
{
	/* the last address, as the table may end with the address space */
	uintptr_t mask = ((uintptr_t)PAGE_TABLE_ENTRIES << page_level_shift(level)) - 1;
	uintptr_t last = start | mask;
	if (end - 1 < last)
		last = end - 1;
	return (struct page_span){start & ~mask, page_level_index(start, level),
	                          page_level_index(last, level)};
}

static uintptr_t page_span_address(const struct page_span *span, size_t index, unsigned level)
{
	return span->base + ((uintptr_t)index << page_level_shift(level));
}

/* The first entry from index on that is not 0; beyond last when there is none up to it. */
static size_t page_next_used(const uint64_t *entries, size_t index, size_t last)
{
	enum { AT_ONCE = 8 };
	for (; index % AT_ONCE && index <= last; index++)
		if (entries[index])
			return index;
	for (; index <= last; index += AT_ONCE) {
		const uint64_t *e = entries + index;
		if (e[0] | e[1] | e[2] | e[3] | e[4] | e[5] | e[6] | e[7])
			break;
	}
	while (index <= last && !entries[index])
		index++;
	return index;
}

struct page_visit {
	struct page_table *table;
	uintptr_t end; /* exclusive */
	page_visitor *visitor;
	void *context;
};

/* From start to the end of what the table covers. Calls itself at most three levels deep. */
static enum status page_visit_table(const struct page_visit *visit, uint64_t *entries,
                                    unsigned level, uintptr_t start)
{
	const struct page_span span = page_table_span(start, visit->end, level);
	size_t i = page_next_used(entries, span.first, span.last);
	for (; i <= span.last; i = page_next_used(entries, i + 1, span.last)) {
		uintptr_t address = i == span.first ? start : page_span_address(&span, i, level);
		if (page_is_leaf(entries[i], level))
			TRY(visit->visitor(visit->context, &entries[i], address, level));
		else
			TRY(page_visit_table(visit, page_table_below(entries[i]), level - 1,
			                     address));
	}
	return OK;
}

enum status page_table_visit(struct page_table *table, uintptr_t start, uintptr_t end,
                             page_visitor *visitor, void *context)
{
	const struct page_visit visit = {table, end, visitor, context};
	if (start >= end)
		return OK;
	return page_visit_table(&visit, direct_map(table->root), PAGE_TABLE_TOP_LEVEL, start);
}

/* What was unmapped and may be used again once no CPU remembers it. */
struct page_gather {
	struct page_table *table;
	uintptr_t end; /* of the walk, exclusive */
	page_released *released;
	void *context;
	uintptr_t gathered_start, gathered_end;
	size_t left; /* pages that may still be unmapped */
	uintptr_t stopped; /* where there were none left; 0: not so far */
	size_t count;
	uint64_t entries[PAGE_GATHER_MAX]; /* with PAGE_TABLE: a table */
};

static void page_gather_flush(struct page_gather *gather)
{
	if (!gather->count)
		return;
	struct page_table *table = gather->table;
	table->ops->invalidate(table, gather->gathered_start, gather->gathered_end);
	for (size_t i = 0; i < gather->count; i++) {
		uint64_t entry = gather->entries[i];
		if (entry & PAGE_TABLE)
			table->ops->table_free(table, entry & PAGE_ADDRESS_MASK);
		else if (gather->released)
			gather->released(gather->context, entry);
	}
	gather->count = 0;
}

static void page_gather_add(struct page_gather *gather, uint64_t entry, uintptr_t address,
                            uintptr_t size)
{
	if (gather->count == PAGE_GATHER_MAX)
		page_gather_flush(gather);
	if (!gather->count || address < gather->gathered_start)
		gather->gathered_start = address;
	if (!gather->count || address + size > gather->gathered_end)
		gather->gathered_end = address + size;
	gather->entries[gather->count++] = entry;
}

/* Its entry is taken out, too. */
static void page_gather_table(struct page_gather *gather, uint64_t entry, uintptr_t address)
{
	gather->table->table_count--;
	/* the address drops what a CPU remembers of the tables on the way */
	page_gather_add(gather, (entry & PAGE_ADDRESS_MASK) | PAGE_TABLE, address, PAGE_SIZE);
}

/* True when no more may go in this piece. */
static bool page_gather_count(struct page_gather *gather, unsigned level)
{
	static const size_t costs[] = {0, 1, PAGE_LARGE_COST, PAGE_HUGE_COST};
	size_t cost = costs[level];
	gather->left -= cost < gather->left ? cost : gather->left;
	return !gather->left;
}

/* True when the table at `at` became empty. */
static bool page_unmap_table(struct page_gather *gather, paddr_t at, unsigned level,
                             uintptr_t start)
{
	uint64_t *entries = direct_map(at);
	const struct page_span span = page_table_span(start, gather->end, level);
	int32_t gone = 0;

	size_t i = page_next_used(entries, span.first, span.last);
	for (; i <= span.last && !gather->stopped; i = page_next_used(entries, i + 1, span.last)) {
		uintptr_t address = i == span.first ? start : page_span_address(&span, i, level);
		uint64_t entry = entries[i];
		/* what every address space shares stays */
		bool shared = level == PAGE_TABLE_TOP_LEVEL && address >= USER_END;
		if (page_is_leaf(entry, level)) {
			entries[i] = 0;
			gone++;
			gather->table->page_count -= page_level_size(level) / PAGE_SIZE;
			uintptr_t size = (uintptr_t)1 << page_level_shift(level);
			page_gather_add(gather, entry, address, size);
			if (page_gather_count(gather, level))
				gather->stopped = (address & ~(size - 1)) + size;
		} else if (page_unmap_table(gather, entry & PAGE_ADDRESS_MASK, level - 1,
		                            address) &&
		           !shared) {
			entries[i] = 0;
			gone++;
			page_gather_table(gather, entry, address);
		}
	}
	return frame_count_uses(at, -gone) == 0;
}

/*
 * The small page at address, as most requests are: straight down, and up again as far as tables
 * are empty. False: it is part of a large one.
 */
static bool page_unmap_one(struct page_gather *gather, uintptr_t address)
{
	uint64_t *path[PAGE_TABLE_TOP_LEVEL + 1];
	uint64_t *entries = direct_map(gather->table->root);
	unsigned level = PAGE_TABLE_TOP_LEVEL;
	for (;; level--) {
		path[level] = &entries[page_level_index(address, level)];
		if (!*path[level] || level == 1)
			break;
		if (*path[level] & PAGE_LARGE)
			return false;
		entries = page_table_below(*path[level]);
	}
	uint64_t page = *path[level];
	int32_t gone = page != 0;
	if (gone) {
		*path[level] = 0;
		gather->table->page_count--;
		gather->left--;
		page_gather_add(gather, page, address, PAGE_SIZE);
	}
	while (frame_count_uses(page_table_of(path[level]), -gone) == 0 &&
	       level++ < PAGE_TABLE_TOP_LEVEL) {
		page_gather_table(gather, *path[level], address);
		*path[level] = 0;
		gone = 1;
	}
	return true;
}

uintptr_t page_table_unmap_some(struct page_table *table, struct page_unmap *request)
{
	/* the compiler would fill it each time; entries are written before they are read */
	__attribute__((uninitialized)) struct page_gather gather;
	if (request->start >= request->end)
		return request->end;
	gather.table = table;
	gather.end = request->end;
	gather.released = request->released;
	gather.context = request->context;
	gather.left = request->pages;
	gather.stopped = 0;
	gather.count = 0;
	bool one = request->end - request->start == PAGE_SIZE && request->end <= USER_END;
	if (!one || !page_unmap_one(&gather, request->start))
		/* the root stays */
		(void)page_unmap_table(&gather, table->root, PAGE_TABLE_TOP_LEVEL, request->start);
	page_gather_flush(&gather);
	request->pages = gather.left;
	bool more = gather.stopped && gather.stopped < request->end;
	return more ? gather.stopped : request->end;
}

void page_table_unmap(struct page_table *table, uintptr_t start, uintptr_t end,
                      page_released *released, void *context)
{
	struct page_unmap all = {start, end, released, context, SIZE_MAX};
	(void)page_table_unmap_some(table, &all); /* all of it */
}
