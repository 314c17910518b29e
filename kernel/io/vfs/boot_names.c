#include "io/vfs/boot_names.h"
#include "core/api.h"
#include "io/device_files.h"
#include <base/cleanup.h>
#include <string.h>

enum {
	BOOT_MODE_FILE = 0100555,
	BOOT_MODE_DIRECTORY = 040555,
	BOOT_MODE_DEVICE = 020666,
	BOOT_VOLUME = INT32_MAX, /* no volume of vfsd */
	BOOT_PATH_BITS = 13,
	BOOT_DEVICE_BIT = 1 << 12, /* of the length of a path */
	BOOT_BLOCK = 512,
};

static const struct {
	struct str path;
	uint64_t device;
} boot_devices[] = {
        {STR_INIT("dev/null"), DEVICE_NULL},       {STR_INIT("dev/zero"), DEVICE_ZERO},
        {STR_INIT("dev/console"), DEVICE_CONSOLE}, {STR_INIT("dev/tty"), DEVICE_TERMINAL},
        {STR_INIT("dev/ttyS0"), DEVICE_SERIAL},    {STR_INIT("dev/ttyS1"), DEVICE_HOST_CHANNEL},
};

bool boot_names_have(const struct vfs_call *call)
{
	uint32_t volume = call->request.start.volume;
	if (volume == BOOT_VOLUME)
		return true;
	return volume == 0 && !ipc_service_was_registered(VFS_SERVICE);
}

/* ---- paths ---- */

struct boot_path {
	char bytes[VFS_PATH_MAX];
	size_t len;
};

/* Drops "." and "//"; ".." goes one up, but not out of the root. Result without leading '/'. */
static enum status boot_path_add(struct boot_path *path, struct str rest)
{
	while (rest.len) {
		struct str_split split = str_cut(rest, '/');
		struct str part = split.head;
		rest = split.rest;
		if (part.len == 0 || str_equal(part, STR(".")))
			continue;
		if (str_equal(part, STR(".."))) {
			while (path->len && path->bytes[--path->len] != '/')
				;
			continue;
		}
		if (part.len > VFS_NAME_MAX || part.len + 1 > sizeof path->bytes - path->len)
			return ERR_NAME_TOO_LONG;
		if (path->len)
			path->bytes[path->len++] = '/';
		memcpy(path->bytes + path->len, part.ptr, part.len);
		path->len += part.len;
	}
	return OK;
}

/* A path that lies in the archive is its own name. */
static struct str boot_node_path(const struct vfs_node *node)
{
	struct boot_archive archive = process_setup()->archive;
	size_t len = node->inode & ((1 << BOOT_PATH_BITS) - 1);
	uint64_t place = node->inode >> BOOT_PATH_BITS;
	if (node->volume != BOOT_VOLUME)
		return (struct str){};
	if (len & BOOT_DEVICE_BIT)
		return boot_devices[len & ~(size_t)BOOT_DEVICE_BIT].path;
	if (place > archive.bytes.len || len > archive.bytes.len - place)
		return (struct str){};
	return (struct str){archive.bytes.ptr + place, len};
}

static struct vfs_node boot_node(struct str path)
{
	const char *start = process_setup()->archive.bytes.ptr;
	return (struct vfs_node){
	        .volume = BOOT_VOLUME,
	        .inode = (uint64_t)(path.ptr - start) << BOOT_PATH_BITS | path.len,
	};
}

/* ---- finding ---- */

static bool boot_find_device(struct str path, struct vfs_facts *out_facts)
{
	for (size_t i = 0; i < sizeof boot_devices / sizeof boot_devices[0]; i++) {
		if (!str_equal(path, boot_devices[i].path))
			continue;
		*out_facts = (struct vfs_facts){
		        .node = {.volume = BOOT_VOLUME, .inode = BOOT_DEVICE_BIT | i},
		        .content = VFS_CONTENT_DEVICE,
		        .mode = BOOT_MODE_DEVICE,
		        .links = 1,
		        .rdev = boot_devices[i].device,
		};
		return true;
	}
	return false;
}

static void boot_directory_facts(struct str path, struct vfs_facts *out_facts)
{
	*out_facts = (struct vfs_facts){
	        .node = boot_node(path),
	        .mode = BOOT_MODE_DIRECTORY,
	        .links = 2,
	        .flags = VFS_VOLUME_READ_ONLY,
	};
}

/* Something lies below it. */
static enum status boot_find_directory(struct str path, struct vfs_facts *out_facts)
{
	struct boot_archive archive = process_setup()->archive;
	struct boot_archive_cursor cursor = boot_archive_begin(archive);
	struct boot_archive_entry entry;
	if (path.len == 0 || str_equal(path, STR("dev"))) {
		boot_directory_facts((struct str){archive.bytes.ptr, 0}, out_facts);
		return OK;
	}
	while (boot_archive_next(&cursor, &entry) == OK) {
		if (entry.path.len <= path.len || !str_starts_with(entry.path, path) ||
		    entry.path.ptr[path.len] != '/')
			continue;
		boot_directory_facts(str_slice(entry.path, 0, path.len), out_facts);
		return OK;
	}
	return ERR_NOT_FOUND;
}

static enum status boot_find(struct str path, struct vfs_facts *out_facts)
{
	struct boot_archive archive = process_setup()->archive;
	struct boot_archive_cursor cursor = boot_archive_begin(archive);
	struct boot_archive_entry entry;
	if (boot_find_device(path, out_facts))
		return OK;
	while (boot_archive_next(&cursor, &entry) == OK) {
		if (!str_equal(entry.path, path) ||
		    (entry.mode & BOOT_ARCHIVE_MODE_KIND) != BOOT_ARCHIVE_MODE_FILE)
			continue;
		*out_facts = (struct vfs_facts){
		        .node = boot_node(entry.path),
		        .content = VFS_CONTENT_PAGED,
		        .mode = BOOT_MODE_FILE,
		        .links = 1,
		        .flags = VFS_VOLUME_READ_ONLY,
		        .size = entry.data.len,
		        .blocks = (entry.data.len + BOOT_BLOCK - 1) / BOOT_BLOCK,
		};
		return OK;
	}
	return boot_find_directory(path, out_facts);
}

/* ---- answers ---- */

static enum status boot_check(const struct vfs_call *call, const struct vfs_facts *facts)
{
	bool is_directory = facts->mode == BOOT_MODE_DIRECTORY;
	bool wants_directory = call->operation == VFS_CHDIR || call->request.flags & VFS_DIRECTORY;
	if (call->operation == VFS_CREATE && call->request.flags & VFS_EXCLUSIVE)
		return ERR_EXISTS;
	if (wants_directory && !is_directory)
		return ERR_NOT_DIRECTORY;
	if (!(call->request.mask & VFS_MAY_WRITE) || facts->content == VFS_CONTENT_DEVICE)
		return OK;
	return is_directory && call->operation != VFS_ACCESS ? ERR_IS_DIRECTORY : ERR_READ_ONLY;
}

static enum status boot_page_in(struct vfs_call *call)
{
	struct boot_archive_entry entry;
	TRY(boot_archive_find(process_setup()->archive, boot_node_path(&call->request.start),
	                      &entry));
	uint64_t offset = call->request.offset;
	size_t left = offset < entry.data.len ? entry.data.len - offset : 0;
	call->len = left < call->capacity ? left : call->capacity;
	memcpy(call->bytes, entry.data.ptr + (call->len ? offset : 0), call->len);
	return OK;
}

static enum status boot_get_path(struct vfs_call *call)
{
	struct str path = boot_node_path(&call->request.start);
	char *bytes = call->bytes;
	if (path.len + 1 > call->capacity)
		return ERR_OUT_OF_RANGE;
	bytes[0] = '/';
	memcpy(bytes + 1, path.ptr, path.len);
	call->len = path.len + 1;
	return OK;
}

static enum status boot_walk(struct vfs_call *call)
{
	struct boot_path *path = heap_alloc(sizeof *path);
	if (!path)
		return ERR_NO_MEMORY;
	enum status status = boot_path_add(path, boot_node_path(&call->request.start));
	if (status == OK)
		status = boot_path_add(path, call->name);
	if (status == OK)
		status = boot_find((struct str){path->bytes, path->len}, &call->reply.facts);
	heap_free(path, sizeof *path);
	if (status == ERR_NOT_FOUND && call->operation == VFS_CREATE)
		return ERR_READ_ONLY;
	return status == OK ? boot_check(call, &call->reply.facts) : status;
}

/* The one link that programs need. */
static enum status boot_read_link(struct vfs_call *call)
{
	if (!str_equal(call->name, STR("/proc/self/exe"))) {
		TRY(boot_walk(call));
		return ERR_INVALID_ARGS;
	}
	char *bytes = call->bytes;
	bytes[0] = '/';
	call->len = process_path(bytes + 1, call->capacity - 1) + 1;
	return OK;
}

enum status boot_names_answer(struct vfs_call *call)
{
	switch (call->operation) {
	case VFS_OPENAT:
	case VFS_CREATE:
	case VFS_STATX:
	case VFS_ACCESS:
	case VFS_CHDIR:
		return boot_walk(call);
	case VFS_READLINKAT:
		return boot_read_link(call);
	case VFS_PAGE_IN:
		return boot_page_in(call);
	case VFS_GETCWD:
		return boot_get_path(call);
	case VFS_GETDENTS64:
	case VFS_FORGET:
		return OK;
	default:
		return ERR_READ_ONLY;
	}
}
