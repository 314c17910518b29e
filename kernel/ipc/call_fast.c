/*
 * The common case of a call: a request without handles to a receiver that waits. No memory is asked
 * for, and the only switches are those to the receiver and back. Everything else takes the long way
 * (call.c): this one says so before anything has happened. The answer's common case is in
 * receive.c.
 */
#include "ipc/call.h"

/* What calls of this kind have in common; it stays, until one of another kind is made. */
[[gnu::noinline]] static void call_make_plain(const struct ipc_process *self, struct call *call)
{
	call->kernel = NULL;
	call->patience = IPC_UNTIL_SIGNAL;
	call->space = self->space;
	call->info.sender_pid = self->pid;
	call->info.sender_tid = call->thread->id;
	call->bytes_only = true;
	call->handle_capacity = 0;
	call->transfer_count = 0;
	call->is_plain = true;
}

/* The request into the thread's call object. False: the long way. */
static bool call_fast_prepare(const struct ipc_process *self, struct call *call,
                              const struct ipc_call_request *request)
{
	size_t len = request->request.len;
	call->use = CALL_BORROWS;
	if (len && len <= IPC_SMALL_BYTES && user_copy_in(call->small, request->request) != OK)
		return false;
	if (__builtin_expect(!call->is_plain, 0))
		call_make_plain(self, call);
	call->request = request->request;
	call->reply = request->reply;
	call->deadline_ns = request->deadline_ns;
	return true;
}

/* The oldest receiver, claimed, if it can take the call; or NULL. The lock is held. */
static struct receiver *call_fast_receiver(struct endpoint *endpoint, const struct call *call)
{
	struct list *first = endpoint->receivers.next;
	struct receiver *receiver = container_of(first, struct receiver, link);
	bool is_own = endpoint->service_pid && endpoint->service_pid == call->info.sender_pid;
	if (first == &endpoint->receivers || is_own || call->request.len > receiver->buffer.len ||
	    !thread_claim(receiver->thread))
		return NULL;
	list_remove(first);
	endpoint->receiver_count--;
	return receiver;
}

/*
 * More than fits into the call object, straight into the claimed receiver's memory. The lock is
 * held, and held again afterwards. False: the receiver was told.
 */
[[gnu::noinline]] static bool call_fast_copy(const struct call *call, struct endpoint *endpoint,
                                             struct receiver *receiver)
{
	spinlock_release(&endpoint->lock);
	enum status status = call_copy_to_receiver(call, receiver);
	spinlock_acquire(&endpoint->lock);
	return status == OK;
}

/* False: nothing was sent. */
static bool call_fast_send(struct call *call, struct endpoint *endpoint, bool (*stop)(void))
{
	spinlock_acquire(&endpoint->lock);
	struct receiver *receiver = call_fast_receiver(endpoint, call);
	bool taken = receiver && (__builtin_expect(call->request.len <= IPC_SMALL_BYTES, 1) ||
	                          call_fast_copy(call, endpoint, receiver));
	if (__builtin_expect(!taken, 0)) {
		spinlock_release(&endpoint->lock);
		return false;
	}
	call->endpoint = endpoint;
	call_deliver(call, receiver);
	receiver->call = call;
	call->thread->lends = true;
	const struct await_request await = {receiver->thread, &endpoint->lock, call->deadline_ns,
	                                    stop};
	call_come_back(call, thread_await(&await));
	return true;
}

[[gnu::flatten]] bool call_send_fast(struct call *call, struct endpoint *endpoint)
{
	return call_fast_send(call, endpoint, call_stop(call, false));
}

static int64_t call_fast_result(const struct call *call)
{
	size_t len = call->reply_len;
	enum status status = call->status;
	if (status == OK && len && len <= IPC_SMALL_BYTES)
		status = user_copy_out((struct user_out){call->reply.addr, len}, call->small);
	return status == OK ? (int64_t)len : (int64_t)status;
}

[[gnu::flatten, gnu::no_stack_protector]] bool
ipc_call_fast(struct ipc_process *self, const struct ipc_call_request *request, int64_t *out_result)
{
	struct call *call = thread_current()->call;
	if (!call || call->use != CALL_FREE || !quota_begin_plain(self))
		return false;
	struct endpoint *endpoint =
	        known_endpoint(&call->calls, &self->handles, request->endpoint, RIGHT_CALL);
	bool sent = endpoint && call_fast_prepare(self, call, request) &&
	            call_fast_send(call, endpoint, ipc_operations()->is_interrupted);
	if (__builtin_expect(sent, 1)) {
		*out_result = call_fast_result(call);
		call_end(call);
	} else {
		call_give_back(call);
	}
	quota_end_call(self);
	return sent;
}
