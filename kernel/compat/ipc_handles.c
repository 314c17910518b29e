/* Messages with handles: their argument structures. */
#include "core/api.h"
#include "ps/api.h"
#include <kernel/syscall_prototypes.h>

static struct ipc_process *ipc_handles_self(void)
{
	return process_ipc(process_current());
}

static enum status ipc_handles_copy_in(struct ipc_handles *handles, uint64_t fds, uint16_t count)
{
	if (count > IPC_MAX_TRANSFER_HANDLES)
		return ERR_INVALID_ARGS;
	handles->send_count = count;
	if (!count)
		return OK;
	return user_copy_in(handles->send, (struct user_in){fds, count * sizeof handles->send[0]});
}

struct ipc_handles_place {
	uint64_t fds;
	uint64_t count;
	uint16_t capacity;
};

/* Before anything is given up for them: the places are there. No handles have come so far. */
static enum status ipc_handles_probe(struct ipc_handles *handles,
                                     const struct ipc_handles_place *place)
{
	static const int32_t none[IPC_MAX_TRANSFER_HANDLES];
	static const uint16_t zero;
	if (place->capacity > IPC_MAX_TRANSFER_HANDLES)
		return ERR_INVALID_ARGS;
	handles->receive_capacity = place->capacity;
	TRY(user_copy_out((struct user_out){place->count, sizeof zero}, &zero));
	if (!place->capacity)
		return OK;
	return user_copy_out((struct user_out){place->fds, place->capacity * sizeof none[0]}, none);
}

static enum status ipc_handles_copy_out(const struct ipc_handles *handles,
                                        const struct ipc_handles_place *place)
{
	uint16_t count = (uint16_t)handles->received_count;
	if (!count)
		return OK;
	TRY(user_copy_out((struct user_out){place->fds, count * sizeof handles->received[0]},
	                  handles->received));
	return user_copy_out((struct user_out){place->count, sizeof count}, &count);
}

enum status sys_ipc_call_with_handles(struct user_in args, uint64_t *out_reply_len)
{
	struct ipc_call_with_handles_args in;
	TRY(user_copy_in(&in, args));
	if (in.reserved0 || in.request_len > IPC_MAX_INLINE_BYTES ||
	    in.reply_capacity > IPC_MAX_INLINE_BYTES)
		return ERR_INVALID_ARGS;
	struct ipc_handles handles = {};
	const struct ipc_handles_place place = {in.recv_fds_ptr, in.recv_fd_count_ptr,
	                                        in.recv_fd_capacity};
	TRY(ipc_handles_copy_in(&handles, in.send_fds_ptr, in.send_fd_count));
	TRY(ipc_handles_probe(&handles, &place));
	const struct ipc_call_request call = {
	        .endpoint = in.endpoint,
	        .request = {in.request_ptr, in.request_len},
	        .reply = {in.reply_ptr, in.reply_capacity},
	        .handles = &handles,
	};
	TRY(ipc_call(ipc_handles_self(), &call, out_reply_len));
	return ipc_handles_copy_out(&handles, &place);
}

enum status sys_ipc_recv_with_handles(struct user_in args, uint64_t *out_request_len)
{
	struct ipc_recv_with_handles_args in;
	TRY(user_copy_in(&in, args));
	if (in.reserved0 || in.reserved1 || in.request_capacity > IPC_MAX_INLINE_BYTES)
		return ERR_INVALID_ARGS;
	struct ipc_handles handles = {};
	const struct ipc_handles_place place = {in.recv_fds_ptr, in.recv_fd_count_ptr,
	                                        in.recv_fd_capacity};
	TRY(ipc_handles_probe(&handles, &place));
	const struct ipc_receive_request receive = {
	        .endpoint = in.endpoint,
	        .buffer = {in.request_ptr, in.request_capacity},
	        .info = {in.reply_cap_ptr, sizeof(uint64_t)},
	        .handles = &handles,
	};
	TRY(ipc_receive(ipc_handles_self(), &receive, out_request_len));
	return ipc_handles_copy_out(&handles, &place);
}

enum status sys_ipc_reply_with_handles(struct user_in args)
{
	struct ipc_reply_with_handles_args in;
	TRY(user_copy_in(&in, args));
	if (in.reserved0 || in.reserved1 || in.response_len > IPC_MAX_INLINE_BYTES)
		return ERR_INVALID_ARGS;
	struct ipc_handles handles = {};
	TRY(ipc_handles_copy_in(&handles, in.send_fds_ptr, in.send_fd_count));
	const struct ipc_reply_request reply = {
	        in.reply_cap, {in.response_ptr, in.response_len}, &handles};
	return ipc_reply(ipc_handles_self(), &reply);
}
