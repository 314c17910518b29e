/*
 * Copies of address spaces: pages are shared, and neither side may write them before it has its
 * own. Regions and pages are copied piece by piece; no region changes meanwhile.
 */
#include "core/api.h"
#include "vm/object/object_pages.h"
#include "vm/pieces.h"
#include <base/cleanup.h>
#include <string.h>

struct vm_duplicate {
	struct vm_pieces pieces; /* of the space that is copied */
	struct vm_space *to; /* nobody else knows it yet: used without its lock */
	const struct vm_region *region; /* of to */
};

/* The piece ends with the next page if that was enough. */
static void vm_duplicate_spend(struct vm_duplicate *job, size_t pages)
{
	job->pieces.left -= pages < job->pieces.left ? pages : job->pieces.left;
}

/* The copy of one page that is from's own. */
static enum status vm_duplicate_frame(struct vm_duplicate *job, uint64_t *entry, uintptr_t address,
                                      paddr_t *out_frame)
{
	paddr_t frame = *entry & PAGE_ADDRESS_MASK;
	if (job->region->flags & VM_WIRED) {
		TRY(frame_alloc(out_frame));
		memcpy(direct_map(*out_frame), direct_map(frame), PAGE_SIZE);
		vm_duplicate_spend(job, VM_PIECE_COPIED_PAGE);
		return OK;
	}
	frame_share(frame);
	if (*entry & PAGE_WRITABLE)
		vm_pieces_lose(&job->pieces, address, address + PAGE_SIZE);
	*entry &= ~(uint64_t)PAGE_WRITABLE;
	*out_frame = frame;
	return OK;
}

static enum status vm_duplicate_page(void *context, uint64_t *entry, uintptr_t address, unsigned)
{
	struct vm_duplicate *job = context;
	struct page_table *table = &job->to->tables->table;
	unsigned rights = job->region->rights;
	/* the object has it: the copy asks when it needs it */
	if ((*entry & PAGE_BORROWED) && job->region->mapping)
		return OK;
	if (*entry & PAGE_BORROWED)
		return page_table_map(table, address, *entry & PAGE_ADDRESS_MASK,
		                      vm_page_flags(rights, true) | PAGE_BORROWED | PAGE_FOREIGN);

	paddr_t frame = 0;
	TRY(memory_charge(job->to->account, PAGE_SIZE));
	enum status status = vm_duplicate_frame(job, entry, address, &frame);
	if (status == OK) {
		bool wired = job->region->flags & VM_WIRED;
		status = page_table_map(table, address, frame, vm_page_flags(rights, wired));
		if (status != OK)
			frame_release(frame);
	}
	if (status != OK)
		memory_uncharge(job->to->account, PAGE_SIZE);
	return status;
}

/* Of its own for each region; the object is told when the space is given back. */
static enum status vm_duplicate_mapping(const struct vm_duplicate *job, struct vm_mapping **mapping)
{
	struct vm_mapping like = **mapping;
	like.space = job->to;
	return vm_mapping_create(&like, mapping);
}

static enum status vm_duplicate_region(struct vm_duplicate *job, const struct vm_region *region)
{
	struct vm_region like = *region, *copy;
	if (like.mapping)
		TRY(vm_duplicate_mapping(job, &like.mapping));
	enum status status =
	        vm_region_create(job->to, &like, region->node.start, region->node.end, &copy);
	if (status != OK) {
		/* no region holds it: it goes with the space */
		if (like.mapping)
			list_push_back(&job->to->dead, &like.mapping->space_link);
		return status;
	}
	region_tree_insert(&job->to->regions, &copy->node);
	job->region = copy;
	struct vm_visit visit = {
	        .start = region->node.start,
	        .end = region->node.end,
	        .visitor = vm_duplicate_page,
	        .context = job,
	        .splits = true, /* frames are shared one by one */
	};
	TRY(vm_pieces_visit(&job->pieces, &visit));
	vm_pieces_count(&job->pieces, 1);
	return OK;
}

static enum status vm_duplicate_all(struct vm_duplicate *job)
{
	struct vm_region *region = vm_region_from(job->pieces.space, USER_BASE);
	for (; region; region = vm_region_of(region_tree_next(&region->node)))
		TRY(vm_duplicate_region(job, region));
	return OK;
}

/* Nothing of the copy is mapped before this, so no page is overlooked. */
static void vm_duplicate_link(struct vm_space *copy)
{
	struct vm_region *region = vm_region_from(copy, USER_BASE);
	for (; region; region = vm_region_of(region_tree_next(&region->node)))
		if (region->mapping)
			vm_mapping_link(region->mapping);
}

enum status vm_space_duplicate(struct vm_space *space, struct memory_account *account,
                               struct vm_space **out_copy)
{
	struct vm_duplicate job = {};
	TRY(vm_space_create(account, &job.to));

	vm_pieces_begin(&job.pieces, space);
	space->copied = true;
	vm_pieces_close(&job.pieces, USER_BASE, USER_END);
	job.to->room_end = space->room_end;
	enum status status = vm_duplicate_all(&job);
	vm_pieces_end(&job.pieces);
	if (status != OK) {
		vm_space_destroy(job.to);
		return status;
	}
	vm_duplicate_link(job.to);
	*out_copy = job.to;
	return OK;
}
