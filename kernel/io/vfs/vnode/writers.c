/* A program that runs is not written: who writes and who runs a file excludes the other. */
#include "io/vfs/vnode/vnode.h"

/* One word for both, so that neither needs a lock: writers above 0, processes below. */
static enum status writers_change(struct vnode *vnode, int32_t change)
{
	int32_t count = __atomic_load_n(&vnode->writers, __ATOMIC_RELAXED);
	do {
		bool others = change > 0 ? count < 0 : count > 0;
		if (others)
			return ERR_TEXT_BUSY;
	} while (!__atomic_compare_exchange_n(&vnode->writers, &count, count + change, true,
	                                      __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return OK;
}

enum status vnode_begin_writing(struct vnode *vnode)
{
	return writers_change(vnode, 1);
}

void vnode_end_writing(struct vnode *vnode)
{
	__atomic_sub_fetch(&vnode->writers, 1, __ATOMIC_RELEASE);
}

enum status vnode_begin_running(struct vnode *vnode)
{
	return writers_change(vnode, -1);
}

void vnode_end_running(struct vnode *vnode)
{
	__atomic_add_fetch(&vnode->writers, 1, __ATOMIC_RELEASE);
}
