/*
 * Monotonic clock from the TSC, measured against a timer of known frequency.
 *
 * The shortest of several measurements counts: what delays one (an SMI, the
 * host) only makes it longer. When a CPU's TSC is found behind another's, no reader is told a
 * time before the latest that any reader was told.
 */
#include "hal/api.h"
#include "hal/clock/reference.h"
#include "hal/clock/scale.h"

enum { CLOCK_MEASUREMENTS = 3, CLOCK_COMPARE_ROUNDS = 200 };

static const uint64_t clock_ns_a_millisecond = 1000000;

struct clock {
	uint64_t start; /* TSC at clock_init */
	uint64_t scale; /* 0 before clock_init */
	uint64_t tsc_khz;
	const char *reference;
	bool guarded; /* atomic; readers go through latest */
	uint64_t latest; /* atomic; used when guarded */
	uint64_t compared; /* atomic; the latest TSC that any CPU saw in clock_compare */
};

static struct clock kernel_clock;

/* The best of several tries; false when the reference does not count. */
static bool clock_measure(const struct clock_reference *reference,
                          const struct acpi_machine *machine, uint64_t *out_scale,
                          uint64_t *out_khz)
{
	uint64_t khz = UINT64_MAX;
	for (int i = 0; i < CLOCK_MEASUREMENTS; i++) {
		uint64_t cycles, ns;
		if (!reference->measure(machine, &cycles, &ns) || !cycles || !ns)
			return false;
		uint64_t measured = cycles * clock_ns_a_millisecond / ns;
		if (measured >= khz)
			continue;
		khz = measured;
		*out_scale = clock_scale_of(cycles, ns);
	}
	*out_khz = khz;
	return khz != 0;
}

enum status clock_init(const struct acpi_machine *machine)
{
	for (size_t i = 0; i < CLOCK_REFERENCES; i++) {
		uint64_t scale = 0, khz = 0;
		if (!clock_measure(&clock_references[i], machine, &scale, &khz))
			continue;
		kernel_clock.start = cpu_read_tsc();
		kernel_clock.tsc_khz = khz;
		kernel_clock.reference = clock_references[i].name;
		kernel_clock.scale = scale;
		return OK;
	}
	return ERR_NO_DEVICE;
}

uint64_t clock_tsc_khz(void)
{
	return kernel_clock.tsc_khz;
}

const char *clock_reference_name(void)
{
	return kernel_clock.reference;
}

uint64_t clock_ns(void)
{
	uint64_t cycles = cpu_read_tsc() - kernel_clock.start;
	/* a CPU whose counter is behind the start must not show the far future */
	if ((int64_t)cycles < 0)
		cycles = 0;
	uint64_t now = clock_scale_apply(kernel_clock.scale, cycles);
	if (__builtin_expect(__atomic_load_n(&kernel_clock.guarded, __ATOMIC_RELAXED), 0))
		return clock_not_before(&kernel_clock.latest, now);
	return now;
}

bool clock_compare(void)
{
	bool in_order = true;
	for (int i = 0; i < CLOCK_COMPARE_ROUNDS; i++) {
		uint64_t seen = __atomic_load_n(&kernel_clock.compared, __ATOMIC_ACQUIRE);
		/* not before the load above */
		__asm__ volatile("lfence" : : : "memory");
		uint64_t now = cpu_read_tsc();
		in_order &= now >= seen;
		clock_not_before(&kernel_clock.compared, now);
		cpu_pause();
	}
	if (!in_order)
		__atomic_store_n(&kernel_clock.guarded, true, __ATOMIC_RELAXED);
	return in_order;
}

bool clock_is_guarded(void)
{
	return __atomic_load_n(&kernel_clock.guarded, __ATOMIC_RELAXED);
}

void clock_spin_ns(uint64_t ns)
{
	uint64_t start = clock_ns();
	while (kernel_clock.scale && clock_ns() - start < ns) {
		cpu_current()->progress++; /* waits because it should */
		cpu_pause();
	}
}
