/* Open files whose bytes lie in the page cache. */
#include "io/vfs/regular.h"
#include "core/api.h"
#include "io/vfs/page_cache.h"
#include "io/vfs/vfs.h"
#include "io/vfs/vnode/vnode.h"
#include "io/vfs/write_back.h"
#include "io/watch/watch.h"
#include <base/cleanup.h>

enum {
	VFS_MODE_SET_UID = 04000,
	VFS_MODE_SET_GID = 02000,
	VFS_MODE_GROUP_EXECUTE = 0010,
};

static enum status regular_read_at(struct file *file, struct transfer *to, uint64_t offset,
                                   size_t *out_count)
{
	return page_cache_read(file->vnode, to, offset, out_count);
}

/* A program that somebody else may change does not make him its owner. */
static enum status regular_drop_set_id(struct vnode *vnode)
{
	const uint32_t group = VFS_MODE_SET_GID | VFS_MODE_GROUP_EXECUTE;
	uint32_t mode = __atomic_load_n(&vnode->mode, __ATOMIC_RELAXED);
	if (__builtin_expect(!(mode & (VFS_MODE_SET_UID | VFS_MODE_SET_GID)), 1))
		return OK;
	bool counts = mode & VFS_MODE_SET_UID || (mode & group) == group;
	if (!counts || process_is_privileged())
		return OK;
	struct vfs_call call = {
	        .operation = VFS_SET,
	        .request = {.start = vnode->node,
	                    .flags = VFS_EMPTY_PATH,
	                    .mask = VFS_SET_NO_SET_ID},
	        .patience = IPC_UNTIL_END,
	};
	return vfs_call(&call);
}

static enum status regular_sync(struct file *file)
{
	uint32_t flags = __atomic_load_n(&file->flags, __ATOMIC_RELAXED);
	return flags & FILE_DATA_SYNC ? vfs_sync_file(file) : OK;
}

static enum status regular_write_at(struct file *file, struct transfer *from, uint64_t offset,
                                    size_t *out_count)
{
	TRY(regular_drop_set_id(file->vnode));
	TRY(page_cache_write(file->vnode, from, offset, out_count));
	return regular_sync(file);
}

static enum status regular_append(struct file *file, struct transfer *from, uint64_t *out_offset,
                                  size_t *out_count)
{
	TRY(regular_drop_set_id(file->vnode));
	TRY(page_cache_append(file->vnode, from, out_offset, out_count));
	return regular_sync(file);
}

static enum status regular_seek_data(struct file *file, uint64_t offset, bool is_hole,
                                     uint64_t *out_offset)
{
	return page_cache_seek(file->vnode, offset, is_hole, out_offset);
}

static uint64_t regular_size(struct file *file)
{
	return __atomic_load_n(&file->vnode->size, __ATOMIC_ACQUIRE);
}

static enum status regular_map(struct file *file, bool is_written, struct vm_object **out_pages)
{
	if (is_written) {
		file->vnode->is_mapped_for_writing = true;
		if (file->vnode->content == VFS_CONTENT_STORED)
			write_back_note(file->vnode);
		else
			vnode_keep(file->vnode);
	}
	*out_pages = file->vnode->pages;
	return OK;
}

const struct file_ops vfs_regular_ops = {
        .name = "file",
        .read_at = regular_read_at,
        .write_at = regular_write_at,
        .append = regular_append,
        .size = regular_size,
        .seek_data = regular_seek_data,
        .map = regular_map,
        .describe = vfs_file_describe,
        .release = vfs_file_release,
};

enum status vfs_resize(struct file *file, uint64_t size)
{
	if (file->ops != &vfs_regular_ops)
		return ERR_INVALID_ARGS;
	if (file->vnode->content == VFS_CONTENT_PAGED)
		return ERR_READ_ONLY;
	TRY(regular_drop_set_id(file->vnode));
	TRY(page_cache_resize(file->vnode, size));
	watch_file(file, WATCH_MODIFY);
	return OK;
}

enum status vfs_reserve(struct file *file, uint64_t offset, uint64_t len, bool keep_size)
{
	if (file->ops != &vfs_regular_ops)
		return ERR_NO_DEVICE;
	if (file->vnode->content == VFS_CONTENT_STORED)
		return ERR_NOT_SUPPORTED;
	if (file->vnode->content != VFS_CONTENT_KERNEL)
		return ERR_READ_ONLY;
	TRY(page_cache_reserve(file->vnode, offset, len, keep_size));
	watch_file(file, WATCH_MODIFY);
	return OK;
}

enum status vfs_punch(struct file *file, uint64_t offset, uint64_t len)
{
	if (file->ops != &vfs_regular_ops)
		return ERR_NO_DEVICE;
	if (file->vnode->content != VFS_CONTENT_KERNEL)
		return ERR_NOT_SUPPORTED;
	TRY(regular_drop_set_id(file->vnode));
	TRY(page_cache_punch(file->vnode, offset, len));
	watch_file(file, WATCH_MODIFY);
	return OK;
}
