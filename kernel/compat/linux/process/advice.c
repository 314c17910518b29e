/*
 * Linux calls that say how memory will be used: madvise, mlock and relatives.
 *
 * Private memory never leaves, so what is locked only has to come in.
 * Linux include/uapi/asm-generic/mman-common.h, mman.h.
 */
#include "compat/linux/abi.h"
#include "core/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

enum linux_advice {
	LINUX_MADV_NORMAL = 0,
	LINUX_MADV_RANDOM = 1,
	LINUX_MADV_SEQUENTIAL = 2,
	LINUX_MADV_WILLNEED = 3,
	LINUX_MADV_DONTNEED = 4,
	LINUX_MADV_FREE = 8,
	LINUX_MADV_DONTDUMP = 16,
	LINUX_MADV_DODUMP = 17,
	LINUX_MADV_COLD = 20,
	LINUX_MADV_PAGEOUT = 21,
	LINUX_MADV_POPULATE_READ = 22,
	LINUX_MADV_POPULATE_WRITE = 23,
};

/* Whole pages around the range. ERR_NO_MEMORY: more than an address space. */
static enum status linux_page_range(uintptr_t *address, uint64_t *length)
{
	uintptr_t end;
	uint64_t offset = *address % PAGE_SIZE;
	if (__builtin_add_overflow(*address, *length, &end) || end > USER_END)
		return ERR_NO_MEMORY;
	*address -= offset;
	*length = (*length + offset + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
	return OK;
}

/* Is nothing of the range a hole? ERR_NO_MEMORY. Tells what kinds of mappings there are. */
static enum status linux_range_kinds(uintptr_t address, uint64_t length, bool *out_all_private)
{
	uintptr_t end = address + length;
	struct vm_region_view view;
	*out_all_private = true;
	while (address < end) {
		if (!vm_space_query(process_space(process_current()), address, &view) ||
		    view.start > address)
			return ERR_NO_MEMORY;
		*out_all_private &= !view.object;
		address = view.end;
	}
	return OK;
}

/* What is mapped of the range is done even when a part is a hole, as Linux does. */
static int64_t linux_forget(uintptr_t address, uint64_t length, uint32_t advice)
{
	bool is_private;
	enum status holes = linux_range_kinds(address, length, &is_private);
	if (advice == LINUX_MADV_FREE && !is_private)
		return ERR_INVALID_ARGS;
	TRY(vm_space_discard(process_space(process_current()), address, length));
	return holes;
}

static int64_t linux_populate(uintptr_t address, uint64_t length)
{
	bool is_private;
	TRY(linux_range_kinds(address, length, &is_private));
	return vm_space_populate(process_space(process_current()), address, length);
}

int64_t linux_madvise(uintptr_t address, uint64_t length, uint32_t advice)
{
	bool is_private;
	if (address % PAGE_SIZE != 0 || length > USER_END)
		return ERR_INVALID_ARGS;
	if (length == 0)
		return OK;
	TRY(linux_page_range(&address, &length));
	switch (advice) {
	case LINUX_MADV_DONTNEED:
	case LINUX_MADV_FREE:
		return linux_forget(address, length, advice);
	case LINUX_MADV_POPULATE_READ:
	case LINUX_MADV_POPULATE_WRITE:
		return linux_populate(address, length);
	case LINUX_MADV_NORMAL:
	case LINUX_MADV_RANDOM:
	case LINUX_MADV_SEQUENTIAL:
	case LINUX_MADV_WILLNEED:
	case LINUX_MADV_DONTDUMP:
	case LINUX_MADV_DODUMP:
	case LINUX_MADV_COLD:
	case LINUX_MADV_PAGEOUT:
		/* advice that nothing here has to follow */
		return linux_range_kinds(address, length, &is_private);
	default:
		return ERR_INVALID_ARGS;
	}
}

int64_t linux_mlock2(uintptr_t address, uint64_t length, uint32_t flags)
{
	enum { MLOCK_ONFAULT = 1 };
	bool is_private;
	if (flags & ~(uint32_t)MLOCK_ONFAULT)
		return ERR_INVALID_ARGS;
	TRY(linux_page_range(&address, &length));
	if (length == 0)
		return OK;
	return flags ? linux_range_kinds(address, length, &is_private)
	             : linux_populate(address, length);
}

int64_t linux_mlock(uintptr_t address, uint64_t length)
{
	return linux_mlock2(address, length, 0);
}

int64_t linux_munlock(uintptr_t address, uint64_t length)
{
	bool is_private;
	TRY(linux_page_range(&address, &length));
	return linux_range_kinds(address, length, &is_private);
}

/* What is mapped later comes with its first touch, and stays, as with MCL_ONFAULT. */
int64_t linux_mlockall(uint32_t flags)
{
	enum { MCL_CURRENT = 1, MCL_FUTURE = 2, MCL_ONFAULT = 4 };
	if (!flags || flags == MCL_ONFAULT ||
	    flags & ~(uint32_t)(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))
		return ERR_INVALID_ARGS;
	if (!(flags & MCL_CURRENT) || flags & MCL_ONFAULT)
		return OK;
	return vm_space_populate(process_space(process_current()), USER_BASE, USER_END - USER_BASE);
}

int64_t linux_munlockall(void)
{
	return OK;
}

/* A byte for each page that is there. */
int64_t linux_mincore(uintptr_t address, uint64_t length, uintptr_t present)
{
	enum { PAGES_AT_ONCE = 256 };
	uint8_t bytes[PAGES_AT_ONCE];
	if (address % PAGE_SIZE != 0)
		return ERR_INVALID_ARGS;
	TRY(linux_page_range(&address, &length));
	for (uint64_t left = length / PAGE_SIZE; left;) {
		size_t count = left < PAGES_AT_ONCE ? left : PAGES_AT_ONCE;
		enum status status =
		        vm_space_residency(process_space(process_current()), address, count, bytes);
		/* Linux's word for a hole */
		if (status != OK)
			return status == ERR_BAD_ADDRESS ? ERR_NO_MEMORY : status;
		TRY(user_copy_out((struct user_out){present, count}, bytes));
		address += count * PAGE_SIZE;
		present += count;
		left -= count;
		thread_offer_cpu();
		if (task_is_ending())
			return ERR_INTERRUPTED;
	}
	return OK;
}
