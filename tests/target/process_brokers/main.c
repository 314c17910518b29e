#include "process_brokers.h"
#include <abi/services.h>
#include <call_check/api.h>

int main(int, char **, char **)
{
	struct tap tap = {};
	uint64_t endpoint = 0;
	check_strangers(&tap);
	check_loaderd(&tap);
	tap_check_equal(&tap, rustos_ipc_endpoint_create(&endpoint), OK, "there is an endpoint");
	tap_check_equal(&tap,
	                rustos_ipc_register_service_endpoint(IPC_SERVICE_PROCESS_BROKERS, endpoint),
	                OK, "which makes this a loader");
	call_check_hostile(&tap, IPC_SERVICE_CAP_BIT_PROCESS_LOADER);
	check_images(&tap);
	check_commits(&tap);
	return tap_finish(&tap);
}
