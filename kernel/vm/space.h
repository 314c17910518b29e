/*
 * An address space and its regions. Private to vm.
 *
 * One lock guards a space, that of its tables; whatever sleeps is done without it, and what was
 * found before is looked up again.
 */
#pragma once

#include "sched/api.h"
#include "vm/api.h"
#include "vm/region_tree.h"

enum {
	VM_FRAMES = 1 << 8, /* region flag: its pages are frames of somebody else, all mapped */
	VM_REGION_FLAGS = VM_WIRED | VM_LARGE_PAGES | VM_HUGE_PAGES | VM_FRAMES | VM_SHARED |
	                  VM_NEVER_WRITTEN | VM_NEVER_EXECUTED,
};

struct vm_mapping;

struct vm_closed {
	uintptr_t start, end;
};

struct vm_region {
	struct region_node node;
	unsigned rights; /* enum map_right */
	unsigned flags; /* VM_REGION_FLAGS */
	struct vm_mapping *mapping; /* NULL: zeroed memory */
};

struct vm_space {
	struct address_space *tables; /* owned */
	struct memory_account *account; /* a reference */
	uintptr_t room_end; /* rooms are looked for below */
	/* guarded by tables->lock */
	struct region_tree regions; /* struct vm_region */
	struct list dead; /* struct vm_mapping without regions; by their space_link */
	bool kept; /* for long work on it (vm/pieces.h) */
	bool copied; /* what is closed is so only for its own threads */
	size_t closed_count; /* not 0 only while it is kept, or the lock is held */
	struct vm_closed closed[2]; /* where its threads' faults wait */
	struct wait_queue settled; /* who waits for the end of such work */
};

static inline struct vm_region *vm_region_of(struct region_node *node)
{
	return node ? container_of(node, struct vm_region, node) : NULL;
}

static inline void vm_space_lock(struct vm_space *space)
{
	spinlock_acquire(&space->tables->lock);
}

void vm_space_unlock_dead(struct vm_space *space);

/* Also takes leave of objects that nothing is mapped of any more: no other lock may be held. */
static inline void vm_space_unlock(struct vm_space *space)
{
	if (__builtin_expect(list_empty(&space->dead), 1))
		spinlock_release(&space->tables->lock);
	else
		vm_space_unlock_dead(space);
}

/* ---- all below: the caller holds the lock ---- */

/* The region that holds address, or NULL. */
struct vm_region *vm_region_at(struct vm_space *space, uintptr_t address);
/* The first region that ends above address, or NULL. */
struct vm_region *vm_region_from(struct vm_space *space, uintptr_t address);
/* Like another one in all but its bounds. Charged. ERR_NO_MEMORY. */
enum status vm_region_create(struct vm_space *space, const struct vm_region *like, uintptr_t start,
                             uintptr_t end, struct vm_region **out_region);
/* Not in the tree any more. Accepts NULL. */
void vm_region_destroy(struct vm_space *space, struct vm_region *region);
/* Makes a region and perhaps a large page end at address. ERR_NO_MEMORY. */
enum status vm_space_cut(struct vm_space *space, uintptr_t address);
/* The same at both ends of a range. Tells the first region in it, or NULL. */
enum status vm_space_cut_out(struct vm_space *space, uintptr_t start, uintptr_t end,
                             struct vm_region **out_first);
/* Makes one region of the one at node and the one after it, if they are alike. */
void vm_region_join(struct vm_space *space, struct vm_region *region);
/* A region like another one where the request wants it; its mapping, if any, begins there. */
enum status vm_space_add(struct vm_space *space, const struct vm_request *request,
                         const struct vm_region *like, uintptr_t *out_start);
/* Joins those at both ends of [start, end) with their neighbours. */
void vm_space_join_around(struct vm_space *space, uintptr_t start, uintptr_t end);
/* Regions and pages. ERR_NO_MEMORY, and then nothing has changed. */
enum status vm_space_remove(struct vm_space *space, uintptr_t start, uintptr_t end);
/* Pages only. */
void vm_space_drop_pages(struct vm_space *space, uintptr_t start, uintptr_t end);
/* For page_table_unmap, with the space as context: frees and uncharges what the space owns. */
void vm_page_released(void *context, uint64_t entry);

/* pieces.c: may a fault of this thread be answered now? */
bool vm_space_admits(const struct vm_space *space, uintptr_t address);
/* Waits until it may; ERR_BAD_ADDRESS: for this thread nothing is mapped there. */
enum status vm_space_await(struct vm_space *space, uintptr_t address);

/* Entry flags of a page with these rights; writable: may it be written at once? */
uint64_t vm_page_flags(unsigned rights, bool writable);
/* Makes an access possible whatever the region's rights are. ERR_NO_MEMORY. */
enum status vm_region_fault(struct vm_space *space, struct vm_region *region, uintptr_t address,
                            enum page_access access);

/* Does the region allow it? ERR_ACCESS_DENIED. */
enum status vm_access_check(const struct vm_region *region, enum page_access access);
/* Can only a page of the region's object answer the access? */
bool vm_region_needs_object(struct vm_space *space, const struct vm_region *region,
                            uintptr_t address, enum page_access access);
/*
 * Answers such a fault, or finds that things have changed: then the access is to be tried again.
 * Gives the lock back. ERR_NO_MEMORY, ERR_IO, or what the pager said. May sleep.
 */
enum status vm_object_fault(struct vm_space *space, const struct vm_region *region,
                            uintptr_t address, enum page_access access);

/* vm_space_map of an object, of a request that was checked. Without the lock. */
enum status vm_space_map_object(struct vm_space *space, const struct vm_request *request,
                                uintptr_t *out_address);

/* Is it a range that may be mapped? ERR_INVALID_ARGS. */
enum status vm_range_check(uintptr_t address, size_t size);
enum status vm_rights_check(unsigned rights);
