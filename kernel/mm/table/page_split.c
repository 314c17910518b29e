/* Large pages made smaller, and the tables that are saved for it. */
#include "mm/table/page_split.h"
#include "mm/api.h"
#include <base/cleanup.h>

enum { PAGE_SPLIT_PARTS = 512 };

enum status page_table_save(struct page_table *table)
{
	paddr_t frame;
	TRY(table->ops->table_alloc(table, &frame));
	*(paddr_t *)direct_map(frame) = table->saved;
	table->saved = frame;
	return OK;
}

paddr_t page_table_take_saved(struct page_table *table)
{
	paddr_t frame = table->saved;
	uint64_t *next = direct_map(frame);
	table->saved = *next;
	*next = 0;
	return frame;
}

void page_table_drop_saved(struct page_table *table)
{
	while (table->saved)
		table->ops->table_free(table, page_table_take_saved(table));
}

/* Of a page that is there, pages of the level below. */
static enum status page_split_once(struct page_table *table, struct page_slot slot,
                                   uintptr_t address)
{
	paddr_t below;
	if (slot.level > 2 && table->saved)
		below = page_table_take_saved(table);
	else
		TRY(table->ops->table_alloc(table, &below));
	uint64_t *entries = direct_map(below);
	uint64_t page = *slot.entry & ~(slot.level > 2 ? PAGE_HUGE : (uint64_t)PAGE_LARGE);
	for (size_t i = 0; i < PAGE_SPLIT_PARTS; i++)
		entries[i] = page + i * page_level_size(slot.level - 1);
	(void)frame_count_uses(below, PAGE_SPLIT_PARTS); /* only emptiness is looked at */
	*slot.entry = below | page_table_link(address);
	table->table_count++;
	uintptr_t start = address & ~(uintptr_t)(page_level_size(slot.level) - 1);
	table->ops->invalidate(table, start, start + page_level_size(slot.level));
	return OK;
}

enum status page_table_split(struct page_table *table, uintptr_t address, unsigned level)
{
	struct page_slot slot = page_table_find(table, address);
	while (slot.entry && slot.level > level && *slot.entry) {
		TRY(page_split_once(table, slot, address));
		slot = page_table_find(table, address);
	}
	return OK;
}
