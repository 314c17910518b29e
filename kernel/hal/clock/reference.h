/*
 * Timers of known frequency, to measure the TSC by. Inside kernel/hal.
 *
 * Best first; HPET is reached through the boot tables, so only before mm replaces them.
 */
#pragma once

#include "hal/acpi/acpi.h"

struct clock_reference {
	const char *name;
	/* TSC cycles and the nanoseconds that passed meanwhile; false when it does not count. */
	bool (*measure)(const struct acpi_machine *machine, uint64_t *out_cycles, uint64_t *out_ns);
};

enum { CLOCK_REFERENCES = 3 };
extern const struct clock_reference clock_references[CLOCK_REFERENCES];
