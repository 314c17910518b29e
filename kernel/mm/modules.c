/*
 * Memory of driver modules: frames in one piece, at addresses that code of the kernel's model can
 * reach. Nothing is ever both writable and executable at its own address; the direct map still
 * shows the frames as writable data, as it does all RAM outside the kernel's image.
 */
#include "mm/api.h"
#include "mm/table/kernel_tables.h"
#include "mm/table/page_window.h"
#include <base/cleanup.h>
#include <string.h>

static struct page_window module_window = {
        .base = KERNEL_MODULES_BASE,
        .lock = SPINLOCK_INIT(LOCK_STACKS),
};

_Static_assert(PAGE_WINDOW_BYTES <= KERNEL_MODULES_END - KERNEL_MODULES_BASE);

enum status mm_module_reserve(size_t size, struct module_mapping *out_mapping)
{
	size_t count = (size + PAGE_SIZE - 1) / PAGE_SIZE;
	struct module_mapping mapping = {
	        .part_end[MODULE_MAPPING_PARTS - 1] = count * PAGE_SIZE,
	};
	TRY(frames_alloc_run(count, FRAMES_ANYWHERE, &mapping.frames));
	memset(direct_map(mapping.frames), 0, count * PAGE_SIZE);
	spinlock_acquire(&module_window.lock);
	enum status status = page_window_take(&module_window, count, &mapping.address);
	spinlock_release(&module_window.lock);
	if (status == OK)
		*out_mapping = mapping;
	else
		frames_free_run(mapping.frames, count);
	return status;
}

static enum status module_map_parts(const struct module_mapping *mapping)
{
	static const uint64_t rights[MODULE_MAPPING_PARTS] = {
	        0,
	        PAGE_NO_EXECUTE,
	        PAGE_WRITABLE | PAGE_NO_EXECUTE,
	};
	size_t at = 0;
	for (size_t part = 0; part < MODULE_MAPPING_PARTS; part++)
		for (; at < mapping->part_end[part]; at += PAGE_SIZE)
			TRY(page_table_map(kernel_tables(), mapping->address + at,
			                   mapping->frames + at, rights[part] | PAGE_GLOBAL));
	return OK;
}

static size_t module_mapping_bytes(const struct module_mapping *mapping)
{
	return mapping->part_end[MODULE_MAPPING_PARTS - 1];
}

enum status mm_module_map(const struct module_mapping *mapping)
{
	spinlock_acquire(&module_window.lock);
	enum status status = module_map_parts(mapping);
	if (status != OK)
		page_table_unmap(kernel_tables(), mapping->address,
		                 mapping->address + module_mapping_bytes(mapping), NULL, NULL);
	spinlock_release(&module_window.lock);
	return status;
}

void mm_module_release(const struct module_mapping *mapping)
{
	size_t size = module_mapping_bytes(mapping);
	spinlock_acquire(&module_window.lock);
	page_table_unmap(kernel_tables(), mapping->address, mapping->address + size, NULL, NULL);
	page_window_give(&module_window, mapping->address, size / PAGE_SIZE);
	spinlock_release(&module_window.lock);
	frames_free_run(mapping->frames, size / PAGE_SIZE);
}
