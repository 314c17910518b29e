#include "io/vfs/forget_queue.h"
#include "core/api.h"
#include "io/vfs/vnode.h"
#include <base/cleanup.h>

struct forget_queue {
	struct spinlock lock; /* inside that of a bucket of vnodes */
	/* guarded by lock */
	struct list vnodes; /* struct vnode by forget_link */
	size_t taken; /* out of the queue, and not done with */
	struct wait_queue takers, waiters;
};

static struct forget_queue queue;

void forget_queue_init(void)
{
	queue.lock = (struct spinlock)SPINLOCK_INIT(LOCK_VNODE_QUEUE);
	list_init(&queue.vnodes);
	wait_queue_init(&queue.takers);
	wait_queue_init(&queue.waiters);
}

void forget_queue_push(struct vnode *vnode)
{
	spinlock_acquire(&queue.lock);
	list_push_back(&queue.vnodes, &vnode->forget_link);
	wait_queue_wake_one(&queue.takers);
	spinlock_release(&queue.lock);
}

struct vnode *forget_queue_pop(bool wait)
{
	spinlock_acquire(&queue.lock);
	while (wait && list_empty(&queue.vnodes))
		wait_queue_sleep(&queue.takers, &queue.lock);
	struct list *first = list_pop_front(&queue.vnodes);
	queue.taken += first != NULL;
	spinlock_release(&queue.lock);
	return first ? container_of(first, struct vnode, forget_link) : NULL;
}

void forget_queue_done(void)
{
	spinlock_acquire(&queue.lock);
	queue.taken--;
	wait_queue_wake_all(&queue.waiters);
	spinlock_release(&queue.lock);
}

void forget_queue_wait_empty(void)
{
	spinlock_acquire(&queue.lock);
	while (queue.taken || !list_empty(&queue.vnodes))
		wait_queue_sleep(&queue.waiters, &queue.lock);
	spinlock_release(&queue.lock);
}
