/* Linux calls that watch files. Linux include/uapi/linux/inotify.h. */
#include "compat/linux/file/path.h"
#include "core/api.h"
#include <kernel/syscall_prototypes.h>

int64_t linux_inotify_init1(uint32_t flags)
{
	struct file *file;
	if (flags & ~(uint32_t)(FILE_NONBLOCK | FILE_CLOSE_ON_EXEC))
		return ERR_INVALID_ARGS;
	TRY(watch_group_create(flags & FILE_NONBLOCK, &file));
	return linux_install(file, flags);
}

int64_t linux_inotify_init(void)
{
	return linux_inotify_init1(0);
}

static enum status inotify_check_mask(uint32_t mask)
{
	const uint32_t known = WATCH_EVENTS | WATCH_UNMOUNT | WATCH_OVERFLOW | WATCH_IGNORED |
	                       WATCH_ONLY_DIRECTORY | WATCH_NO_FOLLOW | WATCH_NOT_UNLINKED |
	                       WATCH_MASK_CREATE | WATCH_MASK_ADD | WATCH_IS_DIRECTORY | WATCH_ONCE;
	return mask & known && !(mask & ~known) ? OK : ERR_INVALID_ARGS;
}

/* What is watched may be read, but for a link itself, which has no rights. */
static enum status inotify_find(uintptr_t path, uint32_t mask, struct vfs_call *call)
{
	uint32_t flags = mask & WATCH_NO_FOLLOW ? LINUX_AT_NO_FOLLOW : 0;
	call->request.mask = VFS_MAY_READ;
	call->request.flags = mask & WATCH_ONLY_DIRECTORY ? VFS_DIRECTORY : 0;
	enum status status = linux_path_call(LINUX_AT_DIRECTORY, path, flags, call);
	if (status != ERR_TOO_MANY_SYMLINKS || !flags)
		return status;
	*call = (struct vfs_call){.operation = VFS_OPENAT};
	return linux_path_call(LINUX_AT_DIRECTORY, path, flags, call);
}

int64_t linux_inotify_add_watch(int32_t descriptor, uintptr_t path, uint32_t mask)
{
	struct vfs_call call = {.operation = VFS_OPENAT};
	LINUX_FILE group = NULL;
	LINUX_FILE file = NULL;
	int32_t number;
	TRY(inotify_check_mask(mask));
	TRY(linux_file_get(descriptor, &group));
	if (mask & WATCH_MASK_ADD && mask & WATCH_MASK_CREATE)
		return ERR_INVALID_ARGS;
	TRY(watch_group_check(group));
	TRY(inotify_find(path, mask, &call));
	/* keeps it until it is watched */
	TRY(vfs_open_found(&call, FILE_PATH, &file));
	TRY(watch_add(group, &call.reply.facts, mask, &number));
	return number;
}

int64_t linux_inotify_rm_watch(int32_t descriptor, int32_t number)
{
	LINUX_FILE group = NULL;
	TRY(linux_file_get(descriptor, &group));
	TRY(watch_group_check(group));
	return watch_remove(group, number);
}
