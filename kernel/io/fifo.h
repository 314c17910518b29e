/*
 * Pipes that have a name. Inside kernel/io only.
 */
#pragma once

#include "ps/api.h"

struct vnode;

/*
 * An end of the vnode's pipe. Unless FILE_NONBLOCK, or for both directions, it waits for the other
 * end: ERR_INTERRUPTED. ERR_NO_DEVICE_ADDRESS: nobody reads, and it does not wait.
 */
enum status fifo_open(struct vnode *vnode, uint32_t flags, struct file **out_file);
