/*
 * The service ipc_bench. A request of one byte is an order (the first letter of handles, stop);
 * anything else is sent back as it came.
 */
#include <abi/services.h>
#include <rt/api.h>

static _Alignas(4096) uint8_t buffer[IPC_MAX_INLINE_BYTES];

/* Sends back the handles of requests until one has none. */
static enum status serve_handles(uint64_t endpoint)
{
	int32_t handles[IPC_MAX_TRANSFER_HANDLES];
	uint16_t count;
	uint64_t reply_cap, len;
	const struct ipc_recv_with_handles_args receive = {
	        .endpoint = endpoint,
	        .reply_cap_ptr = (uintptr_t)&reply_cap,
	        .recv_fds_ptr = (uintptr_t)handles,
	        .recv_fd_count_ptr = (uintptr_t)&count,
	        .recv_fd_capacity = IPC_MAX_TRANSFER_HANDLES,
	};
	do {
		enum status status = rustos_ipc_recv_with_handles(&receive, &len);
		if (status != OK)
			return status;
		const struct ipc_reply_with_handles_args reply = {
		        .reply_cap = reply_cap,
		        .send_fds_ptr = (uintptr_t)handles,
		        .send_fd_count = count,
		};
		status = rustos_ipc_reply_with_handles(&reply);
		for (uint16_t i = 0; status == OK && i < count; i++)
			status = rustos_handle_close((uint64_t)handles[i]);
		if (status != OK)
			return status;
	} while (count);
	return OK;
}

static enum status serve(uint64_t endpoint)
{
	struct ipc_message_info info = {};
	uint64_t len = 0;
	for (;;) {
		enum status status = rustos_ipc_reply_receive(endpoint, info.reply_cap, len, buffer,
		                                              sizeof buffer, &info, &len);
		if (status != OK)
			return status;
		if (len != 1)
			continue;
		status = rustos_ipc_reply(info.reply_cap, NULL, 0);
		if (status != OK || buffer[0] == 's')
			return status;
		status = serve_handles(endpoint);
		if (status != OK)
			return status;
		info.reply_cap = 0;
		len = 0;
	}
}

int main(void)
{
	uint64_t endpoint;
	enum status status = rustos_ipc_endpoint_create(&endpoint);
	if (status == OK)
		status = rustos_ipc_register_service_endpoint(IPC_SERVICE_IPC_BENCH, endpoint);
	if (status == OK)
		status = serve(endpoint);
	if (status != OK)
		print("ipc_bench: %s\n", status_name(status));
	return status != OK;
}
