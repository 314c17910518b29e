/*
 * What the kernel tells a service without being asked: that something it started is done.
 *
 * An event travels on the endpoint's list of cancel messages, in a call object that nobody waits
 * for, so that posting it cannot fail and needs no more than the endpoint's lock.
 */
#include "core/api.h"
#include "ipc/call.h"

struct ipc_event {
	struct endpoint *endpoint; /* owned reference until it is posted */
	struct call carrier; /* cancel_link and info alone are used */
};

enum status ipc_event_create(struct ipc_process *self, uint64_t endpoint, uint64_t cookie,
                             struct ipc_event **out_event)
{
	struct object *object;
	TRY(handle_table_get(&self->handles, endpoint, &endpoint_type, RIGHT_RECEIVE, &object));
	struct ipc_event *event = HEAP_NEW(struct ipc_event);
	if (!event) {
		object_unref(object);
		return ERR_NO_MEMORY;
	}
	event->endpoint = container_of(object, struct endpoint, object);
	event->carrier.is_event = true;
	event->carrier.info.reply_cap = cookie;
	*out_event = event;
	return OK;
}

void ipc_event_drop(struct ipc_event *event)
{
	if (!event)
		return;
	object_unref(&event->endpoint->object);
	heap_free(event, sizeof *event);
}

void ipc_event_post(struct ipc_event *event, int64_t value)
{
	struct endpoint *endpoint = event->endpoint;
	event->carrier.info.sender_tid = (uint64_t)value;
	spinlock_acquire(&endpoint->lock);
	bool heard = !endpoint->closed;
	if (heard) {
		list_push_back(&endpoint->cancels, &event->carrier.cancel_link);
		endpoint_wake_listener(endpoint);
	}
	spinlock_release(&endpoint->lock);
	if (!heard)
		heap_free(event, sizeof *event);
	object_unref(&endpoint->object);
}

void event_taken(struct call *carrier)
{
	struct ipc_event *event = container_of(carrier, struct ipc_event, carrier);
	heap_free(event, sizeof *event);
}

void endpoint_drop_events(struct endpoint *endpoint)
{
	list_for_each(link, &endpoint->cancels) {
		struct call *carrier = container_of(link, struct call, cancel_link);
		list_remove(link);
		if (carrier->is_event)
			event_taken(carrier);
	}
}
