#include "hal/acpi/acpi.h"
#include <string.h>

enum {
	RSDP_V1_BYTES = 20,
	RSDP_V2_BYTES = 36,
	RSDP_REVISION = 15,
	RSDP_RSDT = 16,
	RSDP_XSDT = 24,

	TABLE_LENGTH = 4,
	TABLE_BYTES_MAX = 1 << 20,
	TABLES_MAX = 256,

	MADT_LOCAL_APIC = 36,
	MADT_ENTRIES = 44,
	MADT_TYPE_LOCAL_APIC = 0,
	MADT_TYPE_IO_APIC = 1,
	MADT_TYPE_OVERRIDE = 2,
	MADT_TYPE_APIC_ADDRESS = 5,
	MADT_TYPE_X2APIC = 9,
	MADT_ENABLED = 1,

	FADT_PM_TIMER_BLOCK = 76,
	FADT_PM_TIMER_LENGTH = 91,
	FADT_FLAGS = 112,
	FADT_FLAGS_END = 116,
	FADT_TIMER_32_BITS = 1 << 8,

	HPET_ADDRESS_SPACE = 40,
	HPET_ADDRESS = 44,
	HPET_BYTES = 56,

	MCFG_ENTRIES = 44,
	MCFG_ENTRY_BYTES = 16,
};

static bool acpi_sum_is_zero(const uint8_t *bytes, size_t len)
{
	uint8_t sum = 0;
	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + bytes[i]);
	return sum == 0;
}

bool acpi_open_table(const struct boot_memory *memory, paddr_t address,
                     struct acpi_table *out_table)
{
	const uint8_t *header = memory->view(memory->context, address, ACPI_TABLE_HEADER_BYTES);
	if (!header)
		return false;
	size_t len = acpi_u32(header + TABLE_LENGTH);
	if (len < ACPI_TABLE_HEADER_BYTES || len > TABLE_BYTES_MAX)
		return false;
	const uint8_t *bytes = memory->view(memory->context, address, len);
	if (!bytes || !acpi_sum_is_zero(bytes, len))
		return false;
	*out_table = (struct acpi_table){bytes, len};
	return true;
}

static bool acpi_table_is(const struct acpi_table *table, const char *signature)
{
	return memcmp(table->bytes, signature, 4) == 0;
}

/* One CPU, whether told as local APIC or as x2APIC; firmware may tell both. */
static void acpi_add_cpu(struct acpi_machine *machine, uint32_t apic_id, uint32_t flags)
{
	if (!(flags & MADT_ENABLED))
		return;
	for (size_t i = 0; i < machine->cpu_count; i++)
		if (machine->apic_ids[i] == apic_id)
			return;
	if (machine->cpu_count == CPU_MAX)
		machine->cpus_dropped++;
	else
		machine->apic_ids[machine->cpu_count++] = apic_id;
}

static void acpi_read_madt_entry(struct acpi_machine *machine, const uint8_t *entry, size_t len)
{
	if (entry[0] == MADT_TYPE_LOCAL_APIC && len >= 8)
		acpi_add_cpu(machine, entry[3], acpi_u32(entry + 4));
	else if (entry[0] == MADT_TYPE_X2APIC && len >= 16)
		acpi_add_cpu(machine, acpi_u32(entry + 4), acpi_u32(entry + 8));
	else if (entry[0] == MADT_TYPE_IO_APIC && len >= 12 && acpi_u32(entry + 8) == 0)
		machine->io_apic = acpi_u32(entry + 4);
	/* bus 0 is ISA, and its line 0 the timer's */
	else if (entry[0] == MADT_TYPE_OVERRIDE && len >= 10 && !entry[2] && !entry[3])
		machine->timer_line = acpi_u32(entry + 4);
	else if (entry[0] == MADT_TYPE_APIC_ADDRESS && len >= 12)
		machine->local_apic = acpi_u64(entry + 4);
}

static void acpi_read_madt(struct acpi_machine *machine, const struct acpi_table *table)
{
	if (table->len < MADT_ENTRIES || machine->has_madt)
		return;
	machine->has_madt = true;
	machine->local_apic = acpi_u32(table->bytes + MADT_LOCAL_APIC);
	size_t at = MADT_ENTRIES;
	while (table->len - at >= 2) {
		size_t len = table->bytes[at + 1];
		if (len < 2 || len > table->len - at)
			return;
		acpi_read_madt_entry(machine, table->bytes + at, len);
		at += len;
	}
}

static void acpi_read_fadt(struct acpi_machine *machine, const struct acpi_table *table)
{
	if (table->len < FADT_FLAGS_END || table->bytes[FADT_PM_TIMER_LENGTH] != 4)
		return;
	uint32_t port = acpi_u32(table->bytes + FADT_PM_TIMER_BLOCK);
	if (port > UINT16_MAX)
		return;
	machine->pm_timer_port = (uint16_t)port;
	machine->pm_timer_32_bits = acpi_u32(table->bytes + FADT_FLAGS) & FADT_TIMER_32_BITS;
}

static void acpi_read_hpet(struct acpi_machine *machine, const struct acpi_table *table)
{
	/* address space 0: memory */
	if (table->len >= HPET_BYTES && table->bytes[HPET_ADDRESS_SPACE] == 0)
		machine->hpet = acpi_u64(table->bytes + HPET_ADDRESS);
}

/* PCI Firmware 3.0, section 4.1.2: address, segment, first and last bus. */
static void acpi_read_mcfg(struct acpi_machine *machine, const struct acpi_table *table)
{
	for (size_t at = MCFG_ENTRIES; at + MCFG_ENTRY_BYTES <= table->len;
	     at += MCFG_ENTRY_BYTES) {
		const uint8_t *entry = table->bytes + at;
		bool from_bus_0 = entry[8] == 0 && entry[9] == 0 && entry[10] == 0;
		if (from_bus_0 && !machine->pci_config)
			machine->pci_config = acpi_u64(entry);
	}
}

static void acpi_read_table(struct acpi_machine *machine, const struct boot_memory *memory,
                            paddr_t address)
{
	struct acpi_table table;
	if (!acpi_open_table(memory, address, &table))
		return;
	if (acpi_table_is(&table, "APIC"))
		acpi_read_madt(machine, &table);
	if (acpi_table_is(&table, "FACP")) {
		acpi_read_fadt(machine, &table);
		acpi_read_power(memory, &table, &machine->power);
	}
	if (acpi_table_is(&table, "HPET"))
		acpi_read_hpet(machine, &table);
	else if (acpi_table_is(&table, "MCFG"))
		acpi_read_mcfg(machine, &table);
}

/* The tables that a root table (RSDT or XSDT) lists. */
static void acpi_read_root(struct acpi_machine *machine, const struct boot_memory *memory,
                           paddr_t address, size_t entry_bytes)
{
	struct acpi_table root;
	if (!acpi_open_table(memory, address, &root) ||
	    !acpi_table_is(&root, entry_bytes == 8 ? "XSDT" : "RSDT"))
		return;
	size_t count = (root.len - ACPI_TABLE_HEADER_BYTES) / entry_bytes;
	for (size_t i = 0; i < count && i < TABLES_MAX; i++) {
		const uint8_t *entry = root.bytes + ACPI_TABLE_HEADER_BYTES + i * entry_bytes;
		acpi_read_table(machine, memory,
		                entry_bytes == 8 ? acpi_u64(entry) : acpi_u32(entry));
	}
}

/* The loader's copy, or what lies at the address that it told. */
static const uint8_t *acpi_find_rsdp(const struct boot_memory *memory, const struct boot_info *info,
                                     size_t *out_len)
{
	if (info->rsdp_copy_bytes >= RSDP_V1_BYTES) {
		*out_len = info->rsdp_copy_bytes;
		return info->rsdp_copy;
	}
	*out_len = RSDP_V2_BYTES;
	return info->rsdp ? memory->view(memory->context, info->rsdp, RSDP_V2_BYTES) : NULL;
}

void acpi_read(const struct boot_memory *memory, const struct boot_info *info,
               struct acpi_machine *out_machine)
{
	memset(out_machine, 0, sizeof *out_machine);
	size_t len;
	const uint8_t *rsdp = acpi_find_rsdp(memory, info, &len);
	if (!rsdp || memcmp(rsdp, "RSD PTR ", 8) != 0 || !acpi_sum_is_zero(rsdp, RSDP_V1_BYTES))
		return;
	bool is_v2 = rsdp[RSDP_REVISION] >= 2 && len >= RSDP_V2_BYTES &&
	             acpi_sum_is_zero(rsdp, RSDP_V2_BYTES);
	if (is_v2 && acpi_u64(rsdp + RSDP_XSDT))
		acpi_read_root(out_machine, memory, acpi_u64(rsdp + RSDP_XSDT), 8);
	else
		acpi_read_root(out_machine, memory, acpi_u32(rsdp + RSDP_RSDT), 4);
}
