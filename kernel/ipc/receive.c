/* The receiver's side: waiting for a request and taking it. */
#include "ipc/receive.h"
#include "core/api.h"

/* Back to the head of the queue, untouched. */
static void receive_undo(struct ipc_process *self, struct call *call, struct reply_slot *slot)
{
	struct endpoint *endpoint = call->endpoint;
	spinlock_acquire(&endpoint->lock);
	if (call->state == CALL_DELIVERED) {
		/* in the queue it may go to a successor, and not with a borrowed reference */
		if (call->use == CALL_BORROWS) {
			object_ref(&endpoint->object);
			call->use = CALL_IN_USE;
		}
		call->state = CALL_QUEUED;
		list_push_front(&endpoint->pending, &call->link);
		endpoint->pending_count++;
		endpoint_wake_receiver(endpoint);
	}
	list_remove(&call->cancel_link);
	spinlock_release(&endpoint->lock);
	replies_end(self, slot);
}

/* A queued request's bytes, from its sender's memory. OK, or whose fault it was. */
static enum cross_copy receive_copy_queued(struct call *call, struct user_out buffer)
{
	struct endpoint *endpoint = call->endpoint;
	enum cross_copy copied = call_fetch_bytes(call, buffer);
	spinlock_acquire(&endpoint->lock);
	call->copying = false;
	if (copied == CROSS_COPY_BAD_THERE && call->state != CALL_DONE) {
		call_fail(call, ERR_BAD_ADDRESS);
	}
	spinlock_release(&endpoint->lock);
	return copied;
}

/* As receive_finish_plain, and the handles. */
static enum status receive_finish(struct ipc_process *self,
                                  const struct ipc_receive_request *request, struct call *call)
{
	TRY(receive_finish_plain(&request->buffer, request->info, call));
	if (__builtin_expect(call->transfer_count == 0, 1))
		return OK;
	TRY(handle_table_install(&self->handles, call->transfers->items, call->transfer_count,
	                         request->handles->received));
	request->handles->received_count = call->transfer_count;
	call->transfer_count = 0;
	return OK;
}

/* The oldest request. The lock is held, and released. */
static void receive_refuse(struct endpoint *endpoint, struct call *call)
{
	list_remove(&call->link);
	endpoint->pending_count--;
	call_fail(call, ERR_INVALID_ARGS);
	spinlock_release(&endpoint->lock);
}

/* Takes the oldest request or cancel message. The lock is held, and released. */
static enum receive_step receive_take(struct receive *receive)
{
	struct endpoint *endpoint = receive->endpoint;
	struct list *first = endpoint->cancels.next;
	if (receive->receiver.takes_cancels && first != &endpoint->cancels) {
		struct call *call = container_of(first, struct call, cancel_link);
		bool is_event = call->is_event;
		receive->cancel = call->info;
		receive->cancel.kind = is_event ? IPC_MESSAGE_EVENT : IPC_MESSAGE_CANCEL;
		receive->cancel.handle_count = 0;
		list_remove(first);
		spinlock_release(&endpoint->lock);
		if (is_event)
			event_taken(call);
		return RECEIVE_CANCEL;
	}
	struct call *call = container_of(endpoint->pending.next, struct call, link);
	receive->status = receiver_check(&receive->receiver, call);
	if (receive->receiver.refuses_handles && call->transfer_count) {
		receive_refuse(endpoint, call);
		return RECEIVE_AGAIN;
	}
	if (receive->status != OK) {
		spinlock_release(&endpoint->lock);
		return RECEIVE_DONE;
	}
	list_remove(&call->link);
	endpoint->pending_count--;
	call_deliver(call, &receive->receiver);
	receive->slot_held = false;
	bool large = call->request.len > IPC_SMALL_BYTES;
	call->copying = large;
	receive->call = call;
	spinlock_release(&endpoint->lock);
	if (!large)
		return RECEIVE_CALL;

	enum cross_copy copied = receive_copy_queued(call, receive->request->buffer);
	if (copied == CROSS_COPY_DONE)
		return RECEIVE_CALL;
	receive->status = ERR_BAD_ADDRESS;
	if (copied == CROSS_COPY_BAD_HERE) {
		receive_undo(receive->self, call, receive->receiver.slot);
		return RECEIVE_DONE;
	}
	/* the sender's fault, and it knows; the slot goes with it */
	replies_end(receive->self, receive->receiver.slot);
	receive->status = replies_reserve(receive->self, &receive->receiver.slot);
	receive->slot_held = receive->status == OK;
	return receive->slot_held ? RECEIVE_AGAIN : RECEIVE_DONE;
}

/*
 * Until somebody wakes the receiver, with a call in it or not; next, claimed or NULL, runs
 * meanwhile. False: deadline_ns passed. The lock is held, and released.
 */
static bool receiver_sleep(struct endpoint *endpoint, struct receiver *receiver,
                           struct thread *next, uint64_t deadline_ns)
{
	endpoint_put_receiver(endpoint, receiver);
	receiver->call = NULL;
	receiver->status = OK;
	const struct await_request request = {next, &endpoint->lock, deadline_ns,
	                                      ipc_operations()->is_told};
	return thread_await(&request);
}

enum status receiver_leave(struct endpoint *endpoint, struct receiver *receiver, bool in_time)
{
	spinlock_acquire(&endpoint->lock);
	if (endpoint->waiting == receiver)
		endpoint->waiting = NULL;
	if (endpoint->listener == receiver)
		endpoint->listener = NULL;
	if (!receiver->listens && !list_empty(&receiver->link)) {
		list_remove(&receiver->link);
		endpoint->receiver_count--;
	}
	spinlock_release(&endpoint->lock);
	if (receiver->status != OK)
		return receiver->status;
	if (!in_time)
		return ERR_TIMED_OUT;
	return ipc_operations()->is_told() ? ERR_INTERRUPTED : OK;
}

/* The lock is held, and released. */
static enum receive_step receive_sleep(struct receive *receive)
{
	struct receiver *receiver = &receive->receiver;
	bool in_time = receiver_sleep(receive->endpoint, receiver, TAKE(receive->wake),
	                              receive->request->deadline_ns);
	if (__builtin_expect(receiver->call != NULL, 1)) {
		receive->slot_held = false;
		receive->call = receiver->call;
		return RECEIVE_CALL;
	}
	receive->status = receiver_leave(receive->endpoint, receiver, in_time);
	return receive->status == OK ? RECEIVE_AGAIN : RECEIVE_DONE;
}

static enum receive_step receive_step(struct receive *receive)
{
	struct endpoint *endpoint = receive->endpoint;
	spinlock_acquire(&endpoint->lock);
	bool listens = receive->receiver.listens;
	if ((!listens && !list_empty(&endpoint->pending)) ||
	    (receive->receiver.takes_cancels && !list_empty(&endpoint->cancels)))
		return receive_take(receive);
	receive->status = OK;
	if (endpoint->closed)
		receive->status = ERR_NOT_CONNECTED;
	else if ((receive->request->flags & IPC_RECEIVE_NO_WAIT) ||
	         (listens ? endpoint->listener != NULL
	                  : endpoint_waiters(endpoint) >= IPC_ENDPOINT_WAITERS_MAX))
		receive->status = ERR_TRY_AGAIN;
	if (receive->status == OK)
		return receive_sleep(receive);
	spinlock_release(&endpoint->lock);
	return RECEIVE_DONE;
}

[[gnu::noinline]] enum status receive_go_on(struct receive *receive, enum receive_step step,
                                            uint64_t *out_len)
{
	while (step == RECEIVE_AGAIN)
		step = receive_step(receive);
	if (receive->wake)
		thread_wake(receive->wake);
	if (receive->slot_held)
		replies_release(receive->self, receive->receiver.slot);
	if (step == RECEIVE_DONE)
		return receive->status;
	if (step == RECEIVE_CANCEL) {
		*out_len = 0;
		return user_copy_out(receive->request->info, &receive->cancel);
	}
	*out_len = receive->call->request.len;
	enum status status = receive_finish(receive->self, receive->request, receive->call);
	if (status == OK)
		replies_open(receive->receiver.slot);
	else
		receive_undo(receive->self, receive->call, receive->receiver.slot);
	return status;
}

static enum status receive_begin(struct ipc_process *self,
                                 const struct ipc_receive_request *request, struct thread *wake,
                                 uint64_t *out_len)
{
	struct object *object;
	struct receive receive = {
	        .self = self,
	        .request = request,
	        .wake = wake,
	        .receiver = {.thread = thread_current(),
	                     .process = self,
	                     .buffer = request->buffer,
	                     .takes_handles = request->handles,
	                     .takes_cancels = request->flags &
	                                      (IPC_RECEIVE_CANCELS | IPC_RECEIVE_NO_REQUESTS),
	                     .listens = request->flags & IPC_RECEIVE_NO_REQUESTS,
	                     .refuses_handles = request->flags & IPC_RECEIVE_REFUSES_HANDLES},
	};
	enum status status = handle_table_get(&self->handles, request->endpoint, &endpoint_type,
	                                      RIGHT_RECEIVE, &object);
	/* for the short way, next time; without memory it stays the long one */
	(void)call_of_thread(self);
	if (status == OK) {
		receive.endpoint = container_of(object, struct endpoint, object);
		if (request->handles)
			receive.receiver.handle_capacity = request->handles->receive_capacity;
		status = replies_reserve(self, &receive.receiver.slot);
		if (status == OK) {
			receive.slot_held = true;
			status = receive_go_on(&receive, RECEIVE_AGAIN, out_len);
			wake = NULL;
		}
		object_unref(object);
	}
	if (wake)
		thread_wake(wake);
	return status;
}

enum status ipc_receive(struct ipc_process *self, const struct ipc_receive_request *request,
                        uint64_t *out_len)
{
	return receive_begin(self, request, NULL, out_len);
}

enum status ipc_reply_receive(struct ipc_process *self, const struct ipc_reply_request *reply,
                              const struct ipc_receive_request *receive, uint64_t *out_len)
{
	struct thread *wake = NULL;
	if (reply->reply_cap) {
		enum status status = reply_answer(self, reply, &wake);
		/* nobody waits for it any more: no reason to stop serving */
		if (status != OK && status != ERR_CANCELLED)
			return status;
	}
	return receive_begin(self, receive, wake, out_len);
}
