/* Ways out of a call before its reply. */
#include "core/api.h"
#include "ipc/call.h"

/* The endpoint with its lock held; no successor takes over meanwhile. NULL when idle. */
static struct endpoint *call_lock(struct call *call)
{
	spinlock_acquire(services_lock());
	struct endpoint *endpoint = call->endpoint;
	if (endpoint)
		spinlock_acquire(&endpoint->lock);
	spinlock_release(services_lock());
	return endpoint;
}

static void call_leave_queue(struct call *call, struct endpoint *endpoint, enum status status)
{
	list_remove(&call->link);
	endpoint->pending_count--;
	call_finish(call, status);
}

/* The cancel message is the call's own link: posting it can't fail. */
static void call_post_cancel(struct call *call, struct endpoint *endpoint)
{
	call->state = CALL_CANCELLING;
	list_push_back(&endpoint->cancels, &call->cancel_link);
	endpoint_wake_listener(endpoint);
}

void ipc_call_cancel(struct call *call)
{
	struct endpoint *endpoint = call_lock(call);
	if (!endpoint)
		return;
	if (call->state == CALL_QUEUED) {
		call_leave_queue(call, endpoint, ERR_INTERRUPTED);
		thread_wake_awaiting(call->thread);
	} else if (call->state == CALL_DELIVERED) {
		call_post_cancel(call, endpoint);
	}
	spinlock_release(&endpoint->lock);
}

void ipc_call_abandon(struct call *call, enum status status)
{
	struct endpoint *endpoint = call_lock(call);
	if (!endpoint)
		return;
	/* its memory is in use: for at most one message */
	while (call->copying) {
		spinlock_release(&endpoint->lock);
		thread_yield();
		spinlock_acquire(&endpoint->lock);
	}
	if (call->state == CALL_QUEUED) {
		call_leave_queue(call, endpoint, status);
	} else if (call->state == CALL_DELIVERED || call->state == CALL_CANCELLING) {
		if (call->state == CALL_DELIVERED)
			call_post_cancel(call, endpoint);
		call->abandoned = true;
		call->state = CALL_DONE;
		call->status = status;
	}
	spinlock_release(&endpoint->lock);
}
