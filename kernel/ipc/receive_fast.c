/*
 * The common case of answering and receiving at once: an answer without handles, and no request
 * that waits already. The counterpart of call_fast.c; everything else takes the long way.
 */
#include "core/api.h"
#include "ipc/receive.h"

/* No status of a call: there is no answer in it. */
enum { RECEIVE_FAST_NOT = 1 };

/* Where the answer's bytes are to be: what the call ends with, or RECEIVE_FAST_NOT. */
[[gnu::noinline]] static int receive_fast_copy(const struct endpoint *endpoint, struct call *call,
                                               struct user_in reply)
{
	enum status call_status = OK, status;
	if (reply.len <= IPC_SMALL_BYTES)
		status = user_copy_in(call->small, reply);
	else if (!endpoint->pending_count)
		status = reply_copy(call, reply, &call_status);
	else /* it is likely that this way does not end well */
		status = ERR_TRY_AGAIN;
	return status == OK ? (int)call_status : RECEIVE_FAST_NOT;
}

/* The answer is in the call, which is still the caller's to answer; results as above. */
static int receive_fast_fill(const struct endpoint *endpoint, struct call *call,
                             struct user_in reply)
{
	/* a delivered call stays with its endpoint */
	if (__builtin_expect(call->endpoint != endpoint, 0) ||
	    __builtin_expect(reply.len > call->reply.len, 0))
		return RECEIVE_FAST_NOT;
	if (__builtin_expect(reply.len == 0, 1))
		return OK;
	return receive_fast_copy(endpoint, call, reply);
}

/* With the lock held: is there nothing to do but to answer and to wait? */
static bool receive_fast_is_quiet(const struct endpoint *endpoint, const struct call *call)
{
	return call->state == CALL_DELIVERED && list_empty(&endpoint->cancels) && !endpoint->closed;
}

/* Behind others. False: too many wait, or a request does. The lock is held. */
[[gnu::noinline]] static bool receive_fast_queue(struct endpoint *endpoint,
                                                 struct receiver *receiver)
{
	if (endpoint->pending_count || endpoint_waiters(endpoint) >= IPC_ENDPOINT_WAITERS_MAX)
		return false;
	endpoint_put_receiver(endpoint, receiver);
	return true;
}

/* The same, or first in line. */
static bool receive_fast_wait(struct endpoint *endpoint, struct receiver *receiver)
{
	receiver->call = NULL;
	receiver->status = OK;
	if (__builtin_expect(endpoint->counts != 0, 0) || __builtin_expect(!!endpoint->waiting, 0))
		return receive_fast_queue(endpoint, receiver);
	endpoint->waiting = receiver;
	return true;
}

/* True: its thread was claimed; false: that wakes already. The lock is held. */
static bool receive_fast_finish(struct call *call, size_t len, enum status status)
{
	/* first: who sees that it is done may go, and its thread with it */
	bool claimed = thread_claim(call->thread);
	/* call_finish; it is in no list of cancel messages */
	call->reply_len = len;
	call->status = status;
	call_set_state(call, CALL_DONE);
	/* before the thread runs: it wants its call object for the next call */
	call_unref(call);
	return claimed;
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

/* There is reason to look whether to wait, or the sender wakes already: NULL. */
[[gnu::noinline]] static void receive_fast_reconsider(struct thread *self, struct thread *sender)
{
	if (self->asks && ipc_operations()->is_told() && thread_await_undo(self, sender))
		return;
	if (sender)
		thread_await_answer(sender);
	else
		thread_block();
}

/* Asleep until somebody wakes this receiver; the sender, if claimed, runs meanwhile. The lock is
 * held, and released. */
static void receive_fast_sleep(struct endpoint *endpoint, struct thread *sender, bool claimed)
{
	struct thread *self = thread_current();
	unsigned asks = thread_await_begin(self, &endpoint->lock);
	if (__builtin_expect((asks | !claimed) != 0, 0))
		receive_fast_reconsider(self, claimed ? sender : NULL);
	else
		thread_await_answer(sender);
}

/* Awake: the next request is there, or the long way goes on. */
static int64_t receive_fast_next(struct call *own, struct user_out info)
{
	struct receiver *receiver = &own->receiver;
	const struct call *call = receiver->call;
	if (__builtin_expect(!call, 0))
		return receive_fast_go_on(own->receives.endpoint, receiver, info, true);
	if (__builtin_expect(receive_finish_plain(&receiver->buffer, info, call) != OK, 0))
		return receive_fast_go_on(own->receives.endpoint, receiver, info, true);
	size_t len = call->request.len;
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

/* Answered, and the receiver waits; *out_claimed as receive_fast_finish. False: not answered. Else
 * the lock is held. */
static bool receive_fast_answer(struct endpoint *endpoint, struct receiver *receiver,
                                struct user_in reply, bool *out_claimed)
{
	struct reply_slot *slot = receiver->slot;
	struct call *call = slot->call;
	int filled = receive_fast_fill(endpoint, call, reply);
	if (__builtin_expect(filled == RECEIVE_FAST_NOT, 0))
		return false;
	spinlock_acquire(&endpoint->lock);
	if (__builtin_expect(!receive_fast_is_quiet(endpoint, call), 0) ||
	    __builtin_expect(!receive_fast_wait(endpoint, receiver), 0)) {
		spinlock_release(&endpoint->lock);
		return false;
	}
	*out_claimed = receive_fast_finish(call, reply.len, (enum status)filled);
	/* nobody else has the slot: it waits for the next */
	slot->call = NULL;
	return true;
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
	struct reply_slot *slot = receive_fast_claim(receiver, reply->reply_cap);
	if (__builtin_expect(!slot, 0))
		return false;
	struct endpoint *endpoint = own->receives.endpoint;
	/* not after it was answered: the thread may be gone unless claimed */
	struct thread *sender = slot->call->thread;
	bool claimed;
	receiver->buffer = request->buffer;
	receiver->slot = slot;
	/* a page fault meanwhile takes another object: this one keeps the endpoint */
	own->use = CALL_IN_USE;
	if (__builtin_expect(!receive_fast_answer(endpoint, receiver, reply->reply, &claimed), 0)) {
		replies_open(slot);
		own->use = CALL_PLAIN;
		return false;
	}
	receive_fast_sleep(endpoint, sender, claimed);
	/* not kept over the switch: to look again costs less */
	struct call *awake = thread_current()->call;
	*out_result = receive_fast_next(awake, request->info);
	awake->use = CALL_PLAIN;
	return true;
}
