/*
 * How the machine is switched off and reset, from the FADT and the DSDT's \_S5 package.
 *
 * ACPI 6.5, sections 5.2.9 (FADT), 7.4.2 (\_Sx), 4.8.3.2.1 (PM1 control), 20.2 (AML).
 */
#pragma once

#include "hal/acpi/acpi_table.h"

enum acpi_reset { ACPI_RESET_NONE, ACPI_RESET_PORT };

struct acpi_power {
	bool can_switch_off;
	uint16_t control_a, control_b; /* ports of the PM1 control registers; b 0: none */
	uint8_t off_a, off_b; /* their SLP_TYP for S5 */
	uint16_t enable_port; /* 0: ACPI is on already */
	uint8_t enable_value;
	enum acpi_reset reset;
	uint16_t reset_port;
	uint8_t reset_value;
};

/* Of a table FACP; what is not there or wrong stays off. */
void acpi_read_power(const struct boot_memory *memory, const struct acpi_table *fadt,
                     struct acpi_power *out_power);
