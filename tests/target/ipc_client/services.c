/* Finding services, and being refused. */
#include "ipc_client.h"

void check_lookup(struct client *self)
{
	struct tap *tap = &self->tap;
	uint64_t endpoint = 0;
	tap_check_equal(tap,
	                rustos_ipc_lookup_service_endpoint(IPC_SERVICE_IPC_SERVER, &self->endpoint),
	                OK, "a service among runtime_deps is found");
	tap_check_equal(tap, rustos_ipc_lookup_service_endpoint(IPC_SERVICE_VFSD, &endpoint),
	                ERR_ACCESS_DENIED, "another service is not");
	static const uint64_t unknown[] = {0, 12, 37, 48, 63, 64, 1ULL << 32, UINT64_MAX};
	bool refused = true;
	for (size_t i = 0; i < COUNT(unknown); i++)
		refused &= rustos_ipc_lookup_service_endpoint(unknown[i], &endpoint) ==
		           ERR_INVALID_ARGS;
	tap_check(tap, refused, "an id that no service has is an invalid argument");

	uint64_t own = 0;
	tap_check_equal(tap, rustos_ipc_endpoint_create(&own), OK, "an endpoint is made");
	tap_check_equal(tap, rustos_ipc_register_service_endpoint(IPC_SERVICE_VFSD, own),
	                ERR_ACCESS_DENIED, "a service that is not ours can't be registered");
	tap_check_equal(tap, rustos_ipc_register_linux_syscall_endpoint(own), ERR_ACCESS_DENIED,
	                "nor the one for linux calls");
	tap_check_equal(tap, rustos_ipc_register_service_endpoint(IPC_SERVICE_IPC_SERVER, 0),
	                ERR_ACCESS_DENIED, "nor may we take one back");
	struct audit_record record;
	uint64_t count;
	tap_check_equal(tap, rustos_audit_read(1, &record, 1, &count), ERR_ACCESS_DENIED,
	                "the audit record is rootd's");
	tap_check_equal(tap, rustos_handle_close(own), OK, "and closed");
}
