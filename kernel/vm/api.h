/*
 * The face of kernel/vm: what lies where in an address space, and memory objects (vm/object.h).
 *
 * Private memory comes with the first touch, is shared after a copy until somebody writes, and is
 * charged to the space's account. Pages of an object belong to the object and its account; a
 * private mapping of it gets a page of its own with the first write. No page is ever writable and
 * executable.
 *
 * Functions here may take long and may sleep: no spinlock may be held. Long work is done in pieces,
 * with interrupts and other threads let in between (vm/pieces.h).
 */
#pragma once

#include "hal/api.h"
#include "mm/api.h"
#include "vm/object/object.h"
#include "vm/object/shared_memory.h"
#include <abi/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vm_space;

/* Upward calls. */
struct vm_ops {
	/*
	 * No frame is left for a page of the space, and files have none to give: ends somebody who
	 * holds much. True: it may be tried again. May sleep; no lock is held.
	 */
	bool (*make_room)(struct vm_space *space);
};

/* Once, before the first fault of a program: answers faults of user copies. Keeps ops. */
void vm_init(const struct vm_ops *ops);
/* Is so little free that files should not take more? */
bool vm_memory_is_low(void);

/* Empty. Charges account, of which it keeps a reference. ERR_NO_MEMORY. */
enum status vm_space_create(struct memory_account *account, struct vm_space **out_space);
/* No CPU may have it loaded, and nobody may use it. Accepts NULL. */
void vm_space_destroy(struct vm_space *space);
/* For threads and activation; lives as long as the space. */
struct address_space *vm_space_tables(struct vm_space *space);
struct memory_account *vm_space_account(struct vm_space *space);
/* The space whose tables this CPU has loaded: for system calls, which always have one. */
struct vm_space *vm_space_current(void);

enum vm_flag {
	VM_WIRED = 1 << 0, /* every page is there from the start */
	VM_LARGE_PAGES = 1 << 1, /* LARGE_PAGE_SIZE pages wherever one fits */
	VM_REPLACE = 1 << 2, /* in a request only: what is mapped there goes */
	VM_SHARED = 1 << 3, /* needs an object: writes go to it, not to a copy */
	VM_NEVER_WRITTEN = 1 << 4, /* vm_space_protect may not make it writable */
	VM_NEVER_EXECUTED = 1 << 6, /* the same for executable */
	VM_HUGE_PAGES = 1 << 5, /* HUGE_PAGE_SIZE pages, all there from the start */
};

struct vm_request {
	uintptr_t address; /* 0: where there is room, from the top down */
	size_t size;
	unsigned rights; /* enum map_right; 0: no access, as for a guard */
	unsigned flags; /* enum vm_flag */
	struct vm_object *object; /* gets a reference of its own; NULL: zeroed memory */
	uint64_t object_page; /* page of the object at address */
};

/*
 * All of these: addresses and sizes are multiples of PAGE_SIZE inside the user range, size > 0,
 * and rights and flags are known, else ERR_INVALID_ARGS. MAP_WRITE with MAP_EXECUTE:
 * ERR_ACCESS_DENIED. ERR_NO_MEMORY also over the account's limit. On failure nothing has changed,
 * except that with VM_REPLACE what was mapped may be gone.
 */

/*
 * Zeroed memory, or pages of an object, which can't be wired. ERR_EXISTS when anything is mapped
 * there; ERR_NO_MEMORY also when there is no room. out_address may be NULL. Huge pages: address and
 * size are multiples of theirs, else ERR_INVALID_ARGS; ERR_NO_MEMORY also when the CPU has none, or
 * there is no piece of memory large enough.
 */
enum status vm_space_map(struct vm_space *space, const struct vm_request *request,
                         uintptr_t *out_address);
/* Frames of somebody else, which outlive the mapping and every copy of it. Needs an address. */
enum status vm_space_map_frames(struct vm_space *space, const struct vm_request *request,
                                paddr_t first);
/* ERR_BAD_ADDRESS when a part of the range is not mapped. */
enum status vm_space_protect(struct vm_space *space, uintptr_t address, size_t size,
                             unsigned rights);
/* Holes are fine. */
enum status vm_space_unmap(struct vm_space *space, uintptr_t address, size_t size);
/* Private memory of the range is zero again, and its frames are free. Holes are fine. */
enum status vm_space_discard(struct vm_space *space, uintptr_t address, size_t size);

struct vm_move {
	uintptr_t from;
	size_t from_size; /* all of it in one region */
	uintptr_t to; /* 0: where there is room */
	size_t to_size; /* at least from_size */
	bool replaces; /* what is mapped at to goes, even if the move then fails */
};

/*
 * Maps more of the same right behind from_size, up to to_size; `to` does not count. ERR_EXISTS:
 * there is no room; ERR_BAD_ADDRESS: not one region; ERR_INVALID_ARGS: wired, or frames of
 * somebody else.
 */
enum status vm_space_grow(struct vm_space *space, const struct vm_move *move);
/*
 * The same in another place, with its pages; the two must not overlap. ERR_EXISTS when anything is
 * mapped there; otherwise as vm_space_grow.
 */
enum status vm_space_move(struct vm_space *space, const struct vm_move *move,
                          uintptr_t *out_address);
/*
 * Brings in every page of the range, for writing where the program may write. Holes and what
 * nobody may read are left out. ERR_NO_MEMORY, or what a pager said: then some pages are in.
 */
enum status vm_space_populate(struct vm_space *space, uintptr_t address, size_t size);
/*
 * A byte for each page: is it there without asking a pager? For few pages at a time.
 * ERR_BAD_ADDRESS: a part is a hole.
 */
enum status vm_space_residency(struct vm_space *space, uintptr_t address, size_t pages,
                               uint8_t *out_present);
/*
 * Writes into private memory, for the program loader: zeroed memory whatever its rights are, pages
 * of an object where they may be written. ERR_BAD_ADDRESS, ERR_ACCESS_DENIED, ERR_IO.
 */
enum status vm_space_write(struct vm_space *space, uintptr_t address, const void *src, size_t len);

/*
 * Reads what is there of memory that may be read, without bringing anything in, and so without
 * waiting: spinlocks above those of vm may be held. The bytes up to the first page that is missing.
 */
size_t vm_space_peek(struct vm_space *space, uintptr_t address, void *dst, size_t len);
/*
 * Makes one access possible. ERR_BAD_ADDRESS: nothing is mapped there; ERR_ACCESS_DENIED: not for
 * this access; ERR_NO_MEMORY; ERR_IO: behind the end of the object, or what its pager said.
 */
enum status vm_space_fault(struct vm_space *space, uintptr_t address, enum page_access access);

/*
 * A copy for a new process, charged to account in full: private memory is shared until one of the
 * two writes, wired memory is copied now. ERR_NO_MEMORY.
 */
enum status vm_space_duplicate(struct vm_space *space, struct memory_account *account,
                               struct vm_space **out_copy);

/* Of all regions together, touched or not; without a lock. */
uint64_t vm_space_mapped_bytes(const struct vm_space *space);
/* Of what it has in its tables: its own, and what it shares with files and others. */
uint64_t vm_space_resident_bytes(const struct vm_space *space);
/* Rooms are looked for below. */
uintptr_t vm_space_room_end(const struct vm_space *space);

struct vm_region_view {
	uintptr_t start;
	uintptr_t end; /* exclusive */
	unsigned rights;
	unsigned flags;
	const void *object; /* only to compare; NULL: zeroed memory */
	uint64_t object_page;
	struct vm_object_name name;
};

/* The region that holds address, or the next above. False: none. */
bool vm_space_query(struct vm_space *space, uintptr_t address, struct vm_region_view *out_view);
