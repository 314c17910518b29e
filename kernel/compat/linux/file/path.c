#include "compat/linux/file/path.h"
#include "core/api.h"

enum { LINUX_PATH_BYTES = VFS_PATH_MAX + 1 };

void linux_file_drop(struct file **file)
{
	file_unref(*file);
}

void linux_path_release(struct linux_path *path)
{
	heap_free(path->large, LINUX_PATH_BYTES);
	file_unref(path->directory);
}

static enum status linux_path_copy(struct linux_path *path, uintptr_t address)
{
	size_t len;
	path->text.ptr = path->small;
	enum status status = user_copy_string(path->small, sizeof path->small, address, &len);
	if (status == ERR_NAME_TOO_LONG) {
		path->large = heap_alloc(LINUX_PATH_BYTES);
		if (!path->large)
			return ERR_NO_MEMORY;
		path->text.ptr = path->large;
		status = user_copy_string(path->large, LINUX_PATH_BYTES, address, &len);
	}
	if (status == OK)
		path->text.len = len;
	return status;
}

enum status linux_path_get(struct linux_path *path, int32_t descriptor, uintptr_t address,
                           uint32_t flags)
{
	TRY(linux_path_copy(path, address));
	path->is_empty = path->text.len == 0;
	if (path->is_empty && !(flags & LINUX_AT_EMPTY_PATH))
		return ERR_NOT_FOUND;
	if (str_starts_with(path->text, STR("/")))
		return OK;
	if (descriptor == LINUX_AT_DIRECTORY) {
		path->directory = process_directory();
		return OK;
	}
	TRY(linux_file_get(descriptor, &path->directory));
	return vfs_has_name(path->directory) ? OK : ERR_NOT_DIRECTORY;
}

void linux_path_ask(const struct linux_path *path, struct vfs_call *call)
{
	call->name = path->text;
	if (path->is_empty)
		call->request.flags |= VFS_EMPTY_PATH;
	if (path->directory)
		(void)!vfs_node_of(path->directory, &call->request.start,
		                   &call->request.start_mount);
}

void linux_path_ask_second(const struct linux_path *path, struct vfs_call *call)
{
	call->name2 = path->text;
	if (path->directory)
		(void)!vfs_node_of(path->directory, &call->request.other,
		                   &call->request.other_mount);
}

enum status linux_path_call(int32_t descriptor, uintptr_t address, uint32_t flags,
                            struct vfs_call *call)
{
	LINUX_PATH path = {};
	TRY(linux_path_get(&path, descriptor, address, flags));
	linux_path_ask(&path, call);
	if (flags & LINUX_AT_NO_FOLLOW)
		call->request.flags |= VFS_NO_FOLLOW;
	return vfs_call(call);
}

enum status linux_file_call(int32_t descriptor, struct vfs_call *call)
{
	LINUX_FILE file = NULL;
	TRY(linux_file_get(descriptor, &file));
	if (vfs_node_of(file, &call->request.start, &call->request.start_mount) != OK)
		return ERR_NOT_SUPPORTED;
	call->request.flags |= VFS_EMPTY_PATH;
	return vfs_call(call);
}
