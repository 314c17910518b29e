/* The two ways to the registers of the local APIC. */
#include "hal/cpu/cpu.h"
#include "hal/cpu/registers.h"
#include "hal/interrupt/apic.h"
#include <stddef.h>

static volatile uint32_t *apic_registers; /* set once, before the first access */

void apic_map(volatile void *registers)
{
	apic_registers = registers;
}

static uint32_t apic_memory_read(enum apic_register at)
{
	return apic_registers[at / sizeof(uint32_t)];
}

static void apic_memory_write(enum apic_register at, uint32_t value)
{
	apic_registers[at / sizeof(uint32_t)] = value;
}

const struct apic_access apic_by_memory = {
        .name = "xapic",
        .read = apic_memory_read,
        .write = apic_memory_write,
};

static uint32_t apic_msr(enum apic_register at)
{
	return MSR_X2APIC_BASE + at / 16;
}

static uint32_t apic_msr_read(enum apic_register at)
{
	return (uint32_t)cpu_read_msr(apic_msr(at));
}

static void apic_msr_write(enum apic_register at, uint32_t value)
{
	cpu_write_msr(apic_msr(at), value);
}

static void apic_msr_write_command(uint64_t value)
{
	/* unlike a store to memory, this write is not ordered behind earlier stores */
	__asm__ volatile("mfence; lfence" : : : "memory");
	cpu_write_msr(apic_msr(APIC_COMMAND), value);
}

const struct apic_access apic_by_msr = {
        .name = "x2apic",
        .wide = true,
        .read = apic_msr_read,
        .write = apic_msr_write,
        .write_command = apic_msr_write_command,
};
