/* Which pages of an object are there, and making holes where they are not wanted. */
#include "core/api.h"
#include "vm/object/object_pages.h"

bool vm_object_next_present(struct vm_object *object, uint64_t *index)
{
	spinlock_acquire(&object->lock);
	bool found = page_index_next(&object->pages, index);
	spinlock_release(&object->lock);
	return found;
}

void vm_object_discard(struct vm_object *object, uint64_t first, uint64_t end)
{
	spinlock_acquire(&object->lock);
	/* what the pager would bring again is no hole */
	if (!object->pager)
		vm_object_cut(object, first, end);
	spinlock_release(&object->lock);
}
