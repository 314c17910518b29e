/* Brokers of block devices: one piece of kernel memory between the device and the program. */
#include "compat/blocks.h"
#include "core/api.h"
#include "ps/api.h"
#include <base/cleanup.h>
#include <driver/block.h>
#include <kernel/syscall_prototypes.h>
#include <string.h>

static enum status block_say_size(const struct block_broker_args *args,
                                  const struct block_facts *facts)
{
	struct user_out size = {args->out_logical_block_size_ptr, sizeof facts->block_bytes};
	struct user_out count = {args->out_block_count_ptr, sizeof facts->block_count};
	if (args->first_block || args->block_count || args->buffer_ptr || args->buffer_len)
		return ERR_INVALID_ARGS;
	TRY(user_copy_out(size, &facts->block_bytes));
	return user_copy_out(count, &facts->block_count);
}

static enum status block_move(uint32_t id, const struct block_broker_args *args,
                              struct block_transfer *transfer)
{
	bool writes = transfer->operation == DRIVER_BLOCK_WRITE;
	if (writes)
		TRY(user_copy_in(transfer->buffer,
		                 (struct user_in){args->buffer_ptr, args->buffer_len}));
	TRY(block_run(id, transfer));
	if (writes)
		return OK;
	return user_copy_out((struct user_out){args->buffer_ptr, args->buffer_len},
	                     transfer->buffer);
}

static enum status block_read_or_write(const struct block_facts *facts,
                                       const struct block_broker_args *args, uint32_t operation)
{
	uint64_t most = BLOCK_BYTES_MAX / facts->block_bytes;
	if (!args->block_count || args->block_count > most ||
	    args->buffer_len != args->block_count * facts->block_bytes)
		return ERR_INVALID_ARGS;
	/* whole frames: a device reaches them in one piece */
	size_t bytes = args->buffer_len < PAGE_SIZE ? PAGE_SIZE : args->buffer_len;
	struct block_transfer transfer = {
	        .operation = operation,
	        .first_block = args->first_block,
	        .block_count = args->block_count,
	        .buffer = heap_alloc(bytes),
	};
	if (!transfer.buffer)
		return ERR_NO_MEMORY;
	enum status status = block_move(facts->id, args, &transfer);
	heap_free(transfer.buffer, bytes);
	return status;
}

static enum status block_flush(const struct block_facts *facts,
                               const struct block_broker_args *args)
{
	const struct block_transfer transfer = {.operation = DRIVER_BLOCK_FLUSH};
	if (args->first_block || args->block_count || args->buffer_ptr || args->buffer_len)
		return ERR_INVALID_ARGS;
	return block_run(facts->id, &transfer);
}

enum status sys_block_broker(struct user_in address)
{
	struct block_broker_args args;
	struct block_facts facts;
	TRY(user_copy_in(&args, address));
	bool boot = args.op == BLOCK_OP_BOOT_INFO || args.op == BLOCK_OP_BOOT_READ;
	if (args.abi_version != BLOCK_BROKER_VERSION || (boot && args.device))
		return ERR_INVALID_ARGS;
	TRY(block_find(args.device, &facts));
	switch (args.op) {
	case BLOCK_OP_BOOT_INFO:
	case BLOCK_OP_INFO:
		return block_say_size(&args, &facts);
	case BLOCK_OP_BOOT_READ:
	case BLOCK_OP_READ:
		return block_read_or_write(&facts, &args, DRIVER_BLOCK_READ);
	case BLOCK_OP_WRITE:
		return block_read_or_write(&facts, &args, DRIVER_BLOCK_WRITE);
	case BLOCK_OP_FLUSH:
		return block_flush(&facts, &args);
	}
	return ERR_INVALID_ARGS;
}

/* ---- transfers that nobody waits for ---- */

static enum status block_submit_check(const struct block_submit_args *args,
                                      const struct block_facts *facts, uint64_t *out_bytes)
{
	bool writes = args->op == BLOCK_OP_WRITE, flushes = args->op == BLOCK_OP_FLUSH;
	uint64_t most = BLOCK_BYTES_MAX / facts->block_bytes;
	if (args->block_count > most || flushes == (args->block_count > 0))
		return ERR_INVALID_ARGS;
	*out_bytes = args->block_count * facts->block_bytes;
	if (args->buffer_len != (writes ? *out_bytes : 0))
		return ERR_INVALID_ARGS;
	return writes && facts->read_only ? ERR_ACCESS_DENIED : OK;
}

/* What the transfer takes when it is made; freed when it is not. */
static enum status block_submit_fill(const struct block_submit_args *args, uint64_t bytes,
                                     struct block_start *start)
{
	if (bytes) {
		start->buffer_bytes = bytes < PAGE_SIZE ? PAGE_SIZE : bytes;
		start->transfer.buffer = heap_alloc(start->buffer_bytes);
		if (!start->transfer.buffer)
			return ERR_NO_MEMORY;
	}
	if (args->buffer_len)
		TRY(user_copy_in(start->transfer.buffer,
		                 (struct user_in){args->buffer_ptr, args->buffer_len}));
	return ipc_event_create(process_ipc(process_current()), args->endpoint, args->cookie,
	                        &start->event);
}

/* *out_made: the transfer has buffer and event now. */
static enum status block_submit_start(const struct block_start *start, bool *out_made,
                                      uint64_t *out_handle)
{
	struct object *transfer;
	int32_t handle;
	TRY(block_prepare(start, &transfer));
	*out_made = true;
	const struct handle_request request = {.object = transfer, .first = HANDLE_FIRST_NATIVE};
	enum status status =
	        handle_table_add(&process_ipc(process_current())->handles, &request, &handle);
	if (status == OK) {
		*out_handle = (uint64_t)handle;
		block_go(transfer);
	} else {
		object_unref(transfer);
	}
	object_unref(transfer);
	return status;
}

static uint32_t block_submit_operation(uint16_t op)
{
	if (op == BLOCK_OP_READ)
		return DRIVER_BLOCK_READ;
	if (op == BLOCK_OP_WRITE)
		return DRIVER_BLOCK_WRITE;
	return op == BLOCK_OP_FLUSH ? DRIVER_BLOCK_FLUSH : 0;
}

enum status sys_block_submit(struct user_in address, uint64_t *out_transfer)
{
	struct block_submit_args args;
	struct block_facts facts;
	uint64_t bytes;
	TRY(user_copy_in(&args, address));
	struct block_start start = {
	        .transfer.operation = block_submit_operation(args.op),
	        .transfer.first_block = args.first_block,
	        .transfer.block_count = args.block_count,
	};
	if (args.abi_version != BLOCK_BROKER_VERSION || args.reserved0 || !start.transfer.operation)
		return ERR_INVALID_ARGS;
	TRY(block_find(args.device, &facts));
	start.device = facts.id;
	TRY(block_submit_check(&args, &facts, &bytes));
	enum status status = block_submit_fill(&args, bytes, &start);
	bool made = false;
	if (status == OK)
		status = block_submit_start(&start, &made, out_transfer);
	if (!made) {
		ipc_event_drop(start.event);
		heap_free(start.transfer.buffer, start.buffer_bytes);
	}
	return status;
}

enum status sys_block_take(uint64_t transfer, uint64_t offset, struct user_out buffer)
{
	struct object *object;
	struct str bytes;
	TRY(handle_table_get(&process_ipc(process_current())->handles, transfer,
	                     &block_transfer_type, 0, &object));
	enum status status = block_result(object, &bytes);
	if (status == OK && (offset > bytes.len || buffer.len > bytes.len - offset))
		status = ERR_INVALID_ARGS;
	if (status == OK)
		status = user_copy_out(buffer, bytes.ptr + offset);
	object_unref(object);
	return status;
}

struct storage_descriptor storage_describe(const struct block_facts *facts)
{
	struct storage_descriptor descriptor = {
	        .id = facts->id,
	        .transport = facts->transport,
	        .flags = (facts->read_only ? STORAGE_READ_ONLY : 0) |
	                 (facts->is_system ? STORAGE_BOOT_VOLUME : 0) |
	                 (facts->is_partition ? STORAGE_PARTITION : 0),
	        .logical_block_size = facts->block_bytes,
	        .start_block = facts->first_block,
	        .block_count = facts->block_count,
	        .path_len = (uint32_t)strlen(facts->name),
	};
	memcpy(descriptor.path, facts->name, descriptor.path_len);
	return descriptor;
}

static enum status storage_copy_list(const struct storage_list_args *args,
                                     const struct block_facts *facts, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct storage_descriptor descriptor = storage_describe(&facts[i]);
		struct user_out place = {args->out_descriptors_ptr + i * sizeof descriptor,
		                         sizeof descriptor};
		TRY(user_copy_out(place, &descriptor));
	}
	return user_copy_out((struct user_out){args->out_count_ptr, sizeof count}, &count);
}

enum status sys_storage_list_broker(struct user_in address)
{
	struct storage_list_args args;
	TRY(user_copy_in(&args, address));
	if (args.abi_version != STORAGE_LIST_VERSION || args.reserved0 || args.reserved1 ||
	    args.reserved2 || args.out_capacity > STORAGE_LIST_MAX)
		return ERR_INVALID_ARGS;
	size_t bytes = STORAGE_LIST_MAX * sizeof(struct block_facts);
	struct block_facts *facts = heap_alloc(bytes);
	if (!facts)
		return ERR_NO_MEMORY;
	uint32_t count = (uint32_t)block_list(facts, args.out_capacity);
	enum status status = storage_copy_list(&args, facts, count);
	heap_free(facts, bytes);
	return status;
}
