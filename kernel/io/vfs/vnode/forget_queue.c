#include "io/vfs/vnode/forget_queue.h"
#include "core/api.h"
#include "io/vfs/vnode/vnode.h"
#include <base/cleanup.h>

struct forget_queue {
	struct spinlock lock; /* inside that of a bucket of vnodes */
	/* guarded by lock */
	struct list vnodes; /* struct vnode by forget_link */
	size_t taken; /* out of the queue, and not done with */
	struct wait_queue takers, waiters;
};

static struct forget_queue forget_queue;

void forget_queue_init(void)
{
	forget_queue.lock = (struct spinlock)SPINLOCK_INIT(LOCK_VNODE_QUEUE);
	list_init(&forget_queue.vnodes);
	wait_queue_init(&forget_queue.takers);
	wait_queue_init(&forget_queue.waiters);
}

void forget_queue_push(struct vnode *vnode)
{
	spinlock_acquire(&forget_queue.lock);
	list_push_back(&forget_queue.vnodes, &vnode->forget_link);
	wait_queue_wake_one(&forget_queue.takers);
	spinlock_release(&forget_queue.lock);
}

struct vnode *forget_queue_pop(bool wait)
{
	spinlock_acquire(&forget_queue.lock);
	while (wait && list_empty(&forget_queue.vnodes))
		wait_queue_sleep(&forget_queue.takers, &forget_queue.lock);
	struct list *first = list_pop_front(&forget_queue.vnodes);
	forget_queue.taken += first != NULL;
	spinlock_release(&forget_queue.lock);
	return first ? container_of(first, struct vnode, forget_link) : NULL;
}

void forget_queue_done(void)
{
	spinlock_acquire(&forget_queue.lock);
	forget_queue.taken--;
	wait_queue_wake_all(&forget_queue.waiters);
	spinlock_release(&forget_queue.lock);
}

void forget_queue_wait_empty(void)
{
	spinlock_acquire(&forget_queue.lock);
	while (forget_queue.taken || !list_empty(&forget_queue.vnodes))
		wait_queue_sleep(&forget_queue.waiters, &forget_queue.lock);
	spinlock_release(&forget_queue.lock);
}
