/*
 * Copies of address spaces: pages are shared, and neither side may write them before it has its
 * own.
 */
#include "core/api.h"
#include "vm/object_pages.h"
#include <base/cleanup.h>
#include <string.h>

struct vm_duplicate {
	struct vm_space *from;
	struct vm_space *to; /* nobody else knows it yet: used without its lock */
	const struct vm_region *region; /* of to */
	bool lost_rights; /* some page of from may not be written any more */
};

/* The copy of one page that is from's own. */
static enum status vm_duplicate_frame(struct vm_duplicate *job, uint64_t *entry, paddr_t *out_frame)
{
	paddr_t frame = *entry & PAGE_ADDRESS_MASK;
	if (job->region->flags & VM_WIRED) {
		TRY(frame_alloc(out_frame));
		memcpy(direct_map(*out_frame), direct_map(frame), PAGE_SIZE);
		return OK;
	}
	frame_share(frame);
	job->lost_rights |= *entry & PAGE_WRITABLE;
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
	enum status status = vm_duplicate_frame(job, entry, &frame);
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

/* Frames are shared one by one, so large pages become small ones. */
static enum status vm_duplicate_split(struct vm_space *from, const struct vm_region *region)
{
	uintptr_t at = region->node.start & ~(uintptr_t)(LARGE_PAGE_SIZE - 1);
	if (!(region->flags & VM_LARGE_PAGES))
		return OK;
	for (; at < region->node.end; at += LARGE_PAGE_SIZE)
		TRY(page_table_split(&from->tables->table, at));
	return OK;
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
	TRY(vm_duplicate_split(job->from, region));
	job->region = copy;
	return page_table_visit(&job->from->tables->table, region->node.start, region->node.end,
	                        vm_duplicate_page, job);
}

static enum status vm_duplicate_all(struct vm_duplicate *job)
{
	struct vm_region *region = vm_region_from(job->from, USER_BASE);
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
	struct vm_duplicate job = {.from = space};
	TRY(vm_space_create(account, &job.to));

	struct page_table *table = &space->tables->table;
	vm_space_lock(space);
	job.to->room_end = space->room_end;
	enum status status = vm_duplicate_all(&job);
	if (job.lost_rights)
		table->ops->invalidate(table, USER_BASE, USER_END);
	vm_space_unlock(space);
	if (status != OK) {
		vm_space_destroy(job.to);
		return status;
	}
	vm_duplicate_link(job.to);
	*out_copy = job.to;
	return OK;
}
