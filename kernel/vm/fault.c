/*
 * What an access to a page does that is not there, or not writable yet: first touch, and the copy
 * of what is shared.
 */
#include "core/api.h"
#include "vm/object/object_pages.h"
#include <base/cleanup.h>
#include <string.h>

uint64_t vm_page_flags(unsigned rights, bool writable)
{
	if (!rights)
		return PAGE_HIDDEN | PAGE_NO_EXECUTE;
	uint64_t flags = PAGE_USER;
	flags |= rights & MAP_WRITE && writable ? PAGE_WRITABLE : 0;
	flags |= rights & MAP_EXECUTE ? 0 : PAGE_NO_EXECUTE;
	return flags;
}

static void vm_frame_zero(paddr_t frame, size_t count)
{
	memset(direct_map(frame), 0, count * PAGE_SIZE);
}

/* The whole of the large page must lie in the region, and nothing in it. */
static bool vm_large_page_fits(const struct vm_space *space, const struct vm_region *region,
                               uintptr_t start)
{
	return region->flags & VM_LARGE_PAGES && start >= region->node.start &&
	       region->node.end - start >= LARGE_PAGE_SIZE &&
	       page_table_large_is_free(&space->tables->table, start);
}

[[gnu::noinline]] static enum status vm_touch_large(struct vm_space *space,
                                                    const struct vm_region *region, uintptr_t start)
{
	const size_t count = LARGE_PAGE_SIZE / PAGE_SIZE;
	paddr_t frame;
	TRY(memory_charge(space->account, LARGE_PAGE_SIZE));
	enum status status = frames_alloc_run(count, FRAMES_ANYWHERE, &frame);
	if (status == OK) {
		vm_frame_zero(frame, count);
		status = page_table_map_large(&space->tables->table, start, frame,
		                              vm_page_flags(region->rights, true));
		if (status != OK)
			frames_free_run(frame, count);
	}
	if (status != OK)
		memory_uncharge(space->account, LARGE_PAGE_SIZE);
	return status;
}

static enum status vm_touch_small(struct vm_space *space, const struct vm_region *region,
                                  struct page_slot slot, uintptr_t page)
{
	paddr_t frame;
	TRY(memory_charge(space->account, PAGE_SIZE));
	enum status status = frame_alloc_zeroed(&frame);
	if (status == OK) {
		status = page_table_fill(&space->tables->table, slot, page, frame,
		                         vm_page_flags(region->rights, true));
		if (status != OK)
			frame_free(frame);
	}
	if (status != OK)
		memory_uncharge(space->account, PAGE_SIZE);
	return status;
}

static enum status vm_touch(struct vm_space *space, const struct vm_region *region,
                            struct page_slot slot, uintptr_t address)
{
	uintptr_t large = address & ~(uintptr_t)(LARGE_PAGE_SIZE - 1);
	/* no large block or no charge left for one: small pages do as well */
	if (vm_large_page_fits(space, region, large) && vm_touch_large(space, region, large) == OK)
		return OK;
	return vm_touch_small(space, region, slot, address & ~(uintptr_t)(PAGE_SIZE - 1));
}

/* A page of one's own that is not writable: shared after a copy, or just not written since. */
static enum status vm_make_writable(struct vm_space *space, const struct vm_region *region,
                                    struct page_slot slot, uintptr_t page)
{
	struct page_table *table = &space->tables->table;
	uint64_t old = *slot.entry;
	paddr_t frame = old & PAGE_ADDRESS_MASK;
	uint64_t flags = vm_page_flags(region->rights, true);
	/* large pages are never shared */
	if (slot.level > 1 || !frame_is_shared(frame)) {
		*slot.entry = page_table_with_flags(table, old, flags);
		return OK;
	}
	paddr_t copy;
	TRY(frame_alloc(&copy));
	memcpy(direct_map(copy), direct_map(frame), PAGE_SIZE);
	*slot.entry = page_table_with_flags(table, copy, flags);
	table->ops->invalidate(table, page, page + PAGE_SIZE);
	frame_release(frame);
	return OK;
}

/* The region's rights may have grown before its pages' (vm_space_protect). */
static void vm_catch_up(struct vm_space *space, const struct vm_region *region,
                        struct page_slot slot, enum page_access access)
{
	uint64_t entry = *slot.entry;
	bool allows = entry & PAGE_PRESENT &&
	              (access != PAGE_ACCESS_EXECUTE || !(entry & PAGE_NO_EXECUTE));
	if (!allows)
		*slot.entry = page_table_with_flags(
		        &space->tables->table, entry,
		        vm_page_flags(region->rights, region->flags & VM_FRAMES));
}

enum status vm_region_fault(struct vm_space *space, struct vm_region *region, uintptr_t address,
                            enum page_access access)
{
	struct page_slot slot = page_table_find(&space->tables->table, address);
	if (!slot.entry || !*slot.entry)
		return vm_touch(space, region, slot, address);
	if (access != PAGE_ACCESS_WRITE || (*slot.entry & PAGE_BORROWED)) {
		vm_catch_up(space, region, slot, access);
		return OK;
	}
	/* another CPU was faster, or the rights grew and this one had not noticed */
	if (*slot.entry & PAGE_WRITABLE)
		return OK;
	return vm_make_writable(space, region, slot, address & ~(uintptr_t)(PAGE_SIZE - 1));
}

enum status vm_access_check(const struct vm_region *region, enum page_access access)
{
	static const unsigned needed[] = {
	        [PAGE_ACCESS_READ] = MAP_READ,
	        [PAGE_ACCESS_WRITE] = MAP_WRITE,
	        [PAGE_ACCESS_EXECUTE] = MAP_EXECUTE,
	};
	/* the CPU can't write or execute without reading */
	bool allowed = access == PAGE_ACCESS_READ ? region->rights != 0
	                                          : (region->rights & needed[access]) != 0;
	return allowed ? OK : ERR_ACCESS_DENIED;
}

static enum status vm_space_fault_once(struct vm_space *space, uintptr_t address,
                                       enum page_access access)
{
	vm_space_lock(space);
	enum status status =
	        __builtin_expect(space->closed_count, 0) ? vm_space_await(space, address) : OK;
	struct vm_region *region = status == OK ? vm_region_at(space, address) : NULL;
	if (!region)
		status = ERR_BAD_ADDRESS;
	else
		status = vm_access_check(region, access);
	if (status == OK && region->mapping &&
	    vm_region_needs_object(space, region, address, access))
		return vm_object_fault(space, region, address, access);
	if (status == OK)
		status = vm_region_fault(space, region, address, access);
	vm_space_unlock(space);
	return status;
}

static const struct vm_ops *vm_installed_ops;

enum { VM_ROOM_TRIES = 64 };

/* After a fault that found no memory. What files hold is less dear than a program. */
[[gnu::noinline]] static enum status vm_space_fault_again(struct vm_space *space, uintptr_t address,
                                                          enum page_access access)
{
	enum status status = ERR_NO_MEMORY;
	for (int tries = 0; status == ERR_NO_MEMORY && tries < VM_ROOM_TRIES; tries++) {
		/* a limit, or an injected fault: nobody has to make room for that */
		if (!vm_memory_is_low())
			return status;
		if (!vm_relieve() && !vm_installed_ops->make_room(space))
			return status;
		status = vm_space_fault_once(space, address, access);
	}
	return status;
}

enum status vm_space_fault(struct vm_space *space, uintptr_t address, enum page_access access)
{
	enum status status = vm_space_fault_once(space, address, access);
	if (__builtin_expect(status == ERR_NO_MEMORY, 0))
		status = vm_space_fault_again(space, address, access);
	return status;
}

static enum status vm_resolve(struct address_space *tables, uintptr_t address,
                              enum page_access access)
{
	return vm_space_fault(tables->owner, address, access);
}

void vm_init(const struct vm_ops *ops)
{
	static const struct mm_ops mm_ops = {.resolve = vm_resolve};
	vm_installed_ops = ops;
	mm_install(&mm_ops);
}
