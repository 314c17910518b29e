#include "hal/interrupt/apic.h"
#include "hal/trap/trap_frame.h"

enum {
	APIC_BASE_X2APIC = 1 << 10,
	APIC_ON = 1 << 8, /* in the spurious vector register */
	APIC_MASKED = 1 << 16,
	APIC_DIVIDE_BY_1 = 0x0b,
	APIC_PENDING = 1 << 12, /* delivery status of the command register */
	APIC_PENDING_POLLS = 100000,

	APIC_COMMAND_ASSERT = 1 << 14,
	APIC_COMMAND_LEVEL = 1 << 15,
	APIC_COMMAND_NMI = 4 << 8,
	APIC_COMMAND_INIT = 5 << 8,
	APIC_COMMAND_START = 6 << 8,
	APIC_ID_SHIFT = 24,
};

bool apic_wants_wide(bool cpu_has_x2apic, uint64_t apic_base_msr)
{
	return cpu_has_x2apic || (apic_base_msr & APIC_BASE_X2APIC);
}

void apic_enable(const struct apic *apic)
{
	const struct apic_access *access = apic->access;
	access->write(APIC_SPURIOUS, APIC_ON | INTERRUPT_SPURIOUS);
	access->write(APIC_LINT0, APIC_MASKED);
	access->write(APIC_LINT1, APIC_MASKED);
	access->write(APIC_ERROR, APIC_MASKED | INTERRUPT_SPURIOUS);
	access->write(APIC_TIMER, APIC_MASKED | INTERRUPT_TIMER);
	access->write(APIC_TIMER_DIVIDE, APIC_DIVIDE_BY_1);
}

uint32_t apic_id(const struct apic *apic)
{
	uint32_t value = apic->access->read(APIC_ID);
	return apic->access->wide ? value : value >> APIC_ID_SHIFT;
}

void apic_end_interrupt(const struct apic *apic)
{
	apic->access->write(APIC_END_OF_INTERRUPT, 0);
}

/* A command that is never taken must not stop the machine. */
static void apic_wait_command(const struct apic_access *access)
{
	for (int poll = 0; poll < APIC_PENDING_POLLS; poll++)
		if (!(access->read(APIC_COMMAND) & APIC_PENDING))
			return;
}

static void apic_command(const struct apic *apic, uint32_t destination, uint32_t command)
{
	const struct apic_access *access = apic->access;
	if (access->wide) {
		access->write_command((uint64_t)destination << 32 | command);
		return;
	}
	apic_wait_command(access);
	access->write(APIC_COMMAND_HIGH, destination << APIC_ID_SHIFT);
	access->write(APIC_COMMAND, command);
}

void apic_send(const struct apic *apic, uint32_t destination, uint8_t vector)
{
	apic_command(apic, destination, APIC_COMMAND_ASSERT | vector);
}

void apic_send_nmi(const struct apic *apic, uint32_t destination)
{
	apic_command(apic, destination, APIC_COMMAND_ASSERT | APIC_COMMAND_NMI);
}

void apic_send_nmi_between(const struct apic *apic, uint32_t destination)
{
	const struct apic_access *access = apic->access;
	uint32_t high = access->wide ? 0 : access->read(APIC_COMMAND_HIGH);
	apic_send_nmi(apic, destination);
	if (access->wide)
		return;
	/* the half that is written already; the command before is on its way by then */
	apic_wait_command(access);
	access->write(APIC_COMMAND_HIGH, high);
}

void apic_send_init(const struct apic *apic, uint32_t destination)
{
	apic_command(apic, destination,
	             APIC_COMMAND_ASSERT | APIC_COMMAND_LEVEL | APIC_COMMAND_INIT);
}

void apic_send_start(const struct apic *apic, uint32_t destination, paddr_t page)
{
	apic_command(apic, destination,
	             APIC_COMMAND_ASSERT | APIC_COMMAND_START | (uint32_t)(page / PAGE_SIZE));
}

void apic_timer_calibrate(struct apic *apic, uint64_t counts, uint64_t ns)
{
	apic->timer_scale = (counts << 32) / ns;
}

void apic_timer_start(const struct apic *apic, uint64_t ns)
{
	unsigned __int128 counts = (unsigned __int128)ns * apic->timer_scale >> 32;
	uint32_t initial = counts > UINT32_MAX ? UINT32_MAX : (uint32_t)counts;
	apic->access->write(APIC_TIMER, INTERRUPT_TIMER);
	/* 0 would stop it */
	apic->access->write(APIC_TIMER_INITIAL, initial ? initial : 1);
}

void apic_timer_stop(const struct apic *apic)
{
	apic->access->write(APIC_TIMER_INITIAL, 0);
}
