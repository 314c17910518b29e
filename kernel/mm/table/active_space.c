/*
 * Which address space this CPU has loaded, and making CPUs forget what changed in one.
 */
#include "mm/api.h"
#include "mm/table/kernel_tables.h"
#include "mm/table/space_tags.h"

bool address_space_is_active(const struct address_space *space)
{
	return cpu_current()->address_space == space;
}

/* Tags are used by each CPU for itself only. */
static struct space_tags active_tags[CPU_MAX];

/* Bit of the page root: what is remembered under the tag stays. */
#define PAGE_ROOT_KEEP ((uint64_t)1 << 63)

/* After the CPU's bit is set: what is invalidated from now on it is told, and the rest the version
 * shows. */
static uint64_t active_root(const struct cpu *cpu, struct address_space *space)
{
	if (!cpu_features()->pcid)
		return space->table.root;
	bool forget;
	uint64_t version = __atomic_load_n(&space->table.version, __ATOMIC_SEQ_CST);
	uint32_t tag = space_tags_load(&active_tags[cpu->index], space->number, version, &forget);
	return space->table.root | tag | (forget ? 0 : PAGE_ROOT_KEEP);
}

void address_space_activate(struct address_space *space)
{
	struct cpu *cpu = cpu_current();
	struct address_space *previous = cpu->address_space;
	if (previous == space)
		return;
	/* noted before it is loaded: no CPU is ever overlooked */
	if (space && !(__atomic_load_n(&space->table.cpus, __ATOMIC_RELAXED) & cpu->bit))
		__atomic_fetch_or(&space->table.cpus, cpu->bit, __ATOMIC_SEQ_CST);
	cpu->address_space = space;
	cpu_write_page_root(space ? active_root(cpu, space) : kernel_tables()->root);
}

bool address_space_is_loaded(const struct address_space *space)
{
	uint64_t noted = __atomic_load_n(&space->table.cpus, __ATOMIC_SEQ_CST) & cpu_online();
	for (; noted; noted &= noted - 1) {
		const struct cpu *cpu = cpu_at((uint32_t)__builtin_ctzll(noted));
		if (__atomic_load_n(&cpu->address_space, __ATOMIC_RELAXED) == space)
			return true;
	}
	return false;
}

enum { INVALIDATE_PAGES_MAX = 32 };

struct invalidate_range {
	struct page_table *table;
	uint64_t version; /* of the table, once it is done */
	uintptr_t start;
	uintptr_t end;
};

static void invalidate_here(void *argument)
{
	const struct invalidate_range *range = argument;
	const struct cpu *cpu = cpu_current();
	const struct address_space *space = cpu->address_space;
	bool is_user = range->start < USER_END;
	if (is_user && (!space || &space->table != range->table)) {
		/* loaded here once: the next load notes it again */
		__atomic_fetch_and(&range->table->cpus, ~cpu->bit, __ATOMIC_SEQ_CST);
		return;
	}
	if (is_user && cpu_features()->pcid)
		space_tags_told(&active_tags[cpu->index], space->number, range->version);
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
	/* before the CPUs are looked at: see active_root */
	uint64_t version = __atomic_add_fetch(&table->version, 1, __ATOMIC_SEQ_CST);
	struct invalidate_range range = {table, version, start, end};
	cpu_call(__atomic_load_n(&table->cpus, __ATOMIC_SEQ_CST), invalidate_here, &range);
}
