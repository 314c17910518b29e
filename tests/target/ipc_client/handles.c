/* Handles: which calls take which, and their way through a message. */
#include "ipc_client.h"

void check_endpoints(struct client *self)
{
	static const uint64_t none[] = {900, 1000, 1024, 4096, 1ULL << 32, UINT64_MAX};
	struct tap *tap = &self->tap;
	bool call = true, receive = true, close = true, duplicate = true;
	uint64_t len, cap;
	for (size_t i = 0; i < COUNT(none); i++) {
		call &= rustos_ipc_call(none[i], NULL, 0, NULL, 0, &len) == ERR_BAD_HANDLE;
		receive &= rustos_ipc_try_recv(none[i], NULL, 0, &cap, &len) == ERR_BAD_HANDLE;
		close &= rustos_handle_close(none[i]) == ERR_BAD_HANDLE;
		duplicate &= rustos_handle_duplicate(none[i], 0, &len) == ERR_BAD_HANDLE;
	}
	tap_check(tap, call, "a call needs an endpoint");
	tap_check(tap, receive, "a receive needs an endpoint");
	tap_check(tap, close, "what is not open can't be closed");
	tap_check(tap, duplicate, "what is not open can't be duplicated");
	tap_check_equal(tap, rustos_ipc_try_recv(self->endpoint, NULL, 0, &cap, &len),
	                ERR_ACCESS_DENIED, "who looked a service up may not receive for it");
	bool reply = true;
	for (size_t i = 0; i < COUNT(none); i++)
		reply &= rustos_ipc_reply(none[i], NULL, 0) == ERR_BAD_HANDLE;
	tap_check(tap, reply, "nothing received, nothing to answer");
}

void check_handles(struct client *self)
{
	struct tap *tap = &self->tap;
	uint64_t own, copy, less, len, cap;
	tap_check_equal(tap, rustos_ipc_endpoint_create(&own), OK, "an endpoint of our own");
	tap_check_equal(tap, rustos_ipc_try_recv(own, NULL, 0, &cap, &len), ERR_TRY_AGAIN,
	                "nobody has asked us");
	tap_check_equal(tap, rustos_ipc_recv(own, NULL, IPC_MAX_INLINE_BYTES + 1, &cap, &len),
	                ERR_INVALID_ARGS, "a buffer beyond the limit is refused");
	tap_check_equal(tap, rustos_handle_duplicate(own, HANDLE_RIGHT_CALL, &less), OK,
	                "a copy may have fewer rights");
	tap_check_equal(tap, rustos_ipc_try_recv(less, NULL, 0, &cap, &len), ERR_ACCESS_DENIED,
	                "and then allows less");
	tap_check_equal(tap, rustos_handle_duplicate(less, HANDLE_RIGHT_RECEIVE, &copy),
	                ERR_ACCESS_DENIED, "without the right there is no further copy");
	tap_check_equal(tap, rustos_handle_duplicate(own, 1 << 7, &copy), ERR_INVALID_ARGS,
	                "a right that does not exist is refused");
	tap_check_equal(tap, rustos_handle_close(own), OK, "the receiving end is closed");
	tap_check_equal(tap, rustos_ipc_call(less, NULL, 0, NULL, 0, &len), ERR_NOT_CONNECTED,
	                "a call to nobody is refused");
	tap_check_equal(tap, rustos_handle_close(less), OK, "the calling end is closed");
	tap_check_equal(tap, rustos_handle_close(less), ERR_BAD_HANDLE, "once");
}

struct ipc_call_with_handles_args client_args(struct client *self, enum test_op op,
                                              const int32_t *send, uint16_t count)
{
	self->request.header = (struct ipc_message_header){.version = IPC_ABI_VERSION, .op = op};
	return (struct ipc_call_with_handles_args){
	        .endpoint = self->endpoint,
	        .request_ptr = (uintptr_t)&self->request,
	        .request_len = sizeof self->request.header,
	        .reply_ptr = (uintptr_t)&self->reply,
	        .reply_capacity = sizeof self->reply,
	        .send_fds_ptr = (uintptr_t)send,
	        .send_fd_count = count,
	};
}

/* There and back: taken has room for as many as a message can have. */
static struct ipc_call_with_handles_args args_make(struct client *self, const int32_t *send,
                                                   uint16_t count, int32_t *taken,
                                                   uint16_t *taken_count)
{
	struct ipc_call_with_handles_args args = client_args(self, TEST_OP_HANDLES, send, count);
	args.recv_fd_capacity = IPC_MAX_TRANSFER_HANDLES;
	args.recv_fds_ptr = (uintptr_t)taken;
	args.recv_fd_count_ptr = (uintptr_t)taken_count;
	return args;
}

static bool travel(struct client *self, uint16_t count)
{
	int32_t send[IPC_MAX_TRANSFER_HANDLES], taken[IPC_MAX_TRANSFER_HANDLES];
	uint16_t taken_count = 99;
	uint64_t own, len, cap;
	if (rustos_ipc_endpoint_create(&own) != OK)
		return false;
	for (uint16_t i = 0; i < count; i++)
		send[i] = (int32_t)own;
	const struct ipc_call_with_handles_args args =
	        args_make(self, send, count, taken, &taken_count);
	bool good = rustos_ipc_call_with_handles(&args, &len) == OK && taken_count == count;
	for (uint16_t i = 0; good && i < count; i++)
		good = taken[i] != send[0] &&
		       rustos_ipc_try_recv((uint64_t)taken[i], NULL, 0, &cap, &len) ==
		               ERR_TRY_AGAIN &&
		       rustos_handle_close((uint64_t)taken[i]) == OK;
	return good && rustos_handle_close(own) == OK;
}

void check_transfer(struct client *self)
{
	struct tap *tap = &self->tap;
	tap_check(tap, travel(self, 0), "no handles there and back");
	tap_check(tap, travel(self, 1), "1 handle there and back");
	tap_check(tap, travel(self, 16), "16 handles there and back");

	int32_t send[IPC_MAX_TRANSFER_HANDLES + 1] = {}, taken[IPC_MAX_TRANSFER_HANDLES];
	uint16_t count;
	uint64_t own = 0, bare = 0, len;
	struct ipc_call_with_handles_args args = args_make(self, send, 17, taken, &count);
	tap_check_equal(tap, rustos_ipc_call_with_handles(&args, &len), ERR_INVALID_ARGS,
	                "17 handles are refused");
	args.send_fd_count = 1;
	send[0] = 999;
	tap_check_equal(tap, rustos_ipc_call_with_handles(&args, &len), ERR_BAD_HANDLE,
	                "a handle that is not open can't travel");
	bool made = rustos_ipc_endpoint_create(&own) == OK &&
	            rustos_handle_duplicate(own, HANDLE_RIGHT_RECEIVE, &bare) == OK;
	send[0] = (int32_t)bare;
	tap_check(tap, made && rustos_ipc_call_with_handles(&args, &len) == ERR_ACCESS_DENIED,
	          "nor one without the right");

	send[0] = (int32_t)own;
	args.recv_fd_capacity = 0;
	tap_check_equal(tap, rustos_ipc_call_with_handles(&args, &len), OK,
	                "a reply's handles need room");
	tap_check_equal(tap, client_server_status(self), ERR_MESSAGE_TOO_BIG,
	                "or the server hears of it");

	made = client_ask(self, TEST_OP_PLAIN_NEXT, 0, 16) == 0;
	args = args_make(self, send, 1, taken, &count);
	tap_check(tap, made && rustos_ipc_call_with_handles(&args, &len) == OK && count == 1,
	          "handles wait for a receiver that takes them");
	tap_check(tap,
	          rustos_handle_close((uint64_t)taken[0]) == OK && rustos_handle_close(own) == OK &&
	                  rustos_handle_close(bare) == OK,
	          "what came is ours to close");
}

void check_reserved_fields(struct client *self)
{
	struct tap *tap = &self->tap;
	int32_t send[1] = {}, taken[IPC_MAX_TRANSFER_HANDLES];
	uint16_t count;
	uint64_t len;
	const struct ipc_call_with_handles_args good = args_make(self, send, 0, taken, &count);
	struct ipc_call_with_handles_args args = good;
	args.reserved0 = 1;
	tap_check_equal(tap, rustos_ipc_call_with_handles(&args, &len), ERR_INVALID_ARGS,
	                "a reserved field of a call that is set is refused");
	struct ipc_recv_with_handles_args receive = {.endpoint = self->endpoint, .reserved0 = 1};
	tap_check_equal(tap, rustos_ipc_recv_with_handles(&receive, &len), ERR_INVALID_ARGS,
	                "and of a receive");
	receive = (struct ipc_recv_with_handles_args){.endpoint = self->endpoint, .reserved1 = 1};
	tap_check_equal(tap, rustos_ipc_recv_with_handles(&receive, &len), ERR_INVALID_ARGS,
	                "and its second one");
	struct ipc_reply_with_handles_args reply = {.reserved0 = 1};
	tap_check_equal(tap, rustos_ipc_reply_with_handles(&reply), ERR_INVALID_ARGS,
	                "and of a reply");
	reply = (struct ipc_reply_with_handles_args){.reserved1 = 1};
	tap_check_equal(tap, rustos_ipc_reply_with_handles(&reply), ERR_INVALID_ARGS,
	                "and its second one");

	bool refused = true;
	uint64_t *const fields[] = {&args.request_ptr, &args.recv_fd_count_ptr, &args.recv_fds_ptr};
	for (size_t i = 0; i < COUNT(fields); i++) {
		static const uint64_t bad[] = {0, 0x1000, 0xffffffff80200000, UINT64_MAX - 1};
		for (size_t j = 0; j < COUNT(bad); j++) {
			args = good;
			*fields[i] = bad[j];
			refused &= rustos_ipc_call_with_handles(&args, &len) == ERR_BAD_ADDRESS;
		}
	}
	tap_check(tap, refused, "every pointer in the arguments is checked");
	args = good;
	args.send_fds_ptr = 0x1000;
	args.send_fd_count = 1;
	tap_check_equal(tap, rustos_ipc_call_with_handles(&args, &len), ERR_BAD_ADDRESS,
	                "that of the handles too");
	args = good;
	args.recv_fd_capacity = 17;
	tap_check_equal(tap, rustos_ipc_call_with_handles(&args, &len), ERR_INVALID_ARGS,
	                "room for 17 handles is refused");
	args = good;
	args.request_len = IPC_MAX_INLINE_BYTES + 1;
	tap_check_equal(tap, rustos_ipc_call_with_handles(&args, &len), ERR_INVALID_ARGS,
	                "a length beyond the limit is refused");
	args = good;
	args.reply_capacity = IPC_MAX_INLINE_BYTES + 1;
	tap_check_equal(tap, rustos_ipc_call_with_handles(&args, &len), ERR_INVALID_ARGS,
	                "so is a capacity");
	static const uint64_t bad_args[] = {0, 0x1000, 0xffffffff80200000, UINT64_MAX - 7};
	refused = true;
	for (size_t i = 0; i < COUNT(bad_args); i++) {
		const void *at = (const void *)bad_args[i];
		refused &= rustos_ipc_call_with_handles(at, &len) == ERR_BAD_ADDRESS &&
		           rustos_ipc_recv_with_handles(at, &len) == ERR_BAD_ADDRESS &&
		           rustos_ipc_reply_with_handles(at) == ERR_BAD_ADDRESS;
	}
	tap_check(tap, refused, "arguments that can't be read are refused");
}
