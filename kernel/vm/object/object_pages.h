/*
 * The inside of a memory object, and what maps it. Private to vm.
 *
 * Order of locks: object, then space. Whoever holds a space must give it back before he takes an
 * object, and look again afterwards.
 */
#pragma once

#include "sched/api.h"
#include "vm/object/object.h"
#include "vm/object/page_index.h"
#include "vm/space.h"

/* The word of a page: a frame with these, or a struct vm_fill with VM_PAGE_FILLING. */
enum vm_page_bit {
	VM_PAGE_PRESENT = 1 << 0,
	VM_PAGE_DIRTY = 1 << 1,
	VM_PAGE_FILLING = 1 << 2,
	VM_PAGE_LEAVING = 1 << 3, /* cleaned, and perhaps not yet where it is written back to */
};

enum { VM_OBJECT_PIECE = 256 }; /* pages dropped before interrupts and others are let in */

#define VM_PAGE_FRAME (~(uint64_t)(PAGE_SIZE - 1))

struct vm_object {
	uint64_t references; /* atomic */
	/* constant */
	const struct vm_pager *pager;
	void *context;
	struct vm_object_name name;
	struct memory_account *account; /* a reference */

	struct spinlock lock;
	/* guarded by lock */
	void (*written)(void *context);
	struct page_index pages;
	uint64_t page_count;
	uint64_t present;
	uint64_t dirty;
	struct list mappings; /* struct vm_mapping */
	struct wait_queue filled; /* threads that wait for any page */
	uint64_t reclaim_at; /* the next page to be taken when memory is low */

	struct list paged_link; /* of reclaim.c, if there is a pager */
};

/*
 * What was mapped by one request, as long as a region of it is left. Page p of the object lies at
 * start + (p - first_page) * PAGE_SIZE, if the region there is still of this mapping.
 */
struct vm_mapping {
	struct list link; /* guarded by the object's lock */
	/* constant once it is linked */
	struct vm_object *object; /* a reference */
	struct vm_space *space;
	uintptr_t start;
	uint64_t first_page;
	uint64_t page_count;

	/* guarded by the space's lock */
	size_t regions;
	struct list space_link; /* in the space's dead ones */
};

static inline uint64_t vm_mapping_index(const struct vm_mapping *mapping, uintptr_t page)
{
	return mapping->first_page + (page - mapping->start) / PAGE_SIZE;
}

/*
 * Brings a page in. On OK the object's lock is held, and *out_word is the page's word. ERR_IO,
 * ERR_NO_MEMORY, or what the pager said. May sleep.
 */
enum status vm_object_hold(struct vm_object *object, uint64_t index, uint64_t **out_word);
/* Notes a write. The caller holds the lock. */
void vm_object_touch(struct vm_object *object, uint64_t *word);

/* No region yet, and not known to the object. ERR_NO_MEMORY. */
enum status vm_mapping_create(const struct vm_mapping *like, struct vm_mapping **out_mapping);
/* Makes the object know it: before any page of it can be mapped. No lock held. */
void vm_mapping_link(struct vm_mapping *mapping);
/* No region may be left. No lock held. Accepts NULL. */
void vm_mapping_destroy(struct vm_mapping *mapping);

/* ---- the caller holds the object's lock ---- */

/* Takes a page out of every space. */
void vm_object_unmap_page(struct vm_object *object, uint64_t index);
/* Takes the right to write it. */
void vm_object_protect_page(struct vm_object *object, uint64_t index);
/*
 * Drops pages [index, end) everywhere, in pieces: the lock is given back in between. No other one
 * may be held.
 */
void vm_object_cut(struct vm_object *object, uint64_t index, uint64_t end);
/* The page is mapped nowhere any more. */
void vm_object_drop(struct vm_object *object, uint64_t index, uint64_t word);

/* ---- reclaim.c; no lock may be held ---- */

/* An object with a pager, from its creation to the end of its last reference. */
void vm_paged_add(struct vm_object *object);
void vm_paged_remove(struct vm_object *object);
/* When memory is low takes some pages back. True: what failed may be tried again. */
bool vm_relieve(void);
