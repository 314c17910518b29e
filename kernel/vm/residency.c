/* Which pages of a range are there: in the tables, or in the object that is mapped. */
#include "core/api.h"
#include "vm/object/object_pages.h"
#include <base/cleanup.h>

/* The part of a range that lies in one region. */
struct vm_residency {
	size_t page_count;
	struct vm_object *object; /* a reference, or NULL */
	uint64_t index; /* of the first page in it */
};

static enum status vm_residency_of_tables(struct vm_space *space, uintptr_t address, size_t pages,
                                          uint8_t *out_present, struct vm_residency *out_part)
{
	const struct vm_region *region = vm_region_at(space, address);
	if (!region)
		return ERR_BAD_ADDRESS;
	size_t most = (region->node.end - address) / PAGE_SIZE;
	size_t count = pages < most ? pages : most;
	for (size_t i = 0; i < count; i++) {
		struct page_slot slot =
		        page_table_find(&space->tables->table, address + i * PAGE_SIZE);
		out_present[i] = slot.entry && *slot.entry;
	}
	*out_part = (struct vm_residency){.page_count = count};
	if (region->mapping) {
		out_part->object = vm_object_ref(region->mapping->object);
		out_part->index = vm_mapping_index(region->mapping, address);
	}
	return OK;
}

static void vm_residency_of_object(const struct vm_residency *part, uint8_t *present)
{
	struct vm_object *object = part->object;
	spinlock_acquire(&object->lock);
	for (size_t i = 0; i < part->page_count; i++) {
		const uint64_t *word =
		        present[i] ? NULL : page_index_find(&object->pages, part->index + i);
		if (word)
			present[i] = (*word & VM_PAGE_PRESENT) != 0;
	}
	spinlock_release(&object->lock);
}

enum status vm_space_residency(struct vm_space *space, uintptr_t address, size_t pages,
                               uint8_t *out_present)
{
	while (pages) {
		struct vm_residency part = {};
		vm_space_lock(space);
		enum status status =
		        vm_residency_of_tables(space, address, pages, out_present, &part);
		vm_space_unlock(space);
		if (status != OK)
			return status;
		if (part.object) {
			vm_residency_of_object(&part, out_present);
			vm_object_unref(part.object);
		}
		address += part.page_count * PAGE_SIZE;
		out_present += part.page_count;
		pages -= part.page_count;
	}
	return OK;
}
