/*
 * Which address space this CPU has loaded.
 */
#include "mm/address_space.h"
#include "mm/api.h"
#include "mm/kernel_tables.h"

bool address_space_is_active(const struct address_space *space)
{
	return cpu_current()->address_space == space;
}

void address_space_activate(struct address_space *space)
{
	struct cpu *cpu = cpu_current();
	if (cpu->address_space == space)
		return;
	cpu->address_space = space;
	cpu_write_page_root(space ? space->table.root : kernel_tables()->root);
}
