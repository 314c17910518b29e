/* Memory as others see it: only what is there. */
#include "hal/api.h"
#include "vm/space.h"
#include <string.h>

/* NULL: it is not there, or nobody may read it. */
static const char *vm_peek_page(struct vm_space *space, uintptr_t address)
{
	const struct vm_region *region = vm_region_at(space, address);
	if (!region || !(region->rights & MAP_READ))
		return NULL;
	struct page_slot slot = page_table_find(&space->tables->table, address);
	if (!slot.entry || !*slot.entry)
		return NULL;
	size_t offset = address & (page_level_size(slot.level) - 1);
	return (const char *)direct_map(*slot.entry & PAGE_ADDRESS_MASK) + offset;
}

size_t vm_space_peek(struct vm_space *space, uintptr_t address, void *dst, size_t len)
{
	size_t done = 0;
	vm_space_lock(space);
	while (done < len) {
		const char *from = vm_peek_page(space, address + done);
		if (!from)
			break;
		size_t part = PAGE_SIZE - (address + done) % PAGE_SIZE;
		part = part < len - done ? part : len - done;
		memcpy((char *)dst + done, from, part);
		done += part;
	}
	vm_space_unlock(space);
	return done;
}
