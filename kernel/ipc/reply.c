/* The answer to a request. */
#include "core/api.h"
#include "ipc/call.h"

static enum status reply_check(const struct call *call, const struct ipc_reply_request *request)
{
	if (request->reply.len > call->reply.len)
		return ERR_MESSAGE_TOO_BIG;
	if (request->handles && request->handles->send_count &&
	    (call->bytes_only || request->handles->send_count > call->handle_capacity))
		return ERR_MESSAGE_TOO_BIG;
	return OK;
}

enum status reply_copy(struct call *call, struct user_in reply, enum status *out_call_status)
{
	struct endpoint *endpoint = call->endpoint;
	spinlock_acquire(&endpoint->lock);
	bool gone = call->abandoned;
	call->copying = !gone;
	spinlock_release(&endpoint->lock);
	if (gone)
		return OK;
	enum cross_copy copied = call_answer_bytes(call, reply);
	spinlock_acquire(&endpoint->lock);
	call->copying = false;
	spinlock_release(&endpoint->lock);
	if (copied == CROSS_COPY_BAD_THERE)
		*out_call_status = ERR_BAD_ADDRESS;
	return copied == CROSS_COPY_BAD_HERE ? ERR_BAD_ADDRESS : OK;
}

/* Bytes and handles of a claimed call; its thread still sleeps, or is gone. */
static enum status reply_fill(struct ipc_process *self, const struct ipc_reply_request *request,
                              struct call *call, enum status *out_call_status)
{
	size_t len = request->reply.len;
	TRY(reply_check(call, request));
	if (len > IPC_SMALL_BYTES)
		TRY(reply_copy(call, request->reply, out_call_status));
	else if (len)
		TRY(user_copy_in(call->small, request->reply));
	return call_export(self, call, request->handles);
}

enum status reply_answer(struct ipc_process *self, const struct ipc_reply_request *request,
                         struct thread **out_wake)
{
	enum status call_status = OK;
	struct reply_slot *slot = replies_claim(self, request->reply_cap);
	if (!slot) {
		audit_append(AUDIT_REPLY_REFUSED, self->pid, request->reply_cap, ERR_BAD_HANDLE);
		return ERR_BAD_HANDLE;
	}
	struct call *call = slot->call;
	enum status status = reply_fill(self, request, call, &call_status);
	if (status != OK) {
		replies_open(slot);
		return status;
	}
	struct endpoint *endpoint = call->endpoint;
	spinlock_acquire(&endpoint->lock);
	bool late = call->state == CALL_DONE;
	if (late) {
		list_remove(&call->cancel_link);
	} else {
		/* first: who sees that it is done may go, and its thread with it */
		if (thread_claim(call->thread))
			*out_wake = call->thread;
		call->reply_len = request->reply.len;
		call_finish(call, call_status);
	}
	spinlock_release(&endpoint->lock);
	/* before the thread runs: it wants its call object for the next call */
	replies_end(self, slot);
	return late ? ERR_CANCELLED : OK;
}

enum status ipc_reply(struct ipc_process *self, const struct ipc_reply_request *request)
{
	struct thread *wake = NULL;
	TRY(reply_answer(self, request, &wake));
	if (wake)
		thread_wake(wake);
	return OK;
}

enum status ipc_sender(struct ipc_process *self, uint64_t reply_cap,
                       struct ipc_message_info *out_info)
{
	struct reply_slot *slot = replies_claim(self, reply_cap);
	if (!slot)
		return ERR_BAD_HANDLE;
	const struct call *call = slot->call;
	*out_info = (struct ipc_message_info){
	        .reply_cap = reply_cap,
	        .sender_pid = call->info.sender_pid,
	        .sender_tid = call->info.sender_tid,
	        .kind = IPC_MESSAGE_REQUEST,
	};
	replies_open(slot);
	return OK;
}

bool ipc_serves(struct ipc_process *self, uint64_t reply_cap, uint64_t pid)
{
	struct ipc_message_info info;
	return ipc_sender(self, reply_cap, &info) == OK && info.sender_pid == pid;
}
