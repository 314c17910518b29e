/* Mapping an object. */
#include "core/api.h"
#include "vm/object/object_pages.h"
#include "vm/pieces.h"
#include <base/cleanup.h>

/* Under both locks: from the first moment that a page can be mapped, the object knows where. */
enum status vm_pieces_add_object(struct vm_pieces *pieces, const struct vm_request *request,
                                 struct vm_mapping *mapping, uintptr_t *out_start)
{
	struct vm_space *space = pieces->space;
	const struct vm_region like = {.rights = request->rights,
	                               .flags = request->flags & VM_REGION_FLAGS,
	                               .mapping = mapping};
	vm_pieces_keep(pieces);
	vm_space_unlock(space);
	spinlock_acquire(&request->object->lock);
	vm_space_lock(space);
	enum status status = vm_space_add(space, request, &like, out_start);
	if (status == OK) {
		list_push_back(&request->object->mappings, &mapping->link);
		/* nobody touches it before it is done */
		vm_pieces_close(pieces, *out_start, *out_start + request->size);
	}
	/* not vm_space_unlock, which takes leave of objects: the lock of one is held */
	spinlock_release(&space->tables->lock);
	spinlock_release(&request->object->lock);
	vm_space_lock(space);
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
	struct vm_pieces pieces;
	uintptr_t start = 0;
	vm_pieces_begin(&pieces, space);
	enum status status = vm_pieces_clear(&pieces, request);
	if (status == OK)
		status = vm_pieces_add_object(&pieces, request, mapping, &start);
	vm_pieces_end(&pieces);
	/* once it is mapped, it may be gone by now */
	if (status != OK)
		vm_mapping_destroy(mapping);
	else if (out_address)
		*out_address = start;
	return status;
}
