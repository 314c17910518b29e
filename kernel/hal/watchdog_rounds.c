/*
 * The watchdog's rounds: the interval timer, through the I/O APIC, as a non-maskable interrupt of
 * the boot CPU, and that one's of the others.
 *
 * PIT: Intel 8254. I/O APIC: Intel 82093AA, section 3.2.
 */
#include "hal/api.h"
#include "hal/interrupts.h"

enum {
	PIT_RATE_CHANNEL = 0x40,
	PIT_RATE_COMMAND = 0x43,
	PIT_RATE_MODE = 0x34, /* channel 0, both bytes, mode 2 */

	IO_APIC_SELECT = 0x00 / 4,
	IO_APIC_WINDOW = 0x10 / 4,
	IO_APIC_VERSION = 1, /* number of lines less 1 in bits 16 to 23 */
	IO_APIC_FIRST_LINE = 0x10, /* two registers each */
	IO_APIC_NMI = 4 << 8, /* rising edge, to one CPU */
	IO_APIC_ID_SHIFT = 24,
	IO_APIC_IDS = 256,

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

static void io_apic_write(volatile uint32_t *registers, uint32_t at, uint32_t value)
{
	registers[IO_APIC_SELECT] = at;
	registers[IO_APIC_WINDOW] = value;
}

static uint32_t io_apic_line_count(volatile uint32_t *registers)
{
	registers[IO_APIC_SELECT] = IO_APIC_VERSION;
	return (registers[IO_APIC_WINDOW] >> 16 & 0xff) + 1;
}

bool watchdog_start(const struct acpi_machine *machine, void *registers)
{
	uint32_t line = machine->timer_line, id = cpu_current()->apic_id;
	if (!registers || line >= io_apic_line_count(registers) || id >= IO_APIC_IDS)
		return false;
	__atomic_store_n(&watchdog_rounds.phase, WATCHDOG_ON, __ATOMIC_SEQ_CST);
	port_out8(PIT_RATE_COMMAND, PIT_RATE_MODE);
	/* 65536: the longest, 55 ms */
	port_out8(PIT_RATE_CHANNEL, 0);
	port_out8(PIT_RATE_CHANNEL, 0);
	io_apic_write(registers, IO_APIC_FIRST_LINE + 2 * line + 1, id << IO_APIC_ID_SHIFT);
	io_apic_write(registers, IO_APIC_FIRST_LINE + 2 * line, IO_APIC_NMI);
	return true;
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
