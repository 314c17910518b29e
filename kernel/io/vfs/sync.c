/* What was written is brought to the disk: by fsync, sync, before umount, and at the end. */
#include "core/api.h"
#include "io/vfs/vfs.h"
#include "io/vfs/vnode/forget_queue.h"
#include "io/vfs/vnode/vnode.h"
#include "io/vfs/write_back.h"
#include <base/cleanup.h>

enum status vfs_sync_volumes(const struct vfs_node *node, uint32_t flags,
                             enum ipc_patience patience)
{
	struct vfs_call call = {
	        .operation = VFS_SYNC,
	        .request = {.start = *node, .flags = flags},
	        .patience = patience,
	};
	return vfs_call(&call);
}

enum status vfs_sync_all(uint32_t flags, enum ipc_patience patience)
{
	enum status written = write_back_all(patience);
	enum status status = vfs_sync_volumes(&(struct vfs_node){}, flags, patience);
	return written == OK ? status : written;
}

/* What went wrong since the file was opened or last asked, once for each description. */
static enum status vfs_take_write_error(struct file *file)
{
	uint32_t errors = __atomic_load_n(&file->vnode->write_errors, __ATOMIC_ACQUIRE);
	return __atomic_exchange_n(&file->write_errors_seen, errors, __ATOMIC_RELAXED) == errors
	               ? OK
	               : file->vnode->write_error;
}

enum status vfs_sync_file(struct file *file)
{
	if (!vfs_has_name(file))
		return OK;
	enum status written = write_back_file(file->vnode, IPC_UNTIL_END);
	enum status noted = vfs_take_write_error(file);
	if (noted != OK || written != OK)
		return noted != OK ? noted : written;
	/* what is the kernel's, or made, lies on no disk */
	uint32_t content = file->vnode->content;
	if (content != VFS_CONTENT_STORED && content != VFS_CONTENT_NONE)
		return OK;
	return vfs_sync_volumes(&file->vnode->node, 0, IPC_UNTIL_END);
}

enum status vfs_sync_node(const struct vfs_node *node)
{
	struct vnode *vnode = vnode_of_node(node);
	enum status status = OK;
	if (vnode && vnode->content == VFS_CONTENT_STORED) {
		status = write_back_file(vnode, IPC_UNTIL_END);
		if (status == OK)
			status = vfs_sync_volumes(node, 0, IPC_UNTIL_END);
	}
	vnode_unref(vnode);
	return status;
}

void vfs_prepare_unmount(void)
{
	(void)!vfs_sync_all(0, IPC_UNTIL_END); /* vfsd refuses what is not written */
	forget_queue_wait_empty();
}
