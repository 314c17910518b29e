/* Linux calls on memory. */
#include "compat/linux/file/path.h"
#include "compat/mapping.h"
#include "core/api.h"
#include "io/api.h"
#include <kernel/syscall_prototypes.h>

int64_t linux_brk(uintptr_t end)
{
	return (int64_t)process_break(end);
}

static bool linux_rights(uint32_t protection, unsigned *out_rights)
{
	unsigned rights = protection & LINUX_PROT_READ ? MAP_READ : 0;
	/* the CPU can't write or execute without reading */
	rights |= protection & LINUX_PROT_WRITE ? MAP_READ | MAP_WRITE : 0;
	rights |= protection & LINUX_PROT_EXEC ? MAP_READ | MAP_EXECUTE : 0;
	*out_rights = rights;
	return !(protection & ~(uint32_t)LINUX_PROT_ALL);
}

/* Rounds up to a page; false when there is nothing, or too much. */
static bool linux_page_size(uint64_t length, size_t *out_size)
{
	if (length == 0 || length > USER_END)
		return false;
	*out_size = (length + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
	return true;
}

/* A place that is not meant is a hint: taken when nothing is there. */
static int64_t linux_map(struct vm_request *request, bool is_fixed)
{
	struct vm_space *space = process_space(process_current());
	uintptr_t place = 0;
	if (is_fixed && !user_range_holds(request->address, request->size))
		return request->address < USER_BASE ? ERR_NOT_PERMITTED : ERR_NO_MEMORY;
	if (is_fixed && request->address % PAGE_SIZE != 0)
		return ERR_INVALID_ARGS;
	if (!process_may_map(request->size))
		return ERR_NO_MEMORY;
	enum status status = ERR_EXISTS;
	if (is_fixed || (request->address && request->address % PAGE_SIZE == 0 &&
	                 user_range_holds(request->address, request->size)))
		status = vm_space_map(space, request, &place);
	if (!is_fixed && status == ERR_EXISTS) {
		request->address = 0;
		status = vm_space_map(space, request, &place);
	}
	return status == OK ? (int64_t)place : status;
}

/* Shared with later copies of the process. */
static int64_t linux_map_anonymous(struct vm_request *request, bool is_fixed)
{
	if (!(request->flags & VM_SHARED))
		return linux_map(request, is_fixed);
	const struct vm_object_request object = {
	        .page_count = request->size / PAGE_SIZE,
	        .account = vm_space_account(process_space(process_current())),
	};
	TRY(vm_object_create(&object, &request->object));
	int64_t result = linux_map(request, is_fixed);
	vm_object_unref(request->object);
	return result;
}

static int64_t linux_map_file(struct vm_request *request, bool is_fixed, int32_t descriptor)
{
	LINUX_FILE file = NULL;
	TRY(linux_file_get(descriptor, &file));
	TRY(mapping_of_file(file, request));
	return linux_map(request, is_fixed);
}

/*
 * MAP_HUGETLB: private memory in pages of 2 MiB or 1 GiB. Whether there is a free block for one of
 * 2 MiB shows when it is touched; if not, small pages do as well. Those of 1 GiB are there at once.
 */
static enum status linux_map_large(struct vm_request *request, uint32_t flags)
{
	uint32_t size = flags >> LINUX_MAP_HUGE_SHIFT & LINUX_MAP_HUGE_MASK;
	bool is_private = flags & LINUX_MAP_ANONYMOUS && !(request->flags & VM_SHARED);
	bool is_huge = size == LINUX_HUGE_1G;
	uint64_t page = is_huge ? HUGE_PAGE_SIZE : LARGE_PAGE_SIZE;
	if (size && size != LINUX_HUGE_2M && !is_huge)
		return ERR_INVALID_ARGS;
	if (!is_private)
		return flags & LINUX_MAP_ANONYMOUS ? ERR_NO_MEMORY : ERR_INVALID_ARGS;
	bool is_fixed = flags & (LINUX_MAP_FIXED | LINUX_MAP_FIXED_NOREPLACE);
	if (request->address % page != 0 && is_fixed)
		return ERR_INVALID_ARGS;
	if (request->address % page != 0)
		request->address = 0;
	request->size = (request->size + page - 1) & ~(page - 1);
	request->flags |= is_huge ? VM_HUGE_PAGES : VM_LARGE_PAGES;
	return OK;
}

/* MAP_POPULATE: what does not come in now comes with its first touch. */
static int64_t linux_map_populate(int64_t place, size_t size, uint32_t flags)
{
	if (place > 0 && flags & (LINUX_MAP_POPULATE | LINUX_MAP_LOCKED))
		(void)!vm_space_populate(process_space(process_current()), (uintptr_t)place, size);
	return place;
}

int64_t linux_mmap(uintptr_t address, uint64_t length, uint32_t protection, uint32_t flags,
                   int32_t descriptor, uint64_t offset)
{
	struct vm_request request = {.address = address};
	uint32_t type = flags & LINUX_MAP_TYPE;
	if (!linux_page_size(length, &request.size) || offset % PAGE_SIZE != 0 ||
	    !linux_rights(protection, &request.rights))
		return ERR_INVALID_ARGS;
	if (type != LINUX_MAP_PRIVATE && type != LINUX_MAP_SHARED &&
	    type != LINUX_MAP_SHARED_VALIDATE)
		return ERR_INVALID_ARGS;
	bool is_fixed = flags & (LINUX_MAP_FIXED | LINUX_MAP_FIXED_NOREPLACE);
	if (flags & LINUX_MAP_FIXED && !(flags & LINUX_MAP_FIXED_NOREPLACE))
		request.flags = VM_REPLACE;
	if (type != LINUX_MAP_PRIVATE)
		request.flags |= VM_SHARED;
	if (flags & LINUX_MAP_HUGETLB)
		TRY(linux_map_large(&request, flags));
	request.object_page = flags & LINUX_MAP_ANONYMOUS ? 0 : offset / PAGE_SIZE;
	int64_t place = flags & LINUX_MAP_ANONYMOUS
	                        ? linux_map_anonymous(&request, is_fixed)
	                        : linux_map_file(&request, is_fixed, descriptor);
	return linux_map_populate(place, request.size, flags);
}

int64_t linux_mprotect(uintptr_t address, uint64_t length, uint32_t protection)
{
	size_t size;
	unsigned rights;
	if (address % PAGE_SIZE != 0 || !linux_rights(protection, &rights))
		return ERR_INVALID_ARGS;
	if (length == 0)
		return OK;
	if (!linux_page_size(length, &size))
		return ERR_NO_MEMORY;
	enum status status =
	        vm_space_protect(process_space(process_current()), address, size, rights);
	/* Linux's word for a hole */
	return status == ERR_BAD_ADDRESS ? ERR_NO_MEMORY : status;
}

/* What a mapping writes is in the page cache at once; to the disk go the files of the range. */
int64_t linux_msync(uintptr_t address, uint64_t length, uint32_t flags)
{
	enum { MSYNC_ASYNC = 1, MSYNC_INVALIDATE = 2, MSYNC_SYNC = 4 };
	struct vm_space *space = process_space(process_current());
	if (address % PAGE_SIZE != 0 || flags > (MSYNC_ASYNC | MSYNC_INVALIDATE | MSYNC_SYNC) ||
	    (flags & MSYNC_ASYNC && flags & MSYNC_SYNC))
		return ERR_INVALID_ARGS;
	uintptr_t end;
	if (__builtin_add_overflow(address, length, &end))
		return ERR_NO_MEMORY;
	while (address < end) {
		struct vm_region_view view;
		if (!vm_space_query(space, address, &view) || view.start > address)
			return ERR_NO_MEMORY;
		const struct vfs_node node = {view.name.volume, view.name.generation,
		                              view.name.inode};
		if (flags & MSYNC_SYNC && view.flags & VM_SHARED && node.volume)
			TRY(vfs_sync_node(&node));
		address = view.end;
	}
	return OK;
}

/* ---- mremap: Linux include/uapi/linux/mman.h ---- */

enum { LINUX_MREMAP_MAYMOVE = 1, LINUX_MREMAP_FIXED = 2 };

static bool linux_remap_is_valid(const struct vm_move *move, uint32_t flags)
{
	bool is_fixed = flags & LINUX_MREMAP_FIXED;
	if (move->from % PAGE_SIZE != 0 || flags & ~3u || (is_fixed && !(flags & 1)))
		return false;
	if (!is_fixed)
		return true;
	bool overlaps =
	        move->from < move->to + move->to_size && move->to < move->from + move->from_size;
	return move->to % PAGE_SIZE == 0 && user_range_holds(move->to, move->to_size) && !overlaps;
}

/* What is too much goes; the answer is where the rest lies. */
static int64_t linux_remap_shrink(struct vm_space *space, struct vm_move *move)
{
	struct vm_region_view view;
	if (!vm_space_query(space, move->from, &view) || view.start > move->from)
		return ERR_BAD_ADDRESS;
	if (move->to_size < move->from_size) {
		TRY(vm_space_unmap(space, move->from + move->to_size,
		                   move->from_size - move->to_size));
		move->from_size = move->to_size;
	}
	return (int64_t)move->from;
}

int64_t linux_mremap(uintptr_t address, uint64_t old_length, uint64_t new_length, uint32_t flags,
                     uintptr_t new_address)
{
	struct vm_space *space = process_space(process_current());
	bool is_fixed = flags & LINUX_MREMAP_FIXED;
	struct vm_move move = {
	        .from = address, .to = is_fixed ? new_address : 0, .replaces = is_fixed};
	if (!linux_page_size(old_length, &move.from_size) ||
	    !linux_page_size(new_length, &move.to_size) || !linux_remap_is_valid(&move, flags))
		return ERR_INVALID_ARGS;
	int64_t place = linux_remap_shrink(space, &move);
	if (place < 0 || (!is_fixed && move.from_size == move.to_size))
		return place;
	if (move.to_size > move.from_size && !process_may_map(move.to_size - move.from_size))
		return ERR_NO_MEMORY;
	if (!is_fixed) {
		enum status status = vm_space_grow(space, &move);
		if (status == OK)
			return place;
		if (status != ERR_EXISTS || !(flags & LINUX_MREMAP_MAYMOVE))
			return status == ERR_EXISTS ? ERR_NO_MEMORY : status;
	}
	uintptr_t moved;
	enum status status = vm_space_move(space, &move, &moved);
	return status == OK ? (int64_t)moved : status;
}

int64_t linux_munmap(uintptr_t address, uint64_t length)
{
	size_t size;
	if (address % PAGE_SIZE != 0 || !linux_page_size(length, &size))
		return ERR_INVALID_ARGS;
	return vm_space_unmap(process_space(process_current()), address, size);
}
