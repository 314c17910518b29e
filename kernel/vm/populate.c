/* Pages brought in before anybody touches them. */
#include "core/api.h"
#include "sched/api.h"
#include "vm/space.h"
#include <base/cleanup.h>

enum { VM_POPULATE_PAGES = 256 }; /* before others are let in */

/* One page; ERR_BAD_ADDRESS and ERR_ACCESS_DENIED are no failures here. */
static enum status vm_populate_page(struct vm_space *space, const struct vm_region_view *view,
                                    uintptr_t page)
{
	enum page_access access = view->rights & MAP_WRITE ? PAGE_ACCESS_WRITE : PAGE_ACCESS_READ;
	enum status status = vm_space_fault(space, page, access);
	return status == ERR_BAD_ADDRESS || status == ERR_ACCESS_DENIED ? OK : status;
}

static enum status vm_populate_region(struct vm_space *space, const struct vm_region_view *view,
                                      uintptr_t start, uintptr_t end)
{
	size_t done = 0;
	for (uintptr_t page = start; page < end; page += PAGE_SIZE) {
		TRY(vm_populate_page(space, view, page));
		if (++done % VM_POPULATE_PAGES == 0)
			thread_offer_cpu();
	}
	return OK;
}

enum status vm_space_populate(struct vm_space *space, uintptr_t address, size_t size)
{
	TRY(vm_range_check(address, size));
	uintptr_t end = address + size;
	struct vm_region_view view;
	while (address < end && vm_space_query(space, address, &view) && view.start < end) {
		uintptr_t start = view.start > address ? view.start : address;
		uintptr_t stop = view.end < end ? view.end : end;
		if (view.rights)
			TRY(vm_populate_region(space, &view, start, stop));
		address = stop;
	}
	return OK;
}
