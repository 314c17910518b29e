/* Memory of the calling process. Rights and flags of the registry are those of vm and mm. */
#include "core/api.h"
#include "vm/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

_Static_assert((int)MEMORY_READ == (int)MAP_READ && (int)MEMORY_WRITE == (int)MAP_WRITE &&
               (int)MEMORY_EXECUTE == (int)MAP_EXECUTE);
_Static_assert((int)MEMORY_WIRED == (int)VM_WIRED &&
               (int)MEMORY_LARGE_PAGES == (int)VM_LARGE_PAGES &&
               (int)MEMORY_REPLACE == (int)VM_REPLACE);

enum status sys_memory_map(uint64_t address, uint64_t size, uint32_t rights, uint32_t flags,
                           uint64_t *out_start)
{
	const struct vm_request request = {
	        .address = address, .size = size, .rights = rights, .flags = flags};
	uintptr_t start;
	TRY(vm_space_map(vm_space_current(), &request, &start));
	*out_start = start;
	return OK;
}

enum status sys_memory_unmap(uint64_t address, uint64_t size)
{
	return vm_space_unmap(vm_space_current(), address, size);
}

enum status sys_memory_protect(uint64_t address, uint64_t size, uint32_t rights)
{
	return vm_space_protect(vm_space_current(), address, size, rights);
}

enum status sys_memory_discard(uint64_t address, uint64_t size)
{
	return vm_space_discard(vm_space_current(), address, size);
}

enum status sys_memory_usage(struct user_out usage)
{
	struct memory_usage now = memory_account_usage(vm_space_account(vm_space_current()));
	const struct memory_use told = {
	        .bytes = now.bytes,
	        .peak_bytes = now.peak_bytes,
	        .limit_bytes = now.limit_bytes,
	        .refusals = now.refusals,
	};
	return user_copy_out(usage, &told);
}
