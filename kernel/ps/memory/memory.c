#include "ps/process.h"

static uintptr_t memory_page_up(uintptr_t address)
{
	return (address + PAGE_SIZE - 1) & ~(uintptr_t)(PAGE_SIZE - 1);
}

void process_memory_init(struct process_memory *memory, uintptr_t image_end)
{
	uintptr_t start = memory_page_up(image_end);
	*memory = (struct process_memory){.break_start = start, .break_end = start};
}

uintptr_t process_memory_break(struct vm_space *space, struct process_memory *memory, uintptr_t end)
{
	uintptr_t old_page = memory_page_up(memory->break_end);
	if (end < memory->break_start || end - memory->break_start > PROGRAM_BREAK_BYTES_MAX)
		return memory->break_end;
	uintptr_t new_page = memory_page_up(end);
	enum status status = OK;
	if (new_page > old_page && !process_may_map(new_page - old_page))
		return memory->break_end;
	if (new_page > old_page) {
		const struct vm_request request = {.address = old_page,
		                                   .size = new_page - old_page,
		                                   .rights = MAP_READ | MAP_WRITE};
		status = vm_space_map(space, &request, NULL);
	} else if (new_page < old_page) {
		status = vm_space_unmap(space, new_page, old_page - new_page);
	}
	if (status == OK)
		memory->break_end = end;
	return memory->break_end;
}

void process_layout(struct process *process, struct mm_layout *out)
{
	uintptr_t end = process->memory.break_end;
	*out = (struct mm_layout){
	        .brk_start = process->memory.break_start,
	        .brk_current = end,
	        .brk_mapped_end = memory_page_up(end),
	        .mmap_next = vm_space_room_end(process->space),
	        .user_range_start = USER_BASE,
	        .user_range_end = USER_END,
	        .mapped_bytes = vm_space_mapped_bytes(process->space),
	};
}

struct memory_account *process_account(void)
{
	const struct process *self = process_current();
	return self && self->space ? vm_space_account(self->space) : NULL;
}

struct vm_space *process_space(struct process *process)
{
	return process->space;
}

uintptr_t process_break(uintptr_t end)
{
	struct process *self = process_current();
	return process_memory_break(self->space, &self->memory, end);
}
