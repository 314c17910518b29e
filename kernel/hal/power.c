/* The end of the machine by hardware: S5, and reset. */
#include "hal/acpi/acpi_power.h"
#include "hal/api.h"

enum {
	POWER_SLEEP_ENABLE = 1 << 13,
	POWER_SLEEP_TYPE_SHIFT = 10,
	POWER_ACPI_ON = 1,
	POWER_SETTLE_NS = 100 * 1000 * 1000,

	/* Intel ICH9 data sheet, 13.7.5: reset control; 0x64 is the keyboard controller's. */
	RESET_CONTROL_PORT = 0xcf9,
	RESET_CONTROL_HARD = 0x02,
	RESET_CONTROL_NOW = 0x06,
	KEYBOARD_PORT = 0x64,
	KEYBOARD_RESET = 0xfe,
};

static struct acpi_power kernel_power;

void power_init(const struct acpi_power *power)
{
	kernel_power = *power;
}

/* Until the control register says that the firmware has handed over, or some time has passed. */
static void power_enable_acpi(const struct acpi_power *power)
{
	uint64_t deadline = clock_ns() + POWER_SETTLE_NS;
	if ((port_in16(power->control_a) & POWER_ACPI_ON) || !power->enable_port)
		return;
	port_out8(power->enable_port, power->enable_value);
	while (!(port_in16(power->control_a) & POWER_ACPI_ON) && clock_ns() < deadline)
		;
}

static void power_sleep(uint16_t port, uint8_t type)
{
	uint16_t word = port_in16(port);
	word = (uint16_t)(word & ~(7u << POWER_SLEEP_TYPE_SHIFT));
	word = (uint16_t)(word | type << POWER_SLEEP_TYPE_SHIFT | POWER_SLEEP_ENABLE);
	port_out16(port, word);
}

void power_off(void)
{
	const struct acpi_power *power = &kernel_power;
	if (!power->can_switch_off)
		return;
	power_enable_acpi(power);
	power_sleep(power->control_a, power->off_a);
	if (power->control_b)
		power_sleep(power->control_b, power->off_b);
	clock_spin_ns(POWER_SETTLE_NS);
}

void power_reset(void)
{
	const struct acpi_power *power = &kernel_power;
	if (power->reset == ACPI_RESET_PORT) {
		port_out8(power->reset_port, power->reset_value);
		clock_spin_ns(POWER_SETTLE_NS);
	}
	port_out8(RESET_CONTROL_PORT, RESET_CONTROL_HARD);
	port_out8(RESET_CONTROL_PORT, RESET_CONTROL_NOW);
	clock_spin_ns(POWER_SETTLE_NS);
	port_out8(KEYBOARD_PORT, KEYBOARD_RESET);
	clock_spin_ns(POWER_SETTLE_NS);
}
