/*
 * HPET: IA-PC HPET specification 1.0a, section 2.3. ACPI PM timer: ACPI 6.5, section
 * 4.8.3.3. PIT: Intel 8254 data sheet, channel 0, whose interrupt stays masked.
 */
#include "hal/clock/reference.h"
#include "hal/cpu/cpu.h"

enum {
	HPET_PERIOD = 0x04, /* femtoseconds a count */
	HPET_CONFIGURATION = 0x10,
	HPET_ON = 1,
	HPET_COUNTER = 0xf0,
	HPET_PERIOD_MAX = 100000000,

	PM_TIMER_HZ = 3579545,

	PIT_HZ = 1193182,
	PIT_CHANNEL0 = 0x40,
	PIT_COMMAND = 0x43,
	PIT_CHANNEL0_ONE_SHOT = 0x30, /* both bytes, mode 0: output rises at the end of the count */
	PIT_READ_STATUS0 = 0xe2,
	PIT_STATUS_OUTPUT = 0x80,
	PIT_STATUS_MODE = 0x3f,
	PIT_COUNT = PIT_HZ / 200, /* 5 ms */
};

static const uint64_t clock_measure_ns = 5000000;
static const uint64_t clock_ns_a_second = 1000000000;
static const uint64_t clock_fs_a_second = 1000000000000000;
/* No CPU counts so far in the time of one measurement. */
static const uint64_t clock_tsc_limit = (uint64_t)1 << 32;

struct clock_counter {
	uint64_t hz;
	uint32_t mask;
	volatile const uint32_t *memory; /* NULL: behind port */
	uint16_t port;
};

static uint32_t clock_counter_read(const struct clock_counter *counter)
{
	return (counter->memory ? *counter->memory : port_in32(counter->port)) & counter->mask;
}

static bool clock_counter_measure(const struct clock_counter *counter, uint64_t *out_cycles,
                                  uint64_t *out_ns)
{
	const uint64_t wanted = counter->hz * clock_measure_ns / clock_ns_a_second;
	uint32_t last = clock_counter_read(counter);
	uint64_t start = cpu_read_tsc(), counted = 0, cycles = 0;
	while (counted < wanted) {
		uint32_t now = clock_counter_read(counter);
		cycles = cpu_read_tsc() - start;
		if (cycles > clock_tsc_limit)
			return false;
		counted += (now - last) & counter->mask;
		last = now;
	}
	*out_cycles = cycles;
	*out_ns = counted * clock_ns_a_second / counter->hz;
	return true;
}

static bool hpet_measure(const struct acpi_machine *machine, uint64_t *out_cycles, uint64_t *out_ns)
{
	const paddr_t window_end = 0x100000000;
	if (!machine->hpet || machine->hpet >= window_end - PAGE_SIZE)
		return false;
	volatile uint32_t *registers =
	        (volatile uint32_t *)(uintptr_t)(DIRECT_MAP_BASE + machine->hpet);
	uint32_t period = registers[HPET_PERIOD / 4];
	if (!period || period > HPET_PERIOD_MAX)
		return false;
	registers[HPET_CONFIGURATION / 4] |= HPET_ON;
	const struct clock_counter counter = {
	        .hz = clock_fs_a_second / period,
	        .mask = UINT32_MAX,
	        .memory = registers + HPET_COUNTER / 4,
	};
	return clock_counter_measure(&counter, out_cycles, out_ns);
}

static bool pm_timer_measure(const struct acpi_machine *machine, uint64_t *out_cycles,
                             uint64_t *out_ns)
{
	if (!machine->pm_timer_port)
		return false;
	const struct clock_counter counter = {
	        .hz = PM_TIMER_HZ,
	        .mask = machine->pm_timer_32_bits ? UINT32_MAX : 0xffffff,
	        .port = machine->pm_timer_port,
	};
	return clock_counter_measure(&counter, out_cycles, out_ns);
}

static uint8_t pit_status(void)
{
	port_out8(PIT_COMMAND, PIT_READ_STATUS0);
	return port_in8(PIT_CHANNEL0);
}

static bool pit_measure(const struct acpi_machine *, uint64_t *out_cycles, uint64_t *out_ns)
{
	port_out8(PIT_COMMAND, PIT_CHANNEL0_ONE_SHOT);
	port_out8(PIT_CHANNEL0, PIT_COUNT & 0xff);
	uint64_t start = cpu_read_tsc();
	port_out8(PIT_CHANNEL0, PIT_COUNT >> 8);

	uint8_t status = pit_status();
	if ((status & PIT_STATUS_MODE) != PIT_CHANNEL0_ONE_SHOT)
		return false;
	while (!(status & PIT_STATUS_OUTPUT)) {
		if (cpu_read_tsc() - start > clock_tsc_limit)
			return false;
		status = pit_status();
	}
	*out_cycles = cpu_read_tsc() - start;
	*out_ns = PIT_COUNT * clock_ns_a_second / PIT_HZ;
	return true;
}

const struct clock_reference clock_references[CLOCK_REFERENCES] = {
        {"hpet", hpet_measure},
        {"acpi-pm", pm_timer_measure},
        {"pit", pit_measure},
};
