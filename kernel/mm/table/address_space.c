#include "mm/table/address_space.h"
#include "core/api.h"
#include "mm/api.h"
#include "mm/table/kernel_tables.h"
#include <string.h>

enum status address_space_create(struct memory_account *account, struct address_space **out_space)
{
	struct address_space *space = HEAP_NEW(struct address_space);
	if (!space)
		return ERR_NO_MEMORY;
	static uint64_t last_number; /* atomic */
	space->number = __atomic_add_fetch(&last_number, 1, __ATOMIC_RELAXED);
	space->lock = (struct spinlock)SPINLOCK_INIT(LOCK_SPACE);
	enum status status = page_table_create(account, &space->table);
	if (status != OK) {
		heap_free(space, sizeof *space);
		return status;
	}
	const uint64_t *shared = direct_map(kernel_tables()->root);
	uint64_t *own = direct_map(space->table.root);
	memcpy(own + KERNEL_HALF_FIRST, shared + KERNEL_HALF_FIRST,
	       (KERNEL_HALF_END - KERNEL_HALF_FIRST) * sizeof own[0]);
	memory_account_ref(account);
	*out_space = space;
	return OK;
}

bool address_space_may_grow(const struct address_space *space)
{
	return space->uses_reserve || frames_free_estimate() > frames_reserve();
}

void address_space_destroy(struct address_space *space)
{
	if (!space)
		return;
	ASSERT(!address_space_is_loaded(space));
	ASSERT(space->table.table_count == 0 && space->table.page_count == 0);
	frame_free(space->table.root);
	memory_uncharge(space->table.account, PAGE_SIZE);
	memory_account_unref(space->table.account);
	heap_free(space, sizeof *space);
}

static const struct mm_ops *mm_installed_ops;

void mm_install(const struct mm_ops *ops)
{
	mm_installed_ops = ops;
}

enum status address_space_resolve(struct address_space *space, uintptr_t address,
                                  enum page_access access)
{
	return mm_installed_ops ? mm_installed_ops->resolve(space, address, access)
	                        : ERR_BAD_ADDRESS;
}
