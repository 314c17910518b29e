/*
 * The common case of a call: a request without handles to a receiver that waits. No memory is asked
 * for, and the only switches are those to the receiver and back. Everything else takes the long way
 * (call.c): this one says so before anything has happened. The answer's common case is in
 * receive_fast.c.
 */
#include "ipc/call.h"

/* It stays so until a call of another kind is made. */
[[gnu::noinline]] bool call_make_plain(struct call *call)
{
	const struct ipc_process *self = call->receiver.process;
	if (call->use != CALL_FREE || !self)
		return false;
	call->kernel = NULL;
	call->patience = IPC_UNTIL_SIGNAL;
	call->space = self->space;
	call->info.sender_pid = self->pid;
	call->info.sender_tid = call->thread->id;
	call->info.handle_count = 0;
	call->deadline_ns = 0;
	call->bytes_only = true;
	call->handle_capacity = 0;
	call->transfer_count = 0;
	call->use = CALL_PLAIN;
	return true;
}

/* The oldest of those behind the first, or NULL. The lock is held. */
[[gnu::noinline]] static struct receiver *call_fast_other(struct endpoint *endpoint, size_t len)
{
	struct receiver *receiver = container_of(endpoint->receivers.next, struct receiver, link);
	if (list_empty(&endpoint->receivers) || len > receiver->buffer.len ||
	    !thread_claim(receiver->thread))
		return NULL;
	list_remove(&receiver->link);
	endpoint->receiver_count--;
	return receiver;
}

/* The oldest receiver, claimed, if it can take the call; or NULL. The lock is held. */
static struct receiver *call_fast_receiver(struct endpoint *endpoint, size_t len)
{
	struct receiver *receiver = endpoint->waiting;
	if (__builtin_expect(!receiver, 0))
		return call_fast_other(endpoint, len);
	if (__builtin_expect(len > receiver->buffer.len, 0) ||
	    __builtin_expect(!thread_claim(receiver->thread), 0))
		return NULL;
	endpoint->waiting = NULL;
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

/* The receiver, which has the call now. NULL: nothing was sent, and no lock is held. Else the lock
 * is held. */
static struct receiver *call_fast_deliver(struct call *call, struct endpoint *endpoint)
{
	size_t len = call->request.len;
	spinlock_acquire(&endpoint->lock);
	struct receiver *receiver = call_fast_receiver(endpoint, len);
	bool taken = receiver && (__builtin_expect(len <= IPC_SMALL_BYTES, 1) ||
	                          call_fast_copy(call, endpoint, receiver));
	if (__builtin_expect(!taken, 0)) {
		spinlock_release(&endpoint->lock);
		return NULL;
	}
	call->endpoint = endpoint;
	call_set_state(call, CALL_DELIVERED);
	call->info.reply_cap = replies_fill(receiver->slot, call);
	receiver->call = call;
	return receiver;
}

bool call_send_fast(struct call *call, struct endpoint *endpoint)
{
	uint64_t owner = __atomic_load_n(&endpoint->service_pid, __ATOMIC_RELAXED);
	if (owner && owner == call->info.sender_pid)
		return false;
	call->info.handle_count = 0;
	const struct receiver *receiver = call_fast_deliver(call, endpoint);
	if (!receiver)
		return false;
	call->thread->lends = true;
	const struct await_request await = {receiver->thread, &endpoint->lock, call->deadline_ns,
	                                    call_stop(call, false)};
	call_come_back(call, thread_await(&await));
	return true;
}

/* There is reason to look whether to wait. False: the thread goes on, awake. */
[[gnu::noinline]] static bool call_fast_reconsider(struct thread *self, struct thread *next)
{
	return !ipc_operations()->is_interrupted() || !thread_await_undo(self, next);
}

/* To the receiver, which has a call, until that is done. The lock is held, and released. */
static void call_fast_wait(struct endpoint *endpoint, struct thread *next)
{
	struct thread *self = thread_current();
	self->lends = true;
	unsigned asks = thread_await_begin(self, &endpoint->lock);
	if (__builtin_expect(!asks, 1) || call_fast_reconsider(self, next))
		thread_await_call(next);
}

static int64_t call_fast_result(const struct call *call)
{
	size_t len = call->reply_len;
	enum status status = call->status;
	if (__builtin_expect(status != OK, 0))
		return (int64_t)status;
	if (__builtin_expect(len == 0, 1))
		return 0;
	if (len > IPC_SMALL_BYTES)
		return (int64_t)len;
	status = user_copy_out((struct user_out){call->reply.addr, len}, call->small);
	return status == OK ? (int64_t)len : (int64_t)status;
}

/* As call_end. */
static void call_fast_end(struct call *call)
{
	bool is_ours = __atomic_load_n(&call->references, __ATOMIC_ACQUIRE) == 1 &&
	               call->use == CALL_BORROWS;
	if (__builtin_expect(!is_ours, 0)) {
		call_end(call);
		return;
	}
	call->endpoint = NULL;
	call->state = CALL_IDLE;
	call->use = CALL_PLAIN;
}

[[gnu::noinline]] static bool call_fast_keep(struct call *call, struct user_in request)
{
	return request.len > IPC_SMALL_BYTES || user_copy_in(call->small, request) == OK;
}

/* Sent, and awake again. False: not sent. */
static bool call_fast_send(struct call *call, const struct ipc_call_request *request)
{
	call->use = CALL_BORROWS;
	call->request = request->request;
	call->reply = request->reply;
	if (__builtin_expect(request->request.len != 0, 0) &&
	    !call_fast_keep(call, request->request))
		return false;
	struct endpoint *endpoint = call->calls.endpoint;
	const struct receiver *receiver = call_fast_deliver(call, endpoint);
	if (__builtin_expect(!receiver, 0))
		return false;
	call_fast_wait(endpoint, receiver->thread);
	return true;
}

[[gnu::flatten, gnu::no_stack_protector]] bool ipc_call_fast(const struct ipc_call_request *request,
                                                             int64_t *out_result)
{
	struct call *call = thread_current()->call;
	if (!call_is_plain(call) ||
	    !known_endpoint(&call->calls, call->receiver.process, request->endpoint, RIGHT_CALL) ||
	    !quota_begin_plain(call->receiver.process))
		return false;
	if (__builtin_expect(!call_fast_send(call, request), 0)) {
		call->use = CALL_PLAIN;
		quota_end_call(call->receiver.process);
		return false;
	}
	/* not kept over the switch: to look again costs less */
	struct call *done = thread_current()->call;
	struct ipc_process *self = done->receiver.process;
	call_come_back(done, true);
	*out_result = call_fast_result(done);
	call_fast_end(done);
	quota_end_call(self);
	return true;
}
