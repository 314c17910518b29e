#include "ipc_client.h"
#include <string.h>

int64_t client_ask(struct client *self, enum test_op op, uint32_t flags, uint64_t len)
{
	self->request.header = (struct ipc_message_header){
	        .version = IPC_ABI_VERSION, .op = (uint16_t)op, .flags = flags};
	uint64_t reply_len = 0;
	enum status status = rustos_ipc_call(self->endpoint, &self->request, len, &self->reply,
	                                     sizeof self->reply, &reply_len);
	return status == OK ? (int64_t)reply_len : (int64_t)status;
}

int64_t client_server_status(struct client *self)
{
	int64_t status = 0;
	if (client_ask(self, TEST_OP_STATUS, 0, sizeof self->request.header) != sizeof status)
		return INT64_MIN;
	memcpy(&status, &self->reply, sizeof status);
	return status;
}

static void check_sender(struct client *self)
{
	struct ipc_message_info info;
	int64_t len = client_ask(self, TEST_OP_SENDER, 0, sizeof self->request.header);
	tap_check_equal(&self->tap, len, sizeof info, "the server learns who sent a request");
	memcpy(&info, &self->reply, sizeof info);
	tap_check(&self->tap, info.sender_pid > 1 && info.sender_tid > 0,
	          "the badge names process and thread");
	tap_check_equal(&self->tap, info.kind, IPC_MESSAGE_REQUEST, "it is a request");

	len = client_ask(self, TEST_OP_TWICE, 0, sizeof self->request.header);
	tap_check_equal(&self->tap, len, sizeof self->request.header, "a request is answered once");
	tap_check_equal(&self->tap, client_server_status(self), ERR_BAD_HANDLE,
	                "a second answer finds no request");
}

int main(void)
{
	static struct client client;
	struct client *self = &client;
	check_lookup(self);
	check_lengths(self);
	check_sender(self);
	check_pointers(self);
	check_server_pointers(self);
	check_endpoints(self);
	check_handles(self);
	check_transfer(self);
	check_reserved_fields(self);
	check_crowds(self);
	tap_check_equal(&self->tap, client_ask(self, TEST_OP_STOP, 0, sizeof self->request.header),
	                0, "the server stops when asked");
	return tap_finish(&self->tap);
}
