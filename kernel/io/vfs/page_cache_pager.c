/* Pages that come from vfsd, and which files keep theirs after their last user. */
#include "core/api.h"
#include "io/vfs/page_cache.h"
#include "io/vfs/vfs.h"
#include "io/vfs/vnode/vnode.h"
#include <base/cleanup.h>

enum { PAGE_CACHE_REMEMBERED = 64 };

static void page_cache_page_in(void *context, struct vm_object *object, uint64_t index,
                               paddr_t frame)
{
	const struct vnode *vnode = context;
	/* nobody has written there yet, or only the kernel knows of it */
	if (vnode->content == VFS_CONTENT_STORED &&
	    index * PAGE_SIZE >= __atomic_load_n(&vnode->stored_size, __ATOMIC_RELAXED)) {
		vm_object_ready(object, index, OK);
		return;
	}
	struct vfs_call call = {
	        .operation = VFS_PAGE_IN,
	        .request = {.start = vnode->node, .offset = index * PAGE_SIZE, .size = PAGE_SIZE},
	        .bytes = direct_map(frame),
	        .capacity = PAGE_SIZE,
	        /* whoever waits for the page beside the caller has not been interrupted */
	        .patience = IPC_UNTIL_END,
	};
	vm_object_ready(object, index, vfs_call(&call));
}

static void page_cache_release(void *context)
{
	struct vnode *vnode = context;
	heap_free(vnode, sizeof *vnode);
}

static void page_cache_mapped(void *context)
{
	(void)vnode_ref(context);
}

static void page_cache_unmapped(void *context)
{
	vnode_unref(context);
}

/* Somebody stores through a mapping: as when he writes. */
static void page_cache_written(void *context)
{
	struct vnode *vnode = context;
	int64_t now = (int64_t)clock_real_ns();
	__atomic_store_n(&vnode->modify_ns, now, __ATOMIC_RELAXED);
	__atomic_store_n(&vnode->change_ns, now, __ATOMIC_RELAXED);
}

static const struct vm_pager page_cache_pager = {
        .fill = page_cache_page_in,
        .release = page_cache_release,
        .mapped = page_cache_mapped,
        .unmapped = page_cache_unmapped,
};

enum status page_cache_create(struct vnode *vnode)
{
	const struct vfs_node *node = &vnode->node;
	struct vm_object_request request = {
	        .page_count = vnode->size / PAGE_SIZE + (vnode->size % PAGE_SIZE != 0),
	        .context = vnode,
	        .written = page_cache_written,
	        .name = {node->volume, node->generation, node->inode},
	};
	if (vnode->content == VFS_CONTENT_KERNEL) {
		/* what vfsd says is what it was told: there are no bytes yet */
		vnode->size = request.page_count = 0;
		request.account = vnode_account();
	} else if (vnode->content == VFS_CONTENT_PAGED || vnode->content == VFS_CONTENT_STORED) {
		request.pager = &page_cache_pager;
		request.account = vnode_cache_account();
	} else {
		return OK;
	}
	return vm_object_create(&request, &vnode->pages);
}

/* The latest ones; a user each. */
struct page_cache_memory {
	struct spinlock lock;
	/* guarded by lock */
	struct vnode *vnodes[PAGE_CACHE_REMEMBERED];
	size_t next;
};

static struct page_cache_memory page_cache_memory = {.lock = SPINLOCK_INIT(LOCK_FILE)};

/* Takes a user of vnode. The one that had the place comes out, or NULL. */
static struct vnode *page_cache_replace(struct vnode *vnode, size_t place)
{
	struct vnode *old = page_cache_memory.vnodes[place];
	page_cache_memory.vnodes[place] = vnode;
	return old;
}

void page_cache_remember(struct vnode *vnode)
{
	struct vnode *old = vnode_ref(vnode);
	bool known = false;
	spinlock_acquire(&page_cache_memory.lock);
	for (size_t i = 0; i < PAGE_CACHE_REMEMBERED && !known; i++)
		known = page_cache_memory.vnodes[i] == vnode;
	if (!known) {
		old = page_cache_replace(vnode, page_cache_memory.next);
		page_cache_memory.next = (page_cache_memory.next + 1) % PAGE_CACHE_REMEMBERED;
	}
	spinlock_release(&page_cache_memory.lock);
	vnode_unref(old);
}

void page_cache_drain(void)
{
	for (size_t i = 0; i < PAGE_CACHE_REMEMBERED; i++) {
		spinlock_acquire(&page_cache_memory.lock);
		struct vnode *old = page_cache_replace(NULL, i);
		spinlock_release(&page_cache_memory.lock);
		vnode_unref(old);
	}
}
