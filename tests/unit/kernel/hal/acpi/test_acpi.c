/* ACPI tables as firmware builds them, and as it should not. */
#include "../../../test.h"
#include "../loader_memory.h"
#include "hal/acpi/acpi.h"

enum { RSDP_AT = LOADER_BASE, HEADER = 36, RSDP_BYTES = 36, TABLES = 4 };

struct machine {
	struct loader_memory memory;
	uint64_t tables[TABLES];
	size_t table_count;
};

static void sum_to_zero(uint8_t *bytes, size_t len, size_t at)
{
	uint8_t sum = 0;
	bytes[at] = 0;
	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + bytes[i]);
	bytes[at] = (uint8_t)-sum;
}

static void table_set(uint8_t *table, size_t at, uint64_t value, size_t bytes)
{
	memcpy(table + at, &value, bytes);
}

/* Appends a table with signature; body follows the header. Returns its bytes, to be damaged. */
static uint8_t *put_table(struct machine *machine, const char *signature, const void *body,
                          size_t len)
{
	struct loader_memory *memory = &machine->memory;
	uint8_t *table = memory->bytes + memory->len;
	memset(table, 0, HEADER);
	memcpy(table, signature, 4);
	table_set(table, 4, HEADER + len, 4);
	machine->tables[machine->table_count++] = LOADER_BASE + memory->len;
	memory->len += HEADER;
	loader_put(memory, body, len);
	sum_to_zero(table, HEADER + len, 9);
	return table;
}

static void machine_begin(struct machine *machine)
{
	memset(machine, 0, sizeof *machine);
	machine->memory.len = RSDP_BYTES;
}

/* The root table and what points to it; then what the kernel reads. */
static struct acpi_machine machine_read(struct machine *machine, size_t entry_bytes)
{
	uint8_t entries[TABLES * 8];
	size_t count = machine->table_count;
	for (size_t i = 0; i < count; i++)
		memcpy(entries + i * entry_bytes, &machine->tables[i], entry_bytes);
	uint64_t root = LOADER_BASE + machine->memory.len;
	put_table(machine, entry_bytes == 8 ? "XSDT" : "RSDT", entries, count * entry_bytes);
	uint8_t *rsdp = machine->memory.bytes;
	memcpy(rsdp, "RSD PTR ", 8);
	rsdp[15] = entry_bytes == 8 ? 2 : 0;
	table_set(rsdp, entry_bytes == 8 ? 24 : 16, root, entry_bytes);
	sum_to_zero(rsdp, 20, 8);
	sum_to_zero(rsdp, RSDP_BYTES, 32);

	struct acpi_machine found;
	const struct boot_info info = {.rsdp = RSDP_AT};
	const struct boot_memory view = {.view = loader_view, .context = &machine->memory};
	acpi_read(&view, &info, &found);
	loader_release(&machine->memory);
	return found;
}

/* Two CPUs, one of them told twice, one disabled; an I/O APIC; the timer on line 2. */
static const uint8_t madt_body[] = {
        0, 0,  0xe0, 0xfe, 1, 0, 0,    0, /* local APICs at 0xfee00000 , and flags */
        0, 8,  0,    4,    1, 0, 0,    0, /* CPU with id 4 */
        0, 8,  1,    5,    0, 0, 0,    0, /* disabled */
        9, 16, 0,    0,    4, 0, 0,    0,    1,   0, 0, 0, 0, 0, 0, 0, /* the first again */
        9, 16, 0,    0,    0, 1, 0,    0,    1,   0, 0, 0, 2, 0, 0, 0, /* x2APIC id 256 */
        1, 12, 0,    0,    0, 0, 0xc0, 0xfe, 0,   0, 0, 0, /* lines from 0 on */
        1, 12, 1,    0,    0, 0, 0xd0, 0xfe, 24,  0, 0, 0, /* lines from 24 on */
        2, 10, 0,    0,    2, 0, 0,    0,    0,   0, /* ISA line 0 */
        2, 10, 0,    9,    9, 0, 0,    0,    0xd, 0, /* ISA line 9 */
};

static void fill_tables(struct machine *machine)
{
	uint8_t hpet[20] = {[8] = 0, 0, 0xd0, 0xfe};
	uint8_t fadt[244 - HEADER] = {};
	table_set(fadt, 76 - HEADER, 0x608, 4);
	fadt[91 - HEADER] = 4;
	table_set(fadt, 112 - HEADER, 1 << 8, 4);
	put_table(machine, "APIC", madt_body, sizeof madt_body);
	put_table(machine, "FACP", fadt, sizeof fadt);
	put_table(machine, "HPET", hpet, sizeof hpet);
}

static void both_roots_lead_to_the_same_machine(void **)
{
	static const size_t entry_bytes[] = {4, 8};
	for (size_t i = 0; i < COUNT(entry_bytes); i++) {
		struct machine machine;
		machine_begin(&machine);
		fill_tables(&machine);
		struct acpi_machine found = machine_read(&machine, entry_bytes[i]);
		assert_true(found.has_madt);
		assert_int_equal(found.local_apic, 0xfee00000);
		assert_int_equal(found.cpu_count, 2);
		assert_int_equal(found.apic_ids[0], 4);
		assert_int_equal(found.apic_ids[1], 256);
		assert_int_equal(found.io_apic, 0xfec00000);
		assert_int_equal(found.timer_line, 2);
		assert_int_equal(found.pm_timer_port, 0x608);
		assert_true(found.pm_timer_32_bits);
		assert_int_equal(found.hpet, 0xfed00000);
	}
}

static void a_damaged_table_counts_as_absent(void **)
{
	static const size_t places[] = {4, 9, 40};
	for (size_t i = 0; i < COUNT(places); i++) {
		struct machine machine;
		machine_begin(&machine);
		uint8_t *madt = put_table(&machine, "APIC", madt_body, sizeof madt_body);
		madt[places[i]]++;
		struct acpi_machine found = machine_read(&machine, 8);
		assert_false(found.has_madt);
		assert_int_equal(found.cpu_count, 0);
	}
}

static void an_entry_beyond_its_table_ends_it(void **)
{
	static const uint8_t lengths[] = {0, 1, 200};
	for (size_t i = 0; i < COUNT(lengths); i++) {
		const uint8_t body[] = {0, 0, 0xe0, 0xfe, 1, 0,          0, 0, 0, 8, 0, 1,
		                        1, 0, 0,    0,    0, lengths[i], 1, 2, 1, 0, 0, 0};
		struct machine machine;
		machine_begin(&machine);
		put_table(&machine, "APIC", body, sizeof body);
		struct acpi_machine found = machine_read(&machine, 8);
		assert_int_equal(found.cpu_count, 1);
	}
}

static void entries_too_short_for_their_kind_are_passed_over(void **)
{
	static const uint8_t body[] = {0, 0, 0xe0, 0xfe, 1, 0, 0, 0, 0, 7, 0, 4, 1, 0,
	                               0, 1, 4,    0,    0, 2, 4, 0, 0, 9, 4, 0, 0};
	struct machine machine;
	machine_begin(&machine);
	put_table(&machine, "APIC", body, sizeof body);
	struct acpi_machine found = machine_read(&machine, 8);
	assert_true(found.has_madt);
	assert_int_equal(found.cpu_count, 0);
	assert_int_equal(found.io_apic, 0);
}

static void a_timer_elsewhere_than_in_memory_is_none(void **)
{
	const uint8_t hpet[20] = {[4] = 1, [8] = 0, 0, 0xd0, 0xfe};
	struct machine machine;
	machine_begin(&machine);
	put_table(&machine, "HPET", hpet, sizeof hpet);
	struct acpi_machine found = machine_read(&machine, 8);
	assert_int_equal(found.hpet, 0);
	assert_false(found.has_madt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(both_roots_lead_to_the_same_machine),
	        cmocka_unit_test(a_damaged_table_counts_as_absent),
	        cmocka_unit_test(an_entry_beyond_its_table_ends_it),
	        cmocka_unit_test(entries_too_short_for_their_kind_are_passed_over),
	        cmocka_unit_test(a_timer_elsewhere_than_in_memory_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
