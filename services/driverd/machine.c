/* Autoload's operations: the driver brokers of the kernel. */
#include "driverd.h"
#include <string.h>

static bool machine_alias_is_present(void *, struct str alias)
{
	const struct driver_probe_alias_args args = {
	        .abi_version = DRIVER_BROKER_VERSION,
	        .alias_ptr = (uintptr_t)alias.ptr,
	        .alias_len = alias.len,
	};
	uint64_t present = 0;
	return rustos_driver_probe_alias_broker(&args, &present) == OK && present;
}

static bool machine_group_is_active(void *, struct str group)
{
	char name[DRIVER_GROUP_MAX] = {};
	uint64_t active = 0;
	if (group.len >= sizeof name)
		return false;
	memcpy(name, group.ptr, group.len);
	return rustos_driver_provider_active_broker(name, &active) == OK && active;
}

static enum status machine_ask(const struct driver *driver, uint32_t flags, uint64_t *out_module)
{
	const struct loadable_driver *row = &driver->row;
	const struct driver_load_module_args args = {
	        .abi_version = DRIVER_BROKER_VERSION,
	        .policy_flags = flags | (row->fallback_only ? DRIVER_POLICY_FALLBACK : 0),
	        .path_ptr = (uintptr_t)row->path.ptr,
	        .path_len = row->path.len,
	        .group_ptr = (uintptr_t)row->provider_group.ptr,
	        .group_len = row->provider_group.len,
	};
	return rustos_driver_load_module_broker(&args, out_module);
}

static bool machine_is_loaded(void *, const struct driver *driver, uint64_t *out_module)
{
	return machine_ask(driver, DRIVER_POLICY_LOADED, out_module) == OK;
}

static enum status machine_load(void *, const struct driver *driver, uint64_t *out_module)
{
	return machine_ask(driver, 0, out_module);
}

static void machine_say(void *, const struct driver *driver, const char *what, const char *reason)
{
	service_log("driverd", LOG_LEVEL_INFO, "%s name=%.*s%s%s", what, STR_ARG(driver->row.name),
	            reason ? " reason=" : "", reason ? reason : "");
}

const struct autoload_ops driverd_machine = {
        .alias_is_present = machine_alias_is_present,
        .group_is_active = machine_group_is_active,
        .is_loaded = machine_is_loaded,
        .load = machine_load,
        .say = machine_say,
};
