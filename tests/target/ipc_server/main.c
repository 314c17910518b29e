/* The service ipc_server: see <test_service/api.h>. */
#include <abi/services.h>
#include <string.h>
#include <test_service/api.h>
#include <test_service/crowd.h>

struct server {
	uint64_t endpoint;
	int64_t last_status; /* for TEST_OP_STATUS */
	bool plain_next;
	uint64_t capacity_next; /* 0: all of it */
	bool bad_next;
	uint32_t bad_which;
	bool stopped;
	uint64_t reply_cap;
	int32_t handles[IPC_MAX_TRANSFER_HANDLES];
	uint16_t handle_count;
};

static struct test_message server_message;
static struct test_crowd server_crowd;

/* Not readable or writable, or not user memory at all. */
static const uint64_t bad_pointers[] = {
        0, 0x1000, 0xffffffff80200000, 0xffff800000001000, 0x0000800000000000, UINT64_MAX - 7,
};

/* The request must be there; a failed receive leaves it for the next. */
static enum status server_receive_badly(struct server *self)
{
	uint64_t len, cap;
	for (size_t i = 0; i < COUNT(bad_pointers); i++) {
		void *bad = (void *)bad_pointers[i];
		enum status status = rustos_ipc_recv(
		        self->endpoint, self->bad_which == 0 ? bad : &server_message,
		        sizeof server_message, self->bad_which == 1 ? bad : &cap, &len);
		if (status != ERR_BAD_ADDRESS)
			return status == OK ? ERR_PROTOCOL : status;
	}
	return ERR_BAD_ADDRESS;
}

static enum status server_receive(struct server *self, uint64_t *out_len)
{
	if (self->bad_next) {
		self->bad_next = false;
		return server_receive_badly(self);
	}
	uint64_t capacity = self->capacity_next ? self->capacity_next : sizeof server_message;
	bool plain = self->plain_next;
	self->capacity_next = 0;
	self->plain_next = false;
	self->handle_count = 0;
	if (plain)
		return rustos_ipc_recv(self->endpoint, &server_message, capacity, &self->reply_cap,
		                       out_len);
	const struct ipc_recv_with_handles_args args = {
	        .endpoint = self->endpoint,
	        .request_ptr = (uintptr_t)&server_message,
	        .request_capacity = capacity,
	        .reply_cap_ptr = (uintptr_t)&self->reply_cap,
	        .recv_fds_ptr = (uintptr_t)self->handles,
	        .recv_fd_count_ptr = (uintptr_t)&self->handle_count,
	        .recv_fd_capacity = IPC_MAX_TRANSFER_HANDLES,
	};
	return rustos_ipc_recv_with_handles(&args, out_len);
}

static enum status server_reply(struct server *self, const void *bytes, uint64_t len)
{
	return rustos_ipc_reply(self->reply_cap, bytes, len);
}

static enum status server_reply_handles(struct server *self)
{
	const struct ipc_reply_with_handles_args args = {
	        .reply_cap = self->reply_cap,
	        .send_fds_ptr = (uintptr_t)self->handles,
	        .send_fd_count = self->handle_count,
	};
	enum status status = rustos_ipc_reply_with_handles(&args);
	for (uint16_t i = 0; i < self->handle_count; i++)
		if (status == OK)
			status = rustos_handle_close((uint64_t)self->handles[i]);
	return status;
}

static enum status server_reply_pattern(struct server *self, uint64_t len)
{
	uint8_t *bytes = (uint8_t *)&server_message;
	for (uint64_t i = 0; i < len && i < sizeof server_message; i++)
		bytes[i] = (uint8_t)i;
	return server_reply(self, bytes, len);
}

static enum status server_reply_sender(struct server *self)
{
	struct ipc_message_info info;
	enum status status = rustos_ipc_sender(self->reply_cap, &info);
	return status == OK ? server_reply(self, &info, sizeof info) : status;
}

static enum status server_reply_badly(struct server *self)
{
	static const uint64_t lengths[] = {1, 64, 65, 5000};
	uint64_t refused = 0;
	for (size_t i = 0; i < COUNT(bad_pointers); i++)
		for (size_t j = 0; j < COUNT(lengths); j++)
			refused += server_reply(self, (const void *)bad_pointers[i], lengths[j]) ==
			           ERR_BAD_ADDRESS;
	return server_reply(self, &refused, sizeof refused);
}

/* With a handle of their own: the one that came is closed. */
static enum status server_start_crowd(struct server *self, bool receives)
{
	uint64_t endpoint;
	bool all = self->handle_count == 1 &&
	           rustos_handle_duplicate((uint64_t)self->handles[0],
	                                   HANDLE_RIGHT_CALL | HANDLE_RIGHT_RECEIVE,
	                                   &endpoint) == OK &&
	           test_crowd_start(&server_crowd, endpoint, receives, TEST_CROWD_MAX);
	return server_reply(self, &all, sizeof all);
}

static enum status server_end_crowd(struct server *self)
{
	int64_t served = test_crowd_end(&server_crowd);
	if (rustos_handle_close(server_crowd.endpoint) != OK)
		served = -1;
	return server_reply(self, &served, sizeof served);
}

static enum status server_answer(struct server *self, uint64_t len)
{
	const struct ipc_message_header header = server_message.header;
	int64_t last = self->last_status;
	int64_t refused = test_crowd_refused(&server_crowd);
	switch (header.op) {
	case TEST_OP_SENDER:
		return server_reply_sender(self);
	case TEST_OP_LENGTH:
		return server_reply(self, &len, sizeof len);
	case TEST_OP_REPLY_LENGTH:
		return server_reply_pattern(self, header.flags);
	case TEST_OP_TWICE: {
		enum status status = server_reply(self, &server_message, len);
		return status == OK ? server_reply(self, &server_message, len) : status;
	}
	case TEST_OP_STATUS:
		return server_reply(self, &last, sizeof last);
	case TEST_OP_HANDLES:
		return server_reply_handles(self);
	case TEST_OP_PLAIN_NEXT:
		self->plain_next = true;
		return server_reply(self, NULL, 0);
	case TEST_OP_SMALL_NEXT:
		self->capacity_next = header.flags;
		return server_reply(self, NULL, 0);
	case TEST_OP_BAD_NEXT:
		self->bad_next = true;
		self->bad_which = header.flags;
		return server_reply(self, NULL, 0);
	case TEST_OP_BAD_REPLY:
		return server_reply_badly(self);
	case TEST_OP_CROWD:
		return server_start_crowd(self, header.flags);
	case TEST_OP_CROWD_REFUSED:
		return server_reply(self, &refused, sizeof refused);
	case TEST_OP_CROWD_END:
		return server_end_crowd(self);
	case TEST_OP_STOP:
		self->stopped = true;
		return server_reply(self, NULL, 0);
	default:
		return server_reply(self, &server_message, len);
	}
}

/* Handles that came with a request nobody asked them for. */
static void server_close_handles(struct server *self, uint16_t op)
{
	for (uint16_t i = 0; op != TEST_OP_HANDLES && i < self->handle_count; i++)
		if (rustos_handle_close((uint64_t)self->handles[i]) != OK)
			print("ipc_server: a received handle could not be closed\n");
}

int main(void)
{
	struct server self = {};
	enum status status = rustos_ipc_endpoint_create(&self.endpoint);
	if (status == OK)
		status =
		        rustos_ipc_register_service_endpoint(IPC_SERVICE_IPC_SERVER, self.endpoint);
	if (status != OK) {
		print("ipc_server: cannot serve: %s\n", status_name(status));
		return 1;
	}
	while (!self.stopped) {
		uint64_t len;
		status = server_receive(&self, &len);
		/* who asks again at once would do so for ever */
		if (status == ERR_NO_MEMORY) {
			print("ipc_server: cannot receive: %s\n", status_name(status));
			return 1;
		}
		if (status == OK) {
			uint16_t op = len < sizeof server_message.header ? TEST_OP_ECHO
			                                                 : server_message.header.op;
			server_message.header.op = op;
			status = server_answer(&self, len);
			/* the caller waits for an answer that it can take */
			if (status == ERR_MESSAGE_TOO_BIG || status == ERR_BAD_ADDRESS)
				(void)server_reply(&self, NULL, 0);
			server_close_handles(&self, op);
		}
		self.last_status = status;
	}
	return 0;
}
