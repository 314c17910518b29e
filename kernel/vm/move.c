/* Mappings that grow, or move with their pages. */
#include "core/api.h"
#include "vm/object/object_pages.h"
#include "vm/pieces.h"
#include <base/cleanup.h>

/*
 * What would map the same again behind the end of the range at from, or in its place. The request
 * holds a reference to its object. The range must lie in one region. The caller holds the lock.
 */
static enum status vm_request_again(struct vm_space *space, const struct vm_move *move,
                                    struct vm_request *out_request)
{
	enum status status = ERR_BAD_ADDRESS;
	const struct vm_region *region = vm_region_at(space, move->from);
	if (region && region->node.end - move->from >= move->from_size)
		status = region->flags & (VM_WIRED | VM_FRAMES) ? ERR_INVALID_ARGS : OK;
	if (status == OK) {
		const struct vm_mapping *mapping = region->mapping;
		*out_request = (struct vm_request){
		        .address = move->to,
		        .size = move->to_size,
		        .rights = region->rights,
		        .flags = region->flags | (move->replaces ? VM_REPLACE : 0),
		        .object = mapping ? vm_object_ref(mapping->object) : NULL,
		        .object_page = mapping ? vm_mapping_index(mapping, move->from) : 0,
		};
	}
	return status;
}

enum status vm_space_grow(struct vm_space *space, const struct vm_move *move)
{
	struct vm_request request;
	uintptr_t end = move->from + move->from_size;
	vm_space_lock(space);
	enum status status = vm_request_again(space, move, &request);
	vm_space_unlock(space);
	if (status != OK)
		return status;
	request.address = end;
	request.size = move->to_size - move->from_size;
	if (request.object)
		request.object_page += move->from_size / PAGE_SIZE;
	request.flags &= ~(unsigned)VM_REPLACE;
	status = user_range_holds(end, request.size) ? vm_space_map(space, &request, NULL)
	                                             : ERR_EXISTS;
	if (request.object)
		vm_object_unref(request.object);
	return status;
}

struct vm_move_job {
	struct vm_pieces pieces;
	const struct vm_request *request; /* of the new place */
	uintptr_t from, to;
	size_t size; /* of what moves */
};

/* The page is mapped in both places until all of them are. */
static enum status vm_move_page(void *context, uint64_t *entry, uintptr_t address, unsigned)
{
	const struct vm_move_job *job = context;
	/* the object has it */
	if (*entry & PAGE_BORROWED)
		return OK;
	return page_table_map(&job->pieces.space->tables->table, job->to + (address - job->from),
	                      *entry & PAGE_ADDRESS_MASK,
	                      vm_page_flags(job->request->rights, *entry & PAGE_WRITABLE));
}

/* What is left in the other place are the same frames, or borrowed ones. */
static void vm_move_forget(struct vm_move_job *job, uintptr_t start)
{
	struct page_table *table = &job->pieces.space->tables->table;
	uintptr_t end = start + job->size;
	while (start < end) {
		struct page_unmap request = {.start = start, .end = end, .pages = job->pieces.left};
		start = page_table_unmap_some(table, &request);
		job->pieces.left = request.pages;
		vm_pieces_count(&job->pieces, 1);
	}
}

/* Into the region that is there now; on failure that one goes. */
static enum status vm_move_pages(struct vm_move_job *job)
{
	struct vm_pieces *pieces = &job->pieces;
	struct vm_visit visit = {
	        .start = job->from,
	        .end = job->from + job->size,
	        .visitor = vm_move_page,
	        .context = job,
	        .splits = true,
	};
	vm_pieces_close(pieces, job->to, job->to + job->request->size);
	enum status status = vm_pieces_visit(pieces, &visit);
	uintptr_t leaves = status == OK ? job->from : job->to;
	size_t size = status == OK ? job->size : job->request->size;
	vm_move_forget(job, leaves);
	/* whole regions: nothing is cut, so nothing can fail */
	(void)vm_pieces_remove(pieces, leaves, leaves + size);
	return status;
}

/* The new place is there, and empty. A mapping that it has no region of is destroyed. */
static enum status vm_move_place(struct vm_move_job *job)
{
	struct vm_space *space = job->pieces.space;
	const struct vm_request *request = job->request;
	const struct vm_region like = {.rights = request->rights,
	                               .flags = request->flags & VM_REGION_FLAGS};
	if (!request->object)
		return vm_space_add(space, request, &like, &job->to);
	const struct vm_mapping of = {
	        .object = request->object,
	        .space = space,
	        .first_page = request->object_page,
	        .page_count = request->size / PAGE_SIZE,
	};
	struct vm_mapping *mapping;
	TRY(vm_mapping_create(&of, &mapping));
	enum status status = vm_pieces_add_object(&job->pieces, request, mapping, &job->to);
	if (status != OK)
		/* no region holds it: it goes with the lock */
		list_push_back(&space->dead, &mapping->space_link);
	return status;
}

static enum status vm_move_all(struct vm_move_job *job)
{
	struct vm_space *space = job->pieces.space;
	const struct vm_request *request = job->request;
	struct vm_region *region;
	TRY(vm_space_cut_out(space, job->from, job->from + job->size, &region));
	vm_pieces_close(&job->pieces, job->from, job->from + job->size);
	enum status status = vm_pieces_clear(&job->pieces, request);
	if (status == OK)
		status = vm_move_place(job);
	if (status == OK)
		status = vm_move_pages(job);
	uintptr_t start = status == OK ? job->to : job->from;
	vm_space_join_around(space, start, start + (status == OK ? request->size : job->size));
	return status;
}

enum status vm_space_move(struct vm_space *space, const struct vm_move *move,
                          uintptr_t *out_address)
{
	struct vm_request request = {};
	struct vm_move_job job = {.request = &request, .from = move->from, .size = move->from_size};
	TRY(vm_range_check(move->from, move->from_size));
	TRY(vm_range_check(move->to ? move->to : USER_BASE, move->to_size));
	bool overlaps = move->to && move->from < move->to + move->to_size &&
	                move->to < move->from + move->from_size;
	if (overlaps || move->to_size < move->from_size)
		return ERR_INVALID_ARGS;
	vm_pieces_begin(&job.pieces, space);
	enum status status = vm_request_again(space, move, &request);
	if (status == OK)
		status = vm_move_all(&job);
	vm_pieces_end(&job.pieces);
	if (status == OK)
		*out_address = job.to;
	if (request.object)
		vm_object_unref(request.object);
	return status;
}
