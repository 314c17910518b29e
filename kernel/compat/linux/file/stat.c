/* Linux calls that ask what a file is. */
#include "compat/linux/file/path.h"
#include "core/api.h"
#include <kernel/syscall_prototypes.h>

enum { LINUX_BLOCK_BYTES = 4096, LINUX_NS = 1000000000 };

static struct linux_timespec linux_time_of(int64_t ns)
{
	return (struct linux_timespec){ns / LINUX_NS, ns % LINUX_NS};
}

static int64_t linux_put_stat(const struct vfs_facts *facts, uintptr_t out_stat)
{
	const struct linux_stat stat = {
	        .device = facts->node.volume,
	        .inode = facts->node.inode,
	        .links = facts->links,
	        .mode = facts->mode,
	        .uid = facts->uid,
	        .gid = facts->gid,
	        .special_device = facts->rdev,
	        .size = (int64_t)facts->size,
	        .block_bytes = LINUX_BLOCK_BYTES,
	        .blocks = (int64_t)facts->blocks,
	        .accessed = linux_time_of(facts->access_ns),
	        .modified = linux_time_of(facts->modify_ns),
	        .changed = linux_time_of(facts->change_ns),
	};
	return user_copy_out((struct user_out){out_stat, sizeof stat}, &stat);
}

/* With AT_EMPTY_PATH what the descriptor stands for, which need not have a name. */
static enum status linux_find_facts(int32_t descriptor, uintptr_t path, uint32_t flags,
                                    struct vfs_facts *out_facts)
{
	struct vfs_call call = {.operation = VFS_STATX};
	LINUX_FILE file = NULL;
	char first = 0;
	if (flags & LINUX_AT_EMPTY_PATH && descriptor != LINUX_AT_DIRECTORY) {
		if (path)
			TRY(user_copy_in(&first, (struct user_in){path, 1}));
		if (!first) {
			TRY(linux_file_get(descriptor, &file));
			return vfs_describe(file, out_facts);
		}
	}
	TRY(linux_path_call(descriptor, path, flags, &call));
	*out_facts = call.reply.facts;
	return OK;
}

int64_t linux_newfstatat(int32_t descriptor, uintptr_t path, uintptr_t out_stat, uint32_t flags)
{
	struct vfs_facts facts;
	const uint32_t known = LINUX_AT_EMPTY_PATH | LINUX_AT_NO_FOLLOW | LINUX_AT_NO_AUTOMOUNT;
	if (flags & ~known)
		return ERR_INVALID_ARGS;
	TRY(linux_find_facts(descriptor, path, flags, &facts));
	return linux_put_stat(&facts, out_stat);
}

int64_t linux_stat(uintptr_t path, uintptr_t out_stat)
{
	return linux_newfstatat(LINUX_AT_DIRECTORY, path, out_stat, 0);
}

int64_t linux_lstat(uintptr_t path, uintptr_t out_stat)
{
	return linux_newfstatat(LINUX_AT_DIRECTORY, path, out_stat, LINUX_AT_NO_FOLLOW);
}

int64_t linux_fstat(int32_t descriptor, uintptr_t out_stat)
{
	LINUX_FILE file = NULL;
	struct vfs_facts facts;
	TRY(linux_file_get(descriptor, &file));
	TRY(vfs_describe(file, &facts));
	return linux_put_stat(&facts, out_stat);
}

/* ---- statx: Linux include/uapi/linux/stat.h ---- */

struct linux_statx_time {
	int64_t seconds;
	uint32_t nanoseconds;
	int32_t reserved;
};

struct linux_statx {
	uint32_t mask;
	uint32_t block_bytes;
	uint64_t attributes;
	uint32_t links;
	uint32_t uid;
	uint32_t gid;
	uint16_t mode;
	uint16_t reserved0;
	uint64_t inode;
	uint64_t size;
	uint64_t blocks;
	uint64_t attributes_mask;
	struct linux_statx_time accessed, born, changed, modified;
	uint32_t special_major, special_minor;
	uint32_t device_major, device_minor;
	uint64_t reserved1[14];
};

_Static_assert(sizeof(struct linux_statx) == 256);

static struct linux_statx_time linux_statx_time_of(int64_t ns)
{
	return (struct linux_statx_time){ns / LINUX_NS, (uint32_t)(ns % LINUX_NS), 0};
}

/* Linux include/linux/kdev_t.h */
static uint32_t linux_device_major(uint64_t device)
{
	return (uint32_t)(device >> 8 & 0xfff);
}

static uint32_t linux_device_minor(uint64_t device)
{
	return (uint32_t)((device & 0xff) | (device >> 12 & 0xfff00));
}

int64_t linux_statx(int32_t descriptor, uintptr_t path, uint32_t flags, uint32_t mask,
                    uintptr_t out_statx)
{
	enum { STATX_BASIC = 0x7ff };
	const uint32_t known = LINUX_AT_EMPTY_PATH | LINUX_AT_NO_FOLLOW | LINUX_AT_NO_AUTOMOUNT |
	                       LINUX_AT_SYNC_KINDS;
	struct vfs_facts facts;
	if (flags & ~known || (flags & LINUX_AT_SYNC_KINDS) == LINUX_AT_SYNC_KINDS || mask >> 31)
		return ERR_INVALID_ARGS;
	TRY(linux_find_facts(descriptor, path, flags, &facts));
	const struct linux_statx statx = {
	        .mask = STATX_BASIC,
	        .block_bytes = LINUX_BLOCK_BYTES,
	        .links = facts.links,
	        .uid = facts.uid,
	        .gid = facts.gid,
	        .mode = (uint16_t)facts.mode,
	        .inode = facts.node.inode,
	        .size = facts.size,
	        .blocks = facts.blocks,
	        .accessed = linux_statx_time_of(facts.access_ns),
	        .changed = linux_statx_time_of(facts.change_ns),
	        .modified = linux_statx_time_of(facts.modify_ns),
	        .special_major = linux_device_major(facts.rdev),
	        .special_minor = linux_device_minor(facts.rdev),
	        .device_minor = facts.node.volume,
	};
	return user_copy_out((struct user_out){out_statx, sizeof statx}, &statx);
}

/* ---- access ---- */

int64_t linux_faccessat2(int32_t directory, uintptr_t path, uint32_t mode, uint32_t flags)
{
	enum { ACCESS_MODES = VFS_MAY_READ | VFS_MAY_WRITE | VFS_MAY_EXECUTE };
	const uint32_t known = LINUX_AT_EFFECTIVE | LINUX_AT_NO_FOLLOW | LINUX_AT_EMPTY_PATH;
	if (mode & ~(uint32_t)ACCESS_MODES || flags & ~known)
		return ERR_INVALID_ARGS;
	struct vfs_call call = {.operation = VFS_ACCESS, .request = {.mask = mode}};
	if (flags & LINUX_AT_EFFECTIVE)
		return linux_path_call(directory, path, flags, &call);
	struct process_view view = process_view();
	view.uid = process_credentials()->uid;
	view.gid = process_credentials()->gid;
	call.view = &view;
	int64_t answer = linux_path_call(directory, path, flags, &call);
	process_view_release(&view);
	return answer;
}

int64_t linux_faccessat(int32_t directory, uintptr_t path, uint32_t mode)
{
	return linux_faccessat2(directory, path, mode, 0);
}

int64_t linux_access(uintptr_t path, uint32_t mode)
{
	return linux_faccessat2(LINUX_AT_DIRECTORY, path, mode, 0);
}

/* ---- statfs: Linux include/uapi/asm-generic/statfs.h ---- */

struct linux_statfs {
	int64_t type;
	int64_t block_bytes;
	uint64_t blocks, blocks_free, blocks_available;
	uint64_t files, files_free;
	uint32_t id[2];
	int64_t name_max;
	int64_t fragment_bytes;
	int64_t flags;
	int64_t reserved[4];
};

_Static_assert(sizeof(struct linux_statfs) == 120);

static int64_t linux_put_statfs(const struct vfs_call *call, struct vfs_volume_facts *facts,
                                uintptr_t out_statfs)
{
	enum { STATFS_TMPFS = 0x01021994, STATFS_VALID = 0x20 };
	if (call->len < sizeof *facts)
		return ERR_IO;
	/* such a volume's bytes are the kernel's */
	if (facts->type == STATFS_TMPFS)
		vfs_fill_space(facts);
	const struct linux_statfs statfs = {
	        .type = (int64_t)facts->type,
	        .block_bytes = (int64_t)facts->block_size,
	        .blocks = facts->blocks,
	        .blocks_free = facts->blocks_free,
	        .blocks_available = facts->blocks_available,
	        .files = facts->files,
	        .files_free = facts->files_free,
	        .id = {(uint32_t)facts->volume},
	        .name_max = (int64_t)facts->name_max,
	        .fragment_bytes = (int64_t)facts->block_size,
	        .flags = (int64_t)facts->flags | STATFS_VALID,
	};
	return user_copy_out((struct user_out){out_statfs, sizeof statfs}, &statfs);
}

int64_t linux_statfs(uintptr_t path, uintptr_t out_statfs)
{
	struct vfs_volume_facts facts;
	struct vfs_call call = {.operation = VFS_STATFS, .bytes = &facts, .capacity = sizeof facts};
	TRY(linux_path_call(LINUX_AT_DIRECTORY, path, 0, &call));
	return linux_put_statfs(&call, &facts, out_statfs);
}

int64_t linux_fstatfs(int32_t descriptor, uintptr_t out_statfs)
{
	struct vfs_volume_facts facts;
	struct vfs_call call = {.operation = VFS_STATFS, .bytes = &facts, .capacity = sizeof facts};
	TRY(linux_file_call(descriptor, &call));
	return linux_put_statfs(&call, &facts, out_statfs);
}
