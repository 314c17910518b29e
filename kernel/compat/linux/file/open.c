/* Linux calls that open files, and change their size. */
#include "compat/linux/file/path.h"
#include "core/api.h"
#include <kernel/syscall_prototypes.h>

static enum status linux_open_mask(uint32_t flags, uint32_t *out_mask)
{
	static const uint32_t masks[] = {
	        [FILE_READ_ONLY] = VFS_MAY_READ,
	        [FILE_WRITE_ONLY] = VFS_MAY_WRITE,
	        [FILE_READ_WRITE] = VFS_MAY_READ | VFS_MAY_WRITE,
	};
	uint32_t access = flags & FILE_ACCESS_MASK;
	*out_mask = 0;
	if (flags & FILE_PATH)
		return OK;
	if (access > FILE_READ_WRITE)
		return ERR_INVALID_ARGS;
	*out_mask = masks[access] | (flags & LINUX_O_TRUNCATE ? VFS_MAY_WRITE : 0);
	return OK;
}

/* What opening by name only looks at. */
static uint32_t linux_open_flags(uint32_t flags)
{
	const uint32_t of_paths =
	        FILE_PATH | FILE_CLOSE_ON_EXEC | LINUX_O_DIRECTORY | LINUX_O_NO_FOLLOW;
	return flags & FILE_PATH ? flags & of_paths : flags;
}

static enum status linux_open_find(struct vfs_call *call, uint32_t flags, uint32_t mode)
{
	bool is_unnamed = flags & LINUX_O_TEMPORARY;
	bool creates = flags & LINUX_O_CREATE || is_unnamed;
	uint32_t *wanted = &call->request.flags;
	call->operation = creates ? VFS_CREATE : VFS_OPENAT;
	if (creates)
		call->request.mode =
		        LINUX_MODE_FILE | (mode & LINUX_MODE_RIGHTS & ~process_umask());
	*wanted |= flags & LINUX_O_NO_FOLLOW ? VFS_NO_FOLLOW : 0;
	*wanted |= flags & LINUX_O_DIRECTORY && !is_unnamed ? VFS_DIRECTORY : 0;
	*wanted |= is_unnamed ? VFS_UNNAMED : 0;
	*wanted |= creates && flags & LINUX_O_EXCLUSIVE ? VFS_EXCLUSIVE : 0;
	TRY(linux_open_mask(flags, &call->request.mask));
	return vfs_call(call);
}

/* Who watches is told of it also when there was nothing. */
static enum status linux_open_truncate(const struct vfs_call *call, struct file *file)
{
	const struct vfs_facts *facts = &call->reply.facts;
	if ((facts->mode & LINUX_MODE_TYPE) != LINUX_MODE_FILE)
		return OK;
	if (facts->size)
		return vfs_resize(file, 0);
	if (!(call->reply.value & VFS_VALUE_MADE))
		watch_file(file, WATCH_MODIFY);
	return OK;
}

static int64_t linux_open_path(const struct linux_path *path, uint32_t flags, uint32_t mode)
{
	struct vfs_call call = {};
	LINUX_FILE file = NULL;
	linux_path_ask(path, &call);
	TRY(linux_open_find(&call, flags, mode));
	TRY(vfs_open_found(&call, flags, &file));
	if (flags & LINUX_O_TRUNCATE)
		TRY(linux_open_truncate(&call, file));
	if (!(flags & FILE_PATH))
		watch_file(file, WATCH_OPEN);
	return linux_install(TAKE(file), flags);
}

int64_t linux_openat(int32_t directory, uintptr_t path, uint32_t flags, uint32_t mode)
{
	LINUX_PATH name = {};
	flags = linux_open_flags(flags);
	bool is_unnamed = flags & LINUX_O_TEMPORARY;
	/* without a name it is of use only to who writes it; O_DIRECTORY makes old kernels refuse
	 */
	if (is_unnamed && ((flags & FILE_ACCESS_MASK) == FILE_READ_ONLY ||
	                   !(flags & LINUX_O_DIRECTORY) || flags & LINUX_O_CREATE))
		return ERR_INVALID_ARGS;
	TRY(linux_path_get(&name, directory, path, 0));
	return linux_open_path(&name, flags, mode);
}

int64_t linux_open(uintptr_t path, uint32_t flags, uint32_t mode)
{
	return linux_openat(LINUX_AT_DIRECTORY, path, flags, mode);
}

int64_t linux_creat(uintptr_t path, uint32_t mode)
{
	return linux_open(path, LINUX_O_CREATE | FILE_WRITE_ONLY | LINUX_O_TRUNCATE, mode);
}

int64_t linux_memfd_create(uintptr_t name, uint32_t flags)
{
	enum { MEMFD_CLOSE_ON_EXEC = 1, MEMFD_ALLOW_SEALING = 2, MEMFD_NAME_MAX = 250 };
	char text[MEMFD_NAME_MAX];
	size_t len;
	struct file *file;
	if (flags & ~(uint32_t)(MEMFD_CLOSE_ON_EXEC | MEMFD_ALLOW_SEALING))
		return ERR_INVALID_ARGS;
	enum status status = user_copy_string(text, sizeof text, name, &len);
	if (status != OK)
		return status == ERR_NAME_TOO_LONG ? ERR_INVALID_ARGS : status;
	TRY(vfs_create_unnamed(FILE_READ_WRITE, &file));
	return linux_install(file, flags & MEMFD_CLOSE_ON_EXEC ? FILE_CLOSE_ON_EXEC : 0);
}

/* ---- sizes ---- */

/* As large as the caller's limit lets it be. */
static enum status linux_resize(struct file *file, uint64_t size)
{
	uint64_t last = 1;
	if (size && file->ops->size && size > file->ops->size(file))
		TRY(process_may_write_to(size - 1, &last));
	return vfs_resize(file, size);
}

int64_t linux_truncate(uintptr_t path, int64_t size)
{
	struct vfs_call call = {.operation = VFS_OPENAT, .request = {.mask = VFS_MAY_WRITE}};
	LINUX_FILE file = NULL;
	if (size < 0)
		return ERR_INVALID_ARGS;
	TRY(linux_path_call(LINUX_AT_DIRECTORY, path, 0, &call));
	uint32_t type = call.reply.facts.mode & LINUX_MODE_TYPE;
	/* a FIFO would wait */
	bool is_file = type == LINUX_MODE_FILE;
	TRY(vfs_open_found(&call, is_file ? FILE_WRITE_ONLY | FILE_UNTOLD : FILE_PATH, &file));
	if (type == LINUX_MODE_DIRECTORY)
		return ERR_IS_DIRECTORY;
	return is_file ? linux_resize(file, (uint64_t)size) : ERR_INVALID_ARGS;
}

int64_t linux_ftruncate(int32_t descriptor, int64_t size)
{
	LINUX_FILE file = NULL;
	if (size < 0)
		return ERR_INVALID_ARGS;
	TRY(linux_file_get(descriptor, &file));
	return file_may_write(file) ? linux_resize(file, (uint64_t)size) : ERR_INVALID_ARGS;
}

int64_t linux_fallocate(int32_t descriptor, uint32_t mode, int64_t offset, int64_t length)
{
	enum { FALLOCATE_KEEP_SIZE = 1, FALLOCATE_PUNCH_HOLE = 2 };
	LINUX_FILE file = NULL;
	TRY(linux_file_get(descriptor, &file));
	if (offset < 0 || length <= 0)
		return ERR_INVALID_ARGS;
	if (mode & ~(uint32_t)(FALLOCATE_KEEP_SIZE | FALLOCATE_PUNCH_HOLE) ||
	    mode == FALLOCATE_PUNCH_HOLE)
		return ERR_NOT_SUPPORTED;
	if (!file_may_write(file))
		return ERR_BAD_HANDLE;
	if (file->readiness)
		return ERR_NOT_SEEKABLE;
	if (mode & FALLOCATE_PUNCH_HOLE)
		return vfs_punch(file, (uint64_t)offset, (uint64_t)length);
	return vfs_reserve(file, (uint64_t)offset, (uint64_t)length, mode & FALLOCATE_KEEP_SIZE);
}
