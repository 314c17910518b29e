/*
 * The local interrupt controller of each CPU: interrupts to other CPUs and a
 * one-shot timer.
 *
 * Registers are reached through memory (xAPIC) or through MSRs (x2APIC); which is decided once,
 * for all CPUs. Inside kernel/hal. Intel SDM volume 3, chapter 11.
 */
#pragma once

#include "hal/layout.h"
#include <stdbool.h>
#include <stdint.h>

/* Offsets of the memory form; the MSR is 0x800 + offset / 16. */
enum apic_register {
	APIC_ID = 0x20,
	APIC_END_OF_INTERRUPT = 0xb0,
	APIC_SPURIOUS = 0xf0,
	APIC_COMMAND = 0x300,
	APIC_COMMAND_HIGH = 0x310,
	APIC_TIMER = 0x320,
	APIC_LINT0 = 0x350,
	APIC_LINT1 = 0x360,
	APIC_ERROR = 0x370,
	APIC_TIMER_INITIAL = 0x380,
	APIC_TIMER_CURRENT = 0x390,
	APIC_TIMER_DIVIDE = 0x3e0,
};

struct apic_access {
	const char *name;
	bool wide; /* x2APIC: 32-bit ids, one 64-bit command register */
	uint32_t (*read)(enum apic_register at);
	void (*write)(enum apic_register at, uint32_t value);
	/* Only when wide. */
	void (*write_command)(uint64_t value);
};

struct apic {
	const struct apic_access *access; /* NULL: this machine has none */
	uint64_t timer_scale; /* counts a nanosecond, times 2^32; 0 until calibrated */
};

/* Wide when the CPU can, or the firmware has switched to it already. */
bool apic_wants_wide(bool cpu_has_x2apic, uint64_t apic_base_msr);

/* On each CPU: on, with all its own sources masked. */
void apic_enable(const struct apic *apic);
uint32_t apic_id(const struct apic *apic);
void apic_end_interrupt(const struct apic *apic);
void apic_send(const struct apic *apic, uint32_t destination, uint8_t vector);
void apic_send_nmi(const struct apic *apic, uint32_t destination);
/* The same from an interrupt that can come between the two halves of any other command. */
void apic_send_nmi_between(const struct apic *apic, uint32_t destination);
void apic_send_init(const struct apic *apic, uint32_t destination);
/* The CPU starts in real mode at page, which is below 1 MiB and page aligned. */
void apic_send_start(const struct apic *apic, uint32_t destination, paddr_t page);

/* counts passed in ns. */
void apic_timer_calibrate(struct apic *apic, uint64_t counts, uint64_t ns);
/* One interrupt in ns, as near as the counter can. */
void apic_timer_start(const struct apic *apic, uint64_t ns);
void apic_timer_stop(const struct apic *apic);

/* The machine's; kernel/hal/interrupt/apic_access.c. */
extern const struct apic_access apic_by_memory;
extern const struct apic_access apic_by_msr;
void apic_map(volatile void *registers);
