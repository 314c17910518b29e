/*
 * Registers of devices in the kernel's address space: never cached, never
 * executable, never given back.
 */
#include "mm/api.h"
#include "mm/kernel_tables.h"
#include <base/cleanup.h>

enum { PAGE_CACHE_DISABLE = 1 << 4, PAGE_WRITE_THROUGH = 1 << 3 };

struct device_window {
	struct spinlock lock;
	/* guarded by lock, as are the tables of the window */
	uintptr_t used; /* bytes from KERNEL_DEVICES_BASE on */
};

static struct device_window device_window = {.lock = SPINLOCK_INIT(LOCK_STACKS)};

static enum status device_map_pages(paddr_t first, uintptr_t at, size_t size)
{
	for (size_t done = 0; done < size; done += PAGE_SIZE)
		TRY(page_table_map(kernel_tables(), at + done, first + done,
		                   PAGE_WRITABLE | PAGE_GLOBAL | PAGE_NO_EXECUTE |
		                           PAGE_CACHE_DISABLE | PAGE_WRITE_THROUGH));
	return OK;
}

enum status mm_map_device(paddr_t start, size_t size, void **out_view)
{
	paddr_t first = start & ~(paddr_t)(PAGE_SIZE - 1);
	size_t offset = (size_t)(start - first);
	if (!size || size > KERNEL_DEVICES_END - KERNEL_DEVICES_BASE - offset)
		return ERR_INVALID_ARGS;
	size_t bytes = (offset + size + PAGE_SIZE - 1) & ~(size_t)(PAGE_SIZE - 1);

	spinlock_acquire(&device_window.lock);
	uintptr_t at = KERNEL_DEVICES_BASE + device_window.used;
	enum status status = ERR_NO_MEMORY;
	if (bytes <= KERNEL_DEVICES_END - at)
		status = device_map_pages(first, at, bytes);
	if (status == OK)
		device_window.used += bytes;
	else
		page_table_unmap(kernel_tables(), at, at + bytes, NULL, NULL);
	spinlock_release(&device_window.lock);

	if (status == OK)
		*out_view = (void *)(at + offset);
	return status;
}
