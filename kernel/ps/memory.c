#include "ps/memory.h"
#include "ps/process.h"
#include <base/cleanup.h>

static uintptr_t memory_page_up(uintptr_t address)
{
	return (address + PAGE_SIZE - 1) & ~(uintptr_t)(PAGE_SIZE - 1);
}

void process_memory_init(struct process_memory *memory, uintptr_t image_end)
{
	uintptr_t start = memory_page_up(image_end);
	*memory = (struct process_memory){
	        .break_start = start,
	        .break_end = start,
	        .map_next = PROGRAM_MAP_TOP,
	};
}

uintptr_t process_memory_break(struct address_space *space, struct process_memory *memory,
                               uintptr_t end)
{
	uintptr_t old_page = memory_page_up(memory->break_end);
	if (end < memory->break_start || end - memory->break_start > PROGRAM_BREAK_BYTES_MAX)
		return memory->break_end;
	uintptr_t new_page = memory_page_up(end);
	enum status status = OK;
	if (new_page > old_page)
		status = address_space_map(space, old_page, new_page - old_page,
		                           MAP_READ | MAP_WRITE);
	else if (new_page < old_page)
		status = address_space_unmap(space, new_page, old_page - new_page);
	if (status == OK)
		memory->break_end = end;
	return memory->break_end;
}

enum status process_memory_map(struct address_space *space, struct process_memory *memory,
                               const struct process_map_request *request, uintptr_t *out_address)
{
	uintptr_t address = request->address;
	if (request->flags & PROCESS_MAP_FIXED)
		TRY(address_space_unmap(space, address, request->size));
	if (!(request->flags & (PROCESS_MAP_FIXED | PROCESS_MAP_EMPTY))) {
		if (request->size > memory->map_next - PROGRAM_MAP_BASE)
			return ERR_NO_MEMORY;
		address = memory->map_next - request->size;
	}
	/* there are no guards yet: what may not be touched is readable */
	unsigned rights = request->rights ? request->rights : MAP_READ;
	TRY(address_space_map(space, address, request->size, rights));
	if (address < memory->map_next && !(request->flags & PROCESS_MAP_FIXED))
		memory->map_next = address;
	*out_address = address;
	return OK;
}

uintptr_t process_break(uintptr_t end)
{
	struct process *self = process_current();
	return process_memory_break(self->space, &self->memory, end);
}

enum status process_map(const struct process_map_request *request, uintptr_t *out_address)
{
	struct process *self = process_current();
	return process_memory_map(self->space, &self->memory, request, out_address);
}

enum status process_protect(uintptr_t address, size_t size, unsigned rights)
{
	return address_space_protect(process_current()->space, address, size,
	                             rights ? rights : MAP_READ);
}

enum status process_unmap(uintptr_t address, size_t size)
{
	return address_space_unmap(process_current()->space, address, size);
}
