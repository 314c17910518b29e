#include "process_policy.h"
#include <abi/services.h>
#include <string.h>

uint64_t own_pid(void)
{
	return (uint64_t)CALL(LINUX_GETPID);
}

int64_t ask_procd(const struct policy_question *question, struct process_policy_reply *out_reply)
{
	struct {
		struct ipc_message_header header;
		struct process_policy_request request;
		uint8_t bytes[256];
	} message = {.request = question->request};
	uint64_t endpoint = 0, len = 0;
	size_t payload = sizeof message.request + question->len;
	if (question->len)
		memcpy(message.bytes, question->bytes, question->len);
	message.header = (struct ipc_message_header){.version = IPC_ABI_VERSION,
	                                             .op = question->operation,
	                                             .payload_len = (uint32_t)payload};
	*out_reply = (struct process_policy_reply){};
	enum status status = rustos_ipc_lookup_service_endpoint(IPC_SERVICE_PROCD, &endpoint);
	if (status == OK)
		status = rustos_ipc_call(endpoint, &message, sizeof message.header + payload,
		                         out_reply, sizeof *out_reply, &len);
	return status == OK ? out_reply->status : (int64_t)status;
}

int main(int argc, char **, char **)
{
	struct tap tap = {};
	if (argc > 1)
		return be_copied();
	check_strangers(&tap);
	check_copies(&tap);
	check_signals(&tap);
	check_groups(&tap);
	check_brokers(&tap);
	return tap_finish(&tap);
}
