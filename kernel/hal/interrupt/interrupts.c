/*
 * The local APIC of the running CPU, and its timer.
 *
 * The timer is measured once, on the boot CPU: all of them count the same clock.
 */
#include "hal/interrupt/interrupts.h"
#include "hal/api.h"
#include "hal/cpu/registers.h"
#include "hal/image.h"
#include "hal/interrupt/apic.h"

enum {
	APIC_BASE_ON = 1 << 11,
	APIC_BASE_WIDE = 1 << 10,
	APIC_DELIVER_EXTERNAL = 0x700,
	TIMER_MEASURE_NS = 2000000,
};

static const uint64_t apic_base_address_mask = 0x000ffffffffff000;
static struct apic kernel_apic;

paddr_t interrupts_registers(void)
{
	uint64_t base = cpu_read_msr(MSR_APIC_BASE);
	return apic_wants_wide(cpu_features()->x2apic, base) ? 0 : base & apic_base_address_mask;
}

uint32_t interrupts_enable_here(void)
{
	uint64_t base = cpu_read_msr(MSR_APIC_BASE) | APIC_BASE_ON;
	cpu_write_msr(MSR_APIC_BASE, base);
	if (kernel_apic.access->wide)
		cpu_write_msr(MSR_APIC_BASE, base | APIC_BASE_WIDE);
	apic_enable(&kernel_apic);
	return apic_id(&kernel_apic);
}

static void timer_measure(void)
{
	const struct apic_access *access = kernel_apic.access;
	uint64_t start = clock_ns();
	access->write(APIC_TIMER_INITIAL, UINT32_MAX);
	clock_spin_ns(TIMER_MEASURE_NS);
	uint32_t left = access->read(APIC_TIMER_CURRENT);
	uint64_t ns = clock_ns() - start;
	access->write(APIC_TIMER_INITIAL, 0);
	apic_timer_calibrate(&kernel_apic, UINT32_MAX - left, ns);
}

enum status interrupts_init(void *registers)
{
	kernel_apic.access = registers ? &apic_by_memory : &apic_by_msr;
	apic_map(registers);
	struct cpu *self = cpu_current();
	self->apic_id = interrupts_enable_here();
	cpu_set_online(self);
	timer_measure();
	return kernel_apic.timer_scale ? OK : ERR_NO_DEVICE;
}

const char *interrupts_name(void)
{
	return kernel_apic.access->name;
}

uint64_t timer_khz(void)
{
	return kernel_apic.timer_scale * 1000000 >> 32;
}

void timer_start(uint64_t deadline_ns)
{
	uint64_t now = clock_ns();
	apic_timer_start(&kernel_apic, deadline_ns > now ? deadline_ns - now : 0);
}

void timer_stop(void)
{
	apic_timer_stop(&kernel_apic);
}

void interrupt_send(uint32_t id, uint8_t vector)
{
	apic_send(&kernel_apic, id, vector);
}

void interrupt_send_nmi(uint32_t id)
{
	apic_send_nmi(&kernel_apic, id);
}

void interrupt_send_nmi_between(uint32_t id)
{
	apic_send_nmi_between(&kernel_apic, id);
}

void interrupt_send_init(uint32_t id)
{
	apic_send_init(&kernel_apic, id);
}

void interrupt_send_start(uint32_t id, uint64_t page)
{
	apic_send_start(&kernel_apic, id, page);
}

void interrupt_accept_pic(void)
{
	kernel_apic.access->write(APIC_LINT0, APIC_DELIVER_EXTERNAL);
}

void interrupt_end(void)
{
	apic_end_interrupt(&kernel_apic);
}
