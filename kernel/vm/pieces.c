/* Work on a space piece by piece, and who may do what in between. */
#include "vm/pieces.h"
#include "core/api.h"
#include "sched/api.h"
#include <base/cleanup.h>

void vm_pieces_begin(struct vm_pieces *pieces, struct vm_space *space)
{
	*pieces = (struct vm_pieces){.space = space, .left = VM_PIECE_PAGES};
	vm_space_lock(space);
	while (__builtin_expect(space->kept, 0))
		wait_queue_sleep(&space->settled, &space->tables->lock);
}

static void vm_pieces_tell(struct vm_pieces *pieces)
{
	struct page_table *table = &pieces->space->tables->table;
	if (pieces->lost_end)
		table->ops->invalidate(table, pieces->lost_start, pieces->lost_end);
	pieces->lost_start = pieces->lost_end = 0;
}

void vm_pieces_end(struct vm_pieces *pieces)
{
	struct vm_space *space = pieces->space;
	vm_pieces_tell(pieces);
	if (space->kept)
		wait_queue_wake_all(&space->settled);
	space->kept = false;
	space->copied = false;
	space->closed_count = 0;
	vm_space_unlock(space);
}

void vm_pieces_keep(struct vm_pieces *pieces)
{
	pieces->space->kept = true;
}

void vm_pieces_rest(struct vm_pieces *pieces)
{
	vm_pieces_tell(pieces);
	vm_pieces_keep(pieces);
	vm_space_unlock(pieces->space);
	thread_offer_cpu();
	vm_space_lock(pieces->space);
	pieces->left = VM_PIECE_PAGES;
}

void vm_pieces_count(struct vm_pieces *pieces, size_t pages)
{
	if (pages >= pieces->left)
		vm_pieces_rest(pieces);
	else
		pieces->left -= pages;
}

static bool vm_is_closed(const struct vm_space *space, uintptr_t address)
{
	for (size_t i = 0; i < space->closed_count; i++)
		if (address >= space->closed[i].start && address < space->closed[i].end)
			return true;
	return false;
}

void vm_pieces_close(struct vm_pieces *pieces, uintptr_t start, uintptr_t end)
{
	struct vm_space *space = pieces->space;
	if (vm_is_closed(space, start) && vm_is_closed(space, end - 1))
		return;
	ASSERT(space->closed_count < COUNT(space->closed));
	space->closed[space->closed_count++] = (struct vm_closed){start, end};
}

void vm_pieces_lose(struct vm_pieces *pieces, uintptr_t start, uintptr_t end)
{
	if (!pieces->lost_end || start < pieces->lost_start)
		pieces->lost_start = start;
	if (end > pieces->lost_end)
		pieces->lost_end = end;
}

void vm_pieces_drop(struct vm_pieces *pieces, uintptr_t start, uintptr_t end)
{
	while (start < end) {
		struct page_unmap request = {
		        .start = start,
		        .end = end,
		        .released = vm_page_released,
		        .context = pieces->space,
		        .pages = pieces->left,
		};
		start = page_table_unmap_some(&pieces->space->tables->table, &request);
		pieces->left = request.pages;
		vm_pieces_count(pieces, 1);
	}
}

void vm_pieces_crumble(struct vm_pieces *pieces, const struct vm_region *region)
{
	struct page_table *table = &pieces->space->tables->table;
	if (!(region->flags & VM_HUGE_PAGES))
		return;
	for (uintptr_t at = region->node.start; at < region->node.end; at += HUGE_PAGE_SIZE)
		(void)!page_table_split(table, at, 2);
}

enum status vm_pieces_remove(struct vm_pieces *pieces, uintptr_t start, uintptr_t end)
{
	struct vm_space *space = pieces->space;
	struct vm_region *region;
	TRY(vm_space_cut_out(space, start, end, &region));
	vm_pieces_close(pieces, start, end);
	while (region && region->node.start < end) {
		struct vm_region *next = vm_region_of(region_tree_next(&region->node));
		vm_pieces_crumble(pieces, region);
		vm_pieces_drop(pieces, region->node.start, region->node.end);
		region_tree_remove(&space->regions, &region->node);
		vm_region_destroy(space, region);
		region = next;
	}
	return OK;
}

enum status vm_pieces_clear(struct vm_pieces *pieces, const struct vm_request *request)
{
	if (!(request->flags & VM_REPLACE) || !request->address)
		return OK;
	return vm_pieces_remove(pieces, request->address, request->address + request->size);
}

/* ERR_TRY_AGAIN: first a piece has to end, or a large page to be split; it goes on there. */
static enum status vm_visit_page(void *context, uint64_t *entry, uintptr_t address, unsigned level)
{
	struct vm_visit *visit = context;
	visit->start = address;
	visit->stopped_at_large = level > 1 && visit->splits;
	if (visit->stopped_at_large || !visit->pieces->left)
		return ERR_TRY_AGAIN;
	visit->pieces->left--;
	return visit->visitor(visit->context, entry, address, level);
}

enum status vm_pieces_visit(struct vm_pieces *pieces, struct vm_visit *visit)
{
	struct page_table *table = &pieces->space->tables->table;
	visit->pieces = pieces;
	for (;;) {
		enum status status =
		        page_table_visit(table, visit->start, visit->end, vm_visit_page, visit);
		if (status != ERR_TRY_AGAIN)
			return status;
		if (visit->stopped_at_large)
			TRY(page_table_split(table, visit->start, 1));
		else
			vm_pieces_rest(pieces);
	}
}

/* ---- faults in between ---- */

static bool vm_is_own_thread(const struct vm_space *space)
{
	return thread_current()->space == space->tables;
}

bool vm_space_admits(const struct vm_space *space, uintptr_t address)
{
	return !vm_is_closed(space, address) || (space->copied && !vm_is_own_thread(space));
}

[[gnu::noinline]] enum status vm_space_await(struct vm_space *space, uintptr_t address)
{
	while (!vm_space_admits(space, address)) {
		if (!vm_is_own_thread(space))
			return ERR_BAD_ADDRESS;
		wait_queue_sleep(&space->settled, &space->tables->lock);
	}
	return OK;
}
