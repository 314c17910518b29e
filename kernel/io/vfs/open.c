/* From what vfsd has found to an open file: directories, what is made on demand, all others. */
#include "core/api.h"
#include "io/api.h"
#include "io/device_files.h"
#include "io/fifo.h"
#include "io/vfs/page_cache.h"
#include "io/vfs/regular.h"
#include "io/vfs/vfs.h"
#include "io/vfs/vnode/vnode.h"
#include <base/cleanup.h>
#include <string.h>

enum {
	VFS_TYPE_FIFO = 0010000,
	VFS_TYPE_DIRECTORY = 0040000,
	VFS_TYPE_FILE = 0100000,
	VFS_TYPE_LINK = 0120000,
	VFS_READ_BYTES = 16 * 1024,
	VFS_FLAGS_KEPT = FILE_ACCESS_MASK | FILE_APPEND | FILE_NONBLOCK | FILE_PATH |
	                 FILE_DATA_SYNC | FILE_SYNC | FILE_UNTOLD,
};

void vfs_file_release(struct file *file)
{
	heap_free(file, sizeof *file);
}

void vfs_file_describe(struct file *file, struct file_facts *out_facts)
{
	const struct vnode *vnode = file->vnode;
	*out_facts = (struct file_facts){
	        .mode = vnode->mode,
	        .size = __atomic_load_n(&vnode->size, __ATOMIC_RELAXED),
	        .inode = vnode->node.inode,
	        .block_bytes = PAGE_SIZE,
	};
}

/* ---- files that vfsd makes at each read ---- */

static enum status made_read_part(const struct vnode *vnode, struct transfer *to, uint64_t offset,
                                  size_t *out_count)
{
	size_t size = to->left < VFS_READ_BYTES ? to->left : VFS_READ_BYTES;
	void *bytes = heap_alloc(size);
	if (!bytes)
		return ERR_NO_MEMORY;
	struct vfs_call call = {
	        .operation = VFS_READ,
	        .request = {.start = vnode->node, .offset = offset, .size = size},
	        .bytes = bytes,
	        .capacity = size,
	};
	enum status status = vfs_call(&call);
	if (status == OK)
		status = transfer_to_user(to, bytes, call.len);
	if (status == OK)
		*out_count = call.len;
	heap_free(bytes, size);
	return status;
}

static enum status made_read_at(struct file *file, struct transfer *to, uint64_t offset,
                                size_t *out_count)
{
	*out_count = 0;
	return to->left ? made_read_part(file->vnode, to, offset, out_count) : OK;
}

/* It has no end before it is read. */
static uint64_t made_size(struct file *)
{
	return 0;
}

static const struct file_ops made_ops = {
        .name = "made",
        .read_at = made_read_at,
        .size = made_size,
        .describe = vfs_file_describe,
        .release = vfs_file_release,
};

/* ---- directories, and files of which only the name was opened ---- */

static enum status directory_read(struct file *, struct transfer *, size_t *)
{
	return ERR_IS_DIRECTORY;
}

static const struct file_ops directory_ops = {
        .name = "directory",
        .read = directory_read,
        .size = made_size,
        .describe = vfs_file_describe,
        .release = vfs_file_release,
};

static const struct file_ops path_ops = {
        .name = "path",
        .describe = vfs_file_describe,
        .release = vfs_file_release,
};

bool vfs_directory_ends(struct file *file)
{
	spinlock_acquire(&file->lock);
	bool ends = file->listed_offset && file->offset == file->listed_offset;
	file->listed_offset = 0;
	spinlock_release(&file->lock);
	return ends;
}

/* A cookie of vfsd is the directory's offset. */
static enum status directory_list(struct file *file, void *bytes, size_t capacity, size_t *out_len)
{
	struct vfs_call call = {
	        .operation = VFS_GETDENTS64,
	        .request = {.start = file->vnode->node,
	                    .start_mount = file->mount,
	                    .offset = file->offset,
	                    .size = capacity},
	        .bytes = bytes,
	        .capacity = capacity,
	        .has_head = true,
	};
	TRY(vfs_call(&call));
	uint64_t next = call.reply.value;
	spinlock_acquire(&file->lock);
	file->offset = call.len ? next : file->offset;
	file->listed_offset = call.len && call.reply.facts.flags & VFS_NOTHING_FOLLOWS ? next : 0;
	spinlock_release(&file->lock);
	*out_len = call.len;
	return OK;
}

enum status vfs_read_directory(struct file *file, void *bytes, size_t capacity, size_t *out_len)
{
	if (file->ops != &directory_ops)
		return ERR_NOT_DIRECTORY;
	sleep_lock_acquire(&file->moving);
	enum status status = directory_list(file, bytes, capacity, out_len);
	sleep_lock_release(&file->moving);
	return status;
}

/* ---- opening ---- */

static enum status vfs_open_plain(const struct file_ops *ops, uint32_t flags,
                                  struct file **out_file)
{
	struct file *file = HEAP_NEW(struct file);
	if (!file)
		return ERR_NO_MEMORY;
	file_init(file, ops, NULL, flags & VFS_FLAGS_KEPT);
	*out_file = file;
	return OK;
}

/* What descriptor of the calling process: the same description. */
static enum status vfs_open_descriptor(uint64_t descriptor, struct file **out_file)
{
	struct object *object;
	struct process *self = process_current();
	if (descriptor >> 32 != process_id(self))
		return ERR_ACCESS_DENIED;
	TRY(handle_table_get(&process_ipc(self)->handles, descriptor & UINT32_MAX, &file_type, 0,
	                     &object));
	*out_file = file_of(object);
	return OK;
}

static enum status vfs_open_vnode(struct vnode *vnode, uint32_t flags, struct file **out_file)
{
	uint32_t access = flags & FILE_ACCESS_MASK;
	if (flags & FILE_PATH)
		return vfs_open_plain(&path_ops, flags, out_file);
	if (vnode_is(vnode, VFS_TYPE_DIRECTORY))
		return access == FILE_READ_ONLY ? vfs_open_plain(&directory_ops, flags, out_file)
		                                : ERR_IS_DIRECTORY;
	if (vnode_is(vnode, VFS_TYPE_FIFO))
		return fifo_open(vnode, flags, out_file);
	if (vnode_is(vnode, VFS_TYPE_LINK))
		return ERR_TOO_MANY_SYMLINKS;
	if (vnode->content == VFS_CONTENT_DEVICE)
		return device_file_open(vnode->device, flags, out_file);
	if (vnode->content == VFS_CONTENT_MADE)
		return vfs_open_plain(&made_ops, flags, out_file);
	if (!vnode->pages)
		return ERR_NO_DEVICE_ADDRESS;
	if (vnode->content == VFS_CONTENT_PAGED && access != FILE_READ_ONLY)
		return ERR_READ_ONLY;
	if (vnode->content == VFS_CONTENT_PAGED)
		page_cache_remember(vnode);
	bool writes = access != FILE_READ_ONLY;
	if (writes)
		TRY(vnode_begin_writing(vnode));
	enum status status = vfs_open_plain(&vfs_regular_ops, flags, out_file);
	if (status != OK && writes)
		vnode_end_writing(vnode);
	return status;
}

enum status vfs_open_found(const struct vfs_call *call, uint32_t flags, struct file **out_file)
{
	const struct vfs_facts *facts = &call->reply.facts;
	struct vnode *vnode;
	struct file *file;
	if (facts->content == VFS_CONTENT_DESCRIPTOR && !(flags & FILE_PATH)) {
		vfs_forget(&facts->node, 1, IPC_UNTIL_END);
		return vfs_open_descriptor(facts->rdev, out_file);
	}
	TRY(vnode_get(facts, true, &vnode));
	enum status status = vfs_open_vnode(vnode, flags, &file);
	if (status != OK) {
		vnode_unref(vnode);
		return status;
	}
	file->vnode = vnode;
	file->mount = facts->mount;
	file->write_errors_seen = __atomic_load_n(&vnode->write_errors, __ATOMIC_ACQUIRE);
	*out_file = file;
	return OK;
}

enum status vfs_reopen(struct file *file, uint32_t flags, struct file **out_file)
{
	struct file *made;
	TRY(vfs_open_vnode(file->vnode, flags, &made));
	made->vnode = vnode_ref(file->vnode);
	made->mount = file->mount;
	made->write_errors_seen = file->write_errors_seen;
	*out_file = made;
	return OK;
}

enum status vfs_create_unnamed(uint32_t flags, struct file **out_file)
{
	struct vnode *vnode;
	TRY(vnode_create_unnamed(&vnode));
	enum status status = vfs_open_plain(&vfs_regular_ops, flags, out_file);
	if (status == OK)
		(*out_file)->vnode = vnode;
	else
		vnode_unref(vnode);
	return status;
}

static void vfs_closing(struct file *file)
{
	struct vnode *vnode = file->vnode;
	file_locks_drop(&vnode->locks, file);
	if (!(file->flags & (FILE_PATH | FILE_UNTOLD)))
		watch_file(file, file_may_write(file) ? WATCH_CLOSE_WRITE : WATCH_CLOSE_OTHER);
	/* what never had a name was made open, for nobody to run */
	bool writes = (file->flags & FILE_ACCESS_MASK) != FILE_READ_ONLY;
	if (file->ops == &vfs_regular_ops && writes && vfs_has_name(file))
		vnode_end_writing(vnode);
	vnode_unref(vnode);
}

static void vfs_used(struct file *file, bool is_written)
{
	watch_file(file, is_written ? WATCH_MODIFY : WATCH_ACCESS);
}

static enum status vfs_begin_run(struct file *file)
{
	return vnode_begin_running(file->vnode);
}

static void vfs_end_run(struct file *file)
{
	vnode_end_running(file->vnode);
}

static void vfs_drop_locks(struct file *file, const void *owner)
{
	file_locks_drop(&file->vnode->locks, owner);
}

static struct file_place vfs_place(const struct file *file)
{
	const struct vfs_node *node = &file->vnode->node;
	return (struct file_place){node->volume, node->generation, node->inode, file->mount};
}

static const struct file_name_ops vfs_file_names = {
        .place = vfs_place,
        .closing = vfs_closing,
        .used = vfs_used,
        .begin_run = vfs_begin_run,
        .end_run = vfs_end_run,
        .drop_locks = vfs_drop_locks,
};

/* ---- what can be done with an open file ---- */

bool vfs_has_name(const struct file *file)
{
	return file->vnode && file->vnode->node.volume != 0;
}

enum status vfs_node_of(const struct file *file, struct vfs_node *out_node, uint16_t *out_mount)
{
	if (!vfs_has_name(file))
		return ERR_NOT_DIRECTORY;
	*out_node = file->vnode->node;
	*out_mount = file->mount;
	return OK;
}

/* Files without a name lie on a volume of their own. */
static void vfs_describe_unnamed(struct file *file, struct vfs_facts *out_facts)
{
	enum { UNNAMED_BLOCK = 512 };
	const struct vnode *vnode = file->vnode;
	struct file_facts facts = {};
	file->ops->describe(file, &facts);
	*out_facts = (struct vfs_facts){
	        .node = {.inode = facts.inode},
	        .mode = facts.mode,
	        .links = 1,
	        .size = facts.size,
	        .blocks = (facts.size + UNNAMED_BLOCK - 1) / UNNAMED_BLOCK,
	        .rdev = facts.device,
	        .access_ns = vnode ? vnode->modify_ns : 0,
	        .modify_ns = vnode ? vnode->modify_ns : 0,
	        .change_ns = vnode ? vnode->change_ns : 0,
	};
}

enum status vfs_describe(struct file *file, struct vfs_facts *out_facts)
{
	if (!vfs_has_name(file)) {
		vfs_describe_unnamed(file, out_facts);
		return OK;
	}
	struct vfs_call call = {
	        .operation = VFS_STATX,
	        .request = {.start = file->vnode->node,
	                    .start_mount = file->mount,
	                    .flags = VFS_EMPTY_PATH},
	};
	TRY(vfs_call(&call));
	*out_facts = call.reply.facts;
	return OK;
}

struct file_locks *vfs_locks_of(struct file *file)
{
	return file->vnode ? &file->vnode->locks : NULL;
}

void vfs_fill_space(struct vfs_volume_facts *facts)
{
	struct memory_usage usage = memory_account_usage(vnode_account());
	uint64_t block = facts->block_size ? facts->block_size : PAGE_SIZE;
	facts->blocks = usage.limit_bytes / block;
	facts->blocks_free = facts->blocks_available = (usage.limit_bytes - usage.bytes) / block;
}

void vfs_install(void)
{
	file_install(&vfs_file_names);
}

uint64_t vfs_content_bytes(void)
{
	return memory_account_usage(vnode_account()).bytes;
}

uint64_t vfs_cache_bytes(void)
{
	return memory_account_usage(vnode_cache_account()).bytes;
}
