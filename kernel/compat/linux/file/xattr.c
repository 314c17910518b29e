/*
 * Linux calls on extended attributes: no volume here has any, and a file that is not there is
 * still not there.
 */
#include "compat/linux/file/path.h"
#include "core/api.h"
#include <kernel/syscall_prototypes.h>

enum { XATTR_NAME_MAX = 255, XATTR_REPLACE = 2 };

static enum status linux_xattr_path(uintptr_t path, uint32_t flags)
{
	struct vfs_call call = {.operation = VFS_STATX};
	return linux_path_call(LINUX_AT_DIRECTORY, path, flags, &call);
}

static enum status linux_xattr_file(int32_t descriptor)
{
	LINUX_FILE file = NULL;
	return linux_file_get(descriptor, &file);
}

/* The name is read before the file is looked for. ERR_OUT_OF_RANGE: empty or too long. */
static enum status linux_xattr_name(uintptr_t address)
{
	char name[XATTR_NAME_MAX + 1];
	size_t len;
	enum status status = user_copy_string(name, sizeof name, address, &len);
	if (status == ERR_NAME_TOO_LONG || (status == OK && len == 0))
		return ERR_OUT_OF_RANGE;
	return status;
}

/* What get, set and remove answer once the file is found. */
static int64_t linux_xattr_answer(uintptr_t name, enum status found)
{
	TRY(linux_xattr_name(name));
	return found == OK ? ERR_NOT_SUPPORTED : found;
}

int64_t linux_setxattr(uintptr_t path, uintptr_t name, uintptr_t, uint64_t, uint32_t flags)
{
	return flags > XATTR_REPLACE ? ERR_INVALID_ARGS
	                             : linux_xattr_answer(name, linux_xattr_path(path, 0));
}

int64_t linux_lsetxattr(uintptr_t path, uintptr_t name, uintptr_t, uint64_t, uint32_t flags)
{
	return flags > XATTR_REPLACE
	               ? ERR_INVALID_ARGS
	               : linux_xattr_answer(name, linux_xattr_path(path, LINUX_AT_NO_FOLLOW));
}

int64_t linux_fsetxattr(int32_t descriptor, uintptr_t name, uintptr_t, uint64_t, uint32_t flags)
{
	return flags > XATTR_REPLACE ? ERR_INVALID_ARGS
	                             : linux_xattr_answer(name, linux_xattr_file(descriptor));
}

int64_t linux_getxattr(uintptr_t path, uintptr_t name, uintptr_t, uint64_t)
{
	return linux_xattr_answer(name, linux_xattr_path(path, 0));
}

int64_t linux_lgetxattr(uintptr_t path, uintptr_t name, uintptr_t, uint64_t)
{
	return linux_xattr_answer(name, linux_xattr_path(path, LINUX_AT_NO_FOLLOW));
}

int64_t linux_fgetxattr(int32_t descriptor, uintptr_t name, uintptr_t, uint64_t)
{
	return linux_xattr_answer(name, linux_xattr_file(descriptor));
}

int64_t linux_listxattr(uintptr_t path, uintptr_t, uint64_t)
{
	return linux_xattr_path(path, 0);
}

int64_t linux_llistxattr(uintptr_t path, uintptr_t, uint64_t)
{
	return linux_xattr_path(path, LINUX_AT_NO_FOLLOW);
}

int64_t linux_flistxattr(int32_t descriptor, uintptr_t, uint64_t)
{
	return linux_xattr_file(descriptor);
}

int64_t linux_removexattr(uintptr_t path, uintptr_t name)
{
	return linux_xattr_answer(name, linux_xattr_path(path, 0));
}

int64_t linux_lremovexattr(uintptr_t path, uintptr_t name)
{
	return linux_xattr_answer(name, linux_xattr_path(path, LINUX_AT_NO_FOLLOW));
}

int64_t linux_fremovexattr(int32_t descriptor, uintptr_t name)
{
	return linux_xattr_answer(name, linux_xattr_file(descriptor));
}
