/* Address spaces: made and unmade, mapped and asked. */
#include "core/api.h"
#include "vm/object/object_pages.h"
#include "vm/pieces.h"
#include <base/cleanup.h>

/* Where rooms are looked for from, down; the range above is for what has its own address. */
#define VM_ROOM_END 0x7f0000000000
/* Rooms begin anywhere in this much below. */
#define VM_ROOM_SPREAD 0x1000000000

enum status vm_range_check(uintptr_t address, size_t size)
{
	bool valid = address % PAGE_SIZE == 0 && size % PAGE_SIZE == 0 && size > 0 &&
	             user_range_holds(address, size);
	return valid ? OK : ERR_INVALID_ARGS;
}

enum status vm_rights_check(unsigned rights)
{
	const unsigned both = MAP_WRITE | MAP_EXECUTE;
	if (rights & ~(MAP_READ | both))
		return ERR_INVALID_ARGS;
	return (rights & both) == both ? ERR_ACCESS_DENIED : OK;
}

enum status vm_space_create(struct memory_account *account, struct vm_space **out_space)
{
	struct vm_space *space = HEAP_NEW(struct vm_space);
	if (!space)
		return ERR_NO_MEMORY;
	enum status status = address_space_create(account, &space->tables);
	if (status != OK) {
		heap_free(space, sizeof *space);
		return status;
	}
	space->tables->owner = space;
	space->account = memory_account_ref(account);
	list_init(&space->dead);
	wait_queue_init(&space->settled);
	region_tree_init(&space->regions, USER_BASE, USER_END, cpu_random());
	space->room_end = VM_ROOM_END - cpu_random() % VM_ROOM_SPREAD / PAGE_SIZE * PAGE_SIZE;
	*out_space = space;
	return OK;
}

void vm_space_destroy(struct vm_space *space)
{
	if (!space)
		return;
	struct vm_pieces pieces;
	vm_pieces_begin(&pieces, space);
	/* whole regions: nothing is cut, so nothing can fail */
	enum status status = vm_pieces_remove(&pieces, USER_BASE, USER_END);
	ASSERT(status == OK);
	vm_pieces_end(&pieces);
	address_space_destroy(space->tables);
	memory_account_unref(space->account);
	heap_free(space, sizeof *space);
}

struct address_space *vm_space_tables(struct vm_space *space)
{
	return space->tables;
}

struct memory_account *vm_space_account(struct vm_space *space)
{
	return space->account;
}

struct vm_space *vm_space_current(void)
{
	const struct address_space *tables = cpu_current()->address_space;
	return tables->owner;
}

static bool vm_request_object_fits(const struct vm_request *request)
{
	if (!request->object)
		return !(request->flags & VM_SHARED) && !request->object_page;
	return !(request->flags & (VM_WIRED | VM_LARGE_PAGES | VM_HUGE_PAGES)) &&
	       request->object_page < VM_OBJECT_PAGES_MAX;
}

static enum status vm_request_check(const struct vm_request *request, unsigned flags)
{
	TRY(vm_range_check(request->address ? request->address : USER_BASE, request->size));
	bool is_crooked = request->flags & VM_HUGE_PAGES &&
	                  (request->address | request->size) % HUGE_PAGE_SIZE != 0;
	if (request->flags & ~flags || is_crooked || !vm_request_object_fits(request))
		return ERR_INVALID_ARGS;
	return vm_rights_check(request->rights);
}

/* Nothing may be mapped in the range. */
static enum status vm_space_check_free(struct vm_space *space, const struct vm_request *request)
{
	struct vm_region *region = vm_region_from(space, request->address);
	bool is_free = !region || region->node.start >= request->address + request->size;
	return is_free ? OK : ERR_EXISTS;
}

static enum status vm_space_place(struct vm_space *space, const struct vm_request *request,
                                  uintptr_t *out_address)
{
	if (request->address) {
		*out_address = request->address;
		return vm_space_check_free(space, request);
	}
	bool large = request->flags & VM_LARGE_PAGES && request->size >= LARGE_PAGE_SIZE;
	bool huge = request->flags & VM_HUGE_PAGES;
	size_t slack = huge ? HUGE_PAGE_SIZE - PAGE_SIZE : large ? LARGE_PAGE_SIZE - PAGE_SIZE : 0;
	uintptr_t start;
	if (!region_tree_find_room(&space->regions, request->size + slack, space->room_end, &start))
		return ERR_NO_MEMORY;
	*out_address = (start + slack) & ~(uintptr_t)slack;
	return OK;
}

enum status vm_space_add(struct vm_space *space, const struct vm_request *request,
                         const struct vm_region *like, uintptr_t *out_start)
{
	struct vm_region *region;
	TRY(vm_space_place(space, request, out_start));
	if (like->mapping)
		like->mapping->start = *out_start;
	TRY(vm_region_create(space, like, *out_start, *out_start + request->size, &region));
	region_tree_insert(&space->regions, &region->node);
	return OK;
}

/* Brings in every page of a new region, or removes it. */
static enum status vm_space_wire(struct vm_pieces *pieces, uintptr_t start, uintptr_t end)
{
	enum status status = OK;
	struct vm_space *space = pieces->space;
	struct vm_region *region = vm_region_at(space, start);
	for (uintptr_t at = start; at < end && status == OK; at += PAGE_SIZE) {
		status = vm_region_fault(space, region, at, PAGE_ACCESS_WRITE);
		vm_pieces_count(pieces, VM_PIECE_COPIED_PAGE);
	}
	if (status != OK)
		/* a whole region: nothing is cut, so nothing can fail */
		(void)vm_pieces_remove(pieces, start, end);
	return status;
}

/* Hopeless requests fail before they take everything for a moment. */
static enum status vm_space_may_wire(struct vm_space *space, size_t size)
{
	if (size / PAGE_SIZE > frames_free_estimate())
		return ERR_NO_MEMORY;
	TRY(memory_charge(space->account, size));
	memory_uncharge(space->account, size);
	return OK;
}

/* Of vm_space_map: what its flags want to be there at once. */
static enum status vm_space_fill(struct vm_pieces *pieces, unsigned flags, uintptr_t start,
                                 uintptr_t end)
{
	if (flags & VM_HUGE_PAGES)
		return vm_pieces_add_huge(pieces, start, end);
	return flags & VM_WIRED ? vm_space_wire(pieces, start, end) : OK;
}

enum status vm_space_map(struct vm_space *space, const struct vm_request *request,
                         uintptr_t *out_address)
{
	TRY(vm_request_check(request, VM_WIRED | VM_LARGE_PAGES | VM_REPLACE | VM_SHARED |
	                                      VM_NEVER_WRITTEN | VM_NEVER_EXECUTED |
	                                      VM_HUGE_PAGES));
	if (request->object)
		return vm_space_map_object(space, request, out_address);
	bool wired = request->flags & VM_WIRED;
	if (wired || request->flags & VM_HUGE_PAGES)
		TRY(vm_space_may_wire(space, request->size));

	uintptr_t start = 0;
	struct vm_pieces pieces;
	vm_pieces_begin(&pieces, space);
	const struct vm_region like = {.rights = request->rights,
	                               .flags = request->flags & VM_REGION_FLAGS};
	enum status status = vm_pieces_clear(&pieces, request);
	if (status == OK)
		status = vm_space_add(space, request, &like, &start);
	if (status == OK)
		status = vm_space_fill(&pieces, request->flags, start, start + request->size);
	if (status == OK)
		vm_space_join_around(space, start, start + request->size);
	vm_pieces_end(&pieces);
	if (status == OK && out_address)
		*out_address = start;
	return status;
}

static enum status vm_space_enter_frames(struct vm_space *space, uintptr_t start,
                                         const struct vm_request *request, paddr_t first)
{
	uint64_t flags = vm_page_flags(request->rights, true) | PAGE_BORROWED | PAGE_FOREIGN;
	for (size_t done = 0; done < request->size; done += PAGE_SIZE)
		TRY(page_table_map(&space->tables->table, start + done, first + done, flags));
	return OK;
}

enum status vm_space_map_frames(struct vm_space *space, const struct vm_request *request,
                                paddr_t first)
{
	TRY(vm_request_check(request, VM_REPLACE));
	if (!request->address || first % PAGE_SIZE)
		return ERR_INVALID_ARGS;

	uintptr_t start;
	struct vm_pieces pieces;
	vm_pieces_begin(&pieces, space);
	const struct vm_region like = {.rights = request->rights, .flags = VM_FRAMES};
	enum status status = vm_pieces_clear(&pieces, request);
	if (status == OK)
		status = vm_space_add(space, request, &like, &start);
	if (status == OK) {
		status = vm_space_enter_frames(space, start, request, first);
		if (status != OK)
			/* a whole region: nothing is cut, so nothing can fail */
			(void)vm_space_remove(space, start, start + request->size);
	}
	vm_pieces_end(&pieces);
	return status;
}

uint64_t vm_space_mapped_bytes(const struct vm_space *space)
{
	return __atomic_load_n(&space->regions.covered, __ATOMIC_RELAXED);
}

uint64_t vm_space_resident_bytes(const struct vm_space *space)
{
	return __atomic_load_n(&space->tables->table.page_count, __ATOMIC_RELAXED) * PAGE_SIZE;
}

uintptr_t vm_space_room_end(const struct vm_space *space)
{
	return space->room_end;
}

bool vm_space_query(struct vm_space *space, uintptr_t address, struct vm_region_view *out_view)
{
	vm_space_lock(space);
	const struct vm_region *region = vm_region_from(space, address);
	const struct vm_mapping *mapping = region ? region->mapping : NULL;
	if (region)
		*out_view = (struct vm_region_view){
		        .start = region->node.start,
		        .end = region->node.end,
		        .rights = region->rights,
		        .flags = region->flags &
		                 (VM_WIRED | VM_LARGE_PAGES | VM_HUGE_PAGES | VM_SHARED),
		        .object = mapping ? mapping->object : NULL,
		        .object_page = mapping ? vm_mapping_index(mapping, region->node.start) : 0,
		        .name = mapping ? mapping->object->name : (struct vm_object_name){},
		};
	vm_space_unlock(space);
	return region;
}
