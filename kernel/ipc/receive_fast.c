/*
 * The common case of answering and receiving at once: an answer without handles, and no request
 * that waits already. The counterpart of call_fast.c; everything else takes the long way.
 */
#include "core/api.h"
#include "ipc/receive.h"

/* Where the answer's bytes are to be; as reply_copy. */
[[gnu::noinline]] static enum status receive_fast_copy(struct call *call, struct user_in reply,
                                                       enum status *out_call_status)
{
	if (reply.len <= IPC_SMALL_BYTES)
		return user_copy_in(call->small, reply);
	return reply_copy(call, reply, out_call_status);
}

/* The answer is in the call, which is still the caller's to answer. */
static bool receive_fast_fill(const struct endpoint *endpoint, struct call *call,
                              struct user_in reply, enum status *out_call_status)
{
	/* a delivered call stays with its endpoint; a large answer is copied when it is likely that
	 * this way ends well */
	if (__builtin_expect(call->endpoint != endpoint || reply.len > call->reply.len, 0))
		return false;
	if (__builtin_expect(reply.len == 0, 1))
		return true;
	return (reply.len <= IPC_SMALL_BYTES || !endpoint->pending_count) &&
	       receive_fast_copy(call, reply, out_call_status) == OK;
}

/* With the lock held: is there nothing to do but to answer and to wait? */
static bool receive_fast_is_quiet(const struct endpoint *endpoint, const struct call *call)
{
	return call->state == CALL_DELIVERED && !endpoint->pending_count &&
	       list_empty(&endpoint->cancels) && !endpoint->closed;
}

/* First in line, or behind others. False: too many wait. The lock is held. */
static bool receive_fast_wait(struct endpoint *endpoint, struct receiver *receiver)
{
	if (__builtin_expect(!endpoint->waiting && !endpoint->receiver_count, 1))
		endpoint->waiting = receiver;
	else if (endpoint_waiters(endpoint) < IPC_ENDPOINT_WAITERS_MAX)
		endpoint_put_receiver(endpoint, receiver);
	else
		return false;
	receiver->call = NULL;
	receiver->status = OK;
	return true;
}

/*
 * Its sender, claimed, or NULL when that wakes already. False: not answered. Else the lock is held,
 * and the receiver waits.
 */
static bool receive_fast_answer(struct endpoint *endpoint, struct call *call,
                                struct receiver *receiver, size_t len, enum status call_status,
                                struct thread **out_sender)
{
	spinlock_acquire(&endpoint->lock);
	bool done = receive_fast_is_quiet(endpoint, call) && receive_fast_wait(endpoint, receiver);
	if (__builtin_expect(!done, 0)) {
		spinlock_release(&endpoint->lock);
		return false;
	}
	/* first: who sees that it is done may go, and its thread with it */
	struct thread *sender = call->thread;
	*out_sender = thread_claim(sender) ? sender : NULL;
	/* call_finish; it is in no list of cancel messages */
	call->reply_len = len;
	call->status = call_status;
	call_set_state(call, CALL_DONE);
	/* before the thread runs: it wants its call object for the next call */
	call_unref(call);
	return true;
}

/* No call came, or its bytes have no place: on by the long way. */
[[gnu::noinline]] static int64_t receive_fast_go_on(struct endpoint *endpoint,
                                                    struct receiver *receiver, struct user_out info,
                                                    bool in_time)
{
	const struct ipc_receive_request request = {
	        .buffer = receiver->buffer, .info = info, .flags = IPC_RECEIVE_REFUSES_HANDLES};
	struct receive receive = {.self = receiver->process,
	                          .request = &request,
	                          .endpoint = endpoint,
	                          .call = receiver->call,
	                          .slot_held = !receiver->call};
	enum receive_step step = RECEIVE_CALL;
	if (!receiver->call) {
		receive.status = receiver_leave(endpoint, receiver, in_time);
		step = receive.status == OK ? RECEIVE_AGAIN : RECEIVE_DONE;
	}
	receive.receiver = *receiver;
	list_init(&receive.receiver.link);
	uint64_t len = 0;
	enum status status = receive_go_on(&receive, step, &len);
	return status == OK ? (int64_t)len : (int64_t)status;
}

/* There is reason to look whether to wait, or its sender wakes already. */
[[gnu::noinline]] static void receive_fast_reconsider(struct thread *self, struct thread *sender,
                                                      bool asks)
{
	if (asks && ipc_operations()->is_told() && thread_await_undo(self, sender))
		return;
	if (sender)
		thread_await_answer(sender);
	else
		thread_block();
}

/* Asleep, the slot reserved, until the next request is there; sender, claimed, runs meanwhile. The
 * lock is held, and released. */
static int64_t receive_fast_next(struct endpoint *endpoint, struct receiver *receiver,
                                 struct thread *sender, struct user_out info)
{
	struct thread *self = thread_current();
	bool asks = thread_await_begin(self, &endpoint->lock);
	if (__builtin_expect(asks || !sender, 0))
		receive_fast_reconsider(self, sender, asks);
	else
		thread_await_answer(sender);
	const struct call *call = receiver->call;
	if (__builtin_expect(!call, 0))
		return receive_fast_go_on(endpoint, receiver, info, true);
	size_t len = call->request.len;
	if (__builtin_expect(receive_finish_plain(&receiver->buffer, info, call) != OK, 0))
		return receive_fast_go_on(endpoint, receiver, info, true);
	replies_open(receiver->slot);
	return (int64_t)len;
}

/* The request that the thread took last, most times; else another one of its process. */
static struct reply_slot *receive_fast_claim(const struct receiver *receiver, uint64_t reply_cap)
{
	struct reply_slot *slot = receiver->slot;
	uint64_t open = reply_cap;
	if (__builtin_expect(slot && !(reply_cap & REPLY_CLOSED), 1) &&
	    __atomic_compare_exchange_n(&slot->name, &open, replies_closed(reply_cap), false,
	                                __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return slot;
	return replies_claim(receiver->process, reply_cap);
}

[[gnu::flatten, gnu::no_stack_protector]] bool
ipc_reply_receive_fast(const struct ipc_reply_request *reply,
                       const struct ipc_receive_request *request, int64_t *out_result)
{
	struct call *own = thread_current()->call;
	if (!call_is_plain(own))
		return false;
	struct receiver *receiver = &own->receiver;
	if (!known_endpoint(&own->receives, receiver->process, request->endpoint, RIGHT_RECEIVE))
		return false;
	struct endpoint *endpoint = own->receives.endpoint;
	struct reply_slot *slot = receive_fast_claim(receiver, reply->reply_cap);
	if (__builtin_expect(!slot, 0))
		return false;
	struct thread *sender;
	enum status call_status = OK;
	receiver->buffer = request->buffer;
	receiver->slot = slot;
	/* a page fault meanwhile takes another object: this one keeps the endpoint */
	own->use = CALL_IN_USE;
	struct call *call = slot->call;
	bool done = receive_fast_fill(endpoint, call, reply->reply, &call_status) &&
	            receive_fast_answer(endpoint, call, receiver, reply->reply.len, call_status,
	                                &sender);
	if (__builtin_expect(done, 1)) {
		/* nobody else has the slot: it waits for the next */
		slot->call = NULL;
		*out_result = receive_fast_next(endpoint, receiver, sender, request->info);
	} else {
		replies_open(slot);
	}
	own->use = CALL_PLAIN;
	return done;
}
