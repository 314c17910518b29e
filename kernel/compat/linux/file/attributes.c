/* Linux calls that change rights, owners and times, and those on whole volumes. */
#include "compat/linux/file/path.h"
#include "core/api.h"
#include <kernel/syscall_prototypes.h>
#include <string.h>

/* ---- rights and owners ---- */

static struct vfs_call linux_mode_call(uint32_t mode)
{
	return (struct vfs_call){
	        .operation = VFS_SET,
	        .request = {.mask = VFS_SET_MODE, .mode = mode & LINUX_MODE_RIGHTS},
	};
}

int64_t linux_fchmodat(int32_t directory, uintptr_t path, uint32_t mode)
{
	struct vfs_call call = linux_mode_call(mode);
	return linux_path_call(directory, path, 0, &call);
}

int64_t linux_chmod(uintptr_t path, uint32_t mode)
{
	return linux_fchmodat(LINUX_AT_DIRECTORY, path, mode);
}

int64_t linux_fchmod(int32_t descriptor, uint32_t mode)
{
	struct vfs_call call = linux_mode_call(mode);
	return linux_file_call(descriptor, &call);
}

/* An id of all ones stays as it is. */
static struct vfs_call linux_owner_call(uint32_t uid, uint32_t gid)
{
	uint32_t mask = uid == UINT32_MAX ? 0 : VFS_SET_UID;
	mask |= gid == UINT32_MAX ? 0 : VFS_SET_GID;
	return (struct vfs_call){
	        .operation = VFS_SET,
	        .request = {.mask = mask, .other_uid = uid, .other_gid = gid},
	};
}

int64_t linux_fchownat(int32_t directory, uintptr_t path, uint32_t uid, uint32_t gid,
                       uint32_t flags)
{
	struct vfs_call call = linux_owner_call(uid, gid);
	if (flags & ~(uint32_t)(LINUX_AT_NO_FOLLOW | LINUX_AT_EMPTY_PATH))
		return ERR_INVALID_ARGS;
	return linux_path_call(directory, path, flags, &call);
}

int64_t linux_chown(uintptr_t path, uint32_t uid, uint32_t gid)
{
	return linux_fchownat(LINUX_AT_DIRECTORY, path, uid, gid, 0);
}

int64_t linux_lchown(uintptr_t path, uint32_t uid, uint32_t gid)
{
	return linux_fchownat(LINUX_AT_DIRECTORY, path, uid, gid, LINUX_AT_NO_FOLLOW);
}

int64_t linux_fchown(int32_t descriptor, uint32_t uid, uint32_t gid)
{
	struct vfs_call call = linux_owner_call(uid, gid);
	return linux_file_call(descriptor, &call);
}

/* ---- times ---- */

enum { LINUX_TIME_NOW = 0x3fffffff, LINUX_TIME_OMIT = 0x3ffffffe };
enum { LINUX_TIME_NS = 1000000000, LINUX_TIME_US = 1000000 };

static enum status linux_time_add(struct vfs_call *call, unsigned which,
                                  const struct linux_timespec *time)
{
	static const uint32_t set[] = {VFS_SET_ACCESS_TIME, VFS_SET_MODIFY_TIME};
	static const uint32_t now[] = {VFS_SET_ACCESS_NOW, VFS_SET_MODIFY_NOW};
	if (time->nanoseconds == LINUX_TIME_OMIT)
		return OK;
	if (time->nanoseconds == LINUX_TIME_NOW) {
		call->request.mask |= now[which];
		return OK;
	}
	if (time->nanoseconds < 0 || time->nanoseconds >= LINUX_TIME_NS ||
	    __builtin_mul_overflow(time->seconds, (int64_t)LINUX_TIME_NS,
	                           &call->request.times_ns[which]))
		return ERR_INVALID_ARGS;
	call->request.times_ns[which] += time->nanoseconds;
	call->request.mask |= set[which];
	return OK;
}

/* The path may be missing: then the descriptor is meant. times NULL: now. */
static int64_t linux_set_times(int32_t descriptor, uintptr_t path,
                               const struct linux_timespec *times, uint32_t flags)
{
	struct vfs_call call = {.operation = VFS_SET};
	if (!times)
		call.request.mask = VFS_SET_ACCESS_NOW | VFS_SET_MODIFY_NOW;
	for (unsigned i = 0; times && i < 2; i++)
		TRY(linux_time_add(&call, i, &times[i]));
	enum status status = path ? linux_path_call(descriptor, path, flags, &call)
	                          : linux_file_call(descriptor, &call);
	if (status == OK)
		vfs_set_times(&call);
	return status;
}

int64_t linux_utimensat(int32_t descriptor, uintptr_t path, uintptr_t times, uint32_t flags)
{
	struct linux_timespec pair[2];
	if (flags & ~(uint32_t)(LINUX_AT_NO_FOLLOW | LINUX_AT_EMPTY_PATH))
		return ERR_INVALID_ARGS;
	if (!path && descriptor == LINUX_AT_DIRECTORY)
		return ERR_BAD_ADDRESS;
	if (times)
		TRY(user_copy_in(pair, (struct user_in){times, sizeof pair}));
	return linux_set_times(descriptor, path, times ? pair : NULL, flags);
}

int64_t linux_futimesat(int32_t descriptor, uintptr_t path, uintptr_t times)
{
	struct linux_timeval in[2];
	struct linux_timespec pair[2];
	if (!times)
		return linux_set_times(descriptor, path, NULL, 0);
	TRY(user_copy_in(in, (struct user_in){times, sizeof in}));
	for (unsigned i = 0; i < 2; i++) {
		if (in[i].microseconds < 0 || in[i].microseconds >= LINUX_TIME_US)
			return ERR_INVALID_ARGS;
		pair[i] = (struct linux_timespec){
		        in[i].seconds, in[i].microseconds * (LINUX_TIME_NS / LINUX_TIME_US)};
	}
	return linux_set_times(descriptor, path, pair, 0);
}

int64_t linux_utimes(uintptr_t path, uintptr_t times)
{
	return linux_futimesat(LINUX_AT_DIRECTORY, path, times);
}

int64_t linux_utime(uintptr_t path, uintptr_t times)
{
	int64_t in[2];
	if (!times)
		return linux_set_times(LINUX_AT_DIRECTORY, path, NULL, 0);
	TRY(user_copy_in(in, (struct user_in){times, sizeof in}));
	const struct linux_timespec pair[2] = {{in[0], 0}, {in[1], 0}};
	return linux_set_times(LINUX_AT_DIRECTORY, path, pair, 0);
}

/* ---- volumes ---- */

/* One string behind the others, with its NUL. A missing one is empty. */
static enum status linux_mount_add(char *texts, size_t capacity, size_t *used, uintptr_t address)
{
	size_t len = 0;
	if (*used == capacity)
		return ERR_NAME_TOO_LONG;
	if (address)
		TRY(user_copy_string(texts + *used, capacity - *used, address, &len));
	texts[*used + len] = '\0';
	*used += len + 1;
	return OK;
}

static enum status linux_mount_texts(char *texts, size_t capacity, const uintptr_t addresses[3],
                                     struct str *out_texts)
{
	size_t used = 0;
	for (unsigned i = 0; i < 3; i++)
		TRY(linux_mount_add(texts, capacity, &used, addresses[i]));
	*out_texts = (struct str){texts, used - 1};
	return OK;
}

int64_t linux_mount(uintptr_t source, uintptr_t target, uintptr_t type, uint64_t flags,
                    uintptr_t data)
{
	const uintptr_t addresses[3] = {source, type, data};
	enum { MOUNT_MAGIC = 0xc0ed0000, MOUNT_MAGIC_MASK = 0xffff0000 }; /* of old programs */
	struct vfs_call call = {.operation = VFS_MOUNT, .request = {.flags = (uint32_t)flags}};
	LINUX_PATH path = {};
	LINUX_FILE directory = process_directory();
	if ((call.request.flags & MOUNT_MAGIC_MASK) == MOUNT_MAGIC)
		call.request.flags &= ~(uint32_t)MOUNT_MAGIC_MASK;
	if (directory)
		(void)!vfs_node_of(directory, &call.request.other, &call.request.other_mount);
	TRY(linux_path_get(&path, LINUX_AT_DIRECTORY, target, 0));
	char *texts = heap_alloc(VFS_PATH_MAX);
	if (!texts)
		return ERR_NO_MEMORY;
	linux_path_ask(&path, &call);
	enum status status = linux_mount_texts(texts, VFS_PATH_MAX, addresses, &call.name2);
	if (status == OK)
		status = vfs_call(&call);
	heap_free(texts, VFS_PATH_MAX);
	return status;
}

int64_t linux_umount2(uintptr_t target, uint32_t flags)
{
	enum { UNMOUNT_FLAGS = 0xf };
	struct vfs_call call = {.operation = VFS_UMOUNT2, .request = {.flags = flags}};
	if (flags & ~(uint32_t)UNMOUNT_FLAGS)
		return ERR_INVALID_ARGS;
	vfs_prepare_unmount();
	return linux_path_call(LINUX_AT_DIRECTORY, target, 0, &call);
}

int64_t linux_sync(void)
{
	/* Linux says nothing of errors here: fsync does */
	(void)!vfs_sync_all(0, IPC_UNTIL_END);
	return OK;
}

int64_t linux_fsync(int32_t descriptor)
{
	LINUX_FILE file = NULL;
	TRY(linux_file_get(descriptor, &file));
	/* pipes and the like */
	return file->readiness || !file->vnode ? ERR_INVALID_ARGS : vfs_sync_file(file);
}

int64_t linux_fdatasync(int32_t descriptor)
{
	return linux_fsync(descriptor);
}

/* More than was asked for: all of the file, and to its end. */
int64_t linux_sync_file_range(int32_t descriptor, int64_t offset, int64_t length, uint32_t flags)
{
	enum { SYNC_WAIT_BEFORE = 1, SYNC_WRITE = 2, SYNC_WAIT_AFTER = 4 };
	LINUX_FILE file = NULL;
	int64_t end;
	TRY(linux_file_get(descriptor, &file));
	if (flags & ~(uint32_t)(SYNC_WAIT_BEFORE | SYNC_WRITE | SYNC_WAIT_AFTER) || offset < 0 ||
	    length < 0 || __builtin_add_overflow(offset, length, &end))
		return ERR_INVALID_ARGS;
	if (file->readiness || !file->vnode)
		return ERR_NOT_SEEKABLE;
	return flags ? vfs_sync_file(file) : OK;
}

int64_t linux_syncfs(int32_t descriptor)
{
	LINUX_FILE file = NULL;
	TRY(linux_file_get(descriptor, &file));
	return vfs_sync_all(0, IPC_UNTIL_END);
}
