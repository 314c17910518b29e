/* Memory for the other CPUs, and their first steps in the scheduler. */
#include "core/api.h"
#include "sched/cpu_state.h"
#include <base/cleanup.h>

/* First code of a further CPU, on its idle thread's stack. */
static void sched_enter(void)
{
	sched_enter_cpu();
	sched_run();
}

static enum status sched_stack_top(uintptr_t *out_top)
{
	struct kernel_stack *stack;
	TRY(kernel_stack_create(&stack));
	*out_top = (uintptr_t)kernel_stack_top(stack);
	return OK;
}

/* What one CPU needs stays for ever, also when the CPU does not start. */
static enum status sched_prepare_cpu(uint32_t index)
{
	uintptr_t trap_stacks[CPU_TRAP_STACKS], idle_stack;
	paddr_t block;
	ASSERT(cpu_block_bytes() <= PAGE_SIZE);
	for (size_t i = 0; i < CPU_TRAP_STACKS; i++)
		TRY(sched_stack_top(&trap_stacks[i]));
	TRY(sched_stack_top(&idle_stack));
	TRY(frame_alloc_zeroed(&block));
	struct cpu *cpu = cpu_block_init(direct_map(block), index, trap_stacks);
	TRY(mm_prepare_cpu(cpu));
	sched_init_cpu(index);
	return cpu_add_secondary(cpu, idle_stack) ? OK : ERR_INVALID_ARGS;
}

enum status sched_start_cpus(const struct acpi_machine *machine, paddr_t page)
{
	for (uint32_t index = 1; index < machine->cpu_count; index++)
		TRY(sched_prepare_cpu(index));
	cpu_start_secondaries(machine, page, direct_map(page), sched_enter);

	unsigned online = cpu_mask_count(cpu_online());
	if (online < machine->cpu_count)
		LOG_ERROR(LOG_SCHED, "cpus started=%u listed=%zu, going on without the others",
		          online, machine->cpu_count);
	return OK;
}
