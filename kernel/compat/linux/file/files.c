/* Linux calls on descriptors. */
#include "compat/linux/file/path.h"
#include "core/api.h"
#include <kernel/syscall_prototypes.h>

/* The heart of every call on a descriptor: with what it calls in one piece. */
[[gnu::flatten]] enum status linux_file_get(int32_t descriptor, struct file **out_file)
{
	struct object *object;
	if (descriptor < 0)
		return ERR_BAD_HANDLE;
	TRY(handle_table_get(linux_handles(), (uint32_t)descriptor, &file_type, 0, &object));
	*out_file = file_of(object);
	return OK;
}

typedef enum status linux_mover(struct file *file, struct transfer *transfer, size_t *out_count);

void linux_signal_broken_pipe(void)
{
	const struct signal_info info = {.signal = SIGNAL_PIPE,
	                                 .pid = process_id(process_current())};
	(void)!signal_send_task(info.pid, task_id(task_current()), &info);
}

static int64_t linux_move(int32_t descriptor, const struct user_in *parts, size_t part_count,
                          linux_mover *move)
{
	LINUX_FILE file = NULL;
	TRY(linux_file_get(descriptor, &file));
	struct transfer transfer;
	TRY(transfer_init(&transfer, parts, part_count));
	size_t count = 0;
	enum status status = move(file, &transfer, &count);
	if (status == ERR_BROKEN_PIPE)
		linux_signal_broken_pipe();
	return status == OK ? (int64_t)count : status;
}

/* One piece; what is beyond the longest transfer is left out, as Linux does. */
static int64_t linux_move_one(int32_t descriptor, uintptr_t buffer, uint64_t length,
                              linux_mover *move)
{
	struct user_in part = {buffer, length < TRANSFER_MAX ? length : TRANSFER_MAX};
	return linux_move(descriptor, &part, 1, move);
}

enum status linux_parts_get(struct linux_parts *out_parts, uintptr_t vector, uint64_t count)
{
	_Static_assert(sizeof(struct linux_iovec) == sizeof(struct user_in));
	*out_parts = (struct linux_parts){};
	if (count > LINUX_IOVECS_MAX)
		return ERR_INVALID_ARGS;
	if (count == 0)
		return OK;
	size_t bytes = count * sizeof(struct user_in);
	struct user_in *parts = heap_alloc(bytes);
	if (!parts)
		return ERR_NO_MEMORY;
	enum status status = user_copy_in(parts, (struct user_in){vector, bytes});
	if (status == OK)
		*out_parts = (struct linux_parts){parts, count};
	else
		heap_free(parts, bytes);
	return status;
}

void linux_parts_free(struct linux_parts *parts)
{
	heap_free((void *)(uintptr_t)parts->items, parts->count * sizeof *parts->items);
}

/* The vector is copied before anything happens. */
static int64_t linux_move_vector(int32_t descriptor, uintptr_t vector, uint64_t count,
                                 linux_mover *move)
{
	AUTO(linux_parts_free) struct linux_parts parts = {};
	TRY(linux_parts_get(&parts, vector, count));
	return linux_move(descriptor, parts.items, parts.count, move);
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

typedef enum status linux_mover_at(struct file *file, struct transfer *transfer, uint64_t offset,
                                   size_t *out_count);

static int64_t linux_move_at(int32_t descriptor, struct linux_parts parts, uint64_t offset,
                             linux_mover_at *move)
{
	LINUX_FILE file = NULL;
	struct transfer transfer;
	if ((int64_t)offset < 0)
		return ERR_INVALID_ARGS;
	TRY(linux_file_get(descriptor, &file));
	TRY(transfer_init(&transfer, parts.items, parts.count));
	size_t count = 0;
	enum status status = move(file, &transfer, offset, &count);
	return status == OK ? (int64_t)count : status;
}

static int64_t linux_move_one_at(int32_t descriptor, struct user_in part, uint64_t offset,
                                 linux_mover_at *move)
{
	part.len = part.len < TRANSFER_MAX ? part.len : TRANSFER_MAX;
	return linux_move_at(descriptor, (struct linux_parts){&part, 1}, offset, move);
}

int64_t linux_pread64(int32_t descriptor, uintptr_t buffer, uint64_t length, uint64_t offset)
{
	return linux_move_one_at(descriptor, (struct user_in){buffer, length}, offset,
	                         file_read_at);
}

int64_t linux_pwrite64(int32_t descriptor, uintptr_t buffer, uint64_t length, uint64_t offset)
{
	return linux_move_one_at(descriptor, (struct user_in){buffer, length}, offset,
	                         file_write_at);
}

static int64_t linux_move_vector_at(int32_t descriptor, uintptr_t vector, uint64_t count,
                                    uint64_t offset, linux_mover_at *move)
{
	AUTO(linux_parts_free) struct linux_parts parts = {};
	TRY(linux_parts_get(&parts, vector, count));
	return linux_move_at(descriptor, parts, offset, move);
}

/* The higher half of an offset means nothing where a register holds all of it. */
int64_t linux_preadv(int32_t descriptor, uintptr_t vector, uint64_t count, uint64_t offset)
{
	return linux_move_vector_at(descriptor, vector, count, offset, file_read_at);
}

int64_t linux_pwritev(int32_t descriptor, uintptr_t vector, uint64_t count, uint64_t offset)
{
	return linux_move_vector_at(descriptor, vector, count, offset, file_write_at);
}

/* Linux include/uapi/linux/fs.h: RWF_*. Without those that promise not to wait, or to append. */
enum { RWF_HIGH_PRIORITY = 1, RWF_DATA_SYNC = 2, RWF_SYNC = 4 };

int64_t linux_preadv2(int32_t descriptor, uintptr_t vector, uint64_t count, uint64_t offset,
                      uint64_t, uint32_t flags)
{
	if (flags & ~(uint32_t)(RWF_HIGH_PRIORITY | RWF_DATA_SYNC | RWF_SYNC))
		return ERR_NOT_SUPPORTED;
	/* of the position, then */
	if (offset == UINT64_MAX)
		return linux_readv(descriptor, vector, count);
	return linux_preadv(descriptor, vector, count, offset);
}

int64_t linux_pwritev2(int32_t descriptor, uintptr_t vector, uint64_t count, uint64_t offset,
                       uint64_t, uint32_t flags)
{
	if (flags & ~(uint32_t)(RWF_HIGH_PRIORITY | RWF_DATA_SYNC | RWF_SYNC))
		return ERR_NOT_SUPPORTED;
	int64_t written = offset == UINT64_MAX ? linux_writev(descriptor, vector, count)
	                                       : linux_pwritev(descriptor, vector, count, offset);
	LINUX_FILE file = NULL;
	if (written <= 0 || !(flags & (RWF_DATA_SYNC | RWF_SYNC)))
		return written;
	TRY(linux_file_get(descriptor, &file));
	TRY(vfs_sync_file(file));
	return written;
}

int64_t linux_close(int32_t descriptor)
{
	LINUX_FILE file = NULL;
	if (descriptor < 0)
		return ERR_BAD_HANDLE;
	/* any descriptor of it takes the locks along */
	if (linux_file_get(descriptor, &file) == OK)
		file_drop_locks(file, process_current());
	return handle_table_close(linux_handles(), (uint32_t)descriptor);
}

int64_t linux_lseek(int32_t descriptor, int64_t offset, uint32_t whence)
{
	LINUX_FILE file = NULL;
	TRY(linux_file_get(descriptor, &file));
	uint64_t place = 0;
	enum status status = file_seek(file, offset, whence, &place);
	return status == OK ? (int64_t)place : status;
}

/* Linux include/uapi/asm-generic/ioctls.h: those of any descriptor. */
enum linux_descriptor_request {
	LINUX_FIONBIO = 0x5421,
	LINUX_FIONCLEX = 0x5450,
	LINUX_FIOCLEX = 0x5451,
	LINUX_FIOASYNC = 0x5452,
};

/* ERR_NOT_TERMINAL: the request is the file's own. */
static enum status linux_control_descriptor(int32_t descriptor, struct file *file, uint32_t request,
                                            uintptr_t argument)
{
	uint32_t on;
	switch (request) {
	case LINUX_FIOCLEX:
	case LINUX_FIONCLEX:
		return handle_table_set_flags(linux_handles(), (uint32_t)descriptor,
		                              request == LINUX_FIOCLEX ? HANDLE_CLOSE_ON_EXEC : 0);
	case LINUX_FIONBIO:
		TRY(user_copy_in(&on, (struct user_in){argument, sizeof on}));
		if (on)
			__atomic_fetch_or(&file->flags, FILE_NONBLOCK, __ATOMIC_RELAXED);
		else
			__atomic_fetch_and(&file->flags, ~(uint32_t)FILE_NONBLOCK,
			                   __ATOMIC_RELAXED);
		return OK;
	case LINUX_FIOASYNC: /* there are no signals of files to turn on */
		TRY(user_copy_in(&on, (struct user_in){argument, sizeof on}));
		return on ? ERR_NOT_TERMINAL : OK;
	default:
		return ERR_NOT_TERMINAL;
	}
}

int64_t linux_ioctl(int32_t descriptor, uint32_t request, uintptr_t argument)
{
	LINUX_FILE file = NULL;
	TRY(linux_file_get(descriptor, &file));
	int64_t value = 0;
	enum status status = linux_control_descriptor(descriptor, file, request, argument);
	if (status == ERR_NOT_TERMINAL)
		status = file_control(file, request, argument, &value);
	return status == OK ? value : status;
}
