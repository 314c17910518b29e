/* Bring-up of the devices, and what the brokers ask about them. */
#include "device/api.h"
#include "device/block.h"
#include "device/module.h"
#include "device/pci.h"

/* The boot's own framebuffer goes by a name, for there is no bus to find it on. */
static bool device_is_boot_framebuffer(struct str alias)
{
	return str_equal(alias, STR("platform:bootfb")) && display_is_possible();
}

bool device_alias_is_present(struct str alias)
{
	const struct pci_bus *bus = pci_machine();
	if (device_is_boot_framebuffer(alias))
		return true;
	for (size_t i = 0; i < bus->count; i++)
		if (pci_matches_alias(&bus->functions[i], alias))
			return true;
	return false;
}

enum status device_start(const struct device_setup *setup)
{
	module_table_start(setup->archive);
	pci_start(setup->ecam);
	input_start(setup->type);
	block_start_devices(setup->disk_came);
	return display_start(setup->framebuffer, setup->archive);
}
