/* Reading ACPI tables. Inside kernel/hal only. ACPI 6.5, section 5.2.6. */
#pragma once

#include "hal/boot/boot_info.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { ACPI_TABLE_HEADER_BYTES = 36 };

struct acpi_table {
	const uint8_t *bytes;
	size_t len; /* at least ACPI_TABLE_HEADER_BYTES */
};

static inline uint32_t acpi_u32(const uint8_t *bytes)
{
	uint32_t value;
	memcpy(&value, bytes, sizeof value);
	return value;
}

static inline uint64_t acpi_u64(const uint8_t *bytes)
{
	uint64_t value;
	memcpy(&value, bytes, sizeof value);
	return value;
}

/* False when it does not lie in memory, or its length or checksum is wrong. */
bool acpi_open_table(const struct boot_memory *memory, paddr_t address,
                     struct acpi_table *out_table);
