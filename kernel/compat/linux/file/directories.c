/* Linux calls on names: made, removed, read, and where a process is. */
#include "compat/linux/file/path.h"
#include "core/api.h"
#include <kernel/syscall_prototypes.h>
#include <string.h>

/* ---- making and removing ---- */

int64_t linux_mkdirat(int32_t directory, uintptr_t path, uint32_t mode)
{
	enum { MKDIR_RIGHTS = 01777 };
	struct vfs_call call = {
	        .operation = VFS_MKDIR,
	        .request = {.mode = LINUX_MODE_DIRECTORY |
	                            (mode & MKDIR_RIGHTS & ~process_umask())},
	};
	return linux_path_call(directory, path, 0, &call);
}

int64_t linux_mkdir(uintptr_t path, uint32_t mode)
{
	return linux_mkdirat(LINUX_AT_DIRECTORY, path, mode);
}

int64_t linux_mknodat(int32_t directory, uintptr_t path, uint32_t mode, uint64_t device)
{
	uint32_t type = mode & LINUX_MODE_TYPE;
	if (type == LINUX_MODE_DIRECTORY)
		return ERR_NOT_PERMITTED;
	if (type == 0)
		type = LINUX_MODE_FILE;
	if (type != LINUX_MODE_FILE && type != LINUX_MODE_FIFO && type != LINUX_MODE_CHARACTERS &&
	    type != LINUX_MODE_BLOCKS && type != LINUX_MODE_SOCKET)
		return ERR_INVALID_ARGS;
	struct vfs_call call = {
	        .operation = VFS_MAKE_NODE,
	        .request = {.mode = type | (mode & LINUX_MODE_RIGHTS & ~process_umask()),
	                    .device = device},
	};
	return linux_path_call(directory, path, 0, &call);
}

int64_t linux_mknod(uintptr_t path, uint32_t mode, uint64_t device)
{
	return linux_mknodat(LINUX_AT_DIRECTORY, path, mode, device);
}

int64_t linux_symlinkat(uintptr_t target, int32_t directory, uintptr_t path)
{
	enum { SYMLINK_RIGHTS = 0777 };
	LINUX_PATH text = {}, name = {};
	struct vfs_call call = {
	        .operation = VFS_MAKE_NODE,
	        .request = {.mode = LINUX_MODE_LINK | SYMLINK_RIGHTS},
	};
	TRY(linux_path_get(&text, LINUX_AT_DIRECTORY, target, 0));
	TRY(linux_path_get(&name, directory, path, 0));
	linux_path_ask(&name, &call);
	call.name2 = text.text;
	return vfs_call(&call);
}

int64_t linux_symlink(uintptr_t target, uintptr_t path)
{
	return linux_symlinkat(target, LINUX_AT_DIRECTORY, path);
}

int64_t linux_linkat(int32_t old_directory, uintptr_t old_path, int32_t new_directory,
                     uintptr_t new_path, uint32_t flags)
{
	LINUX_PATH from = {}, to = {};
	struct vfs_call call = {.operation = VFS_LINK};
	if (flags & ~(uint32_t)(LINUX_AT_FOLLOW | LINUX_AT_EMPTY_PATH))
		return ERR_INVALID_ARGS;
	TRY(linux_path_get(&from, old_directory, old_path, flags));
	TRY(linux_path_get(&to, new_directory, new_path, 0));
	linux_path_ask(&from, &call);
	linux_path_ask_second(&to, &call);
	call.request.flags |= flags & LINUX_AT_FOLLOW ? VFS_FOLLOW_LINK : 0;
	return vfs_call(&call);
}

int64_t linux_link(uintptr_t old_path, uintptr_t new_path)
{
	return linux_linkat(LINUX_AT_DIRECTORY, old_path, LINUX_AT_DIRECTORY, new_path, 0);
}

int64_t linux_unlinkat(int32_t directory, uintptr_t path, uint32_t flags)
{
	struct vfs_call call = {.operation = VFS_UNLINKAT};
	if (flags & ~(uint32_t)LINUX_AT_REMOVE_DIRECTORY)
		return ERR_INVALID_ARGS;
	if (flags)
		call.request.flags = VFS_REMOVE_DIRECTORY;
	return linux_path_call(directory, path, 0, &call);
}

int64_t linux_unlink(uintptr_t path)
{
	return linux_unlinkat(LINUX_AT_DIRECTORY, path, 0);
}

int64_t linux_rmdir(uintptr_t path)
{
	return linux_unlinkat(LINUX_AT_DIRECTORY, path, LINUX_AT_REMOVE_DIRECTORY);
}

int64_t linux_renameat2(int32_t old_directory, uintptr_t old_path, int32_t new_directory,
                        uintptr_t new_path, uint32_t flags)
{
	enum { RENAME_NO_REPLACE = 1, RENAME_EXCHANGE = 2 };
	LINUX_PATH from = {}, to = {};
	struct vfs_call call = {.operation = VFS_RENAME};
	if (flags > RENAME_EXCHANGE)
		return ERR_INVALID_ARGS;
	TRY(linux_path_get(&from, old_directory, old_path, 0));
	TRY(linux_path_get(&to, new_directory, new_path, 0));
	linux_path_ask(&from, &call);
	linux_path_ask_second(&to, &call);
	call.request.flags |= flags == RENAME_NO_REPLACE ? VFS_NO_REPLACE : 0;
	call.request.flags |= flags == RENAME_EXCHANGE ? VFS_EXCHANGE : 0;
	return vfs_call(&call);
}

int64_t linux_renameat(int32_t old_directory, uintptr_t old_path, int32_t new_directory,
                       uintptr_t new_path)
{
	return linux_renameat2(old_directory, old_path, new_directory, new_path, 0);
}

int64_t linux_rename(uintptr_t old_path, uintptr_t new_path)
{
	return linux_renameat2(LINUX_AT_DIRECTORY, old_path, LINUX_AT_DIRECTORY, new_path, 0);
}

/* ---- reading ---- */

int64_t linux_readlinkat(int32_t directory, uintptr_t path, uintptr_t buffer, uint64_t capacity)
{
	int64_t result;
	if ((int32_t)capacity <= 0)
		return ERR_INVALID_ARGS;
	size_t size = capacity < VFS_PATH_MAX ? capacity : VFS_PATH_MAX;
	char *target = heap_alloc(size);
	if (!target)
		return ERR_NO_MEMORY;
	struct vfs_call call = {
	        .operation = VFS_READLINKAT,
	        .request = {.size = size},
	        .bytes = target,
	        .capacity = size,
	};
	result = linux_path_call(directory, path, LINUX_AT_EMPTY_PATH, &call);
	if (result == OK)
		result = user_copy_out((struct user_out){buffer, call.len}, target);
	if (result == OK)
		result = (int64_t)call.len;
	heap_free(target, size);
	return result;
}

int64_t linux_readlink(uintptr_t path, uintptr_t buffer, uint64_t capacity)
{
	return linux_readlinkat(LINUX_AT_DIRECTORY, path, buffer, capacity);
}

/* Linux include/linux/dirent.h; the two kinds of records have one size. */
enum {
	DIRENT_LENGTH = 16,
	DIRENT64_TYPE = 18,
	DIRENT64_NAME = 19,
	DIRENT_NAME = 18,
	DIRENT_BYTES_MIN = 24,
	DIRENT_BYTES_MAX = 32 * 1024,
	/* Most folders end in their first piece; with its head it is one frame. */
	DIRENT_BYTES_FIRST = PAGE_SIZE - sizeof(struct vfs_reply),
};

/* From linux_dirent64 to linux_dirent: the type goes behind the name. */
static enum status linux_dirents_convert(char *bytes, size_t len)
{
	for (size_t at = 0; at < len;) {
		char *record = bytes + at;
		uint16_t length;
		if (len - at < DIRENT_BYTES_MIN)
			return ERR_IO;
		memcpy(&length, record + DIRENT_LENGTH, sizeof length);
		if (length < DIRENT_BYTES_MIN || length > len - at)
			return ERR_IO;
		char type = record[DIRENT64_TYPE];
		memmove(record + DIRENT_NAME, record + DIRENT64_NAME, length - DIRENT64_NAME);
		record[length - 1] = type;
		at += length;
	}
	return OK;
}

static int64_t linux_read_directory(int32_t descriptor, struct user_out out, bool is_old)
{
	LINUX_FILE file = NULL;
	size_t len = 0;
	TRY(linux_file_get(descriptor, &file));
	if (!file_may_read(file))
		return ERR_BAD_HANDLE;
	const bool is_first = !__atomic_load_n(&file->offset, __ATOMIC_RELAXED);
	const size_t most = is_first ? DIRENT_BYTES_FIRST : DIRENT_BYTES_MAX;
	const size_t size = out.len < most ? out.len : most;
	if (size < DIRENT_BYTES_MIN)
		return ERR_INVALID_ARGS;
	if (vfs_directory_ends(file)) {
		watch_file(file, WATCH_ACCESS);
		return 0;
	}
	const size_t head = sizeof(struct vfs_reply);
	char *buffer = heap_alloc(head + size);
	if (!buffer)
		return ERR_NO_MEMORY;
	char *bytes = buffer + head;
	int64_t result = vfs_read_directory(file, bytes, size, &len);
	if (result == OK)
		watch_file(file, WATCH_ACCESS);
	if (result == OK && is_old)
		result = linux_dirents_convert(bytes, len);
	if (result == OK)
		result = user_copy_out((struct user_out){out.addr, len}, bytes);
	heap_free(buffer, head + size);
	return result == OK ? (int64_t)len : result;
}

int64_t linux_getdents64(int32_t descriptor, uintptr_t buffer, uint32_t capacity)
{
	return linux_read_directory(descriptor, (struct user_out){buffer, capacity}, false);
}

int64_t linux_getdents(int32_t descriptor, uintptr_t buffer, uint32_t capacity)
{
	return linux_read_directory(descriptor, (struct user_out){buffer, capacity}, true);
}

/* ---- where a process is ---- */

static int64_t linux_put_directory(struct file *directory, struct user_out out, char *path)
{
	struct vfs_call call = {
	        .operation = VFS_GETCWD,
	        .bytes = path,
	        .capacity = VFS_PATH_MAX,
	};
	if (directory)
		TRY(vfs_node_of(directory, &call.request.start, &call.request.start_mount));
	TRY(vfs_call(&call));
	if (call.len + 1 > out.len)
		return ERR_OUT_OF_RANGE;
	path[call.len] = '\0';
	TRY(user_copy_out((struct user_out){out.addr, call.len + 1}, path));
	return (int64_t)call.len + 1;
}

int64_t linux_getcwd(uintptr_t buffer, uint64_t capacity)
{
	LINUX_FILE directory = process_directory();
	char *path = heap_alloc(VFS_PATH_MAX + 1);
	if (!path)
		return ERR_NO_MEMORY;
	int64_t result = linux_put_directory(directory, (struct user_out){buffer, capacity}, path);
	heap_free(path, VFS_PATH_MAX + 1);
	return result;
}

/* Only its name is open. */
static enum status linux_open_directory(const struct vfs_call *call, struct file **out_file)
{
	return vfs_open_found(call, FILE_PATH, out_file);
}

int64_t linux_chdir(uintptr_t path)
{
	struct vfs_call call = {.operation = VFS_CHDIR, .request = {.mask = VFS_MAY_EXECUTE}};
	struct file *directory;
	TRY(linux_path_call(LINUX_AT_DIRECTORY, path, 0, &call));
	TRY(linux_open_directory(&call, &directory));
	process_set_directory(directory);
	return OK;
}

int64_t linux_fchdir(int32_t descriptor)
{
	struct vfs_call call = {.operation = VFS_CHDIR, .request = {.mask = VFS_MAY_EXECUTE}};
	struct file *directory;
	enum status status = linux_file_call(descriptor, &call);
	if (status != OK)
		return status == ERR_NOT_SUPPORTED ? ERR_NOT_DIRECTORY : status;
	TRY(linux_open_directory(&call, &directory));
	process_set_directory(directory);
	return OK;
}

int64_t linux_chroot(uintptr_t path)
{
	struct vfs_call call = {.operation = VFS_CHDIR, .request = {.mask = VFS_MAY_EXECUTE}};
	struct file *root;
	if (!process_is_privileged())
		return ERR_NOT_PERMITTED;
	TRY(linux_path_call(LINUX_AT_DIRECTORY, path, 0, &call));
	TRY(linux_open_directory(&call, &root));
	process_set_root(root);
	return OK;
}
