/*
 * The kernel's own tables: the image with the rights of each segment, all RAM
 * in the direct map, guard pages under the boot stacks, and nothing low.
 *
 * The direct map gives no way around the rights: it shows text, read-only data and
 * the boot archive read-only, and nothing executable.
 */
#include "mm/table/kernel_tables.h"
#include "core/api.h"
#include "mm/api.h"
#include "mm/image.h"
#include <base/cleanup.h>
#include <string.h>

static struct page_table kernel_table;

/* Before the kernel's own tables are loaded: what the boot tables show. */
static enum status table_alloc_early(paddr_t *out_frame)
{
	TRY(frames_alloc_run(1, FRAMES_BELOW_4G, out_frame));
	memset(direct_map(*out_frame), 0, PAGE_SIZE);
	return OK;
}

static enum status table_alloc(struct page_table *table, paddr_t *out_frame)
{
	TRY(memory_charge(table->account, PAGE_SIZE));
	enum status status =
	        kernel_table.cpus ? frame_alloc_zeroed(out_frame) : table_alloc_early(out_frame);
	if (status != OK)
		memory_uncharge(table->account, PAGE_SIZE);
	return status;
}

static void table_free(struct page_table *table, paddr_t frame)
{
	frame_free_zeroed(frame);
	memory_uncharge(table->account, PAGE_SIZE);
}

static const struct page_table_ops kernel_table_ops = {
        .table_alloc = table_alloc,
        .table_free = table_free,
        .invalidate = page_table_invalidate,
};

struct page_table *kernel_tables(void)
{
	return &kernel_table;
}

enum status page_table_create(struct memory_account *account, struct page_table *out_table)
{
	*out_table = (struct page_table){
	        .ops = &kernel_table_ops,
	        .account = account,
	        .no_execute_mask = cpu_features()->nx ? PAGE_NO_EXECUTE : 0,
	};
	return table_alloc(out_table, &out_table->root);
}

static enum status image_map(const char *start, const char *end, uint64_t flags)
{
	for (uintptr_t at = (uintptr_t)start; at < (uintptr_t)end; at += PAGE_SIZE)
		TRY(page_table_map(&kernel_table, at, at - KERNEL_IMAGE_BASE, flags | PAGE_GLOBAL));
	return OK;
}

static enum status image_map_all(void)
{
	TRY(image_map(_text_start, _text_end, 0));
	TRY(image_map(_rodata_start, _rodata_end, PAGE_NO_EXECUTE));
	TRY(image_map(_data_start, _end, PAGE_WRITABLE | PAGE_NO_EXECUTE));
	for (size_t i = 0; i < BOOT_STACK_COUNT; i++) {
		uintptr_t guard = (uintptr_t)boot_stacks + i * BOOT_STACK_STRIDE;
		page_table_unmap(&kernel_table, guard, guard + PAGE_SIZE, NULL, NULL);
	}
	return OK;
}

struct direct_map_pages {
	size_t huge, large, small;
};

struct read_only_range {
	paddr_t start;
	paddr_t end;
};

enum { READ_ONLY_RANGES = 2 };

static bool direct_is_read_only(const struct read_only_range *ranges, paddr_t start, paddr_t end)
{
	for (size_t i = 0; i < READ_ONLY_RANGES; i++)
		if (start < ranges[i].end && ranges[i].start < end)
			return true;
	return false;
}

/* The largest page that fits from `at` on, and shows nothing read-only as writable. */
static size_t direct_page_size(paddr_t at, paddr_t end, const struct read_only_range *read_only)
{
	static const size_t sizes[] = {HUGE_PAGE_SIZE, LARGE_PAGE_SIZE};
	for (size_t i = cpu_features()->large_1g ? 0 : 1; i < COUNT(sizes); i++)
		if (at % sizes[i] == 0 && end - at >= sizes[i] &&
		    !direct_is_read_only(read_only, at, at + sizes[i]))
			return sizes[i];
	return PAGE_SIZE;
}

static enum status direct_map_page(paddr_t at, size_t size, uint64_t flags)
{
	uintptr_t address = DIRECT_MAP_BASE + at;
	if (size == HUGE_PAGE_SIZE)
		return page_table_map_huge(&kernel_table, address, at, flags);
	if (size == LARGE_PAGE_SIZE)
		return page_table_map_large(&kernel_table, address, at, flags);
	return page_table_map(&kernel_table, address, at, flags);
}

static enum status direct_map_region(const struct boot_region *region,
                                     const struct read_only_range *read_only,
                                     struct direct_map_pages *pages)
{
	paddr_t at = (region->start + PAGE_SIZE - 1) & ~(paddr_t)(PAGE_SIZE - 1);
	paddr_t end = region->end & ~(paddr_t)(PAGE_SIZE - 1);
	while (at < end) {
		size_t size = direct_page_size(at, end, read_only);
		bool writable = !direct_is_read_only(read_only, at, at + size);
		TRY(direct_map_page(
		        at, size, PAGE_GLOBAL | PAGE_NO_EXECUTE | (writable ? PAGE_WRITABLE : 0)));
		pages->huge += size == HUGE_PAGE_SIZE;
		pages->large += size == LARGE_PAGE_SIZE;
		pages->small += size == PAGE_SIZE;
		at += size;
	}
	return OK;
}

static enum status direct_map_all(const struct boot_info *info)
{
	const struct read_only_range read_only[READ_ONLY_RANGES] = {
	        {image_physical(_text_start), image_physical(_rodata_end)},
	        {info->archive_start, info->archive_start + info->archive_bytes},
	};
	struct direct_map_pages pages = {};
	for (size_t i = 0; i < info->region_count; i++) {
		const struct boot_region *region = &info->regions[i];
		bool is_ram = region->kind == BOOT_REGION_USABLE ||
		              region->kind == BOOT_REGION_ACPI_RECLAIM ||
		              region->kind == BOOT_REGION_ACPI_NVS;
		if (is_ram)
			TRY(direct_map_region(region, read_only, &pages));
	}
	LOG_INFO(LOG_MEMORY, "direct map pages_1g=%zu pages_2m=%zu pages_4k=%zu", pages.huge,
	         pages.large, pages.small);
	return OK;
}

/* All address spaces share the kernel half: every top entry that is used later exists from now on.
 */
static enum status kernel_half_fill(void)
{
	uint64_t *root = direct_map(kernel_table.root);
	for (size_t i = kernel_half_index(KERNEL_STACKS_BASE);
	     i < kernel_half_index(KERNEL_STACKS_END); i++) {
		paddr_t table;
		TRY(table_alloc_early(&table));
		root[i] = table | PAGE_PRESENT | PAGE_WRITABLE;
	}
	return OK;
}

enum status mm_init_kernel_tables(const struct boot_info *info)
{
	TRY(page_table_create(NULL, &kernel_table));
	TRY(image_map_all());
	TRY(direct_map_all(info));
	TRY(kernel_half_fill());
	cpu_write_page_root(kernel_table.root);
	kernel_table.cpus = UINT64_MAX;
	return OK;
}
