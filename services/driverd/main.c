#include "driverd.h"
#include <abi/machine.h>

static const char name[] = "driverd";

static bool driverd_open_archive(struct driver_service *self, char *const *envp)
{
	uint64_t base, len;
	if (!auxv_find(envp, AT_RUSTOS_BOOT_ARCHIVE_BASE, &base) ||
	    !auxv_find(envp, AT_RUSTOS_BOOT_ARCHIVE_LEN, &len))
		return false;
	self->archive = (struct boot_archive){{(const char *)base, len}};
	return true;
}

static void driverd_autoload(void *context, uint64_t)
{
	struct driver_service *self = context;
	struct boot_archive_entry file;
	service_log(name, LOG_LEVEL_INFO, "autoload begin");
	if (boot_archive_find(self->archive, STR(MACHINE_PATH_LOADABLE_DRIVERS), &file) != OK) {
		service_log(name, LOG_LEVEL_WARN,
		            "no " MACHINE_PATH_LOADABLE_DRIVERS ", loading nothing");
		return;
	}
	struct autoload *autoload = &self->autoload;
	autoload_read(autoload, file.data);
	if (autoload->malformed || autoload->dropped)
		service_log(name, LOG_LEVEL_WARN,
		            "malformed lines=%zu rows without room=%zu, ignoring them",
		            autoload->malformed, autoload->dropped);
	autoload_run(autoload, &driverd_machine);
	service_log(name, LOG_LEVEL_INFO,
	            "autoload registry complete loaded=%zu skipped=%zu deferred=%zu",
	            autoload->loaded, autoload->skipped, autoload->deferred);
}

int main(int, char **, char **envp)
{
	static struct driver_service self; /* too large for the stack */
	const struct service_definition definition = {
	        .interface = &driver_interface,
	        .self = &self,
	        .events = {.registered = driverd_autoload},
	};
	service_log(name, LOG_LEVEL_INFO, "service start");
	if (!driverd_open_archive(&self, envp)) {
		service_log(name, LOG_LEVEL_ERROR, "started without the boot archive, giving up");
		return 1;
	}
	enum status status = service_run(&definition);
	service_log(name, LOG_LEVEL_ERROR, "%s, giving up", status_name(status));
	return 1;
}
