/* Bring-up of the devices, and what the brokers ask about them. */
#include "device/api.h"
#include "device/module.h"
#include "device/pci.h"

bool device_alias_is_present(struct str alias)
{
	const struct pci_bus *bus = pci_machine();
	for (size_t i = 0; i < bus->count; i++)
		if (pci_matches_alias(&bus->functions[i], alias))
			return true;
	return false;
}

enum status device_start(paddr_t ecam, struct boot_archive archive)
{
	module_table_start(archive);
	pci_start(ecam);
	return OK;
}
