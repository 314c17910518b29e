/* Linux calls that make, copy and wait for descriptors. */
#include "compat/linux/abi.h"
#include "compat/linux/file/locks.h"
#include "core/api.h"
#include "io/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

enum { LINUX_CREATE_FLAGS = FILE_NONBLOCK | FILE_CLOSE_ON_EXEC };

static uint32_t linux_handle_flags(uint32_t flags)
{
	return flags & FILE_CLOSE_ON_EXEC ? HANDLE_CLOSE_ON_EXEC : 0;
}

int64_t linux_install(struct file *file, uint32_t flags)
{
	const struct handle_request request = {
	        .object = &file->object,
	        .rights = RIGHTS_ALL,
	        .flags = linux_handle_flags(flags),
	};
	int32_t descriptor;
	enum status status = handle_table_add(linux_handles(), &request, &descriptor);
	file_unref(file);
	return status == OK ? descriptor : status;
}

int64_t linux_install_pair(struct file *const files[2], uint32_t flags, uintptr_t out_pair)
{
	int64_t one = linux_install(files[0], flags), two = linux_install(files[1], flags);
	int32_t pair[2] = {(int32_t)one, (int32_t)two};
	int64_t status = one < 0 ? one : two < 0 ? two : OK;
	if (status == OK)
		status = user_copy_out((struct user_out){out_pair, sizeof pair}, pair);
	if (status == OK)
		return OK;
	if (one >= 0)
		(void)!handle_table_close(linux_handles(), (uint64_t)one);
	if (two >= 0)
		(void)!handle_table_close(linux_handles(), (uint64_t)two);
	return status;
}

int64_t linux_pipe2(uintptr_t out_descriptors, uint32_t flags)
{
	struct file *ends[2];
	if (flags & ~(uint32_t)LINUX_CREATE_FLAGS)
		return ERR_INVALID_ARGS;
	TRY(pipe_create(flags & FILE_NONBLOCK, &ends[0], &ends[1]));
	return linux_install_pair(ends, flags, out_descriptors);
}

int64_t linux_pipe(uintptr_t out_descriptors)
{
	return linux_pipe2(out_descriptors, 0);
}

int64_t linux_eventfd2(uint32_t count, uint32_t flags)
{
	enum { EVENTFD_SEMAPHORE = 1 };
	struct file *file;
	if (flags & ~(uint32_t)(LINUX_CREATE_FLAGS | EVENTFD_SEMAPHORE))
		return ERR_INVALID_ARGS;
	TRY(event_file_create(count, flags & EVENTFD_SEMAPHORE, flags & FILE_NONBLOCK, &file));
	return linux_install(file, flags);
}

int64_t linux_eventfd(uint32_t count)
{
	return linux_eventfd2(count, 0);
}

static int64_t linux_duplicate(int32_t descriptor, uint32_t first, uint32_t flags)
{
	struct file *file;
	TRY(linux_file_get(descriptor, &file));
	const struct handle_request request = {
	        .object = &file->object,
	        .rights = RIGHTS_ALL,
	        .flags = linux_handle_flags(flags),
	        .first = first,
	};
	int32_t copy;
	enum status status = handle_table_add(linux_handles(), &request, &copy);
	file_unref(file);
	return status == OK ? copy : status;
}

int64_t linux_dup(int32_t descriptor)
{
	return linux_duplicate(descriptor, 0, 0);
}

int64_t linux_dup3(int32_t descriptor, int32_t target, uint32_t flags)
{
	struct file *file;
	if (descriptor == target || (flags & ~(uint32_t)FILE_CLOSE_ON_EXEC))
		return ERR_INVALID_ARGS;
	TRY(linux_file_get(descriptor, &file));
	const struct handle_request request = {
	        .object = &file->object,
	        .rights = RIGHTS_ALL,
	        .flags = linux_handle_flags(flags),
	};
	enum status status =
	        target < 0 ? ERR_BAD_HANDLE
	                   : handle_table_replace(linux_handles(), (uint32_t)target, &request);
	file_unref(file);
	return status == OK ? target : status;
}

int64_t linux_dup2(int32_t descriptor, int32_t target)
{
	struct file *file;
	if (descriptor != target)
		return linux_dup3(descriptor, target, 0);
	TRY(linux_file_get(descriptor, &file));
	file_unref(file);
	return descriptor;
}

/* Linux include/uapi/linux/close_range.h */
enum { LINUX_CLOSE_RANGE_UNSHARE = 2, LINUX_CLOSE_RANGE_CLOEXEC = 4 };

/* Descriptors are a process's own here, so there is nothing to unshare. */
int64_t linux_close_range(uint32_t first, uint32_t last, uint32_t flags)
{
	if (first > last ||
	    flags & ~(uint32_t)(LINUX_CLOSE_RANGE_UNSHARE | LINUX_CLOSE_RANGE_CLOEXEC))
		return ERR_INVALID_ARGS;
	for (uint32_t i = first; i <= last && i < HANDLES_MAX; i++) {
		/* one that is not open is no error */
		if (flags & LINUX_CLOSE_RANGE_CLOEXEC)
			(void)!handle_table_set_flags(linux_handles(), i, HANDLE_CLOSE_ON_EXEC);
		else
			(void)!linux_close((int32_t)i);
	}
	return OK;
}

/* Linux include/uapi/asm-generic/fcntl.h */
enum linux_fcntl {
	LINUX_F_DUPFD = 0,
	LINUX_F_GETFD = 1,
	LINUX_F_SETFD = 2,
	LINUX_F_GETFL = 3,
	LINUX_F_SETFL = 4,
	LINUX_F_DUPFD_CLOEXEC = 1030,
	LINUX_F_GETPIPE_SZ = 1032,
	LINUX_FD_CLOEXEC = 1,
};

static int64_t linux_fcntl_handle(int32_t descriptor, uint32_t operation, uint64_t argument)
{
	struct handle_facts facts;
	if (descriptor < 0)
		return ERR_BAD_HANDLE;
	TRY(handle_table_look(linux_handles(), (uint32_t)descriptor, &facts));
	if (operation == LINUX_F_GETFD)
		return facts.flags & HANDLE_CLOSE_ON_EXEC ? LINUX_FD_CLOEXEC : 0;
	return handle_table_set_flags(linux_handles(), (uint32_t)descriptor,
	                              argument & LINUX_FD_CLOEXEC ? HANDLE_CLOSE_ON_EXEC : 0);
}

static int64_t linux_fcntl_file(int32_t descriptor, uint32_t operation, uint64_t argument)
{
	struct file *file;
	TRY(linux_file_get(descriptor, &file));
	uint32_t flags = __atomic_load_n(&file->flags, __ATOMIC_RELAXED);
	if (operation == LINUX_F_SETFL) {
		uint32_t changed = (flags & ~(uint32_t)FILE_CHANGEABLE) |
		                   ((uint32_t)argument & FILE_CHANGEABLE);
		__atomic_store_n(&file->flags, changed, __ATOMIC_RELAXED);
	}
	file_unref(file);
	return operation == LINUX_F_GETFL ? (int64_t)(flags | FILE_LARGE) : OK;
}

int64_t linux_fcntl(int32_t descriptor, uint32_t operation, uint64_t argument)
{
	switch (operation) {
	case LINUX_F_DUPFD:
	case LINUX_F_DUPFD_CLOEXEC:
		if (argument >= HANDLES_MAX)
			return ERR_INVALID_ARGS;
		return linux_duplicate(descriptor, (uint32_t)argument,
		                       operation == LINUX_F_DUPFD ? 0 : FILE_CLOSE_ON_EXEC);
	case LINUX_F_GETFD:
	case LINUX_F_SETFD:
		return linux_fcntl_handle(descriptor, operation, argument);
	case LINUX_F_GETFL:
	case LINUX_F_SETFL:
		return linux_fcntl_file(descriptor, operation, argument);
	case LINUX_F_GETLK:
	case LINUX_F_SETLK:
	case LINUX_F_SETLKW:
	case LINUX_F_OFD_GETLK:
	case LINUX_F_OFD_SETLK:
	case LINUX_F_OFD_SETLKW:
		return linux_lock_range_call(descriptor, operation, argument);
	default:
		return ERR_INVALID_ARGS;
	}
}
