/*
 * User address spaces: wired memory, and mappings of frames that others own.
 *
 * A change either happens whole or not at all. No page is ever writable and executable.
 */
#include "mm/address_space.h"
#include "core/api.h"
#include "mm/api.h"
#include "mm/kernel_tables.h"
#include <base/cleanup.h>
#include <string.h>

bool user_range_holds(uintptr_t address, size_t len)
{
	return address >= USER_BASE && address <= USER_END && len <= USER_END - address;
}

static bool user_range_is_valid(uintptr_t address, size_t size)
{
	return address % PAGE_SIZE == 0 && size % PAGE_SIZE == 0 && size > 0 &&
	       user_range_holds(address, size);
}

static enum status rights_check(unsigned rights)
{
	const unsigned known = MAP_READ | MAP_WRITE | MAP_EXECUTE;
	const unsigned both = MAP_WRITE | MAP_EXECUTE;
	if (!rights || (rights & ~known))
		return ERR_INVALID_ARGS;
	return (rights & both) == both ? ERR_ACCESS_DENIED : OK;
}

static uint64_t rights_to_flags(unsigned rights)
{
	uint64_t flags = PAGE_USER;
	flags |= rights & MAP_WRITE ? PAGE_WRITABLE : 0;
	flags |= rights & MAP_EXECUTE ? 0 : PAGE_NO_EXECUTE;
	return flags;
}

enum status address_space_create(struct address_space **out_space)
{
	struct address_space *space = HEAP_NEW(struct address_space);
	if (!space)
		return ERR_NO_MEMORY;
	space->lock = (struct spinlock)SPINLOCK_INIT(LOCK_SPACE);
	enum status status = page_table_create(&space->table);
	if (status != OK) {
		heap_free(space, sizeof *space);
		return status;
	}
	const uint64_t *shared = direct_map(kernel_tables()->root);
	uint64_t *own = direct_map(space->table.root);
	memcpy(own + KERNEL_HALF_FIRST, shared + KERNEL_HALF_FIRST,
	       (KERNEL_HALF_END - KERNEL_HALF_FIRST) * sizeof own[0]);
	*out_space = space;
	return OK;
}

static void address_space_release_page(void *context, uint64_t entry)
{
	struct address_space *space = context;
	if (entry & PAGE_BORROWED)
		return;
	space->owned_pages--;
	frame_free(entry & PAGE_ADDRESS_MASK);
}

static void address_space_remove(struct address_space *space, uintptr_t start, uintptr_t end)
{
	page_table_unmap(&space->table, start, end, address_space_release_page, space);
}

void address_space_destroy(struct address_space *space)
{
	if (!space)
		return;
	ASSERT(!address_space_is_active(space));
	address_space_remove(space, 0, USER_END);
	ASSERT(space->owned_pages == 0 && space->table.table_count == 0);
	frame_free(space->table.root);
	heap_free(space, sizeof *space);
}

static enum status address_space_map_page(struct address_space *space, uintptr_t address,
                                          uint64_t flags)
{
	paddr_t frame;
	TRY(frame_alloc_zeroed(&frame));
	enum status status = page_table_map(&space->table, address, frame, flags);
	if (status != OK) {
		frame_free(frame);
		return status;
	}
	space->owned_pages++;
	return OK;
}

/* first is NULL for memory of its own. */
static enum status address_space_fill(struct address_space *space, uintptr_t address, size_t size,
                                      const paddr_t *first, uint64_t flags)
{
	enum status status = OK;
	size_t done = 0;

	spinlock_acquire(&space->lock);
	for (; done < size && status == OK; done += PAGE_SIZE) {
		uintptr_t at = address + done;
		status = first ? page_table_map(&space->table, at, *first + done,
		                                flags | PAGE_BORROWED)
		               : address_space_map_page(space, at, flags);
	}
	/* the page that failed was not mapped by us and must stay */
	if (status != OK && done > PAGE_SIZE)
		address_space_remove(space, address, address + done - PAGE_SIZE);
	spinlock_release(&space->lock);
	return status;
}

enum status address_space_map(struct address_space *space, uintptr_t address, size_t size,
                              unsigned rights)
{
	if (!user_range_is_valid(address, size))
		return ERR_INVALID_ARGS;
	TRY(rights_check(rights));
	/* hopeless requests fail before they take everything for a moment */
	if (size / PAGE_SIZE > frame_statistics().free_frames)
		return ERR_NO_MEMORY;
	return address_space_fill(space, address, size, NULL, rights_to_flags(rights));
}

enum status address_space_map_frames(struct address_space *space, uintptr_t address, paddr_t first,
                                     size_t size, unsigned rights)
{
	if (!user_range_is_valid(address, size) || first % PAGE_SIZE)
		return ERR_INVALID_ARGS;
	TRY(rights_check(rights));
	return address_space_fill(space, address, size, &first, rights_to_flags(rights));
}

enum status address_space_protect(struct address_space *space, uintptr_t address, size_t size,
                                  unsigned rights)
{
	if (!user_range_is_valid(address, size))
		return ERR_INVALID_ARGS;
	TRY(rights_check(rights));

	enum status status = OK;
	spinlock_acquire(&space->lock);
	for (size_t done = 0; done < size && status == OK; done += PAGE_SIZE)
		if (!page_table_entry(&space->table, address + done))
			status = ERR_BAD_ADDRESS;
	for (size_t done = 0; done < size && status == OK; done += PAGE_SIZE)
		page_table_set_flags(&space->table, address + done, rights_to_flags(rights));
	spinlock_release(&space->lock);
	return status;
}

enum status address_space_unmap(struct address_space *space, uintptr_t address, size_t size)
{
	if (!user_range_is_valid(address, size))
		return ERR_INVALID_ARGS;
	spinlock_acquire(&space->lock);
	address_space_remove(space, address, address + size);
	spinlock_release(&space->lock);
	return OK;
}

static enum status address_space_write_locked(struct address_space *space, uintptr_t address,
                                              const char *src, size_t len)
{
	while (len) {
		const uint64_t *entry = page_table_entry(&space->table, address);
		if (!entry || (*entry & PAGE_BORROWED))
			return ERR_BAD_ADDRESS;
		size_t offset = address % PAGE_SIZE;
		size_t part = PAGE_SIZE - offset < len ? PAGE_SIZE - offset : len;
		memcpy((char *)direct_map(*entry & PAGE_ADDRESS_MASK) + offset, src, part);
		address += part;
		src += part;
		len -= part;
	}
	return OK;
}

enum status address_space_write(struct address_space *space, uintptr_t address, const void *src,
                                size_t len)
{
	if (!user_range_holds(address, len))
		return ERR_BAD_ADDRESS;
	spinlock_acquire(&space->lock);
	enum status status = address_space_write_locked(space, address, src, len);
	spinlock_release(&space->lock);
	return status;
}
