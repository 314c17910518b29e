/* Linux calls on descriptors. */
#include "compat/linux_abi.h"
#include "core/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

enum status linux_file_get(int32_t descriptor, struct file **out_file)
{
	struct object *object;
	if (descriptor < 0)
		return ERR_BAD_HANDLE;
	TRY(handle_table_get(linux_handles(), (uint32_t)descriptor, &file_type, 0, &object));
	*out_file = file_of(object);
	return OK;
}

static void linux_file_drop(struct file **file)
{
	file_unref(*file);
}

#define FILE_AUTO AUTO(linux_file_drop) struct file *

typedef enum status linux_mover(struct file *file, struct transfer *transfer, size_t *out_count);

static int64_t linux_move(int32_t descriptor, const struct user_in *parts, size_t part_count,
                          linux_mover *move)
{
	FILE_AUTO file = NULL;
	TRY(linux_file_get(descriptor, &file));
	struct transfer transfer;
	TRY(transfer_init(&transfer, parts, part_count));
	size_t count = 0;
	enum status status = move(file, &transfer, &count);
	if (status == ERR_BROKEN_PIPE) {
		const struct signal_info info = {.signal = SIGNAL_PIPE,
		                                 .pid = process_id(process_current())};
		(void)!signal_send_task(info.pid, task_id(task_current()), &info);
	}
	return status == OK ? (int64_t)count : status;
}

/* One piece; what is beyond the longest transfer is left out, as Linux does. */
static int64_t linux_move_one(int32_t descriptor, uintptr_t buffer, uint64_t length,
                              linux_mover *move)
{
	struct user_in part = {buffer, length < TRANSFER_MAX ? length : TRANSFER_MAX};
	return linux_move(descriptor, &part, 1, move);
}

/* The vector is copied before anything happens. */
static int64_t linux_move_vector(int32_t descriptor, uintptr_t vector, uint64_t count,
                                 linux_mover *move)
{
	if (count > LINUX_IOVECS_MAX)
		return ERR_INVALID_ARGS;
	if (count == 0)
		return linux_move(descriptor, NULL, 0, move);
	size_t bytes = count * sizeof(struct linux_iovec);
	struct linux_iovec *parts = heap_alloc(bytes);
	if (!parts)
		return ERR_NO_MEMORY;
	_Static_assert(sizeof(struct linux_iovec) == sizeof(struct user_in));
	int64_t result = user_copy_in(parts, (struct user_in){vector, bytes});
	if (result == OK)
		result = linux_move(descriptor, (const struct user_in *)(const void *)parts, count,
		                    move);
	heap_free(parts, bytes);
	return result;
}

int64_t linux_read(int32_t descriptor, uintptr_t buffer, uint64_t length)
{
	return linux_move_one(descriptor, buffer, length, file_read);
}

int64_t linux_write(int32_t descriptor, uintptr_t buffer, uint64_t length)
{
	return linux_move_one(descriptor, buffer, length, file_write);
}

int64_t linux_readv(int32_t descriptor, uintptr_t vector, uint64_t count)
{
	return linux_move_vector(descriptor, vector, count, file_read);
}

int64_t linux_writev(int32_t descriptor, uintptr_t vector, uint64_t count)
{
	return linux_move_vector(descriptor, vector, count, file_write);
}

static int64_t linux_move_at(int32_t descriptor, struct user_in part, uint64_t offset,
                             enum status (*move)(struct file *, struct transfer *, uint64_t,
                                                 size_t *))
{
	FILE_AUTO file = NULL;
	if ((int64_t)offset < 0)
		return ERR_INVALID_ARGS;
	TRY(linux_file_get(descriptor, &file));
	struct transfer transfer;
	part.len = part.len < TRANSFER_MAX ? part.len : TRANSFER_MAX;
	TRY(transfer_init(&transfer, &part, 1));
	size_t count = 0;
	enum status status = move(file, &transfer, offset, &count);
	return status == OK ? (int64_t)count : status;
}

int64_t linux_pread64(int32_t descriptor, uintptr_t buffer, uint64_t length, uint64_t offset)
{
	return linux_move_at(descriptor, (struct user_in){buffer, length}, offset, file_read_at);
}

int64_t linux_pwrite64(int32_t descriptor, uintptr_t buffer, uint64_t length, uint64_t offset)
{
	return linux_move_at(descriptor, (struct user_in){buffer, length}, offset, file_write_at);
}

int64_t linux_close(int32_t descriptor)
{
	if (descriptor < 0)
		return ERR_BAD_HANDLE;
	return handle_table_close(linux_handles(), (uint32_t)descriptor);
}

int64_t linux_lseek(int32_t descriptor, int64_t offset, uint32_t whence)
{
	FILE_AUTO file = NULL;
	TRY(linux_file_get(descriptor, &file));
	uint64_t place = 0;
	enum status status = file_seek(file, offset, whence, &place);
	return status == OK ? (int64_t)place : status;
}

int64_t linux_ioctl(int32_t descriptor, uint32_t request, uintptr_t argument)
{
	FILE_AUTO file = NULL;
	TRY(linux_file_get(descriptor, &file));
	int64_t value = 0;
	enum status status = file_control(file, request, argument, &value);
	return status == OK ? value : status;
}

int64_t linux_fstat(int32_t descriptor, uintptr_t out_stat)
{
	enum { STAT_BLOCK = 512 };
	FILE_AUTO file = NULL;
	TRY(linux_file_get(descriptor, &file));
	struct file_facts facts = {};
	file->ops->describe(file, &facts);
	struct linux_stat stat = {
	        .inode = facts.inode,
	        .links = 1,
	        .mode = facts.mode,
	        .special_device = facts.device,
	        .size = (int64_t)facts.size,
	        .block_bytes = facts.block_bytes,
	        .blocks = (int64_t)((facts.size + STAT_BLOCK - 1) / STAT_BLOCK),
	};
	return user_copy_out((struct user_out){out_stat, sizeof stat}, &stat);
}
