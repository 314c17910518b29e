/* The table of vnodes. */
#include "core/api.h"
#include "io/vfs/page_cache.h"
#include "io/vfs/vfs.h"
#include "io/vfs/vnode/forget_queue.h"
#include "io/vfs/vnode/vnode_table.h"
#include "io/vfs/write_back.h"
#include "io/watch/watch.h"
#include <base/cleanup.h>

enum { VNODE_BUCKETS = 256 };

struct vnode_bucket {
	struct spinlock lock;
	struct list vnodes; /* guarded by lock */
};

struct vnode_table {
	struct vnode_bucket buckets[VNODE_BUCKETS];
	struct memory_account *account, *cache; /* set at start */
};

static struct vnode_table vnode_table;

enum status vnodes_init(void)
{
	/* files may have half of what is free now */
	uint64_t limit = frames_free_estimate() / 2 * PAGE_SIZE;
	for (size_t i = 0; i < VNODE_BUCKETS; i++) {
		vnode_table.buckets[i].lock = (struct spinlock)SPINLOCK_INIT(LOCK_VNODES);
		list_init(&vnode_table.buckets[i].vnodes);
	}
	forget_queue_init();
	TRY(memory_account_create(UINT64_MAX, &vnode_table.cache));
	return memory_account_create(limit, &vnode_table.account);
}

struct memory_account *vnode_account(void)
{
	return vnode_table.account;
}

struct memory_account *vnode_cache_account(void)
{
	return vnode_table.cache;
}

static struct vnode_bucket *vnode_bucket_of(const struct vfs_node *node)
{
	uint64_t mixed = (node->inode ^ (uint64_t)node->volume << 40) * 0x9e3779b97f4a7c15;
	return &vnode_table.buckets[mixed >> 56];
}

static bool vnode_node_equal(const struct vfs_node *a, const struct vfs_node *b)
{
	return a->inode == b->inode && a->volume == b->volume && a->generation == b->generation;
}

/* The lock is held. */
static struct vnode *vnode_find(const struct vnode_bucket *bucket, const struct vfs_node *node)
{
	list_for_each(link, &bucket->vnodes) {
		struct vnode *vnode = container_of(link, struct vnode, link);
		if (vnode_node_equal(&vnode->node, node))
			return vnode;
	}
	return NULL;
}

struct vnode *vnode_lock(const struct vfs_node *node)
{
	struct vnode_bucket *bucket = vnode_bucket_of(node);
	spinlock_acquire(&bucket->lock);
	return vnode_find(bucket, node);
}

void vnode_unlock(const struct vfs_node *node)
{
	spinlock_release(&vnode_bucket_of(node)->lock);
}

/* Nobody has it any more. */
static void vnode_free(struct vnode *vnode)
{
	/* an object with a pager may be in use for a moment longer, and frees it then */
	bool is_paged = vnode->content == VFS_CONTENT_PAGED || vnode->content == VFS_CONTENT_STORED;
	if (is_paged && vnode->pages) {
		vm_object_unref(vnode->pages);
		return;
	}
	/* mappings may have it still */
	if (vnode->pages)
		vm_object_disown(vnode->pages);
	vm_object_unref(vnode->pages);
	heap_free(vnode, sizeof *vnode);
}

static enum status vnode_create(const struct vfs_facts *facts, struct vnode **out_vnode)
{
	struct vnode *vnode = HEAP_NEW(struct vnode);
	if (!vnode)
		return ERR_NO_MEMORY;
	vnode->node = facts->node;
	vnode->content = facts->content;
	vnode->mode = facts->mode;
	vnode->device = facts->rdev;
	vnode->size = vnode->stored_size = facts->size;
	vnode->modify_ns = facts->modify_ns;
	vnode->change_ns = facts->change_ns;
	vnode->users = 1;
	list_init(&vnode->link);
	list_init(&vnode->forget_link);
	list_init(&vnode->changed_link);
	sleep_lock_init(&vnode->changing);
	sleep_lock_init(&vnode->fifo_lock);
	file_locks_init(&vnode->locks);
	enum status status = page_cache_create(vnode);
	if (status != OK) {
		heap_free(vnode, sizeof *vnode);
		return status;
	}
	*out_vnode = vnode;
	return OK;
}

enum status vnode_create_unnamed(struct vnode **out_vnode)
{
	enum { UNNAMED_MODE = 0100777 };
	const int64_t now = (int64_t)clock_real_ns();
	const struct vfs_facts facts = {
	        .content = VFS_CONTENT_KERNEL,
	        .mode = UNNAMED_MODE,
	        .modify_ns = now,
	        .change_ns = now,
	};
	TRY(vnode_create(&facts, out_vnode));
	(*out_vnode)->is_gone = true;
	return OK;
}

/* One that is in the table already. */
static struct vnode *vnode_look_up(const struct vfs_node *node, bool with_hold)
{
	struct vnode *vnode = vnode_lock(node);
	if (vnode) {
		vnode->users++;
		vnode->holds += with_hold;
	}
	vnode_unlock(node);
	return vnode;
}

struct vnode *vnode_of_node(const struct vfs_node *node)
{
	return vnode_look_up(node, false);
}

/* Into the table, unless another one was faster, which comes out then. */
static struct vnode *vnode_enter(struct vnode *made, bool with_hold)
{
	struct vnode_bucket *bucket = vnode_bucket_of(&made->node);
	spinlock_acquire(&bucket->lock);
	struct vnode *vnode = vnode_find(bucket, &made->node);
	if (vnode) {
		vnode->users++;
	} else {
		vnode = made;
		list_push_back(&bucket->vnodes, &made->link);
	}
	vnode->holds += with_hold;
	spinlock_release(&bucket->lock);
	if (vnode != made)
		vnode_free(made);
	return vnode;
}

enum status vnode_get(const struct vfs_facts *facts, bool with_hold, struct vnode **out_vnode)
{
	struct vnode *vnode = vnode_look_up(&facts->node, with_hold), *made;
	if (!vnode) {
		enum status status = vnode_create(facts, &made);
		if (status != OK) {
			if (with_hold)
				vfs_forget(&facts->node, 1, IPC_UNTIL_END);
			return status;
		}
		vnode = vnode_enter(made, with_hold);
	}
	if (vnode->content == VFS_CONTENT_PAGED)
		__atomic_store_n(&vnode->size, facts->size, __ATOMIC_RELAXED);
	*out_vnode = vnode;
	return OK;
}

struct vnode *vnode_ref(struct vnode *vnode)
{
	struct vnode_bucket *bucket = vnode_bucket_of(&vnode->node);
	spinlock_acquire(&bucket->lock);
	vnode->users++;
	spinlock_release(&bucket->lock);
	return vnode;
}

bool vnode_has_users(struct vnode *vnode, uint64_t count)
{
	struct vnode_bucket *bucket = vnode_bucket_of(&vnode->node);
	spinlock_acquire(&bucket->lock);
	bool has = vnode->users > count;
	spinlock_release(&bucket->lock);
	return has;
}

/* Its holds go back to vfsd. The bucket's lock is held. */
static void vnode_queue_forgets(struct vnode *vnode)
{
	vnode->forgets += vnode->holds;
	vnode->holds = 0;
	if (!vnode->forgets || vnode->is_queued)
		return;
	vnode->is_queued = true;
	forget_queue_push(vnode);
}

/* Has no user. True: it is to be freed. The bucket's lock is held. */
static bool vnode_leave(struct vnode *vnode)
{
	vnode_queue_forgets(vnode);
	if (!vnode->is_kept && !vnode->is_gone) {
		list_remove(&vnode->link);
		vnode->is_gone = true;
	}
	return vnode->is_gone && !vnode->is_queued;
}

/* By others than who writes it back. The bucket's lock is held. */
static bool vnode_is_used(const struct vnode *vnode)
{
	return vnode->users > (__atomic_load_n(&vnode->is_changed, __ATOMIC_RELAXED) ? 1 : 0);
}

void vnode_unref(struct vnode *vnode)
{
	if (!vnode)
		return;
	struct vnode_bucket *bucket = vnode_bucket_of(&vnode->node);
	spinlock_acquire(&bucket->lock);
	const struct vfs_node node = vnode->node;
	--vnode->users;
	bool ends = vnode->tells_end && !vnode_is_used(vnode);
	bool is_last = vnode->users == 0 && vnode_leave(vnode);
	vnode->tells_end &= !ends;
	spinlock_release(&bucket->lock);
	if (is_last)
		vnode_free(vnode);
	if (ends)
		watch_file_gone(&node);
}

bool vnode_tell_end(const struct vfs_node *node)
{
	struct vnode *vnode = vnode_lock(node);
	bool is_used = vnode && vnode_is_used(vnode);
	if (is_used)
		vnode->tells_end = true;
	vnode_unlock(node);
	return is_used;
}

void vnode_keep(struct vnode *vnode)
{
	struct vnode_bucket *bucket = vnode_bucket_of(&vnode->node);
	if (__atomic_load_n(&vnode->is_kept, __ATOMIC_RELAXED))
		return;
	spinlock_acquire(&bucket->lock);
	if (!vnode->is_gone)
		__atomic_store_n(&vnode->is_kept, true, __ATOMIC_RELAXED);
	spinlock_release(&bucket->lock);
}

struct vnode *vnode_next_forget(bool wait, struct vfs_node *out_node, uint64_t *out_count)
{
	/* is_queued still: nobody frees it */
	struct vnode *vnode = forget_queue_pop(wait);
	if (!vnode)
		return NULL;
	struct vnode_bucket *bucket = vnode_bucket_of(&vnode->node);
	spinlock_acquire(&bucket->lock);
	*out_node = vnode->node;
	*out_count = vnode->forgets;
	vnode->forgets = 0;
	spinlock_release(&bucket->lock);
	return vnode;
}

void vnode_end_forget(struct vnode *vnode)
{
	struct vnode_bucket *bucket = vnode_bucket_of(&vnode->node);
	spinlock_acquire(&bucket->lock);
	vnode->is_queued = false;
	/* it may have had another user meanwhile */
	bool is_last = vnode->users == 0 && vnode_leave(vnode);
	spinlock_release(&bucket->lock);
	if (is_last)
		vnode_free(vnode);
	forget_queue_done();
}

/* ---- what vfsd asks ---- */

enum status vfs_drop_content(const struct vfs_node *node)
{
	struct vnode *vnode = vnode_lock(node);
	bool found = vnode && vnode->is_kept, is_last = false;
	if (found) {
		vnode->is_kept = false;
		is_last = vnode->users == 0 && vnode_leave(vnode);
	}
	vnode_unlock(node);
	if (is_last)
		vnode_free(vnode);
	return found ? OK : ERR_NOT_FOUND;
}

static struct vfs_held_node vnode_describe(const struct vnode *vnode, uint64_t cookie)
{
	return (struct vfs_held_node){
	        .volume = vnode->node.volume,
	        .generation = vnode->node.generation,
	        .inode = vnode->node.inode,
	        .holds = vnode->holds,
	        .size = vnode->size,
	        .modify_ns = vnode->modify_ns,
	        .cookie = cookie,
	        .flags = vnode->is_kept ? VFS_HELD_CONTENT : 0,
	};
}

enum { VNODE_COOKIE_BITS = 40 };

/* A cookie is a bucket, and how many of it were told. */
size_t vfs_list_nodes(uint64_t cookie, struct vfs_held_node *out_nodes, size_t capacity)
{
	size_t count = 0;
	uint64_t skip = cookie & ((1ULL << VNODE_COOKIE_BITS) - 1);
	for (size_t i = cookie >> VNODE_COOKIE_BITS; i < VNODE_BUCKETS && count < capacity; i++) {
		struct vnode_bucket *bucket = &vnode_table.buckets[i];
		uint64_t place = 0;
		spinlock_acquire(&bucket->lock);
		list_for_each(link, &bucket->vnodes) {
			const struct vnode *vnode = container_of(link, struct vnode, link);
			if (place++ < skip || count == capacity)
				continue;
			out_nodes[count++] =
			        vnode_describe(vnode, (uint64_t)i << VNODE_COOKIE_BITS | place);
		}
		spinlock_release(&bucket->lock);
		skip = 0;
	}
	return count;
}

/* For the end of the machine: all processes are gone. */
void vfs_drain(void)
{
	struct vfs_node node;
	uint64_t count;
	struct vnode *vnode;
	write_back_drain();
	page_cache_drain();
	while ((vnode = vnode_next_forget(false, &node, &count)))
		vnode_end_forget(vnode);
	for (size_t i = 0; i < VNODE_BUCKETS; i++) {
		struct list *bucket = &vnode_table.buckets[i].vnodes;
		while (!list_empty(bucket)) {
			vnode = container_of(bucket->next, struct vnode, link);
			if (vfs_drop_content(&vnode->node) != OK)
				break; /* something uses it still: the leak check tells */
		}
	}
}
