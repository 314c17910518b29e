/*
 * What the kernel needs of the ACPI tables: the CPUs, their interrupt
 * controllers, two timers, and how it is switched off.
 *
 * Tables are read once, while the loader's memory is still mapped; the result is a copy. A
 * table with a bad length or checksum counts as absent. ACPI 6.5, section 5.2.
 */
#pragma once

#include "hal/acpi/acpi_power.h"
#include "hal/boot/boot_info.h"
#include "hal/layout.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct acpi_machine {
	bool has_madt;
	paddr_t local_apic; /* registers of every CPU's own; 0 without MADT */
	uint32_t apic_ids[CPU_MAX]; /* of enabled CPUs, each once, in table order */
	size_t cpu_count;
	size_t cpus_dropped; /* beyond CPU_MAX */
	paddr_t io_apic; /* registers of the one that the ISA interrupts come to; 0: none */
	uint32_t timer_line; /* of that one: where the interval timer (8254) comes in */
	paddr_t hpet; /* 0: none */
	uint16_t pm_timer_port; /* 0: none */
	bool pm_timer_32_bits; /* else 24 */
	paddr_t pci_config; /* configuration space of PCI segment 0 from bus 0 on; 0: none */
	struct acpi_power power;
};

/* Never fails: without tables *out_machine is empty. */
void acpi_read(const struct boot_memory *memory, const struct boot_info *info,
               struct acpi_machine *out_machine);
