/*
 * Vnodes whose holds are on their way back to vfsd, in the order in which they lost their last user.
 *
 * One taken out is being worked with until it is done; who syncs waits for both. Inside kernel/io
 * only.
 */
#pragma once

#include <base/list.h>

struct vnode;

/* Before the first vnode. */
void forget_queue_init(void);
/* Not in it yet; by its forget_link. May be called with a spin lock held. */
void forget_queue_push(struct vnode *vnode);
/* The first, taken out; NULL: none. Sleeps until there is one when wait. */
struct vnode *forget_queue_pop(bool wait);
/* One that was taken out is done with. */
void forget_queue_done(void);
/* Sleeps until nothing is in it, nor being worked with. */
void forget_queue_wait_empty(void);
