/* Mapping an object. */
#include "core/api.h"
#include "vm/object_pages.h"
#include <base/cleanup.h>

/* Under both locks: from the first moment that a page can be mapped, the object knows where. */
static enum status vm_space_add_object(struct vm_space *space, const struct vm_request *request,
                                       struct vm_mapping *mapping)
{
	const struct vm_region like = {.rights = request->rights,
	                               .flags = request->flags & VM_REGION_FLAGS,
	                               .mapping = mapping};
	uintptr_t start;
	spinlock_acquire(&request->object->lock);
	vm_space_lock(space);
	enum status status = vm_space_add(space, request, &like, &start);
	if (status == OK)
		list_push_back(&request->object->mappings, &mapping->link);
	/* not vm_space_unlock, which takes leave of objects: the lock of one is held */
	spinlock_release(&space->tables->lock);
	spinlock_release(&request->object->lock);
	/* of those that were replaced */
	vm_space_lock(space);
	vm_space_unlock(space);
	return status;
}

enum status vm_space_map_object(struct vm_space *space, const struct vm_request *request,
                                uintptr_t *out_address)
{
	const struct vm_mapping like = {
	        .object = request->object,
	        .space = space,
	        .first_page = request->object_page,
	        .page_count = request->size / PAGE_SIZE,
	};
	struct vm_mapping *mapping;
	TRY(vm_mapping_create(&like, &mapping));
	enum status status = vm_space_add_object(space, request, mapping);
	if (status != OK)
		vm_mapping_destroy(mapping);
	else if (out_address)
		*out_address = mapping->start;
	return status;
}
