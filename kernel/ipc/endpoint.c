#include "core/api.h"
#include "ipc/call.h"

static void endpoint_destroy(struct object *object)
{
	struct endpoint *endpoint = container_of(object, struct endpoint, object);
	endpoint_drop_events(endpoint);
	heap_free(endpoint, sizeof *endpoint);
}

static void endpoint_handle_added(struct object *object, uint32_t rights)
{
	struct endpoint *endpoint = container_of(object, struct endpoint, object);
	if (!(rights & RIGHT_RECEIVE))
		return;
	spinlock_acquire(&endpoint->lock);
	endpoint->receive_handles++;
	spinlock_release(&endpoint->lock);
}

static void endpoint_handle_removed(struct object *object, uint32_t rights)
{
	struct endpoint *endpoint = container_of(object, struct endpoint, object);
	if (!(rights & RIGHT_RECEIVE))
		return;
	spinlock_acquire(&endpoint->lock);
	bool last = --endpoint->receive_handles == 0;
	spinlock_release(&endpoint->lock);
	if (last)
		endpoint_close(endpoint);
}

const struct object_type endpoint_type = {
        .name = "endpoint",
        .rights = RIGHT_CALL | RIGHT_RECEIVE | RIGHT_DUPLICATE | RIGHT_TRANSFER,
        .destroy = endpoint_destroy,
        .handle_added = endpoint_handle_added,
        .handle_removed = endpoint_handle_removed,
};

enum status endpoint_create(struct endpoint **out_endpoint)
{
	struct endpoint *endpoint = HEAP_NEW(struct endpoint);
	if (!endpoint)
		return ERR_NO_MEMORY;
	endpoint->lock = (struct spinlock)SPINLOCK_INIT(LOCK_ENDPOINT);
	object_init(&endpoint->object, &endpoint_type);
	list_init(&endpoint->pending);
	list_init(&endpoint->cancels);
	list_init(&endpoint->receivers);
	*out_endpoint = endpoint;
	return OK;
}

enum status ipc_endpoint_create(struct ipc_process *self, uint64_t *out_endpoint)
{
	struct endpoint *endpoint;
	TRY(endpoint_create(&endpoint));
	const struct handle_request request = {
	        .object = &endpoint->object,
	        .rights = RIGHTS_ALL,
	        .first = HANDLE_FIRST_NATIVE,
	};
	int32_t handle = 0;
	enum status status = handle_table_add(&self->handles, &request, &handle);
	object_unref(&endpoint->object);
	*out_endpoint = (uint64_t)handle;
	return status;
}

void endpoint_put_receiver(struct endpoint *endpoint, struct receiver *receiver)
{
	if (receiver->listens) {
		endpoint->listener = receiver;
		return;
	}
	list_push_back(&endpoint->receivers, &receiver->link);
	endpoint->receiver_count++;
}

struct receiver *endpoint_pop_receiver(struct endpoint *endpoint)
{
	if (endpoint->waiting)
		return TAKE(endpoint->waiting);
	struct list *first = list_pop_front(&endpoint->receivers);
	if (!first)
		return NULL;
	endpoint->receiver_count--;
	return container_of(first, struct receiver, link);
}

void endpoint_wake_receiver(struct endpoint *endpoint)
{
	struct receiver *receiver = endpoint_pop_receiver(endpoint);
	if (receiver)
		thread_wake_awaiting(receiver->thread);
}

void endpoint_wake_listener(struct endpoint *endpoint)
{
	if (endpoint->listener)
		thread_wake_awaiting(TAKE(endpoint->listener)->thread);
	else
		endpoint_wake_receiver(endpoint);
}

static void endpoint_fail_pending_locked(struct endpoint *endpoint, enum status status)
{
	struct list *first;
	while ((first = list_pop_front(&endpoint->pending))) {
		struct call *call = container_of(first, struct call, link);
		endpoint->pending_count--;
		call_fail(call, status);
	}
}

void endpoint_fail_pending(struct endpoint *endpoint, enum status status)
{
	spinlock_acquire(&endpoint->lock);
	endpoint->held = false;
	endpoint_fail_pending_locked(endpoint, status);
	spinlock_release(&endpoint->lock);
}

void endpoint_close(struct endpoint *endpoint)
{
	spinlock_acquire(&endpoint->lock);
	endpoint->closed = true;
	endpoint->service_pid = 0;
	if (!endpoint->held)
		endpoint_fail_pending_locked(endpoint, ERR_NOT_CONNECTED);
	struct receiver *receiver = TAKE(endpoint->listener);
	for (; receiver || (receiver = endpoint_pop_receiver(endpoint)); receiver = NULL) {
		receiver->status = ERR_NOT_CONNECTED;
		thread_wake_awaiting(receiver->thread);
	}
	spinlock_release(&endpoint->lock);
}

void endpoint_move_pending(struct endpoint *old, struct endpoint *successor)
{
	struct list moved;
	list_init(&moved);
	spinlock_acquire(&old->lock);
	old->held = false;
	for (struct list *first; (first = list_pop_front(&old->pending));)
		list_push_back(&moved, first);
	old->pending_count = 0;
	spinlock_release(&old->lock);

	spinlock_acquire(&successor->lock);
	/* the youngest first, each in front: the order stays */
	while (!list_empty(&moved)) {
		struct call *call = container_of(moved.prev, struct call, link);
		list_remove(&call->link);
		list_push_front(&successor->pending, &call->link);
		successor->pending_count++;
		call->endpoint = successor;
		object_ref(&successor->object);
		/* not the last one: the registry holds another */
		object_unref(&old->object);
	}
	for (uint32_t i = endpoint_waiters(successor); i > 0; i--)
		endpoint_wake_receiver(successor);
	spinlock_release(&successor->lock);
}
