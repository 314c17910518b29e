/*
 * The driver ABI's two tables: names that a module may use, and the functions that its init gets.
 */
#include "device/module/module.h"
#include <base/cleanup.h>
#include <driver/block.h>
#include <driver/input.h>
#include <driver/kernel.h>
#include <string.h>

extern uintptr_t __stack_chk_guard;
[[gnu::noreturn]] void __stack_chk_fail(void);

struct module_export {
	const char *name;
	uintptr_t address;
};

#define MODULE_EXPORT(symbol)                                                                      \
	{                                                                                          \
#symbol, (uintptr_t) & (symbol)                                                    \
	}

static const struct module_export module_exports[] = {
        /* what the compiler calls by itself */
        MODULE_EXPORT(__stack_chk_fail),
        MODULE_EXPORT(__stack_chk_guard),
        MODULE_EXPORT(memcmp),
        MODULE_EXPORT(memcpy),
        MODULE_EXPORT(memmove),
        MODULE_EXPORT(memset),
        /* <driver/kernel.h>, <driver/block.h> */
        MODULE_EXPORT(driver_alloc),
        MODULE_EXPORT(driver_block_complete),
        MODULE_EXPORT(driver_block_register),
        MODULE_EXPORT(driver_dma_alloc),
        MODULE_EXPORT(driver_entropy_add),
        MODULE_EXPORT(driver_entropy_register),
        MODULE_EXPORT(driver_input_register),
        MODULE_EXPORT(driver_line_interrupt),
        MODULE_EXPORT(driver_input_report),
        MODULE_EXPORT(driver_lock_acquire),
        MODULE_EXPORT(driver_lock_release),
        MODULE_EXPORT(driver_log),
        MODULE_EXPORT(driver_map_mmio),
        MODULE_EXPORT(driver_pci_bar),
        MODULE_EXPORT(driver_pci_capability),
        MODULE_EXPORT(driver_pci_find),
        MODULE_EXPORT(driver_pci_interrupt),
        MODULE_EXPORT(driver_pci_read),
        MODULE_EXPORT(driver_pci_write),
        MODULE_EXPORT(driver_print),
};

bool module_export_find(struct str name, uint64_t *out_address)
{
	for (size_t i = 0; i < COUNT(module_exports); i++) {
		if (!str_equal(str_from_c(module_exports[i].name), name))
			continue;
		*out_address = module_exports[i].address;
		return true;
	}
	return false;
}

static int32_t module_no_serio(const struct serio_driver *)
{
	return ERR_NO_DEVICE;
}

static void module_drop_packet(const struct pointer_packet *)
{
}

static int64_t module_no_boot_file(const char *, void *, size_t)
{
	return ERR_NOT_SUPPORTED;
}

const struct driver_kernel_api *module_api_table(void)
{
	static const struct driver_kernel_api table = {
	        .abi_version = DRIVER_ABI_VERSION,
	        .struct_size = sizeof table,
	        .register_serio_driver = module_no_serio,
	        .report_pointer_packet = module_drop_packet,
	        .register_display_framebuffer = display_register,
	        .log = driver_log,
	        .pci_find_device = driver_pci_find,
	        .pci_read_config_u32 = driver_pci_read,
	        .pci_write_config_u32 = driver_pci_write,
	        .pci_get_bar_info = driver_pci_bar,
	        .map_mmio = driver_map_mmio,
	        .read_boot_file = module_no_boot_file,
	        .query_boot_framebuffer = display_query_boot,
	};
	return &table;
}
