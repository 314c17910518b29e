/*
 * The service memory_keeper: takes as many pages as a request says (a u64), gives them back, and
 * answers with the status. It ends with the machine.
 */
#include <abi/services.h>
#include <rt/api.h>

enum { PAGE = 4096 };

static enum status keep(uint64_t pages)
{
	uint64_t address;
	enum status status = rustos_memory_map(0, pages * PAGE, MEMORY_READ | MEMORY_WRITE,
	                                       MEMORY_WIRED, &address);
	return status == OK ? rustos_memory_unmap(address, pages * PAGE) : status;
}

int main(void)
{
	struct {
		struct ipc_message_header header;
		uint64_t pages;
	} request = {};
	uint64_t endpoint, reply_cap, len = 0;
	enum status status = rustos_ipc_endpoint_create(&endpoint);
	if (status == OK)
		status = rustos_ipc_register_service_endpoint(IPC_SERVICE_MEMORY_KEEPER, endpoint);
	while (status == OK) {
		status = rustos_ipc_recv(endpoint, &request, sizeof request, &reply_cap, &len);
		if (status != OK)
			break;
		int64_t answer = len == sizeof request ? keep(request.pages) : ERR_INVALID_ARGS;
		status = rustos_ipc_reply(reply_cap, &answer, sizeof answer);
	}
	return status != OK;
}
