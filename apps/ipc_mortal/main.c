/* The service ipc_mortal: takes one request, and ends. */
#include <abi/services.h>
#include <rt/api.h>

int main(void)
{
	uint64_t endpoint, reply_cap, len;
	enum status status = rustos_ipc_endpoint_create(&endpoint);
	if (status == OK)
		status = rustos_ipc_register_service_endpoint(IPC_SERVICE_IPC_MORTAL, endpoint);
	if (status == OK)
		status = rustos_ipc_recv(endpoint, NULL, 0, &reply_cap, &len);
	return status != OK;
}
