/*
 * Monotonic clock from the TSC, measured against channel 0 of the PIT.
 *
 * The shortest of several measurements counts: what delays one (an SMI, the
 * host) only makes it longer. Intel 8254 data sheet. The timer's interrupt stays masked.
 */
#include "hal/api.h"

enum {
	PIT_HZ = 1193182,
	PIT_CHANNEL0 = 0x40,
	PIT_COMMAND = 0x43,
	PIT_CHANNEL0_ONE_SHOT = 0x30, /* both bytes, mode 0: output rises at the end of the count */
	PIT_READ_STATUS0 = 0xe2,
	PIT_STATUS_OUTPUT = 0x80,
	PIT_STATUS_MODE = 0x3f,
	PIT_COUNT = PIT_HZ / 200, /* 5 ms */
	CLOCK_MEASUREMENTS = 3,
};

/* No CPU counts so far in the time of one measurement. */
static const uint64_t clock_tsc_limit = (uint64_t)1 << 32;

struct clock {
	uint64_t start; /* TSC at clock_init */
	uint64_t tsc_khz; /* 0 before clock_init */
};

static struct clock kernel_clock;

static uint8_t pit_status(void)
{
	port_out8(PIT_COMMAND, PIT_READ_STATUS0);
	return port_in8(PIT_CHANNEL0);
}

/* TSC cycles while the PIT counts PIT_COUNT down; 0 when there is none that counts. */
static uint64_t clock_measure(void)
{
	port_out8(PIT_COMMAND, PIT_CHANNEL0_ONE_SHOT);
	port_out8(PIT_CHANNEL0, PIT_COUNT & 0xff);
	uint64_t start = cpu_read_tsc();
	port_out8(PIT_CHANNEL0, PIT_COUNT >> 8);

	uint8_t status = pit_status();
	if ((status & PIT_STATUS_MODE) != PIT_CHANNEL0_ONE_SHOT)
		return 0;
	while (!(status & PIT_STATUS_OUTPUT)) {
		if (cpu_read_tsc() - start > clock_tsc_limit)
			return 0;
		status = pit_status();
	}
	return cpu_read_tsc() - start;
}

enum status clock_init(void)
{
	uint64_t shortest = clock_tsc_limit;
	for (int i = 0; i < CLOCK_MEASUREMENTS; i++) {
		uint64_t cycles = clock_measure();
		if (cycles && cycles < shortest)
			shortest = cycles;
	}
	uint64_t khz = shortest * PIT_HZ / PIT_COUNT / 1000;
	if (shortest == clock_tsc_limit || khz == 0)
		return ERR_NO_DEVICE;

	kernel_clock.start = cpu_read_tsc();
	kernel_clock.tsc_khz = khz;
	return OK;
}

uint64_t clock_tsc_khz(void)
{
	return kernel_clock.tsc_khz;
}

uint64_t clock_ns(void)
{
	if (!kernel_clock.tsc_khz)
		return 0;
	uint64_t khz = kernel_clock.tsc_khz;
	uint64_t cycles = cpu_read_tsc() - kernel_clock.start;
	/* whole milliseconds first: the product of all cycles would overflow within hours */
	return cycles / khz * 1000000 + cycles % khz * 1000000 / khz;
}

void clock_spin_ns(uint64_t ns)
{
	uint64_t start = clock_ns();
	while (kernel_clock.tsc_khz && clock_ns() - start < ns)
		cpu_pause();
}
