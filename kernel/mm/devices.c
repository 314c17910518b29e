/*
 * Registers of devices in the kernel's address space: never cached, never executable.
 */
#include "mm/api.h"
#include "mm/table/kernel_tables.h"
#include "mm/table/page_window.h"
#include <base/cleanup.h>

enum { PAGE_CACHE_DISABLE = 1 << 4, PAGE_WRITE_THROUGH = 1 << 3 };

static struct page_window device_window = {
        .base = KERNEL_DEVICES_BASE,
        .lock = SPINLOCK_INIT(LOCK_STACKS),
};

_Static_assert(PAGE_WINDOW_BYTES <= KERNEL_DEVICES_END - KERNEL_DEVICES_BASE);

static enum status device_map_pages(paddr_t first, uintptr_t at, size_t size)
{
	for (size_t done = 0; done < size; done += PAGE_SIZE)
		TRY(page_table_map(kernel_tables(), at + done, first + done,
		                   PAGE_WRITABLE | PAGE_GLOBAL | PAGE_NO_EXECUTE |
		                           PAGE_CACHE_DISABLE | PAGE_WRITE_THROUGH));
	return OK;
}

static size_t device_pages(uint64_t start, size_t size)
{
	return (start % PAGE_SIZE + size + PAGE_SIZE - 1) / PAGE_SIZE;
}

static void device_unmap_pages(uintptr_t at, size_t pages)
{
	page_table_unmap(kernel_tables(), at, at + pages * PAGE_SIZE, NULL, NULL);
	page_window_give(&device_window, at, pages);
}

enum status mm_map_device(paddr_t start, size_t size, void **out_view)
{
	if (!size || size > PAGE_WINDOW_BYTES)
		return ERR_INVALID_ARGS;
	size_t pages = device_pages(start, size);
	uintptr_t at = 0;
	spinlock_acquire(&device_window.lock);
	enum status status = page_window_take(&device_window, pages, &at);
	if (status == OK) {
		status = device_map_pages(start - start % PAGE_SIZE, at, pages * PAGE_SIZE);
		if (status != OK)
			device_unmap_pages(at, pages);
	}
	spinlock_release(&device_window.lock);
	if (status == OK)
		*out_view = (void *)(at + start % PAGE_SIZE);
	return status;
}

void mm_unmap_device(void *view, size_t size)
{
	uintptr_t start = (uintptr_t)view;
	spinlock_acquire(&device_window.lock);
	device_unmap_pages(start - start % PAGE_SIZE, device_pages(start, size));
	spinlock_release(&device_window.lock);
}
