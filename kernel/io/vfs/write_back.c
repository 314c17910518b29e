/* The list of changed files, and what works through it. */
#include "io/vfs/write_back.h"
#include "core/api.h"
#include "io/vfs/vfs.h"
#include "sched/api.h"
#include <base/cleanup.h>

struct write_back {
	struct spinlock lock;
	/* guarded by lock */
	struct list changed; /* struct vnode by changed_link; a user each */
	size_t count;
	bool volumes_changed;
	bool is_full; /* atomic, without the lock: a volume had no space, and none was found since
	               */
	struct wait_queue waiters;

	struct sleep_lock buffer_lock; /* inside a vnode's changing */
	/* guarded by it: pages on their way; no memory is needed to get rid of memory */
	char bytes[WRITE_BACK_PAGES * PAGE_SIZE];
};

static struct write_back write_back;

void write_back_init(void)
{
	write_back.lock = (struct spinlock)SPINLOCK_INIT(LOCK_WRITE_BACK);
	list_init(&write_back.changed);
	wait_queue_init(&write_back.waiters);
	sleep_lock_init(&write_back.buffer_lock);
}

void write_back_note(struct vnode *vnode)
{
	if (__atomic_load_n(&vnode->is_changed, __ATOMIC_ACQUIRE))
		return;
	(void)vnode_ref(vnode);
	spinlock_acquire(&write_back.lock);
	bool is_new = !vnode->is_changed;
	if (is_new) {
		__atomic_store_n(&vnode->is_changed, true, __ATOMIC_RELEASE);
		list_push_back(&write_back.changed, &vnode->changed_link);
		write_back.count++;
		wait_queue_wake_one(&write_back.waiters);
	}
	spinlock_release(&write_back.lock);
	if (!is_new)
		vnode_unref(vnode);
}

void write_back_note_volume(void)
{
	spinlock_acquire(&write_back.lock);
	write_back.volumes_changed = true;
	wait_queue_wake_one(&write_back.waiters);
	spinlock_release(&write_back.lock);
}

/* ---- one file; the caller holds vnode->changing ---- */

struct write_back_batch {
	uint64_t index; /* of the first page */
	size_t pages;
	size_t len; /* bytes that the file has of them */
};

/* How a file is written. */
struct write_back_way {
	enum ipc_patience patience;
	bool is_unused; /* nobody has the file but who writes it */
};

/* Takes neighbouring pages that were changed. False: there is none from index on. */
static bool write_back_collect(struct vnode *vnode, uint64_t index, struct write_back_batch *batch)
{
	*batch = (struct write_back_batch){};
	if (!vm_object_next_dirty(vnode->pages, &index))
		return false;
	batch->index = index;
	while (batch->pages < WRITE_BACK_PAGES &&
	       vm_object_clean(vnode->pages, index + batch->pages,
	                       write_back.bytes + batch->pages * PAGE_SIZE) == OK)
		batch->pages++;
	uint64_t size = __atomic_load_n(&vnode->size, __ATOMIC_ACQUIRE);
	uint64_t offset = index * PAGE_SIZE, left = size > offset ? size - offset : 0;
	size_t len = batch->pages * PAGE_SIZE;
	batch->len = left < len ? (size_t)left : len;
	return true;
}

static enum status write_back_send(struct vnode *vnode, const struct write_back_batch *batch,
                                   const struct write_back_way *way)
{
	struct vfs_call call = {
	        .operation = VFS_PAGE_OUT,
	        .request = {.start = vnode->node,
	                    .offset = batch->index * PAGE_SIZE,
	                    .size = batch->len,
	                    .flags = way->is_unused ? VFS_PAGE_OUT_UNUSED : 0,
	                    .mask = VFS_SET_MODIFY_TIME,
	                    .times_ns = {0, __atomic_load_n(&vnode->modify_ns, __ATOMIC_RELAXED)}},
	        .data = {write_back.bytes, batch->len},
	        .patience = way->patience,
	};
	if (!batch->len)
		return OK;
	enum status status = vfs_call(&call);
	if (status == ERR_NO_SPACE)
		__atomic_store_n(&write_back.is_full, true, __ATOMIC_RELAXED);
	TRY(status);
	uint64_t end = call.request.offset + batch->len;
	if (end > __atomic_load_n(&vnode->stored_size, __ATOMIC_RELAXED)) {
		__atomic_store_n(&vnode->stored_size, end, __ATOMIC_RELAXED);
		__atomic_store_n(&write_back.is_full, false, __ATOMIC_RELAXED);
	}
	return OK;
}

static enum status write_back_batch(struct vnode *vnode, const struct write_back_way *way,
                                    uint64_t *index, bool *out_done)
{
	struct write_back_batch batch;
	sleep_lock_acquire(&write_back.buffer_lock);
	*out_done = !write_back_collect(vnode, *index, &batch);
	enum status status = *out_done ? OK : write_back_send(vnode, &batch, way);
	sleep_lock_release(&write_back.buffer_lock);
	for (size_t i = 0; i < batch.pages; i++) {
		if (status == OK)
			vm_object_stored(vnode->pages, batch.index + i);
		else
			vm_object_soil(vnode->pages, batch.index + i);
	}
	*index = batch.index + (batch.pages ? batch.pages : 1);
	return status;
}

static enum status write_back_run(struct vnode *vnode, const struct write_back_way *way)
{
	uint64_t index = 0;
	bool done = false;
	enum status status = OK;
	if (vnode->content != VFS_CONTENT_STORED)
		return OK;
	sleep_lock_acquire(&vnode->changing);
	while (!done && status == OK)
		status = write_back_batch(vnode, way, &index, &done);
	/* its caller's end is no fault of the file */
	if (status != OK && status != ERR_INTERRUPTED) {
		vnode->write_error = status;
		__atomic_add_fetch(&vnode->write_errors, 1, __ATOMIC_RELEASE);
	}
	sleep_lock_release(&vnode->changing);
	return status;
}

enum status write_back_file(struct vnode *vnode, enum ipc_patience patience)
{
	const struct write_back_way way = {.patience = patience};
	return write_back_run(vnode, &way);
}

enum status write_back_if_much(struct vnode *vnode)
{
	if (vnode->content != VFS_CONTENT_STORED)
		return OK;
	if (!__atomic_load_n(&write_back.is_full, __ATOMIC_RELAXED) &&
	    vm_object_usage(vnode->pages).dirty <= WRITE_BACK_DIRTY_MAX)
		return OK;
	/* of other errors fsync tells */
	enum status status = write_back_file(vnode, IPC_UNTIL_END);
	return status == ERR_NO_SPACE ? status : OK;
}

/* ---- all of them ---- */

/* The next one to look at, to the end of the list; with a user for the caller. */
static struct vnode *write_back_next(void)
{
	struct vnode *vnode = NULL;
	spinlock_acquire(&write_back.lock);
	struct list *first = list_pop_front(&write_back.changed);
	if (first) {
		list_push_back(&write_back.changed, first);
		vnode = container_of(first, struct vnode, changed_link);
	}
	/* it leaves the list only where that gives its user back, after this */
	if (vnode)
		(void)vnode_ref(vnode);
	spinlock_release(&write_back.lock);
	return vnode;
}

/* Out of the list, when nothing can change it unseen. */
static void write_back_leave(struct vnode *vnode)
{
	bool leaves = false;
	spinlock_acquire(&write_back.lock);
	/* beside the caller and the list somebody may have it mapped */
	bool is_mapped = vnode->is_mapped_for_writing && vnode_has_users(vnode, 2);
	if (vnode->is_changed && !is_mapped) {
		__atomic_store_n(&vnode->is_changed, false, __ATOMIC_RELEASE);
		/* what was changed before that is seen now, what comes later enters the list */
		leaves = !vm_object_usage(vnode->pages).dirty;
		if (!leaves)
			__atomic_store_n(&vnode->is_changed, true, __ATOMIC_RELEASE);
	}
	if (leaves) {
		list_remove(&vnode->changed_link);
		write_back.count--;
	}
	spinlock_release(&write_back.lock);
	if (leaves)
		vnode_unref(vnode);
}

enum status write_back_all(enum ipc_patience patience)
{
	enum status first = OK;
	spinlock_acquire(&write_back.lock);
	size_t count = write_back.count;
	spinlock_release(&write_back.lock);
	for (size_t i = 0; i < count; i++) {
		struct vnode *vnode = write_back_next();
		if (!vnode)
			break;
		/* the list has it, and the caller */
		const struct write_back_way way = {.patience = patience,
		                                   .is_unused = !vnode_has_users(vnode, 2)};
		enum status status = write_back_run(vnode, &way);
		if (first == OK)
			first = status;
		write_back_leave(vnode);
		vnode_unref(vnode);
	}
	return first;
}

void write_back_wait(void)
{
	spinlock_acquire(&write_back.lock);
	while (!write_back.count && !write_back.volumes_changed)
		wait_queue_sleep(&write_back.waiters, &write_back.lock);
	spinlock_release(&write_back.lock);
}

void write_back_begin(void)
{
	spinlock_acquire(&write_back.lock);
	write_back.volumes_changed = false;
	spinlock_release(&write_back.lock);
}

void write_back_drain(void)
{
	for (;;) {
		spinlock_acquire(&write_back.lock);
		struct list *first = list_pop_front(&write_back.changed);
		spinlock_release(&write_back.lock);
		if (!first)
			return;
		vnode_unref(container_of(first, struct vnode, changed_link));
	}
}
