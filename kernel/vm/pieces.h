/*
 * Long work on a space, in pieces. Private to vm.
 *
 * Between two pieces the lock is given back, interrupts and other threads are let in, and the space
 * is kept: who else wants to change what is mapped waits. Faults go on, but for what is closed:
 * there the space's own threads wait for the end, so that they see what was or what will be, and
 * others, who have no time for that, are told that nothing is mapped. While a space is copied all
 * of it is closed to its own threads, so that the copy is how things were at one moment; others may
 * go on.
 */
#pragma once

#include "vm/space.h"

enum {
	VM_PIECE_PAGES = 1024, /* or what takes as long */
	VM_PIECE_COPIED_PAGE = 16, /* to copy or zero a page is as much as to look at so many */
};

struct vm_pieces {
	struct vm_space *space;
	size_t left; /* of this piece, in pages */
	uintptr_t lost_start,
	        lost_end; /* where entries allow less; told before anybody is let in */
};

/* Takes the lock once nobody else keeps the space. May sleep. */
void vm_pieces_begin(struct vm_pieces *pieces, struct vm_space *space);
/* Gives the lock back, and the space. */
void vm_pieces_end(struct vm_pieces *pieces);

/* ---- between the two, with the lock ---- */

/* The space is kept from now on, also without the lock. */
void vm_pieces_keep(struct vm_pieces *pieces);
/* The end of a piece: gives the lock back, lets others in, and takes it again. */
void vm_pieces_rest(struct vm_pieces *pieces);
/* Work was done; rests if it was enough. */
void vm_pieces_count(struct vm_pieces *pieces, size_t pages);
/* At most two of these; until the end. */
void vm_pieces_close(struct vm_pieces *pieces, uintptr_t start, uintptr_t end);
/* CPUs may remember more than what [start, end) allows now. */
void vm_pieces_lose(struct vm_pieces *pieces, uintptr_t start, uintptr_t end);
/*
 * Makes pages that are too large to be freed in one piece smaller; without memory for that they
 * stay.
 */
void vm_pieces_crumble(struct vm_pieces *pieces, const struct vm_region *region);
/* Drops the pages of a range in which no large page is cut. */
void vm_pieces_drop(struct vm_pieces *pieces, uintptr_t start, uintptr_t end);
/* Closes the range, and removes its regions and pages. ERR_NO_MEMORY: nothing has changed. */
enum status vm_pieces_remove(struct vm_pieces *pieces, uintptr_t start, uintptr_t end);
/* What a request with VM_REPLACE finds in its place goes. ERR_NO_MEMORY. */
enum status vm_pieces_clear(struct vm_pieces *pieces, const struct vm_request *request);

/*
 * vm_space_add of a mapping, which belongs to the region then. The space is kept, and its lock
 * given back for a moment.
 */
enum status vm_pieces_add_object(struct vm_pieces *pieces, const struct vm_request *request,
                                 struct vm_mapping *mapping, uintptr_t *out_start);

/*
 * Brings in the huge pages of a new region, zeroed; on failure the region goes. The space is kept,
 * and its lock given back meanwhile. ERR_NO_MEMORY.
 */
enum status vm_pieces_add_huge(struct vm_pieces *pieces, uintptr_t start, uintptr_t end);

struct vm_visit {
	uintptr_t start, end;
	page_visitor *visitor; /* not ERR_TRY_AGAIN */
	void *context;
	bool splits; /* large pages into small ones first */
	/* while it runs */
	struct vm_pieces *pieces;
	bool stopped_at_large;
};

/* page_table_visit. ERR_NO_MEMORY, or what the visitor said. */
enum status vm_pieces_visit(struct vm_pieces *pieces, struct vm_visit *visit);
