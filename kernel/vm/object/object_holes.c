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
	const uint64_t *word;
	uint64_t index = first;
	spinlock_acquire(&object->lock);
	/* what the pager would bring again is no hole */
	while (!object->pager && (word = page_index_next(&object->pages, &index)) && index < end) {
		vm_object_unmap_page(object, index);
		vm_object_drop(object, index++, *word);
	}
	spinlock_release(&object->lock);
}
