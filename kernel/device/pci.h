/*
 * PCI: which functions there are, their registers, base addresses, capabilities, and messages as
 * interrupts. Private to device.
 *
 * PCI Local Bus 3.0; PCI Express Base 5.0 section 7.2.2 (configuration space in memory).
 */
#pragma once

#include "hal/api.h"
#include <abi/status.h>
#include <base/list.h>
#include <driver/api.h>

enum pci_register {
	PCI_VENDOR = 0x00,
	PCI_COMMAND = 0x04,
	PCI_CLASS = 0x08,
	PCI_HEADER = 0x0c,
	PCI_BAR_FIRST = 0x10,
	PCI_BRIDGE_BUSES = 0x18,
	PCI_SUBSYSTEM = 0x2c,
	PCI_CAPABILITIES = 0x34,
	PCI_CONFIG_BYTES = 256,
};

enum pci_command {
	PCI_COMMAND_IO = 1 << 0,
	PCI_COMMAND_MEMORY = 1 << 1,
	PCI_COMMAND_MASTER = 1 << 2,
	PCI_COMMAND_NO_LINE = 1 << 10,
};

enum pci_capability_id { PCI_CAPABILITY_VENDOR = 0x09, PCI_CAPABILITY_MSIX = 0x11 };

enum { PCI_BARS = 6, PCI_FUNCTIONS_MAX = 64 };

/* How registers are reached: a 32-bit one, offset aligned and below PCI_CONFIG_BYTES. */
struct pci_access {
	uint32_t (*read)(struct pci_device_address address, uint32_t offset);
	void (*write)(struct pci_device_address address, uint32_t offset, uint32_t value);
};

struct pci_function {
	struct pci_device_address address;
	uint16_t vendor;
	uint16_t device;
	uint16_t subsystem_vendor;
	uint16_t subsystem;
	uint32_t class_code; /* class << 16 | subclass << 8 | interface */
};

struct pci_bus {
	const struct pci_access *access;
	struct pci_function functions[PCI_FUNCTIONS_MAX];
	size_t count;
	size_t dropped; /* beyond the table */
};

/* Every function below bus 0, through bridges that the firmware has numbered. */
void pci_scan(struct pci_bus *bus);
/* index counts those that match; NULL behind the last one. */
const struct pci_function *pci_find(const struct pci_bus *bus, uint16_t vendor, uint16_t device,
                                    uint32_t index);
/* ERR_NOT_FOUND: no such base address. Its size is measured by writing to it. */
enum status pci_read_bar(const struct pci_bus *bus, struct pci_device_address address,
                         uint32_t index, struct pci_bar_info *out_info);
/* The next capability of this kind behind offset *at (0: the first one); false: there is none. */
bool pci_next_capability(const struct pci_bus *bus, struct pci_device_address address, uint8_t id,
                         uint8_t *at);
void pci_set_command(const struct pci_bus *bus, struct pci_device_address address, uint16_t set);

/* The machine's. ecam: ACPI's address of configuration space of bus 0, or 0: ports are used. */
void pci_start(paddr_t ecam);
struct pci_bus *pci_machine(void);
/* Behind pci_start. */
void host_memory_start(void);

/* ---- device names, as in driver manifests ---- */

/*
 * Does the function answer to this alias: `pci:v00001AF4d00001042sv*sd*bc*sc*i*`, fields of
 * hexadecimal digits or '*'?  `virtio:d00000004v*` names virtio devices by their own number.
 */
bool pci_matches_alias(const struct pci_function *function, struct str alias);
