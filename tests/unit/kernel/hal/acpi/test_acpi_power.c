#include "../../../test.h"

#include "../loader_memory.h"
#include "hal/acpi/acpi.h"

enum { DSDT_AT = LOADER_BASE, FADT_BYTES = 148 };

static struct loader_memory loader;

/* The checksum lies at 9. */
static void table_seal(uint8_t *table, size_t len, const char *signature)
{
	uint8_t sum = 0;
	uint32_t length = (uint32_t)len;
	memcpy(table, signature, 4);
	memcpy(table + 4, &length, sizeof length);
	table[9] = 0;
	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + table[i]);
	table[9] = (uint8_t)-sum;
}

static void put32(uint8_t *to, uint32_t value)
{
	memcpy(to, &value, sizeof value);
}

/* Those of QEMU's q35, with this AML in the DSDT. */
static struct acpi_power power_of(const void *aml, size_t aml_len)
{
	static uint8_t fadt[FADT_BYTES];
	uint8_t dsdt[256] = {};
	memset(&loader, 0, sizeof loader);
	memcpy(dsdt + ACPI_TABLE_HEADER_BYTES, aml, aml_len);
	table_seal(dsdt, ACPI_TABLE_HEADER_BYTES + aml_len, "DSDT");
	loader_put(&loader, dsdt, ACPI_TABLE_HEADER_BYTES + aml_len);

	memset(fadt, 0, sizeof fadt);
	put32(fadt + 40, DSDT_AT);
	put32(fadt + 48, 0xb2);
	fadt[52] = 2;
	put32(fadt + 64, 0x604);
	put32(fadt + 112, 1 << 10);
	fadt[116] = 1;
	put32(fadt + 120, 0xcf9);
	fadt[128] = 0x0f;
	table_seal(fadt, sizeof fadt, "FACP");

	const struct boot_memory memory = {.view = loader_view, .context = &loader};
	const struct acpi_table table = {fadt, sizeof fadt};
	struct acpi_power power;
	acpi_read_power(&memory, &table, &power);
	loader_release(&loader);
	return power;
}

static void registers_are_those_of_the_table(void **)
{
	struct acpi_power power = power_of("", 0);
	assert_false(power.can_switch_off);
	assert_int_equal(power.control_a, 0x604);
	assert_int_equal(power.control_b, 0);
	assert_int_equal(power.enable_port, 0xb2);
	assert_int_equal(power.enable_value, 2);
	assert_int_equal(power.reset, ACPI_RESET_PORT);
	assert_int_equal(power.reset_port, 0xcf9);
	assert_int_equal(power.reset_value, 0x0f);
}

static void sleep_types_are_read_from_the_package(void **)
{
	static const struct {
		const char *aml;
		size_t len;
		bool can;
		uint8_t a, b;
	} cases[] = {
#define AML(text) text, sizeof(text) - 1
	        {AML("\x08_S5_\x12\x06\x04\x00\x00\x00\x00"), true, 0, 0},
	        {AML("\x08_S5_\x12\x07\x04\x0a\x05\x01\x00\x00"), true, 5, 1},
	        {AML("\x08\\_S5_\x12\x08\x02\x0a\x07\x0a\x06"), true, 7, 6},
	        {AML("\x08_S5_\x12\x47\x00\x04\x0a\x05\x0a\x05"), true, 5, 5},
	        /* another name, a mention, no package, too short, too few, too great */
	        {AML("\x08_S4_\x12\x06\x04\x00\x00\x00\x00"), false, 0, 0},
	        {AML("\x70_S5_\x12\x06\x04\x00\x00\x00\x00"), false, 0, 0},
	        {AML("\x08_S5_\x0a\x06\x04\x00\x00\x00\x00"), false, 0, 0},
	        {AML("\x08_S5_\x12\x06\x04\x00"), false, 0, 0},
	        {AML("\x08_S5_\x12\xc6"), false, 0, 0},
	        {AML("\x08_S5_"), false, 0, 0},
	        {AML("\x08_S5_\x12\x06\x01\x00"), false, 0, 0},
	        {AML("\x08_S5_\x12\x06\x04\x0a\x08\x00"), false, 0, 0},
	        {AML("\x08_S5_\x12\x06\x04\x0b\x05\x00\x00"), false, 0, 0},
#undef AML
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct acpi_power power = power_of(cases[i].aml, cases[i].len);
		assert_int_equal(power.can_switch_off, cases[i].can);
		if (!cases[i].can)
			continue;
		assert_int_equal(power.off_a, cases[i].a);
		assert_int_equal(power.off_b, cases[i].b);
	}
}

static void table_that_is_too_short_tells_nothing(void **)
{
	static uint8_t bytes[60];
	const struct boot_memory memory = {.view = loader_view, .context = &loader};
	const struct acpi_table table = {bytes, sizeof bytes};
	struct acpi_power power;
	acpi_read_power(&memory, &table, &power);
	assert_false(power.can_switch_off);
	assert_int_equal(power.reset, ACPI_RESET_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(registers_are_those_of_the_table),
	        cmocka_unit_test(sleep_types_are_read_from_the_package),
	        cmocka_unit_test(table_that_is_too_short_tells_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
