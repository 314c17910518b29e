/* Bring-up of the devices, and what the brokers ask about them. */
#include "device/api.h"
#include "device/block/block.h"
#include "device/module/module.h"
#include "device/pci.h"

/* The boot's own framebuffer goes by a name, for there is no bus to find it on. */
static bool device_is_boot_framebuffer(struct str alias)
{
	return str_equal(alias, STR("platform:bootfb")) && display_is_possible();
}

/* Its driver looks whether it answers. */
static bool device_is_keyboard_controller(struct str alias)
{
	return str_equal(alias, STR("platform:i8042")) && interrupt_lines_exist();
}

bool device_alias_is_present(struct str alias)
{
	const struct pci_bus *bus = pci_machine();
	if (device_is_boot_framebuffer(alias) || device_is_keyboard_controller(alias))
		return true;
	for (size_t i = 0; i < bus->count; i++)
		if (pci_matches_alias(&bus->functions[i], alias))
			return true;
	return false;
}

struct device_watcher {
	struct spinlock lock;
	/* guarded by lock */
	struct ipc_event *event; /* owned; NULL: nobody watches */
};

static struct device_watcher device_watcher = {.lock = SPINLOCK_INIT(LOCK_WAIT)};

static struct ipc_event *device_watcher_swap(struct ipc_event *event)
{
	spinlock_acquire(&device_watcher.lock);
	struct ipc_event *old = device_watcher.event;
	device_watcher.event = event;
	spinlock_release(&device_watcher.lock);
	return old;
}

void device_watch(struct ipc_event *event)
{
	ipc_event_drop(device_watcher_swap(event));
}

void device_changed(void)
{
	struct ipc_event *event = device_watcher_swap(NULL);
	if (event)
		ipc_event_post(event, 0);
}

void device_stop(void)
{
	modules_unload();
	device_watch(NULL);
}

enum status device_start(const struct device_setup *setup)
{
	module_table_start(setup->archive);
	pci_start(setup->ecam);
	host_memory_start();
	input_start(setup);
	block_start_devices(setup->disk_came);
	return display_start(setup->framebuffer, setup->archive);
}
