/* Mappings that grow, or move with their pages. */
#include "core/api.h"
#include "vm/object_pages.h"
#include <base/cleanup.h>

/*
 * What would map the same again behind the end of the range at from, or in its place. The request
 * holds a reference to its object. The range must lie in one region.
 */
static enum status vm_request_again(struct vm_space *space, const struct vm_move *move,
                                    struct vm_request *out_request)
{
	enum status status = ERR_BAD_ADDRESS;
	vm_space_lock(space);
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
	vm_space_unlock(space);
	return status;
}

enum status vm_space_grow(struct vm_space *space, const struct vm_move *move)
{
	struct vm_request request;
	uintptr_t end = move->from + move->from_size;
	TRY(vm_request_again(space, move, &request));
	request.address = end;
	request.size = move->to_size - move->from_size;
	if (request.object)
		request.object_page += move->from_size / PAGE_SIZE;
	request.flags &= ~(unsigned)VM_REPLACE;
	enum status status = user_range_holds(end, request.size)
	                             ? vm_space_map(space, &request, NULL)
	                             : ERR_EXISTS;
	if (request.object)
		vm_object_unref(request.object);
	return status;
}

struct vm_move_job {
	struct vm_space *space;
	uintptr_t from, to;
	unsigned rights;
};

/* The page is mapped in both places until all of them are. */
static enum status vm_move_page(void *context, uint64_t *entry, uintptr_t address, unsigned)
{
	const struct vm_move_job *job = context;
	/* the object has it */
	if (*entry & PAGE_BORROWED)
		return OK;
	return page_table_map(&job->space->tables->table, job->to + (address - job->from),
	                      *entry & PAGE_ADDRESS_MASK,
	                      vm_page_flags(job->rights, *entry & PAGE_WRITABLE));
}

static enum status vm_move_pages(struct vm_move_job *job, size_t size)
{
	struct page_table *table = &job->space->tables->table;
	uintptr_t end = job->from + size;
	uintptr_t large = job->from & ~(uintptr_t)(LARGE_PAGE_SIZE - 1);
	for (; large < end; large += LARGE_PAGE_SIZE)
		TRY(page_table_split(table, large));
	enum status status = page_table_visit(table, job->from, end, vm_move_page, job);
	/* what is left in the other place are the same frames, or borrowed ones */
	if (status == OK)
		page_table_unmap(table, job->from, end, NULL, NULL);
	else
		page_table_unmap(table, job->to, job->to + size, NULL, NULL);
	return status;
}

/* Is the region still what the request was made of? */
static bool vm_request_is_current(struct vm_space *space, const struct vm_move *move,
                                  const struct vm_request *request)
{
	const struct vm_region *region = vm_region_at(space, move->from);
	return region && region->node.end - move->from >= move->from_size &&
	       region->rights == request->rights &&
	       (region->mapping ? region->mapping->object : NULL) == request->object;
}

/* Both ends of the range are ends of regions. The caller holds the locks, as below. */
static enum status vm_space_move_cut(struct vm_space *space, const struct vm_move *move,
                                     const struct vm_request *request, const struct vm_region *like,
                                     uintptr_t *out_start)
{
	TRY(vm_space_add(space, request, like, out_start));
	if (like->mapping)
		list_push_back(&request->object->mappings, &like->mapping->link);
	struct vm_move_job job = {space, move->from, *out_start, request->rights};
	enum status status = vm_move_pages(&job, move->from_size);
	uintptr_t leaves = status == OK ? move->from : *out_start;
	/* whole regions: nothing is cut, so nothing can fail */
	(void)vm_space_remove(space, leaves,
	                      leaves + (status == OK ? move->from_size : request->size));
	return status;
}

/* The caller holds the lock, and the object's if there is one. */
static enum status vm_space_move_locked(struct vm_space *space, const struct vm_move *move,
                                        const struct vm_request *request,
                                        const struct vm_region *like, uintptr_t *out_start)
{
	uintptr_t end = move->from + move->from_size;
	if (!vm_request_is_current(space, move, request))
		return ERR_TRY_AGAIN;
	enum status status = vm_space_cut(space, move->from);
	if (status == OK)
		status = vm_space_cut(space, end);
	if (status == OK)
		status = vm_space_move_cut(space, move, request, like, out_start);
	uintptr_t start = status == OK ? *out_start : move->from;
	size_t size = status == OK ? request->size : move->from_size;
	vm_space_join_around(space, start, start + size);
	return status;
}

static enum status vm_space_move_request(struct vm_space *space, const struct vm_move *move,
                                         const struct vm_request *request, uintptr_t *out_start)
{
	struct vm_region like = {.rights = request->rights,
	                         .flags = request->flags & VM_REGION_FLAGS};
	const struct vm_mapping of = {
	        .object = request->object,
	        .space = space,
	        .first_page = request->object_page,
	        .page_count = request->size / PAGE_SIZE,
	};
	if (request->object) {
		TRY(vm_mapping_create(&of, &like.mapping));
		spinlock_acquire(&request->object->lock);
	}
	vm_space_lock(space);
	enum status status = vm_space_move_locked(space, move, request, &like, out_start);
	/* one that had regions goes with the last of them */
	bool is_used =
	        like.mapping && (like.mapping->regions || !list_empty(&like.mapping->space_link));
	/* not vm_space_unlock, which takes leave of objects: the lock of one may be held */
	spinlock_release(&space->tables->lock);
	if (request->object)
		spinlock_release(&request->object->lock);
	vm_space_lock(space);
	vm_space_unlock(space);
	if (!is_used)
		vm_mapping_destroy(like.mapping);
	return status;
}

enum status vm_space_move(struct vm_space *space, const struct vm_move *move,
                          uintptr_t *out_address)
{
	struct vm_request request;
	TRY(vm_range_check(move->from, move->from_size));
	TRY(vm_range_check(move->to ? move->to : USER_BASE, move->to_size));
	bool overlaps = move->to && move->from < move->to + move->to_size &&
	                move->to < move->from + move->from_size;
	if (overlaps || move->to_size < move->from_size)
		return ERR_INVALID_ARGS;
	TRY(vm_request_again(space, move, &request));
	enum status status = vm_space_move_request(space, move, &request, out_address);
	if (request.object)
		vm_object_unref(request.object);
	return status;
}
