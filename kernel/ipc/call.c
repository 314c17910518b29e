/* The sender's side of a call: out, asleep, and back with the reply. */
#include "ipc/call.h"
#include "core/api.h"

static void known_endpoint_forget(struct known_endpoint *known)
{
	if (known->endpoint)
		object_unref(&known->endpoint->object);
	*known = (struct known_endpoint){.version = UINT64_MAX};
}

[[gnu::noinline]] struct endpoint *known_endpoint_learn(struct known_endpoint *known,
                                                        struct handle_table *table, uint64_t handle,
                                                        uint32_t right)
{
	struct object *object;
	/* before the look: what is closed after it is not missed */
	uint64_t version = handle_table_version(table);
	if (handle_table_get(table, handle, &endpoint_type, right, &object) != OK)
		return NULL;
	known_endpoint_forget(known);
	*known = (struct known_endpoint){container_of(object, struct endpoint, object), handle,
	                                 version};
	return known->endpoint;
}

[[gnu::noinline]] void call_unref_last(struct call *call)
{
	if (call->transfers) {
		handle_transfer_drop(call->transfers->items, IPC_MAX_TRANSFER_HANDLES);
		heap_free(call->transfers, sizeof *call->transfers);
	}
	if (call->endpoint && call->use != CALL_BORROWS)
		object_unref(&call->endpoint->object);
	known_endpoint_forget(&call->calls);
	known_endpoint_forget(&call->receives);
	heap_free(call, CALL_BYTES);
}

void call_finish(struct call *call, enum status status)
{
	call_set_state(call, CALL_DONE);
	call->status = status;
	list_remove(&call->cancel_link);
}

void call_deliver(struct call *call, struct receiver *receiver)
{
	call_set_state(call, CALL_DELIVERED);
	call->info.handle_count = call->transfer_count;
	call->info.reply_cap = replies_fill(receiver->slot, call);
}

enum status receiver_check(const struct receiver *receiver, const struct call *call)
{
	if (call->request.len > receiver->buffer.len)
		return ERR_MESSAGE_TOO_BIG;
	if (call->transfer_count &&
	    (!receiver->takes_handles || call->transfer_count > receiver->handle_capacity))
		return ERR_MESSAGE_TOO_BIG;
	return OK;
}

enum status call_need_transfers(struct call *call)
{
	if (!call->transfers)
		call->transfers = HEAP_NEW(struct call_handles);
	return call->transfers ? OK : ERR_NO_MEMORY;
}

enum status call_export(struct ipc_process *self, struct call *call,
                        const struct ipc_handles *handles)
{
	if (!handles || !handles->send_count)
		return OK;
	TRY(call_need_transfers(call));
	struct handle_transfer *items = call->transfers->items;
	for (uint32_t i = 0; i < handles->send_count; i++) {
		enum status status = handle_table_export(
		        &self->handles, (uint64_t)(int64_t)handles->send[i], &items[i]);
		if (status == OK)
			continue;
		handle_transfer_drop(items, i);
		return status;
	}
	call->transfer_count = handles->send_count;
	return OK;
}

struct call *call_of_thread(void)
{
	struct thread *thread = thread_current();
	struct call *call = thread->call;
	if (__builtin_expect(call == NULL, 0)) {
		call = heap_alloc(CALL_BYTES);
		if (!call)
			return NULL;
		call->references = 1;
		call->thread = thread;
		call->info.kind = IPC_MESSAGE_REQUEST;
		list_init(&call->link);
		list_init(&call->cancel_link);
		call->calls.version = call->receives.version = UINT64_MAX;
		call->receiver.thread = thread;
		call->receiver.refuses_handles = true;
		thread->call = call;
	}
	return call;
}

struct call *call_begin(void)
{
	struct call *call = call_of_thread();
	if (call)
		call->use = CALL_IN_USE;
	return call;
}

void call_give_back(struct call *call)
{
	call->use = CALL_FREE;
}

static enum status call_prepare(struct ipc_process *self, const struct ipc_call_request *request,
                                struct call *call)
{
	call->is_plain = false;
	call->kernel = NULL;
	call->patience = IPC_UNTIL_SIGNAL;
	call->space = self->space;
	call->info.sender_pid = self->pid;
	call->info.sender_tid = thread_current()->id;
	call->request = request->request;
	call->reply = request->reply;
	call->deadline_ns = request->deadline_ns;
	call->bytes_only = !request->handles;
	call->handle_capacity = request->handles ? request->handles->receive_capacity : 0;
	call->transfer_count = 0;
	TRY(call_keep_small(call));
	return call_export(self, call, request->handles);
}

/* May another message come here, from this process? The lock is held. */
static enum status endpoint_admit(const struct endpoint *endpoint, const struct call *call)
{
	if (endpoint->closed && !endpoint->held)
		return ERR_NOT_CONNECTED;
	if (endpoint->service_pid && endpoint->service_pid == call->info.sender_pid)
		return ERR_DEADLOCK;
	/* the kernel has at most one for each thread */
	if (endpoint->pending_count >= IPC_ENDPOINT_PENDING_MAX && !call->kernel)
		return ERR_TRY_AGAIN;
	return OK;
}

/* The first receiver that can take the call, claimed; those that can't are told. The lock is held.
 */
static struct receiver *endpoint_take_receiver(struct endpoint *endpoint, const struct call *call)
{
	for (;;) {
		struct list *first = endpoint->receivers.next;
		if (first == &endpoint->receivers)
			return NULL;
		struct receiver *receiver = container_of(first, struct receiver, link);
		list_remove(first);
		endpoint->receiver_count--;
		/* else its time is over, and it will see that nothing came */
		if (!thread_claim(receiver->thread))
			continue;
		receiver->status = receiver_check(receiver, call);
		if (receiver->status == OK)
			return receiver;
		/* it finds the call in the queue and refuses it */
		if (receiver->refuses_handles && call->transfer_count)
			receiver->status = OK;
		thread_wake(receiver->thread);
	}
}

enum status call_copy_to_receiver(const struct call *call, struct receiver *receiver)
{
	enum cross_copy copied = call_send_bytes(call, receiver);
	if (copied == CROSS_COPY_DONE)
		return OK;
	receiver->status = copied == CROSS_COPY_BAD_THERE ? ERR_BAD_ADDRESS : OK;
	thread_wake(receiver->thread);
	return copied == CROSS_COPY_BAD_THERE ? ERR_TRY_AGAIN : ERR_BAD_ADDRESS;
}

bool (*call_stop(const struct call *call, bool cancelled))(void)
{
	const struct ipc_ops *ops = ipc_operations();
	if (call->patience == IPC_UNTIL_ANSWER)
		return NULL;
	return cancelled || call->patience == IPC_UNTIL_END ? ops->is_ending : ops->is_interrupted;
}

/*
 * Woken before it is done: its time is over, a signal came, or this thread must end. A signal is
 * passed on once; then only the end is listened to.
 */
[[gnu::noinline]] void call_wait(struct call *call, bool in_time)
{
	const struct ipc_ops *ops = ipc_operations();
	bool cancelled = call->patience != IPC_UNTIL_SIGNAL;
	bool may_end = call->patience != IPC_UNTIL_ANSWER;
	for (;;) {
		if (!in_time)
			ipc_call_abandon(call, ERR_TIMED_OUT);
		else if (may_end && ops->is_ending())
			ipc_call_abandon(call, ERR_INTERRUPTED);
		else if (!cancelled && ops->is_interrupted()) {
			cancelled = true;
			ipc_call_cancel(call);
		}
		/* the endpoint may have a successor meanwhile */
		spinlock_acquire(services_lock());
		struct endpoint *endpoint = call->endpoint;
		spinlock_acquire(&endpoint->lock);
		spinlock_release(services_lock());
		if (call->state == CALL_DONE) {
			spinlock_release(&endpoint->lock);
			return;
		}
		const struct await_request request = {
		        .lock = &endpoint->lock,
		        .deadline_ns = call->deadline_ns,
		        .stop = call_stop(call, cancelled),
		};
		in_time = thread_await(&request);
	}
}

/* Switches to the receiver, or joins the queue. */
enum status call_send(struct call *call, struct endpoint *endpoint)
{
	struct receiver *receiver;
	call->endpoint = endpoint;
	for (;;) {
		spinlock_acquire(&endpoint->lock);
		enum status status = endpoint_admit(endpoint, call);
		if (status != OK) {
			spinlock_release(&endpoint->lock);
			return status;
		}
		receiver = endpoint_take_receiver(endpoint, call);
		if (!receiver || call->request.len <= IPC_SMALL_BYTES)
			break;
		spinlock_release(&endpoint->lock);
		status = call_copy_to_receiver(call, receiver);
		if (status == OK) {
			spinlock_acquire(&endpoint->lock);
			break;
		}
		if (status != ERR_TRY_AGAIN)
			return status;
	}
	struct thread *next = NULL;
	if (receiver) {
		call_deliver(call, receiver);
		receiver->call = call;
		next = receiver->thread;
		call->thread->lends = true;
	} else {
		call_set_state(call, CALL_QUEUED);
		list_push_back(&endpoint->pending, &call->link);
		endpoint->pending_count++;
	}
	const struct await_request request = {next, &endpoint->lock, call->deadline_ns,
	                                      call_stop(call, false)};
	call_come_back(call, thread_await(&request));
	return OK;
}

/* The reply's bytes and handles, into self. */
static enum status call_take_reply(struct ipc_process *self, struct call *call,
                                   struct ipc_handles *handles, uint64_t *out_len)
{
	if (call->status != OK)
		return call->status;
	TRY(call_take_small(call));
	if (call->transfer_count) {
		TRY(handle_table_install(&self->handles, call->transfers->items,
		                         call->transfer_count, handles->received));
		handles->received_count = call->transfer_count;
	}
	*out_len = call->reply_len;
	return OK;
}

[[gnu::noinline]] void call_leave(struct call *call)
{
	call->thread->call = NULL;
	call_unref(call);
}

static enum status call_run(struct ipc_process *self, const struct ipc_call_request *request,
                            struct endpoint *endpoint, uint64_t *out_len)
{
	struct call *call = call_begin();
	enum status status = call ? call_prepare(self, request, call) : ERR_NO_MEMORY;
	if (status != OK) {
		object_unref(&endpoint->object);
		if (call)
			call_give_back(call);
		return status;
	}
	status = call_send(call, endpoint);
	if (status == OK)
		status = call_take_reply(self, call, request->handles, out_len);
	call_end(call);
	return status;
}

enum status ipc_call(struct ipc_process *self, const struct ipc_call_request *request,
                     uint64_t *out_len)
{
	struct object *object;
	TRY(quota_begin_call(self));
	enum status status = handle_table_get(&self->handles, request->endpoint, &endpoint_type,
	                                      RIGHT_CALL, &object);
	if (status == OK)
		status = call_run(self, request, container_of(object, struct endpoint, object),
		                  out_len);
	quota_end_call(self);
	return status;
}

void ipc_thread_exit(void)
{
	struct thread *thread = thread_current();
	if (thread->call)
		call_unref(TAKE(thread->call));
}
