/* What maps an object, found from the object: to take pages back from every space. */
#include "core/api.h"
#include "vm/object/object_pages.h"
#include <base/cleanup.h>

enum status vm_mapping_create(const struct vm_mapping *like, struct vm_mapping **out_mapping)
{
	struct memory_account *account = like->space->account;
	TRY(memory_charge(account, sizeof(struct vm_mapping)));
	struct vm_mapping *mapping = HEAP_NEW(struct vm_mapping);
	if (!mapping) {
		memory_uncharge(account, sizeof *mapping);
		return ERR_NO_MEMORY;
	}
	*mapping = *like;
	vm_object_ref(mapping->object);
	if (like->object->pager && like->object->pager->mapped)
		like->object->pager->mapped(like->object->context);
	mapping->regions = 0;
	list_init(&mapping->link);
	list_init(&mapping->space_link);
	*out_mapping = mapping;
	return OK;
}

void vm_mapping_link(struct vm_mapping *mapping)
{
	struct vm_object *object = mapping->object;
	spinlock_acquire(&object->lock);
	list_push_back(&object->mappings, &mapping->link);
	spinlock_release(&object->lock);
}

void vm_mapping_destroy(struct vm_mapping *mapping)
{
	if (!mapping)
		return;
	struct vm_object *object = mapping->object;
	spinlock_acquire(&object->lock);
	list_remove(&mapping->link);
	spinlock_release(&object->lock);
	memory_uncharge(mapping->space->account, sizeof *mapping);
	heap_free(mapping, sizeof *mapping);
	if (object->pager && object->pager->unmapped)
		object->pager->unmapped(object->context);
	vm_object_unref(object);
}

typedef void vm_mapped_change(struct vm_space *space, uintptr_t page, uint64_t *entry);

static void vm_mapping_change(struct vm_mapping *mapping, uint64_t index, vm_mapped_change *change)
{
	struct vm_space *space = mapping->space;
	if (index < mapping->first_page || index - mapping->first_page >= mapping->page_count)
		return;
	uintptr_t page = mapping->start + (index - mapping->first_page) * PAGE_SIZE;
	vm_space_lock(space);
	const struct vm_region *region = vm_region_at(space, page);
	if (region && region->mapping == mapping) {
		struct page_slot slot = page_table_find(&space->tables->table, page);
		/* a page of its own is no longer the object's */
		if (slot.entry && (*slot.entry & PAGE_BORROWED))
			change(space, page, slot.entry);
	}
	/* not vm_space_unlock, which takes leave of objects: the lock of one is held */
	spinlock_release(&space->tables->lock);
}

static void vm_object_change_page(struct vm_object *object, uint64_t index,
                                  vm_mapped_change *change)
{
	list_for_each(link, &object->mappings)
		vm_mapping_change(container_of(link, struct vm_mapping, link), index, change);
}

static void vm_mapped_unmap(struct vm_space *space, uintptr_t page, uint64_t *)
{
	vm_space_drop_pages(space, page, page + PAGE_SIZE);
}

static void vm_mapped_protect(struct vm_space *space, uintptr_t page, uint64_t *entry)
{
	struct page_table *table = &space->tables->table;
	if (!(*entry & PAGE_WRITABLE))
		return;
	*entry &= ~(uint64_t)PAGE_WRITABLE;
	table->ops->invalidate(table, page, page + PAGE_SIZE);
}

void vm_object_unmap_page(struct vm_object *object, uint64_t index)
{
	vm_object_change_page(object, index, vm_mapped_unmap);
}

void vm_object_protect_page(struct vm_object *object, uint64_t index)
{
	vm_object_change_page(object, index, vm_mapped_protect);
}
