#include "hal/acpi/acpi_power.h"

enum {
	POWER_FADT_DSDT = 40,
	POWER_FADT_SMI_COMMAND = 48,
	POWER_FADT_ACPI_ENABLE = 52,
	POWER_FADT_CONTROL_A = 64,
	POWER_FADT_CONTROL_B = 68,
	POWER_FADT_FLAGS = 112,
	POWER_FADT_RESET = 116, /* generic address: space, width, offset, access size, address */
	POWER_FADT_RESET_ADDRESS = 120,
	POWER_FADT_RESET_VALUE = 128,
	POWER_FADT_RESET_END = 129,
	POWER_FADT_DSDT_WIDE = 140,
	POWER_FADT_DSDT_WIDE_END = 148,
	POWER_FLAG_RESET = 1 << 10,
	POWER_SPACE_PORT = 1,

	AML_ZERO = 0x00,
	AML_ONE = 0x01,
	AML_NAME = 0x08,
	AML_BYTE = 0x0a,
	AML_PACKAGE = 0x12,
	AML_ROOT = 0x5c,
	AML_SLEEP_TYPE_MAX = 7,
};

struct aml_reader {
	const uint8_t *at, *end;
};

static bool aml_take(struct aml_reader *reader, uint8_t *out_byte)
{
	if (reader->at == reader->end)
		return false;
	*out_byte = *reader->at++;
	return true;
}

/* A small number, as a package of \_Sx has them. */
static bool aml_take_number(struct aml_reader *reader, uint8_t *out_number)
{
	uint8_t kind;
	if (!aml_take(reader, &kind))
		return false;
	if (kind == AML_BYTE)
		return aml_take(reader, out_number) && *out_number <= AML_SLEEP_TYPE_MAX;
	*out_number = kind;
	return kind == AML_ZERO || kind == AML_ONE;
}

/* Behind the name: a package of at least two numbers. */
static bool aml_take_sleep_types(struct aml_reader *reader, struct acpi_power *power)
{
	uint8_t byte, length, count;
	if (!aml_take(reader, &byte) || byte != AML_PACKAGE || !aml_take(reader, &length))
		return false;
	for (unsigned more = length >> 6; more; more--)
		if (!aml_take(reader, &byte))
			return false;
	return aml_take(reader, &count) && count >= 2 && aml_take_number(reader, &power->off_a) &&
	       aml_take_number(reader, &power->off_b);
}

/* \_S5_ stands in the table as a name: nothing else of the table is understood. */
static bool power_find_sleep_types(const struct acpi_table *dsdt, struct acpi_power *power)
{
	static const char name[] = "_S5_";
	enum { NAME_BYTES = sizeof name - 1 };
	const uint8_t *body = dsdt->bytes + ACPI_TABLE_HEADER_BYTES;
	size_t len = dsdt->len - ACPI_TABLE_HEADER_BYTES;
	for (size_t i = 1; i + NAME_BYTES <= len; i++) {
		if (memcmp(body + i, name, NAME_BYTES) != 0)
			continue;
		bool named = body[i - 1] == AML_NAME ||
		             (i >= 2 && body[i - 1] == AML_ROOT && body[i - 2] == AML_NAME);
		struct aml_reader reader = {body + i + NAME_BYTES, body + len};
		if (named && aml_take_sleep_types(&reader, power))
			return true;
	}
	return false;
}

static bool power_open_dsdt(const struct boot_memory *memory, const struct acpi_table *fadt,
                            struct acpi_table *out_dsdt)
{
	uint64_t address = acpi_u32(fadt->bytes + POWER_FADT_DSDT);
	if (fadt->len >= POWER_FADT_DSDT_WIDE_END && acpi_u64(fadt->bytes + POWER_FADT_DSDT_WIDE))
		address = acpi_u64(fadt->bytes + POWER_FADT_DSDT_WIDE);
	return address && acpi_open_table(memory, address, out_dsdt) &&
	       memcmp(out_dsdt->bytes, "DSDT", 4) == 0;
}

/* 0: none, or not a port. */
static uint16_t power_port(const struct acpi_table *fadt, size_t offset)
{
	uint32_t port = acpi_u32(fadt->bytes + offset);
	return port <= UINT16_MAX ? (uint16_t)port : 0;
}

static void power_read_reset(const struct acpi_table *fadt, struct acpi_power *power)
{
	if (fadt->len < POWER_FADT_RESET_END ||
	    !(acpi_u32(fadt->bytes + POWER_FADT_FLAGS) & POWER_FLAG_RESET) ||
	    fadt->bytes[POWER_FADT_RESET] != POWER_SPACE_PORT)
		return;
	uint64_t port = acpi_u64(fadt->bytes + POWER_FADT_RESET_ADDRESS);
	if (port == 0 || port > UINT16_MAX)
		return;
	power->reset = ACPI_RESET_PORT;
	power->reset_port = (uint16_t)port;
	power->reset_value = fadt->bytes[POWER_FADT_RESET_VALUE];
}

void acpi_read_power(const struct boot_memory *memory, const struct acpi_table *fadt,
                     struct acpi_power *out_power)
{
	struct acpi_table dsdt;
	*out_power = (struct acpi_power){};
	if (fadt->len < POWER_FADT_FLAGS + 4)
		return;
	power_read_reset(fadt, out_power);
	out_power->control_a = power_port(fadt, POWER_FADT_CONTROL_A);
	out_power->control_b = power_port(fadt, POWER_FADT_CONTROL_B);
	out_power->enable_port = power_port(fadt, POWER_FADT_SMI_COMMAND);
	out_power->enable_value = fadt->bytes[POWER_FADT_ACPI_ENABLE];
	out_power->can_switch_off = out_power->control_a && power_open_dsdt(memory, fadt, &dsdt) &&
	                            power_find_sleep_types(&dsdt, out_power);
}
