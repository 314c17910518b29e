/* Vnodes found with the lock that guards them. Private to kernel/io/vfs/vnode. */
#pragma once

#include "io/vfs/vnode/vnode.h"

/* Takes the lock of a node's bucket; the vnode that the kernel has of it, NULL: none. */
struct vnode *vnode_lock(const struct vfs_node *node);
/* Of the same node, whether or not there was one. */
void vnode_unlock(const struct vfs_node *node);
