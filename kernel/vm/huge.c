/*
 * Pages of a gigabyte: taken and zeroed when they are mapped, because a fault may not take that
 * long. Where less is asked for later they become smaller ones.
 */
#include "core/api.h"
#include "vm/pieces.h"
#include <base/cleanup.h>
#include <string.h>

/* No lock is held: others go on meanwhile. */
static enum status vm_huge_take(paddr_t *out_frame)
{
	enum { ZEROED_AT_ONCE = VM_PIECE_PAGES / VM_PIECE_COPIED_PAGE * PAGE_SIZE };
	if (!cpu_features()->large_1g)
		return ERR_NO_MEMORY;
	TRY(frames_alloc_run(HUGE_PAGE_SIZE / PAGE_SIZE, FRAMES_ANYWHERE, out_frame));
	for (size_t done = 0; done < HUGE_PAGE_SIZE; done += ZEROED_AT_ONCE) {
		memset(direct_map(*out_frame + done), 0, ZEROED_AT_ONCE);
		thread_offer_cpu();
	}
	return OK;
}

static enum status vm_huge_map(struct vm_pieces *pieces, uintptr_t address)
{
	struct vm_space *space = pieces->space;
	const struct vm_region *region = vm_region_at(space, address);
	uint64_t flags = vm_page_flags(region->rights, true);
	paddr_t frame;
	TRY(memory_charge(space->account, HUGE_PAGE_SIZE));
	vm_pieces_keep(pieces);
	vm_space_unlock(space);
	enum status status = vm_huge_take(&frame);
	vm_space_lock(space);
	if (status == OK) {
		status = page_table_map_huge(&space->tables->table, address, frame, flags);
		if (status != OK)
			frames_free_run(frame, HUGE_PAGE_SIZE / PAGE_SIZE);
	}
	if (status != OK)
		memory_uncharge(space->account, HUGE_PAGE_SIZE);
	return status;
}

enum status vm_pieces_add_huge(struct vm_pieces *pieces, uintptr_t start, uintptr_t end)
{
	enum status status = OK;
	/* a fault would bring in a small page where a huge one is about to be */
	vm_pieces_close(pieces, start, end);
	for (uintptr_t at = start; at < end && status == OK; at += HUGE_PAGE_SIZE)
		status = vm_huge_map(pieces, at);
	if (status != OK)
		/* a whole region: nothing is cut, so nothing can fail */
		(void)vm_pieces_remove(pieces, start, end);
	return status;
}
