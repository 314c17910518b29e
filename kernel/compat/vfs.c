/* What vfsd asks of the kernel's files, and any service of what it left with the kernel. */
#include "core/api.h"
#include "io/api.h"
#include "ps/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

/* A new vfsd looks at what the last one left before it takes its place. */
static enum status vfs_check_caller(void)
{
	const struct ipc_process *self = process_ipc(process_current());
	if (self->may_register >> VFS_SERVICE & 1)
		return OK;
	audit_append(AUDIT_REGISTER_REFUSED, self->pid, VFS_SERVICE, ERR_ACCESS_DENIED);
	return ERR_ACCESS_DENIED;
}

enum status sys_vfs_drop_content(uint64_t volume_generation, uint64_t inode)
{
	TRY(vfs_check_caller());
	const struct vfs_node node = {
	        .volume = (uint32_t)volume_generation,
	        .generation = (uint32_t)(volume_generation >> 32),
	        .inode = inode,
	};
	return vfs_drop_content(&node);
}

enum status sys_vfs_list_nodes(uint64_t cookie, struct user_out nodes, uint64_t *out_count)
{
	TRY(vfs_check_caller());
	size_t capacity = nodes.len / sizeof(struct vfs_held_node);
	if (!capacity) {
		*out_count = 0;
		return OK;
	}
	struct vfs_held_node *list = heap_alloc(nodes.len);
	if (!list)
		return ERR_NO_MEMORY;
	size_t count = vfs_list_nodes(cookie, list, capacity);
	nodes.len = count * sizeof *list;
	enum status status = user_copy_out(nodes, list);
	heap_free(list, capacity * sizeof *list);
	*out_count = count;
	return status;
}

enum status sys_service_keep(uint64_t key, uint64_t object)
{
	return ipc_service_keep(process_ipc(process_current()), key, object);
}

enum status sys_service_kept(uint64_t key, uint64_t *out_object)
{
	return ipc_service_kept(process_ipc(process_current()), key, out_object);
}
