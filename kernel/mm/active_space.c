/*
 * Which address space this CPU has loaded, and making CPUs forget what changed in one.
 */
#include "mm/api.h"
#include "mm/kernel_tables.h"

static uint64_t active_cpu_bit(const struct cpu *cpu)
{
	return (uint64_t)1 << cpu->index;
}

bool address_space_is_active(const struct address_space *space)
{
	return cpu_current()->address_space == space;
}

void address_space_activate(struct address_space *space)
{
	struct cpu *cpu = cpu_current();
	struct address_space *previous = cpu->address_space;
	if (previous == space)
		return;
	/* noted before it is loaded and until it is not: no CPU is ever overlooked */
	if (space)
		__atomic_fetch_or(&space->table.cpus, active_cpu_bit(cpu), __ATOMIC_SEQ_CST);
	cpu->address_space = space;
	cpu_write_page_root(space ? space->table.root : kernel_tables()->root);
	if (previous)
		__atomic_fetch_and(&previous->table.cpus, ~active_cpu_bit(cpu), __ATOMIC_SEQ_CST);
}

enum { INVALIDATE_PAGES_MAX = 32 };

struct invalidate_range {
	uintptr_t start;
	uintptr_t end;
};

static void invalidate_here(void *argument)
{
	const struct invalidate_range *range = argument;
	/* pages of the kernel are global: loading the root again would not drop them */
	bool all = range->end <= USER_END &&
	           range->end - range->start > INVALIDATE_PAGES_MAX * PAGE_SIZE;
	if (all) {
		cpu_write_page_root(cpu_read_page_root());
		return;
	}
	for (uintptr_t at = range->start; at < range->end; at += PAGE_SIZE)
		cpu_invalidate_page(at);
}

void page_table_invalidate(struct page_table *table, uintptr_t start, uintptr_t end)
{
	struct invalidate_range range = {start, end};
	cpu_call(__atomic_load_n(&table->cpus, __ATOMIC_SEQ_CST), invalidate_here, &range);
}
