/*
 * The watchdog's rounds: the interval timer, through the I/O APIC, as a non-maskable interrupt of
 * the boot CPU, and that one's of the others.
 *
 * PIT: Intel 8254.
 */
#include "hal/api.h"
#include "hal/interrupt/interrupts.h"
#include "hal/interrupt/io_apic.h"

enum {
	PIT_RATE_CHANNEL = 0x40,
	PIT_RATE_COMMAND = 0x43,
	PIT_RATE_MODE = 0x34, /* channel 0, both bytes, mode 2 */

	IO_APIC_NMI = 4 << 8, /* rising edge, to one CPU */

	SYSTEM_CONTROL_PORT = 0x61,
	SYSTEM_CONTROL_FAILURES = 0xc0, /* parity and I/O check: what else raises an NMI */
};

enum watchdog_phase { WATCHDOG_OFF, WATCHDOG_ON, WATCHDOG_OVER };

struct watchdog_rounds {
	enum watchdog_phase phase; /* atomic */
	uint32_t round; /* atomic; written by the boot CPU */
	uint64_t asked; /* CPUs that take part in it; only the boot CPU's */
};

static struct watchdog_rounds watchdog_rounds;

bool watchdog_start(const struct acpi_machine *machine)
{
	__atomic_store_n(&watchdog_rounds.phase, WATCHDOG_ON, __ATOMIC_SEQ_CST);
	port_out8(PIT_RATE_COMMAND, PIT_RATE_MODE);
	/* 65536: the longest, 55 ms */
	port_out8(PIT_RATE_CHANNEL, 0);
	port_out8(PIT_RATE_CHANNEL, 0);
	return io_apic_route(machine->timer_line, cpu_current()->apic_id, IO_APIC_NMI);
}

void watchdog_end(void)
{
	__atomic_store_n(&watchdog_rounds.phase, WATCHDOG_OVER, __ATOMIC_SEQ_CST);
}

static bool watchdog_round_is_over(uint32_t round)
{
	for (uint64_t rest = watchdog_rounds.asked; rest; rest &= rest - 1) {
		const struct cpu *cpu = cpu_at((uint32_t)__builtin_ctzll(rest));
		if (__atomic_load_n(&cpu->watchdog.round, __ATOMIC_ACQUIRE) != round)
			return false;
	}
	return true;
}

/* On the boot CPU, once its timer has fired. */
static void watchdog_next_round(const struct cpu *self)
{
	uint32_t round = watchdog_rounds.round;
	if (!watchdog_round_is_over(round))
		return;
	watchdog_rounds.asked = 0;
	__atomic_store_n(&watchdog_rounds.round, round + 1, __ATOMIC_RELEASE);
	for (uint64_t rest = cpu_online(); rest; rest &= rest - 1) {
		uint32_t index = (uint32_t)__builtin_ctzll(rest);
		const struct cpu *cpu = cpu_at(index);
		if (cpu == self || __atomic_load_n(&cpu->waits, __ATOMIC_RELAXED))
			continue;
		watchdog_rounds.asked |= 1ULL << index;
		interrupt_send_nmi_between(cpu->apic_id);
	}
}

enum watchdog_verdict watchdog_interrupt(void)
{
	struct cpu *self = cpu_current();
	enum watchdog_phase phase = __atomic_load_n(&watchdog_rounds.phase, __ATOMIC_SEQ_CST);
	if (phase == WATCHDOG_OVER)
		return WATCHDOG_FINE;
	if (phase == WATCHDOG_OFF ||
	    (self->index == 0 && (port_in8(SYSTEM_CONTROL_PORT) & SYSTEM_CONTROL_FAILURES)))
		return WATCHDOG_NOT_MINE;
	if (self->index == 0)
		watchdog_next_round(self);
	uint32_t round = __atomic_load_n(&watchdog_rounds.round, __ATOMIC_ACQUIRE);
	if (self->watchdog.round == round)
		return WATCHDOG_FINE;
	__atomic_store_n(&self->watchdog.round, round, __ATOMIC_RELEASE);
	return watchdog_look(&self->watchdog, self->progress, cpu_mask_count(cpu_online()));
}
