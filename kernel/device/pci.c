/* PCI functions: scan, base addresses, capabilities. */
#include "device/pci.h"
#include <string.h>

enum {
	PCI_DEVICES = 32,
	PCI_FUNCTIONS = 8,
	PCI_MULTIFUNCTION = 0x80,
	PCI_HEADER_BRIDGE = 1,
	PCI_NO_VENDOR = 0xffff,
	PCI_HAS_CAPABILITIES = 1 << 4, /* of the status, the command's upper half */
	PCI_CAPABILITIES_MAX = 48,
	PCI_BAR_IO = 1,
	PCI_BAR_64 = 1 << 2,
	PCI_BAR_PREFETCH = 1 << 3,
	PCI_DEPTH_MAX = 8, /* bridges behind each other */
};

static void pci_scan_bus(struct pci_bus *bus, uint8_t number, unsigned depth);

/* Returns the header's type, or -1 when there is no function. */
static int pci_scan_function(struct pci_bus *bus, struct pci_device_address at, unsigned depth)
{
	uint32_t id = bus->access->read(at, PCI_VENDOR);
	if ((id & 0xffff) == PCI_NO_VENDOR)
		return -1;
	int header = (int)(bus->access->read(at, PCI_HEADER) >> 16 & 0xff);
	bool is_bridge = (header & ~PCI_MULTIFUNCTION) == PCI_HEADER_BRIDGE;
	uint32_t subsystem = is_bridge ? 0 : bus->access->read(at, PCI_SUBSYSTEM);
	if (bus->count == PCI_FUNCTIONS_MAX)
		bus->dropped++;
	else
		bus->functions[bus->count++] = (struct pci_function){
		        .address = at,
		        .vendor = (uint16_t)id,
		        .device = (uint16_t)(id >> 16),
		        .subsystem_vendor = (uint16_t)subsystem,
		        .subsystem = (uint16_t)(subsystem >> 16),
		        .class_code = bus->access->read(at, PCI_CLASS) >> 8,
		};
	uint8_t below = (uint8_t)(bus->access->read(at, PCI_BRIDGE_BUSES) >> 8);
	if (is_bridge && below > at.bus && depth < PCI_DEPTH_MAX)
		pci_scan_bus(bus, below, depth + 1);
	return header;
}

static void pci_scan_bus(struct pci_bus *bus, uint8_t number, unsigned depth)
{
	for (uint8_t device = 0; device < PCI_DEVICES; device++) {
		struct pci_device_address at = {.bus = number, .device = device};
		int header = pci_scan_function(bus, at, depth);
		if (header < 0 || !(header & PCI_MULTIFUNCTION))
			continue;
		for (at.function = 1; at.function < PCI_FUNCTIONS; at.function++)
			(void)pci_scan_function(bus, at, depth); /* the first one told the type */
	}
}

void pci_scan(struct pci_bus *bus)
{
	bus->count = bus->dropped = 0;
	pci_scan_bus(bus, 0, 0);
}

const struct pci_function *pci_find(const struct pci_bus *bus, uint16_t vendor, uint16_t device,
                                    uint32_t index)
{
	for (size_t i = 0; i < bus->count; i++) {
		const struct pci_function *function = &bus->functions[i];
		if (function->vendor == vendor && function->device == device && index-- == 0)
			return function;
	}
	return NULL;
}

void pci_set_command(const struct pci_bus *bus, struct pci_device_address address, uint16_t set)
{
	uint32_t command = bus->access->read(address, PCI_COMMAND) & 0xffff;
	/* ones in the status would clear its bits */
	bus->access->write(address, PCI_COMMAND, command | set);
}

/* Which bits of the register stay when all are written: the size. Decoding is off meanwhile. */
static uint32_t pci_measure(const struct pci_bus *bus, struct pci_device_address address,
                            uint32_t offset)
{
	uint32_t command = bus->access->read(address, PCI_COMMAND) & 0xffff;
	uint32_t value = bus->access->read(address, offset);
	bus->access->write(address, PCI_COMMAND,
	                   command & ~(uint32_t)(PCI_COMMAND_IO | PCI_COMMAND_MEMORY));
	bus->access->write(address, offset, UINT32_MAX);
	uint32_t mask = bus->access->read(address, offset);
	bus->access->write(address, offset, value);
	bus->access->write(address, PCI_COMMAND, command);
	return mask;
}

enum status pci_read_bar(const struct pci_bus *bus, struct pci_device_address address,
                         uint32_t index, struct pci_bar_info *out_info)
{
	if (index >= PCI_BARS)
		return ERR_INVALID_ARGS;
	uint32_t offset = PCI_BAR_FIRST + index * 4;
	uint32_t value = bus->access->read(address, offset);
	uint32_t mask = pci_measure(bus, address, offset);
	struct pci_bar_info info = {};
	if (value & PCI_BAR_IO) {
		info.address = value & ~(uint32_t)3;
		info.size = (~(mask & ~(uint32_t)3) + 1) & 0xffff;
		info.flags = DRIVER_BAR_PORTS;
	} else {
		uint64_t address_bits = value & ~(uint32_t)15;
		uint64_t mask_bits = 0xffffffff00000000 | (mask & ~(uint32_t)15);
		bool wide = (value & PCI_BAR_64) && index + 1 < PCI_BARS;
		if (wide) {
			address_bits |= (uint64_t)bus->access->read(address, offset + 4) << 32;
			mask_bits = (mask_bits & UINT32_MAX) |
			            (uint64_t)pci_measure(bus, address, offset + 4) << 32;
		}
		info.address = address_bits;
		info.size = mask ? ~mask_bits + 1 : 0;
		info.flags = (value & PCI_BAR_PREFETCH ? DRIVER_BAR_PREFETCH : 0) |
		             (wide ? DRIVER_BAR_64_BITS : 0);
	}
	if (!info.size || !info.address)
		return ERR_NOT_FOUND;
	*out_info = info;
	return OK;
}

static uint8_t pci_read_byte(const struct pci_bus *bus, struct pci_device_address address,
                             uint32_t offset)
{
	uint32_t word = bus->access->read(address, offset & ~(uint32_t)3);
	return (uint8_t)(word >> offset % 4 * 8);
}

bool pci_next_capability(const struct pci_bus *bus, struct pci_device_address address, uint8_t id,
                         uint8_t *at)
{
	uint32_t status = bus->access->read(address, PCI_COMMAND) >> 16;
	if (!(status & PCI_HAS_CAPABILITIES))
		return false;
	uint8_t next = pci_read_byte(bus, address, *at ? *at + 1u : PCI_CAPABILITIES);
	/* a ring of capabilities ends somewhere */
	for (int i = 0; i < PCI_CAPABILITIES_MAX; i++) {
		next &= (uint8_t)~3;
		if (next < 0x40)
			return false;
		if (pci_read_byte(bus, address, next) == id) {
			*at = next;
			return true;
		}
		next = pci_read_byte(bus, address, next + 1u);
	}
	return false;
}
