/*
 * Starting the other CPUs: INIT to all of them, then the start message, then
 * each sets itself up and enters the scheduler. Intel SDM volume 3, section 9.4.
 */
#include "hal/api.h"
#include "hal/image.h"
#include "hal/interrupt/interrupts.h"
#include <string.h>

enum {
	SECONDARY_INIT_NS = 10000000,
	SECONDARY_REPEAT_NS = 200000,
};

/* When no other one has come for so long, the rest is left out. */
static const uint64_t secondary_limit_ns = 5000000000;

/* Shared with secondary.S; written before the first CPU starts. */
uint64_t secondary_page_root;
uint64_t secondary_stacks[CPU_MAX];
uint32_t secondary_slots;
uint32_t secondary_taken; /* atomic */

static struct cpu *secondary_cpus[CPU_MAX];
static void (*secondary_entry)(void);

void secondary_main(uint32_t slot)
{
	struct cpu *self = secondary_cpus[slot];
	cpu_load(self);
	cpu_enable_features_here();
	self->apic_id = interrupts_enable_here();
	(void)clock_compare(); /* the clock keeps the outcome */
	cpu_set_online(self);
	secondary_entry();
	PANIC("a CPU's entry returned");
}

static void secondary_send(const struct acpi_machine *machine, paddr_t page,
                           void (*send)(uint32_t apic_id, paddr_t page))
{
	uint32_t own = cpu_current()->apic_id;
	for (size_t i = 0; i < machine->cpu_count; i++)
		if (machine->apic_ids[i] != own)
			send(machine->apic_ids[i], page);
}

static void secondary_send_init(uint32_t id, paddr_t)
{
	interrupt_send_init(id);
}

static void secondary_send_start(uint32_t id, paddr_t page)
{
	interrupt_send_start(id, page);
}

/*
 * True once count further CPUs are online; false when for ns none came. An emulator of many on few
 * CPUs needs long for all. Compares the clocks meanwhile.
 */
static bool secondary_wait(size_t count, uint64_t ns)
{
	uint64_t deadline = clock_ns() + ns;
	size_t seen = 0;
	do {
		(void)clock_compare();
		size_t online = cpu_mask_count(cpu_online());
		if (online > count)
			return true;
		if (online > seen)
			deadline = clock_ns() + ns;
		seen = online;
	} while (clock_ns() < deadline);
	return false;
}

bool cpu_add_secondary(struct cpu *cpu, uintptr_t stack_top)
{
	if (secondary_slots == CPU_MAX - 1)
		return false;
	secondary_cpus[secondary_slots] = cpu;
	secondary_stacks[secondary_slots++] = stack_top;
	return true;
}

void cpu_start_secondaries(const struct acpi_machine *machine, paddr_t page, void *page_view,
                           void (*entry)(void))
{
	if (!secondary_slots)
		return;
	secondary_entry = entry;
	secondary_page_root = cpu_read_page_root();
	memcpy(page_view, secondary_code, (size_t)(secondary_code_end - secondary_code));

	secondary_send(machine, page, secondary_send_init);
	clock_spin_ns(SECONDARY_INIT_NS);
	secondary_send(machine, page, secondary_send_start);
	if (secondary_wait(secondary_slots, SECONDARY_REPEAT_NS))
		return;
	/* a CPU that runs already ignores the second one */
	secondary_send(machine, page, secondary_send_start);
	(void)secondary_wait(secondary_slots, secondary_limit_ns); /* the caller counts them */
}
