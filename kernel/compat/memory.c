/* Memory of the calling process. Rights and flags of the registry are those of vm and mm. */
#include "compat/mapping.h"
#include "core/api.h"
#include "ps/api.h"
#include "vm/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

_Static_assert((int)MEMORY_READ == (int)MAP_READ && (int)MEMORY_WRITE == (int)MAP_WRITE &&
               (int)MEMORY_EXECUTE == (int)MAP_EXECUTE);
_Static_assert((int)MEMORY_WIRED == (int)VM_WIRED &&
               (int)MEMORY_LARGE_PAGES == (int)VM_LARGE_PAGES &&
               (int)MEMORY_REPLACE == (int)VM_REPLACE && (int)MEMORY_SHARED == (int)VM_SHARED &&
               (int)MEMORY_HUGE_PAGES == (int)VM_HUGE_PAGES);

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

static struct handle_table *memory_handles(void)
{
	return &process_ipc(process_current())->handles;
}

enum status sys_memory_object_create(uint64_t size, uint64_t *out_object)
{
	struct object *object;
	TRY(shared_memory_create(size, vm_space_account(vm_space_current()), &object));
	const struct handle_request request = {
	        .object = object,
	        .rights = shared_memory_type()->rights,
	        .first = HANDLE_FIRST_NATIVE,
	};
	int32_t handle = 0;
	enum status status = handle_table_add(memory_handles(), &request, &handle);
	object_unref(object);
	*out_object = (uint64_t)handle;
	return status;
}

/* A private mapping only reads the object. Shared memory is data: never executed. */
static enum status memory_object_rights(uint32_t rights, uint32_t flags, uint32_t *out_needed)
{
	const uint32_t known_flags = MEMORY_REPLACE | MEMORY_SHARED;
	if ((flags & ~known_flags) || (rights & ~(uint32_t)(MEMORY_READ | MEMORY_WRITE)))
		return rights & MEMORY_EXECUTE ? ERR_ACCESS_DENIED : ERR_INVALID_ARGS;
	*out_needed = RIGHT_MAP | RIGHT_READ;
	if (flags & MEMORY_SHARED)
		*out_needed |= RIGHT_WRITE;
	return OK;
}

enum status sys_memory_object_map(struct user_in args, uint64_t *out_start)
{
	struct memory_object_view view;
	uint32_t needed;
	TRY(user_copy_in(&view, args));
	TRY(memory_object_rights(view.rights, view.flags, &needed));
	if (view.offset % PAGE_SIZE)
		return ERR_INVALID_ARGS;
	struct object *shared;
	TRY(handle_table_get(memory_handles(), view.object, shared_memory_type(), needed, &shared));
	const struct vm_request request = {
	        .address = view.address,
	        .size = view.size,
	        .rights = view.rights,
	        .flags = view.flags | VM_NEVER_EXECUTED,
	        .object = shared_memory_pages(shared),
	        .object_page = view.offset / PAGE_SIZE,
	};
	uintptr_t start = 0;
	enum status status = vm_space_map(vm_space_current(), &request, &start);
	object_unref(shared);
	*out_start = start;
	return status;
}

enum status mapping_of_file(struct file *file, struct vm_request *request)
{
	bool is_shared = request->flags & VM_SHARED, may_write = file_may_write(file);
	if (!file_may_read(file) || (is_shared && request->rights & MAP_WRITE && !may_write))
		return ERR_ACCESS_DENIED;
	if (!file->ops->map)
		return ERR_NO_DEVICE;
	/* other rights may be asked for later */
	if (is_shared && !may_write)
		request->flags |= VM_NEVER_WRITTEN;
	return file->ops->map(file, is_shared && may_write, &request->object);
}
