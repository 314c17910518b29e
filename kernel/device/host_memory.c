/*
 * Memory that the host lends the machine: a device that is nothing else (QEMU,
 * docs/specs/ivshmem-spec). Its first half is for what goes to the host, the second one for what
 * comes from there; when, the two tell each other elsewhere.
 */
#include "core/api.h"
#include "device/api.h"
#include "device/pci.h"
#include "mm/api.h"

enum { HOST_MEMORY_VENDOR = 0x1af4, HOST_MEMORY_DEVICE = 0x1110, HOST_MEMORY_BAR = 2 };

struct host_memory {
	uint8_t *view; /* set at start; NULL: there is none */
	size_t half; /* bytes of each */
};

static struct host_memory host_memory;

void host_memory_start(void)
{
	const struct pci_bus *bus = pci_machine();
	const struct pci_function *function =
	        pci_find(bus, HOST_MEMORY_VENDOR, HOST_MEMORY_DEVICE, 0);
	struct pci_bar_info bar;
	void *view;
	if (!function || pci_read_bar(bus, function->address, HOST_MEMORY_BAR, &bar) != OK ||
	    (bar.flags & DRIVER_BAR_PORTS))
		return;
	size_t bytes = bar.size < HOST_MEMORY_BYTES ? bar.size : HOST_MEMORY_BYTES;
	if (mm_map_device(bar.address, bytes, &view) != OK) {
		LOG_WARN(LOG_DRIVER, "host memory: no view of it, going without");
		return;
	}
	pci_set_command(bus, function->address, PCI_COMMAND_MEMORY);
	host_memory = (struct host_memory){view, bytes / 2};
}

size_t host_memory_half(void)
{
	return host_memory.half;
}

enum status host_memory_put(struct user_in from)
{
	if (from.len > host_memory.half)
		return ERR_INVALID_ARGS;
	return user_copy_in(host_memory.view, from);
}

enum status host_memory_take(struct user_out to)
{
	if (to.len > host_memory.half)
		return ERR_INVALID_ARGS;
	return user_copy_out(to, host_memory.view + host_memory.half);
}
