/*
 * Faults in what maps an object. The page is brought in without the space's lock; the region is
 * looked up again once both locks are held.
 */
#include "core/api.h"
#include "vm/object/object_pages.h"
#include <base/cleanup.h>
#include <string.h>

/* One fault in an object's region, as it was found first. */
struct vm_object_fault {
	struct vm_space *space;
	struct vm_object *object; /* a reference */
	uintptr_t page;
	uint64_t index;
	enum page_access access;
	bool copies; /* a private write: the page becomes one's own */
	paddr_t copy; /* when it does: the frame for it, 0 once used */
};

bool vm_region_needs_object(struct vm_space *space, const struct vm_region *region,
                            uintptr_t address, enum page_access access)
{
	struct page_slot slot = page_table_find(&space->tables->table, address);
	if (!region->mapping)
		return false;
	if (!slot.entry || !*slot.entry)
		return true;
	return (*slot.entry & PAGE_BORROWED) && access == PAGE_ACCESS_WRITE &&
	       !(*slot.entry & PAGE_WRITABLE);
}

/* Is the region still what the fault began with? */
static struct vm_region *vm_object_fault_region(const struct vm_object_fault *fault)
{
	struct vm_region *region = vm_region_at(fault->space, fault->page);
	bool same = vm_space_admits(fault->space, fault->page) && region && region->mapping &&
	            region->mapping->object == fault->object &&
	            vm_mapping_index(region->mapping, fault->page) == fault->index &&
	            vm_access_check(region, fault->access) == OK &&
	            vm_region_needs_object(fault->space, region, fault->page, fault->access) &&
	            fault->copies ==
	                    (fault->access == PAGE_ACCESS_WRITE && !(region->flags & VM_SHARED));
	return same ? region : NULL;
}

static enum status vm_enter_copy(struct vm_object_fault *fault, const struct vm_region *region,
                                 paddr_t frame)
{
	struct page_table *table = &fault->space->tables->table;
	uint64_t flags = vm_page_flags(region->rights, true);
	struct page_slot slot = page_table_find(table, fault->page);
	memcpy(direct_map(fault->copy), direct_map(frame), PAGE_SIZE);
	if (slot.entry && *slot.entry) {
		*slot.entry = page_table_with_flags(table, fault->copy, flags);
		table->ops->invalidate(table, fault->page, fault->page + PAGE_SIZE);
	} else {
		TRY(page_table_map(table, fault->page, fault->copy, flags));
	}
	fault->copy = 0;
	return OK;
}

/* The caller holds both locks. */
static enum status vm_enter_borrowed(const struct vm_object_fault *fault,
                                     const struct vm_region *region, uint64_t *word)
{
	struct page_table *table = &fault->space->tables->table;
	bool writes = fault->access == PAGE_ACCESS_WRITE;
	bool writable = region->flags & VM_SHARED && (writes || !fault->object->pager);
	uint64_t flags = vm_page_flags(region->rights, writable) | PAGE_BORROWED;
	struct page_slot slot = page_table_find(table, fault->page);
	if (slot.entry && *slot.entry)
		*slot.entry = page_table_with_flags(table, *slot.entry, flags);
	else
		TRY(page_table_map(table, fault->page, *word & VM_PAGE_FRAME, flags));
	if (writes)
		vm_object_touch(fault->object, word);
	if (writes && fault->object->written)
		fault->object->written(fault->object->context);
	return OK;
}

static enum status vm_object_fault_enter(struct vm_object_fault *fault)
{
	uint64_t *word;
	TRY(vm_object_hold(fault->object, fault->index, &word));
	vm_space_lock(fault->space);
	const struct vm_region *region = vm_object_fault_region(fault);
	/* when it changed, the access is tried again, and faults again */
	enum status status = OK;
	if (region)
		status = fault->copies ? vm_enter_copy(fault, region, *word & VM_PAGE_FRAME)
		                       : vm_enter_borrowed(fault, region, word);
	/* not vm_space_unlock, which takes leave of objects: the lock of one is held */
	spinlock_release(&fault->space->tables->lock);
	spinlock_release(&fault->object->lock);
	return status;
}

static enum status vm_object_fault_copied(struct vm_object_fault *fault)
{
	struct memory_account *account = fault->space->account;
	TRY(memory_charge(account, PAGE_SIZE));
	enum status status = frame_alloc(&fault->copy);
	if (status == OK) {
		status = vm_object_fault_enter(fault);
		if (!fault->copy)
			return status;
		frame_free(fault->copy);
	}
	memory_uncharge(account, PAGE_SIZE);
	return status;
}

[[gnu::noinline]] enum status vm_object_fault(struct vm_space *space, const struct vm_region *region,
                            uintptr_t address, enum page_access access)
{
	struct vm_mapping *mapping = region->mapping;
	struct vm_object_fault fault = {
	        .space = space,
	        .object = vm_object_ref(mapping->object),
	        .page = address & ~(uintptr_t)(PAGE_SIZE - 1),
	        .access = access,
	        .copies = access == PAGE_ACCESS_WRITE && !(region->flags & VM_SHARED),
	};
	fault.index = vm_mapping_index(mapping, fault.page);
	vm_space_unlock(space);
	enum status status =
	        fault.copies ? vm_object_fault_copied(&fault) : vm_object_fault_enter(&fault);
	vm_object_unref(fault.object);
	return status;
}
