/* Linux calls on memory. */
#include "compat/linux_abi.h"
#include "core/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

int64_t linux_brk(uintptr_t end)
{
	return (int64_t)process_break(end);
}

static bool linux_rights(uint32_t protection, unsigned *out_rights)
{
	unsigned rights = protection & LINUX_PROT_READ ? MAP_READ : 0;
	/* the CPU can't write or execute without reading */
	rights |= protection & LINUX_PROT_WRITE ? MAP_READ | MAP_WRITE : 0;
	rights |= protection & LINUX_PROT_EXEC ? MAP_READ | MAP_EXECUTE : 0;
	*out_rights = rights;
	return !(protection & ~(uint32_t)LINUX_PROT_ALL);
}

/* Rounds up to a page; false when there is nothing, or too much. */
static bool linux_page_size(uint64_t length, size_t *out_size)
{
	if (length == 0 || length > USER_END)
		return false;
	*out_size = (length + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
	return true;
}

/* A place that is not meant is a hint: taken when nothing is there. */
static int64_t linux_map(struct vm_request *request, bool is_fixed)
{
	struct vm_space *space = process_space(process_current());
	uintptr_t place = 0;
	if (is_fixed && !user_range_holds(request->address, request->size))
		return request->address < USER_BASE ? ERR_NOT_PERMITTED : ERR_NO_MEMORY;
	if (is_fixed && request->address % PAGE_SIZE != 0)
		return ERR_INVALID_ARGS;
	enum status status = ERR_EXISTS;
	if (is_fixed || (request->address && request->address % PAGE_SIZE == 0 &&
	                 user_range_holds(request->address, request->size)))
		status = vm_space_map(space, request, &place);
	if (!is_fixed && status == ERR_EXISTS) {
		request->address = 0;
		status = vm_space_map(space, request, &place);
	}
	return status == OK ? (int64_t)place : status;
}

int64_t linux_mmap(uintptr_t address, uint64_t length, uint32_t protection, uint32_t flags,
                   int32_t descriptor, uint64_t offset)
{
	struct vm_request request = {.address = address};
	uint32_t type = flags & LINUX_MAP_TYPE;
	if (!linux_page_size(length, &request.size) || offset % PAGE_SIZE != 0 ||
	    !linux_rights(protection, &request.rights))
		return ERR_INVALID_ARGS;
	if (type != LINUX_MAP_PRIVATE && type != LINUX_MAP_SHARED &&
	    type != LINUX_MAP_SHARED_VALIDATE)
		return ERR_INVALID_ARGS;
	if (!(flags & LINUX_MAP_ANONYMOUS)) {
		struct file *file;
		TRY(linux_file_get(descriptor, &file));
		file_unref(file);
		return ERR_NO_DEVICE;
	}
	if (type != LINUX_MAP_PRIVATE)
		return ERR_NOT_SUPPORTED;
	bool is_fixed = flags & (LINUX_MAP_FIXED | LINUX_MAP_FIXED_NOREPLACE);
	if (flags & LINUX_MAP_FIXED && !(flags & LINUX_MAP_FIXED_NOREPLACE))
		request.flags = VM_REPLACE;
	return linux_map(&request, is_fixed);
}

int64_t linux_mprotect(uintptr_t address, uint64_t length, uint32_t protection)
{
	size_t size;
	unsigned rights;
	if (address % PAGE_SIZE != 0 || !linux_rights(protection, &rights))
		return ERR_INVALID_ARGS;
	if (length == 0)
		return OK;
	if (!linux_page_size(length, &size))
		return ERR_NO_MEMORY;
	enum status status =
	        vm_space_protect(process_space(process_current()), address, size, rights);
	/* Linux's word for a hole */
	return status == ERR_BAD_ADDRESS ? ERR_NO_MEMORY : status;
}

int64_t linux_munmap(uintptr_t address, uint64_t length)
{
	size_t size;
	if (address % PAGE_SIZE != 0 || !linux_page_size(length, &size))
		return ERR_INVALID_ARGS;
	return vm_space_unmap(process_space(process_current()), address, size);
}
