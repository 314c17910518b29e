/*
 * The two ways to PCI configuration space: ports, for every machine, and memory, a bus at a time.
 */
#include "core/api.h"
#include "device/pci.h"
#include "mm/api.h"

enum {
	PCI_PORT_ADDRESS = 0xcf8,
	PCI_PORT_DATA = 0xcfc,
	PCI_BUS_BYTES = 1 << 20,
	PCI_BUSES = 256,
};

struct pci_machine {
	struct pci_bus bus;
	struct spinlock lock; /* guards the ports */
	paddr_t ecam;
	uint8_t *views[PCI_BUSES]; /* made when a bus is first looked at */
};

static struct pci_machine pci_of_machine = {.lock = SPINLOCK_INIT(LOCK_HEAP)};

static uint32_t pci_port_address(struct pci_device_address at, uint32_t offset)
{
	return 0x80000000 | (uint32_t)at.bus << 16 | (uint32_t)at.device << 11 |
	       (uint32_t)at.function << 8 | offset;
}

static uint32_t pci_port_read(struct pci_device_address address, uint32_t offset)
{
	spinlock_acquire(&pci_of_machine.lock);
	port_out32(PCI_PORT_ADDRESS, pci_port_address(address, offset));
	uint32_t value = port_in32(PCI_PORT_DATA);
	spinlock_release(&pci_of_machine.lock);
	return value;
}

static void pci_port_write(struct pci_device_address address, uint32_t offset, uint32_t value)
{
	spinlock_acquire(&pci_of_machine.lock);
	port_out32(PCI_PORT_ADDRESS, pci_port_address(address, offset));
	port_out32(PCI_PORT_DATA, value);
	spinlock_release(&pci_of_machine.lock);
}

static const struct pci_access pci_by_ports = {.read = pci_port_read, .write = pci_port_write};

/* NULL: no memory for a view. The scan looks at every bus that there is before anybody else. */
static volatile uint32_t *pci_memory_at(struct pci_device_address at, uint32_t offset)
{
	uint8_t **view = &pci_of_machine.views[at.bus];
	if (!*view) {
		void *made;
		paddr_t start = pci_of_machine.ecam + (paddr_t)at.bus * PCI_BUS_BYTES;
		if (mm_map_device(start, PCI_BUS_BYTES, &made) != OK)
			return NULL;
		*view = made;
	}
	uint32_t function = (uint32_t)at.device << 15 | (uint32_t)at.function << 12;
	return (volatile uint32_t *)(void *)(*view + function + offset);
}

static uint32_t pci_memory_read(struct pci_device_address address, uint32_t offset)
{
	volatile uint32_t *at = pci_memory_at(address, offset);
	return at ? *at : UINT32_MAX;
}

static void pci_memory_write(struct pci_device_address address, uint32_t offset, uint32_t value)
{
	volatile uint32_t *at = pci_memory_at(address, offset);
	if (at)
		*at = value;
}

static const struct pci_access pci_by_memory = {
        .read = pci_memory_read,
        .write = pci_memory_write,
};

struct pci_bus *pci_machine(void)
{
	return &pci_of_machine.bus;
}

void pci_start(paddr_t ecam)
{
	struct pci_bus *bus = &pci_of_machine.bus;
	pci_of_machine.ecam = ecam;
	bus->access = ecam ? &pci_by_memory : &pci_by_ports;
	pci_scan(bus);
	LOG_INFO(LOG_DRIVER, "pci access=%s functions=%zu dropped=%zu", ecam ? "memory" : "ports",
	         bus->count, bus->dropped);
	for (size_t i = 0; i < bus->count; i++) {
		const struct pci_function *function = &bus->functions[i];
		LOG_DEBUG(LOG_DRIVER, "pci %02x:%02x.%u %04x:%04x class=%06x",
		          function->address.bus, function->address.device,
		          function->address.function, function->vendor, function->device,
		          function->class_code);
	}
}
