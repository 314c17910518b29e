/*
 * Memory objects: sets of pages found by index, perhaps filled by a pager. The page cache and
 * shared memory are made of them. Included by vm/api.h.
 */
#pragma once

#include "mm/api.h"

struct vm_object;

/*
 * Where an object's pages come from. Without a pager new pages are zero.
 * Calls come from any thread, for several pages at once, without any lock.
 */
struct vm_pager {
	/*
	 * Fill the zeroed frame with the page's contents, and say vm_object_ready then or from
	 * within, also when that fails. The frame is the pager's until then.
	 */
	void (*fill)(void *context, struct vm_object *object, uint64_t index, paddr_t frame);
	/* The object is gone; dirty pages that nobody took are lost. May be NULL. */
	void (*release)(void *context);
	/* A mapping of the object begins, or has ended. Called with locks of vm held; both or
	 * neither may be NULL. */
	void (*mapped)(void *context);
	void (*unmapped)(void *context);
};

/* The file that an object is the pages of, as vfsd knows it; all 0: of none. */
struct vm_object_name {
	uint32_t volume, generation;
	uint64_t inode;
};

struct vm_object_request {
	uint64_t page_count; /* pages [0, page_count) exist; at most VM_OBJECT_PAGES_MAX */
	const struct vm_pager *pager; /* NULL: anonymous; lives for ever */
	void *context; /* of the pager and of written */
	/* A page was made writable through a mapping for all. Called with locks of vm held; may be
	 * NULL. */
	void (*written)(void *context);
	struct vm_object_name name;
	struct memory_account *account; /* pays for the pages; NULL: the kernel */
};

#define VM_OBJECT_PAGES_MAX ((uint64_t)1 << 51)

/* With one reference, the caller's. ERR_INVALID_ARGS: too many pages; ERR_NO_MEMORY. */
enum status vm_object_create(const struct vm_object_request *request,
                             struct vm_object **out_object);
struct vm_object *vm_object_ref(struct vm_object *object);
/* Accepts NULL. The last one drops all pages, in pieces: no lock may be held then. */
void vm_object_unref(struct vm_object *object);

/* Whoever was told of writing is no more. */
void vm_object_disown(struct vm_object *object);

/* The pager's answer to fill. status is told to whoever waits; not OK: the page is not there. */
void vm_object_ready(struct vm_object *object, uint64_t index, enum status status);

/*
 * Copies between the object and kernel memory, bringing pages in; a write makes them dirty.
 * ERR_IO: behind the end, or what the pager said; ERR_NO_MEMORY. A part may have been copied.
 */
enum status vm_object_read(struct vm_object *object, uint64_t offset, void *dst, size_t len);
enum status vm_object_write(struct vm_object *object, uint64_t offset, const void *src, size_t len);

/*
 * One page's frame, brought in, with a share of it that the caller gives back (frame_release):
 * bytes can be copied without a lock. Becomes dirty when writes. ERR_NOT_FOUND: the object has no
 * pager, the page was never written, and it is not to be; otherwise as above.
 */
enum status vm_object_pin(struct vm_object *object, uint64_t index, bool writes,
                          paddr_t *out_frame);

/* Pages of an object with a pager are dirty from a write until they are cleaned. */

/* Lowest dirty page at or above *index. False: none. */
bool vm_object_next_dirty(struct vm_object *object, uint64_t *index);
/*
 * Copies a dirty page out for writing it back, and makes it clean: from now on the next write
 * through any mapping is seen. ERR_NOT_FOUND: not there or not dirty.
 */
enum status vm_object_clean(struct vm_object *object, uint64_t index, void *out_page);
/*
 * What was copied out is where the pager would find it. Until then the page is not taken back when
 * memory is low: who read it again would get what was there before.
 */
void vm_object_stored(struct vm_object *object, uint64_t index);
/* What was cleaned and could not be written is dirty again, if it is there. */
void vm_object_soil(struct vm_object *object, uint64_t index);
/* Drops a clean page everywhere. ERR_BUSY: dirty, being filled, or no pager has it. ERR_NOT_FOUND.
 */
enum status vm_object_evict(struct vm_object *object, uint64_t index);
/*
 * Drops up to so many clean pages of all objects with a pager, in turn; how many. No lock may be
 * held.
 */
uint64_t vm_reclaim(uint64_t wanted);
/*
 * Pages behind the new end are dropped everywhere, dirty or not, in pieces. Private copies stay.
 * Callers serialise; no lock may be held.
 */
enum status vm_object_resize(struct vm_object *object, uint64_t page_count);
/* Lowest page at or above *index that is there, or being filled. False: none. */
bool vm_object_next_present(struct vm_object *object, uint64_t *index);
/* Of an object without a pager: pages [first, end) read as zero again, and their frames are free.
 */
void vm_object_discard(struct vm_object *object, uint64_t first, uint64_t end);

struct vm_object_usage {
	uint64_t page_count; /* size */
	uint64_t present; /* pages in memory */
	uint64_t dirty;
};

struct vm_object_usage vm_object_usage(struct vm_object *object);
