#include "memory.h"
#include <base/cleanup.h>

#define MEMORY_PAGE ((uint64_t)4096)
#define MEMORY_BYTES_MAX ((uint64_t)1 << 47)

/* Linux include/uapi/asm-generic/mman-common.h */
enum memory_protection {
	PROTECTION_READ = 1,
	PROTECTION_WRITE = 2,
	PROTECTION_EXECUTE = 4,
	PROTECTION_ALL = 7,
};

enum memory_map_flag {
	MAP_FLAG_SHARED = 1,
	MAP_FLAG_PRIVATE = 2,
	MAP_FLAG_TYPE = 15,
	MAP_FLAG_FIXED = 0x10,
	MAP_FLAG_ANONYMOUS = 0x20,
	MAP_FLAG_NORESERVE = 0x4000,
	MAP_FLAG_FIXED_NOREPLACE = 0x100000,
	MAP_FLAGS = MAP_FLAG_TYPE | MAP_FLAG_FIXED | MAP_FLAG_ANONYMOUS | MAP_FLAG_NORESERVE |
	            MAP_FLAG_FIXED_NOREPLACE,
};

static enum status memory_rights(uint64_t protection, uint32_t *out_rights)
{
	if (protection & ~(uint64_t)PROTECTION_ALL)
		return ERR_INVALID_ARGS;
	uint32_t rights = protection & PROTECTION_READ ? MEMORY_READ : 0;
	/* the CPU can't write or execute without reading */
	rights |= protection & PROTECTION_WRITE ? MEMORY_READ | MEMORY_WRITE : 0;
	rights |= protection & PROTECTION_EXECUTE ? MEMORY_READ | MEMORY_EXECUTE : 0;
	*out_rights = rights;
	return OK;
}

static enum status memory_size(uint64_t length, uint64_t *out_size)
{
	if (length > MEMORY_BYTES_MAX)
		return ERR_NO_MEMORY;
	*out_size = (length + MEMORY_PAGE - 1) & ~(MEMORY_PAGE - 1);
	return OK;
}

static bool memory_range_holds(const struct mm_layout *layout, uint64_t address, uint64_t size)
{
	return address >= layout->user_range_start && address <= layout->user_range_end &&
	       size <= layout->user_range_end - address;
}

/* Where it is to be; a place that is not meant is a hint. */
static enum status memory_plan_place(const struct mm_layout *layout, uint64_t address,
                                     uint64_t flags, struct memory_plan *plan)
{
	bool is_fixed = flags & (MAP_FLAG_FIXED | MAP_FLAG_FIXED_NOREPLACE);
	bool may_be_there =
	        address % MEMORY_PAGE == 0 && memory_range_holds(layout, address, plan->args.size);
	plan->is_hint = !is_fixed;
	plan->args.address = is_fixed || may_be_there ? address : 0;
	if (flags & MAP_FLAG_FIXED && !(flags & MAP_FLAG_FIXED_NOREPLACE))
		plan->args.flags |= MEMORY_REPLACE;
	if (!is_fixed || may_be_there)
		return OK;
	if (address % MEMORY_PAGE)
		return ERR_INVALID_ARGS;
	return address < layout->user_range_start ? ERR_NOT_PERMITTED : ERR_NO_MEMORY;
}

enum status memory_plan_map(const struct memory_rules *rules, const uint64_t wanted[6],
                            struct memory_plan *out)
{
	const uint64_t flags = wanted[3], type = flags & MAP_FLAG_TYPE;
	struct mm_broker_args *args = &out->args;
	*out = (struct memory_plan){};
	TRY(memory_rights(wanted[2], &args->rights));
	TRY(memory_size(wanted[1], &args->size));
	if (!args->size || wanted[5] % MEMORY_PAGE || flags & ~(uint64_t)MAP_FLAGS ||
	    (type != MAP_FLAG_SHARED && type != MAP_FLAG_PRIVATE))
		return ERR_INVALID_ARGS;
	TRY(memory_plan_place(&rules->layout, wanted[0], flags, out));
	if (rules->layout.mapped_bytes > rules->addresses_max ||
	    args->size > rules->addresses_max - rules->layout.mapped_bytes)
		return ERR_NO_MEMORY;
	if (flags & MAP_FLAG_ANONYMOUS) {
		args->op = MM_MAP_ANON;
		args->flags |= type == MAP_FLAG_SHARED ? MEMORY_SHARED : 0;
		return OK;
	}
	args->op = type == MAP_FLAG_SHARED ? MM_MAP_FILE_SHARED : MM_MAP_FILE_PRIVATE;
	args->descriptor = (uint32_t)wanted[4];
	args->offset = wanted[5];
	return wanted[4] > INT32_MAX ? ERR_BAD_HANDLE : OK;
}

enum status memory_plan_protect(const uint64_t wanted[3], struct memory_plan *out)
{
	*out = (struct memory_plan){.args = {.op = MM_PROTECT, .address = wanted[0]}};
	TRY(memory_rights(wanted[2], &out->args.rights));
	return wanted[0] % MEMORY_PAGE ? ERR_INVALID_ARGS : memory_size(wanted[1], &out->args.size);
}

enum status memory_plan_unmap(const uint64_t wanted[2], struct memory_plan *out)
{
	*out = (struct memory_plan){.args = {.op = MM_UNMAP, .address = wanted[0]}};
	TRY(memory_size(wanted[1], &out->args.size));
	return wanted[0] % MEMORY_PAGE || !out->args.size ? ERR_INVALID_ARGS : OK;
}
