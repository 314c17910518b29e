/*
 * Receiving, between the long way (receive.c) and the short one (receive_fast.c).
 */
#pragma once

#include "ipc/call.h"

enum receive_step {
	RECEIVE_DONE, /* with a status */
	RECEIVE_CALL, /* a call was taken; its larger bytes are there */
	RECEIVE_CANCEL,
	RECEIVE_AGAIN,
};

struct receive {
	struct ipc_process *self;
	const struct ipc_receive_request *request;
	struct endpoint *endpoint;
	struct receiver receiver;
	struct thread
	        *wake; /* claimed; its call was answered: runs as soon as this thread sleeps */
	bool slot_held; /* receiver.slot is reserved and not in use */
	struct call *call; /* of RECEIVE_CALL */
	struct ipc_message_info cancel; /* of RECEIVE_CANCEL */
	enum status status;
};

/* After the step that was made. */
enum status receive_go_on(struct receive *receive, enum receive_step step, uint64_t *out_len);
/* Woken without a call. OK: it should look again. */
enum status receiver_leave(struct endpoint *endpoint, struct receiver *receiver, bool in_time);

/* What the sender put into the call object. */
[[gnu::noinline]] static enum status receive_finish_small(const struct user_out *buffer,
                                                          const struct call *call)
{
	size_t len = call->request.len;
	return len <= IPC_SMALL_BYTES
	               ? user_copy_out((struct user_out){buffer->addr, len}, call->small)
	               : OK;
}

/* The same, and the badge. */
static inline enum status receive_finish_plain(const struct user_out *buffer, struct user_out info,
                                               const struct call *call)
{
	if (__builtin_expect(call->request.len != 0, 0))
		TRY(receive_finish_small(buffer, call));
	if (info.len == sizeof call->info)
		return user_copy_out_words(info.addr, (const uint64_t *)&call->info);
	return user_copy_out(info, &call->info);
}
