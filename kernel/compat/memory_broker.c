/*
 * The broker through which syscalld works on the memory map of a program that waits for it.
 *
 * What may be mapped is syscalld's to say; what can't be, like pages that are written and executed,
 * vm refuses whoever asks.
 */
#include "compat/mapping.h"
#include "core/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

static void memory_file_drop(struct file **file)
{
	file_unref(*file);
}

static enum status memory_broker_file(struct process *target, uint32_t descriptor,
                                      struct file **out_file)
{
	struct object *object;
	TRY(handle_table_get(&process_ipc(target)->handles, descriptor, &file_type, 0, &object));
	*out_file = file_of(object);
	return OK;
}

static uint16_t memory_broker_kind(struct file *file)
{
	enum { FACTS_KIND = 0170000, FACTS_CHARACTERS = 0020000 };
	struct file_facts facts = {};
	if (file->ops->map)
		return file_place(file).volume ? MM_FD_FILE : MM_FD_MEMORY;
	if (file->ops->describe)
		file->ops->describe(file, &facts);
	return (facts.mode & FACTS_KIND) == FACTS_CHARACTERS ? MM_FD_DEVICE : MM_FD_NONE;
}

static enum status memory_broker_describe(struct process *target, uint32_t descriptor,
                                          struct mm_descriptor *out)
{
	AUTO(memory_file_drop) struct file *file = NULL;
	TRY(memory_broker_file(target, descriptor, &file));
	struct file_place place = file_place(file);
	*out = (struct mm_descriptor){
	        .kind = memory_broker_kind(file),
	        .rights = (uint16_t)((file_may_read(file) ? MEMORY_READ : 0) |
	                             (file_may_write(file) ? MEMORY_WRITE : 0)),
	        .volume = place.volume,
	        .inode = place.inode,
	        .generation = place.generation,
	};
	return OK;
}

static enum status memory_broker_answer(const struct mm_broker_args *args, const void *answer,
                                        size_t size)
{
	if (args->out_len != size)
		return ERR_INVALID_ARGS;
	return user_copy_out((struct user_out){args->out_ptr, size}, answer);
}

static enum status memory_broker_ask(struct process *target, const struct mm_broker_args *args)
{
	struct mm_descriptor descriptor;
	struct mm_layout layout;
	if (args->rights || args->address || args->size || args->flags || args->offset)
		return ERR_INVALID_ARGS;
	if (args->op == MM_QUERY_LAYOUT) {
		if (args->descriptor)
			return ERR_INVALID_ARGS;
		process_layout(target, &layout);
		return memory_broker_answer(args, &layout, sizeof layout);
	}
	TRY(memory_broker_describe(target, args->descriptor, &descriptor));
	return memory_broker_answer(args, &descriptor, sizeof descriptor);
}

static enum status memory_broker_map_zeroed(struct process *target, struct vm_request *request,
                                            uintptr_t *out_start)
{
	struct vm_space *space = process_space(target);
	if (!(request->flags & VM_SHARED))
		return vm_space_map(space, request, out_start);
	const struct vm_object_request object = {
	        .page_count = request->size / PAGE_SIZE,
	        .account = vm_space_account(space),
	};
	TRY(vm_object_create(&object, &request->object));
	enum status status = vm_space_map(space, request, out_start);
	vm_object_unref(request->object);
	return status;
}

static enum status memory_broker_map_file(struct process *target, const struct mm_broker_args *args,
                                          struct vm_request *request, uintptr_t *out_start)
{
	AUTO(memory_file_drop) struct file *file = NULL;
	TRY(memory_broker_file(target, args->descriptor, &file));
	if (args->op == MM_MAP_DEVICE_SHARED && memory_broker_kind(file) != MM_FD_DEVICE)
		return ERR_INVALID_ARGS;
	TRY(mapping_of_file(file, request));
	return vm_space_map(process_space(target), request, out_start);
}

static enum status memory_broker_map(struct process *target, const struct mm_broker_args *args,
                                     uint64_t *out_start)
{
	bool is_zeroed = args->op == MM_MAP_ANON;
	const uint32_t known =
	        MEMORY_REPLACE | (is_zeroed ? MEMORY_LARGE_PAGES | MEMORY_SHARED : 0);
	if (args->flags & ~known || args->offset % PAGE_SIZE ||
	    (is_zeroed && (args->offset || args->descriptor)))
		return ERR_INVALID_ARGS;
	/* the caller's own reserve is not for those it serves */
	if (!address_space_may_grow(vm_space_tables(process_space(target))))
		return ERR_NO_MEMORY;
	bool is_shared = args->op == MM_MAP_FILE_SHARED || args->op == MM_MAP_DEVICE_SHARED;
	struct vm_request request = {
	        .address = args->address,
	        .size = args->size,
	        .rights = args->rights,
	        .flags = args->flags | (is_shared ? VM_SHARED : 0),
	        .object_page = args->offset / PAGE_SIZE,
	};
	uintptr_t start = 0;
	TRY(is_zeroed ? memory_broker_map_zeroed(target, &request, &start)
	              : memory_broker_map_file(target, args, &request, &start));
	*out_start = start;
	return OK;
}

static enum status memory_broker_change(struct process *target, const struct mm_broker_args *args)
{
	struct vm_space *space = process_space(target);
	if (args->flags || args->descriptor || args->offset)
		return ERR_INVALID_ARGS;
	if (args->op == MM_PROTECT)
		return vm_space_protect(space, args->address, args->size, args->rights);
	return args->rights ? ERR_INVALID_ARGS : vm_space_unmap(space, args->address, args->size);
}

static bool memory_broker_is_sound(const struct mm_broker_args *args)
{
	bool asks = args->op == MM_QUERY_LAYOUT || args->op == MM_DESCRIBE_FD;
	return args->abi_version == MM_BROKER_VERSION && args->op >= MM_QUERY_LAYOUT &&
	       args->op <= MM_UNMAP && !args->reserved0 &&
	       (asks || (!args->out_ptr && !args->out_len));
}

enum status sys_mm_broker(struct user_in address, uint64_t *out_start)
{
	AUTO(process_let_go) struct process *target = NULL;
	struct mm_broker_args args;
	*out_start = 0;
	TRY(user_copy_in(&args, address));
	if (!memory_broker_is_sound(&args))
		return ERR_INVALID_ARGS;
	if (!ipc_serves(process_ipc(process_current()), args.reply_cap, args.target_pid))
		return ERR_NO_PROCESS;
	TRY(process_hold(args.target_pid, &target));
	switch (args.op) {
	case MM_QUERY_LAYOUT:
	case MM_DESCRIBE_FD:
		return memory_broker_ask(target, &args);
	case MM_PROTECT:
	case MM_UNMAP:
		return memory_broker_change(target, &args);
	default:
		return memory_broker_map(target, &args, out_start);
	}
}
