/* Regions: made, cut, joined, and removed with their pages. */
#include "core/api.h"
#include "vm/object/object_pages.h"
#include <base/cleanup.h>

void vm_space_unlock_dead(struct vm_space *space)
{
	struct list dead;
	list_init(&dead);
	struct list *link;
	while ((link = list_pop_front(&space->dead)))
		list_push_back(&dead, link);
	spinlock_release(&space->tables->lock);
	while ((link = list_pop_front(&dead)))
		vm_mapping_destroy(container_of(link, struct vm_mapping, space_link));
}

struct vm_region *vm_region_from(struct vm_space *space, uintptr_t address)
{
	return vm_region_of(region_tree_find(&space->regions, address));
}

struct vm_region *vm_region_at(struct vm_space *space, uintptr_t address)
{
	struct vm_region *region = vm_region_from(space, address);
	return region && region->node.start <= address ? region : NULL;
}

enum status vm_region_create(struct vm_space *space, const struct vm_region *like, uintptr_t start,
                             uintptr_t end, struct vm_region **out_region)
{
	TRY(memory_charge(space->account, sizeof(struct vm_region)));
	struct vm_region *region = HEAP_NEW(struct vm_region);
	if (!region) {
		memory_uncharge(space->account, sizeof *region);
		return ERR_NO_MEMORY;
	}
	region->rights = like->rights;
	region->flags = like->flags;
	region->mapping = like->mapping;
	if (region->mapping)
		region->mapping->regions++;
	region->node.start = start;
	region->node.end = end;
	*out_region = region;
	return OK;
}

void vm_region_destroy(struct vm_space *space, struct vm_region *region)
{
	if (!region)
		return;
	struct vm_mapping *mapping = region->mapping;
	if (mapping && --mapping->regions == 0)
		list_push_back(&space->dead, &mapping->space_link);
	heap_free(region, sizeof *region);
	memory_uncharge(space->account, sizeof *region);
}

/* Of the region that holds address, what is there becomes one of its own, unless it is all. */
static enum status vm_region_cut(struct vm_space *space, struct vm_region *low, uintptr_t address,
                                 struct vm_region **out_high)
{
	struct page_table *table = &space->tables->table;
	if (low->flags & VM_HUGE_PAGES && address % HUGE_PAGE_SIZE)
		TRY(page_table_split(table, address, 2));
	if (low->flags & (VM_LARGE_PAGES | VM_HUGE_PAGES) && address % LARGE_PAGE_SIZE)
		TRY(page_table_split(table, address, 1));
	*out_high = low;
	if (low->node.start == address)
		return OK;
	TRY(vm_region_create(space, low, address, low->node.end, out_high));
	region_tree_split(&space->regions, &low->node, &(*out_high)->node);
	return OK;
}

enum status vm_space_cut(struct vm_space *space, uintptr_t address)
{
	struct vm_region *low = vm_region_at(space, address), *high;
	return low ? vm_region_cut(space, low, address, &high) : OK;
}

enum status vm_space_cut_out(struct vm_space *space, uintptr_t start, uintptr_t end,
                             struct vm_region **out_first)
{
	struct vm_region *first = vm_region_from(space, start), *high;
	if (first && first->node.start <= start)
		TRY(vm_region_cut(space, first, start, &first));
	if (first && first->node.start >= end)
		first = NULL;
	*out_first = first;
	if (first && first->node.end > end)
		return vm_region_cut(space, first, end, &high);
	return first && first->node.end < end ? vm_space_cut(space, end) : OK;
}

void vm_region_join(struct vm_space *space, struct vm_region *region)
{
	struct vm_region *next = vm_region_of(region_tree_next(&region->node));
	if (!next || next->node.start != region->node.end || next->rights != region->rights ||
	    next->flags != region->flags || next->mapping != region->mapping)
		return;
	region_tree_join(&space->regions, &region->node, &next->node);
	vm_region_destroy(space, next);
}

void vm_space_join_around(struct vm_space *space, uintptr_t start, uintptr_t end)
{
	struct vm_region *last = vm_region_at(space, end - 1);
	if (last)
		vm_region_join(space, last);
	bool alone = last && last->node.start <= start;
	struct vm_region *below = alone ? vm_region_of(region_tree_previous(&last->node))
	                                : vm_region_at(space, start - 1);
	if (below)
		vm_region_join(space, below);
}

void vm_page_released(void *context, uint64_t entry)
{
	struct vm_space *space = context;
	paddr_t frame = entry & PAGE_ADDRESS_MASK;
	if (entry & PAGE_BORROWED)
		return;
	if (entry & PAGE_LARGE) {
		size_t size = entry & PAGE_HUGE ? HUGE_PAGE_SIZE : LARGE_PAGE_SIZE;
		frames_free_run(frame, size / PAGE_SIZE);
		memory_uncharge(space->account, size);
		return;
	}
	frame_release(frame);
	memory_uncharge(space->account, PAGE_SIZE);
}

void vm_space_drop_pages(struct vm_space *space, uintptr_t start, uintptr_t end)
{
	page_table_unmap(&space->tables->table, start, end, vm_page_released, space);
}

enum status vm_space_remove(struct vm_space *space, uintptr_t start, uintptr_t end)
{
	struct vm_region *region;
	TRY(vm_space_cut_out(space, start, end, &region));
	while (region && region->node.start < end) {
		struct vm_region *next = vm_region_of(region_tree_next(&region->node));
		vm_space_drop_pages(space, region->node.start, region->node.end);
		region_tree_remove(&space->regions, &region->node);
		vm_region_destroy(space, region);
		region = next;
	}
	return OK;
}
