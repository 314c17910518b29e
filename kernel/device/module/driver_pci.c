/* <driver/kernel.h>: PCI functions, and messages as their interrupts (PCI 3.0, section 6.8.2). */
#include "device/module/module.h"
#include "device/pci.h"
#include "sched/api.h"
#include <base/cleanup.h>
#include <driver/kernel.h>

enum {
	MSIX_CONTROL_ENABLE = 0x80000000, /* of the capability's first word */
	MSIX_CONTROL_MASK_ALL = 0x40000000,
	MSIX_COUNT_SHIFT = 16,
	MSIX_COUNT_MASK = 0x7ff,
	MSIX_TABLE = 4, /* from the capability on: which BAR, and where in it */
	MSIX_BAR_MASK = 7,
	MSIX_ENTRY_WORDS = 4,
};

int32_t driver_pci_find(uint16_t vendor, uint16_t device, uint32_t index,
                        struct pci_device_address *out_address)
{
	const struct pci_function *function = pci_find(pci_machine(), vendor, device, index);
	if (!function)
		return ERR_NO_DEVICE;
	*out_address = function->address;
	return OK;
}

static bool driver_pci_offset_is_sound(uint32_t offset)
{
	return offset % sizeof(uint32_t) == 0 && offset < PCI_CONFIG_BYTES;
}

int32_t driver_pci_read(const struct pci_device_address *address, uint32_t offset,
                        uint32_t *out_value)
{
	if (!driver_pci_offset_is_sound(offset))
		return ERR_INVALID_ARGS;
	if (fault_fires(FAULT_PCI_CONFIG_READ))
		return ERR_IO;
	*out_value = pci_machine()->access->read(*address, offset);
	return OK;
}

int32_t driver_pci_write(const struct pci_device_address *address, uint32_t offset, uint32_t value)
{
	if (!driver_pci_offset_is_sound(offset))
		return ERR_INVALID_ARGS;
	pci_machine()->access->write(*address, offset, value);
	return OK;
}

int32_t driver_pci_bar(const struct pci_device_address *address, uint32_t index,
                       struct pci_bar_info *out_info)
{
	return pci_read_bar(pci_machine(), *address, index, out_info);
}

int32_t driver_pci_capability(const struct pci_device_address *address, uint8_t id, uint8_t *at)
{
	return pci_next_capability(pci_machine(), *address, id, at) ? OK : ERR_NOT_FOUND;
}

struct driver_message {
	struct module_resource resource;
	struct pci_device_address address;
	uint8_t vector;
	volatile uint32_t *entry; /* of the function's table */
};

static void driver_message_release(struct module_resource *resource)
{
	struct driver_message *message = container_of(resource, struct driver_message, resource);
	message->entry[3] = 1; /* masked */
	device_vector_release(message->vector);
	heap_free(message, sizeof *message);
}

/* The table's entry, mapped for the module. */
static enum status driver_message_find(const struct pci_device_address *address, uint16_t entry,
                                       uint8_t capability, volatile uint32_t **out_entry)
{
	const struct pci_bus *bus = pci_machine();
	uint32_t control = bus->access->read(*address, capability);
	uint32_t table = bus->access->read(*address, capability + MSIX_TABLE);
	if (entry > (control >> MSIX_COUNT_SHIFT & MSIX_COUNT_MASK))
		return ERR_INVALID_ARGS;
	struct pci_bar_info bar;
	TRY(pci_read_bar(bus, *address, table & MSIX_BAR_MASK, &bar));
	uint64_t offset = (table & ~(uint32_t)MSIX_BAR_MASK) +
	                  (uint64_t)entry * MSIX_ENTRY_WORDS * sizeof(uint32_t);
	size_t bytes = MSIX_ENTRY_WORDS * sizeof(uint32_t);
	if ((bar.flags & DRIVER_BAR_PORTS) || bar.size < bytes || offset > bar.size - bytes)
		return ERR_IO;
	*out_entry = driver_map_mmio(bar.address + offset, bytes, DRIVER_MAP_UNCACHED);
	return *out_entry ? OK : ERR_NO_MEMORY;
}

static enum status driver_message_take(struct driver_message *message, uint16_t entry,
                                       driver_handler *handler, void *context)
{
	const struct pci_bus *bus = pci_machine();
	struct device_interrupt interrupt;
	uint8_t at = 0;
	if (!pci_next_capability(bus, message->address, PCI_CAPABILITY_MSIX, &at))
		return ERR_NOT_SUPPORTED;
	TRY(driver_message_find(&message->address, entry, at, &message->entry));
	TRY(device_vector_take(handler, context, &interrupt));
	message->vector = interrupt.vector;
	message->entry[0] = (uint32_t)interrupt.message_address;
	message->entry[1] = (uint32_t)(interrupt.message_address >> 32);
	message->entry[2] = interrupt.message_data;
	message->entry[3] = 0;
	pci_set_command(bus, message->address, PCI_COMMAND_MASTER | PCI_COMMAND_NO_LINE);
	uint32_t control = bus->access->read(message->address, at);
	bus->access->write(message->address, at,
	                   (control & ~MSIX_CONTROL_MASK_ALL) | MSIX_CONTROL_ENABLE);
	sched_expect_devices();
	return OK;
}

int32_t driver_pci_interrupt(const struct pci_device_address *address, uint16_t entry,
                             driver_handler *handler, void *context)
{
	if (!module_in_init())
		return ERR_NOT_PERMITTED;
	struct driver_message *message = HEAP_NEW(struct driver_message);
	if (!message)
		return ERR_NO_MEMORY;
	message->address = *address;
	enum status status = driver_message_take(message, entry, handler, context);
	if (status == OK)
		module_take_resource(&message->resource, driver_message_release);
	else
		heap_free(message, sizeof *message);
	return status;
}

/* ---- lines of the ISA bus ---- */

struct driver_line {
	struct module_resource resource;
	uint32_t line;
	uint8_t vector;
};

static void driver_line_release(struct module_resource *resource)
{
	struct driver_line *self = container_of(resource, struct driver_line, resource);
	interrupt_line_disconnect(self->line);
	device_vector_release(self->vector);
	heap_free(self, sizeof *self);
}

static enum status driver_line_take(struct driver_line *self, driver_handler *handler,
                                    void *context)
{
	struct device_interrupt interrupt;
	TRY(device_vector_take(handler, context, &interrupt));
	self->vector = interrupt.vector;
	enum status status = interrupt_line_connect(self->line, self->vector);
	if (status != OK)
		device_vector_release(self->vector);
	else
		sched_expect_devices();
	return status;
}

int32_t driver_line_interrupt(uint32_t line, driver_handler *handler, void *context)
{
	if (!module_in_init())
		return ERR_NOT_PERMITTED;
	struct driver_line *self = HEAP_NEW(struct driver_line);
	if (!self)
		return ERR_NO_MEMORY;
	self->line = line;
	enum status status = driver_line_take(self, handler, context);
	if (status == OK)
		module_take_resource(&self->resource, driver_line_release);
	else
		heap_free(self, sizeof *self);
	return status;
}
