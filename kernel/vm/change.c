/* Changes to what is mapped: other rights, gone, zero again, written by the kernel. */
#include "core/api.h"
#include "vm/object/object_pages.h"
#include "vm/pieces.h"
#include <base/cleanup.h>
#include <string.h>

static bool vm_flags_refuse(unsigned flags, unsigned rights)
{
	return (flags & VM_NEVER_WRITTEN && rights & MAP_WRITE) ||
	       (flags & VM_NEVER_EXECUTED && rights & MAP_EXECUTE);
}

/* Is all of [start, end) mapped, and may every part have these rights? */
static enum status vm_range_may_have(struct vm_space *space, uintptr_t start, uintptr_t end,
                                     unsigned rights)
{
	unsigned flags = 0;
	struct vm_region *region = vm_region_at(space, start);
	while (region) {
		flags |= region->flags;
		if (region->node.end >= end)
			return vm_flags_refuse(flags, rights) ? ERR_ACCESS_DENIED : OK;
		start = region->node.end;
		region = vm_region_of(region_tree_next(&region->node));
		if (region && region->node.start != start)
			break;
	}
	return ERR_BAD_ADDRESS;
}

struct vm_protect {
	struct vm_pieces *pieces;
	unsigned rights;
	bool lends; /* pages of somebody else may be written, and nobody has to know when */
};

static enum status vm_protect_page(void *context, uint64_t *entry, uintptr_t address,
                                   unsigned level)
{
	struct vm_protect *protect = context;
	struct page_table *table = &protect->pieces->space->tables->table;
	uint64_t old = *entry;
	bool own = !(*entry & PAGE_BORROWED);
	bool shared = own && level == 1 && frame_is_shared(*entry & PAGE_ADDRESS_MASK);
	bool writable = own ? !shared : protect->lends;
	*entry = page_table_with_flags(table, old, vm_page_flags(protect->rights, writable));
	/* a CPU that remembers fewer rights faults, and finds the page as it should be */
	if ((old & ~*entry & (PAGE_PRESENT | PAGE_WRITABLE)) || (*entry & ~old & PAGE_NO_EXECUTE))
		vm_pieces_lose(protect->pieces, address, address + page_level_size(level));
	return OK;
}

/* One page is what is asked for most often. vm_protect_page always succeeds. */
static void vm_protect_pages(struct vm_protect *protect, uintptr_t start, uintptr_t end)
{
	struct vm_visit visit = {
	        .start = start, .end = end, .visitor = vm_protect_page, .context = protect};
	if (end - start > PAGE_SIZE) {
		(void)vm_pieces_visit(protect->pieces, &visit);
		return;
	}
	struct page_slot slot = page_table_find(&protect->pieces->space->tables->table, start);
	if (slot.entry && *slot.entry)
		(void)vm_protect_page(protect, slot.entry, start, slot.level);
	vm_pieces_count(protect->pieces, 1);
}

static void vm_region_protect(struct vm_pieces *pieces, struct vm_region *region, unsigned rights)
{
	bool silent = region->flags & VM_SHARED && !region->mapping->object->pager;
	struct vm_protect protect = {pieces, rights, region->flags & VM_FRAMES || silent};
	region->rights = rights;
	vm_protect_pages(&protect, region->node.start, region->node.end);
}

/* From the last one down: what was joined is not looked at again. */
static void vm_range_join(struct vm_space *space, uintptr_t start, struct vm_region *region)
{
	while (region && region->node.end > start) {
		struct vm_region *below = vm_region_of(region_tree_previous(&region->node));
		vm_region_join(space, region);
		region = below;
	}
	if (region)
		vm_region_join(space, region);
}

static enum status vm_pieces_protect(struct vm_pieces *pieces, uintptr_t start, uintptr_t end,
                                     unsigned rights)
{
	struct vm_space *space = pieces->space;
	struct vm_region *region, *last = NULL;
	TRY(vm_range_may_have(space, start, end, rights));
	TRY(vm_space_cut_out(space, start, end, &region));
	while (region && region->node.start < end) {
		vm_region_protect(pieces, region, rights);
		last = region;
		region = vm_region_of(region_tree_next(&region->node));
	}
	vm_range_join(space, start, last);
	return OK;
}

enum status vm_space_protect(struct vm_space *space, uintptr_t address, size_t size,
                             unsigned rights)
{
	struct vm_pieces pieces;
	TRY(vm_range_check(address, size));
	TRY(vm_rights_check(rights));
	vm_pieces_begin(&pieces, space);
	enum status status = vm_pieces_protect(&pieces, address, address + size, rights);
	vm_pieces_end(&pieces);
	return status;
}

enum status vm_space_unmap(struct vm_space *space, uintptr_t address, size_t size)
{
	struct vm_pieces pieces;
	TRY(vm_range_check(address, size));
	vm_pieces_begin(&pieces, space);
	enum status status = vm_pieces_remove(&pieces, address, address + size);
	vm_pieces_end(&pieces);
	return status;
}

static enum status vm_pieces_discard(struct vm_pieces *pieces, uintptr_t start, uintptr_t end)
{
	struct vm_space *space = pieces->space;
	/* a large page at an end would lose more than was asked */
	struct vm_region *region;
	TRY(vm_space_cut_out(space, start, end, &region));
	for (; region && region->node.start < end;
	     region = vm_region_of(region_tree_next(&region->node)))
		if (!(region->flags & (VM_WIRED | VM_FRAMES))) {
			vm_pieces_crumble(pieces, region);
			vm_pieces_drop(pieces, region->node.start, region->node.end);
		}
	vm_space_join_around(space, start, end);
	return OK;
}

enum status vm_space_discard(struct vm_space *space, uintptr_t address, size_t size)
{
	struct vm_pieces pieces;
	TRY(vm_range_check(address, size));
	vm_pieces_begin(&pieces, space);
	enum status status = vm_pieces_discard(&pieces, address, address + size);
	vm_pieces_end(&pieces);
	return status;
}

/* One page of what the loader writes. ERR_TRY_AGAIN: it must come from an object first. */
static enum status vm_space_write_page(struct vm_space *space, uintptr_t address, const void *src,
                                       size_t len)
{
	struct vm_region *region = vm_region_at(space, address);
	if (!region || (region->flags & (VM_FRAMES | VM_SHARED)))
		return ERR_BAD_ADDRESS;
	if (region->mapping && vm_region_needs_object(space, region, address, PAGE_ACCESS_WRITE))
		return ERR_TRY_AGAIN;
	TRY(vm_region_fault(space, region, address, PAGE_ACCESS_WRITE));
	struct page_slot slot = page_table_find(&space->tables->table, address);
	size_t offset = address & (page_level_size(slot.level) - 1);
	memcpy((char *)direct_map(*slot.entry & PAGE_ADDRESS_MASK) + offset, src, len);
	return OK;
}

enum status vm_space_write(struct vm_space *space, uintptr_t address, const void *src, size_t len)
{
	if (!user_range_holds(address, len))
		return ERR_BAD_ADDRESS;
	const char *from = src;
	while (len) {
		size_t part = PAGE_SIZE - address % PAGE_SIZE;
		part = part < len ? part : len;
		vm_space_lock(space);
		enum status status = vm_space_write_page(space, address, from, part);
		vm_space_unlock(space);
		if (status == ERR_TRY_AGAIN) {
			TRY(vm_space_fault(space, address, PAGE_ACCESS_WRITE));
			continue;
		}
		if (status != OK)
			return status;
		address += part;
		from += part;
		len -= part;
	}
	return OK;
}
