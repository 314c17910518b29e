/* Facts of a file of which vfsd and the kernel each know a part: size, blocks and times. */
#include "io/vfs/vfs.h"
#include "io/vfs/vnode/vnode_table.h"

enum { VNODE_BLOCK = 512 };

/* What the kernel has of a file; its bucket's lock is held. */
static void vnode_mix_known(struct vnode *vnode, struct vfs_facts *facts)
{
	__atomic_store_n(&vnode->mode, facts->mode, __ATOMIC_RELAXED);
	if (facts->content == VFS_CONTENT_KERNEL && !vnode->is_kept)
		return;
	facts->size = __atomic_load_n(&vnode->size, __ATOMIC_ACQUIRE);
	facts->modify_ns = __atomic_load_n(&vnode->modify_ns, __ATOMIC_RELAXED);
	if (vnode->change_ns > facts->change_ns)
		facts->change_ns = vnode->change_ns;
}

void vnode_mix_facts(struct vfs_facts *facts)
{
	struct vm_object *pages = NULL;
	if (facts->content != VFS_CONTENT_KERNEL && facts->content != VFS_CONTENT_STORED)
		return;
	struct vnode *vnode = vnode_lock(&facts->node);
	if (vnode)
		vnode_mix_known(vnode, facts);
	/* what a volume stores has the volume's blocks */
	if (vnode && facts->content == VFS_CONTENT_KERNEL)
		pages = vm_object_ref(vnode->pages);
	vnode_unlock(&facts->node);
	if (!pages)
		return;
	facts->blocks = vm_object_usage(pages).present * (PAGE_SIZE / VNODE_BLOCK);
	vm_object_unref(pages);
}

void vfs_set_times(const struct vfs_call *call)
{
	const uint32_t modify = VFS_SET_MODIFY_TIME | VFS_SET_MODIFY_NOW;
	const struct vfs_node *node = &call->reply.facts.node;
	if (!(call->request.mask & modify))
		return;
	int64_t time = call->request.mask & VFS_SET_MODIFY_NOW ? call->request.now_ns
	                                                       : call->request.times_ns[1];
	struct vnode *vnode = vnode_lock(node);
	if (vnode)
		__atomic_store_n(&vnode->modify_ns, time, __ATOMIC_RELAXED);
	vnode_unlock(node);
}
