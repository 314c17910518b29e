/*
 * Transfers that nobody waits for: an object that owns the memory, told of by an event.
 *
 * One reference is that of the program's handle, one that of the request while it is under way: a
 * program that closes its handle, or ends, leaves the disk its memory until the disk is done. It
 * waits for the end of what it writes: who writes there next does so behind it.
 */
#include "core/api.h"
#include "device/api.h"
#include "device/block/block.h"
#include <base/cleanup.h>
#include <string.h>

struct block_transfer_object {
	struct object object;
	const struct block_device *device; /* held */
	struct block_request request;
	struct ipc_event *event; /* owned until it is posted */
	void *buffer; /* owned */
	size_t buffer_bytes;
	size_t len; /* bytes of the blocks */
	bool is_read;
	bool is_started;
	bool finished; /* atomic; after request.status */
	struct spinlock lock; /* for who waits until it is finished */
	struct wait_queue waiters;
};

static struct block_transfer_object *block_transfer_of(struct object *object)
{
	return container_of(object, struct block_transfer_object, object);
}

static void block_transfer_destroy(struct object *object)
{
	struct block_transfer_object *transfer = block_transfer_of(object);
	ipc_event_drop(transfer->event);
	heap_free(transfer->buffer, transfer->buffer_bytes);
	block_release(transfer->device);
	heap_free(transfer, sizeof *transfer);
}

static void block_transfer_handle_removed(struct object *object, uint32_t)
{
	struct block_transfer_object *transfer = block_transfer_of(object);
	if (transfer->is_read || !transfer->is_started)
		return;
	spinlock_acquire(&transfer->lock);
	while (!transfer->finished)
		wait_queue_sleep(&transfer->waiters, &transfer->lock);
	spinlock_release(&transfer->lock);
}

const struct object_type block_transfer_type = {
        .name = "block transfer",
        .destroy = block_transfer_destroy,
        .handle_removed = block_transfer_handle_removed,
};

static void block_transfer_done(struct block_request *request)
{
	struct block_transfer_object *transfer =
	        container_of(request, struct block_transfer_object, request);
	struct ipc_event *event = TAKE(transfer->event);
	spinlock_acquire(&transfer->lock);
	__atomic_store_n(&transfer->finished, true, __ATOMIC_RELEASE);
	wait_queue_wake_all(&transfer->waiters);
	spinlock_release(&transfer->lock);
	ipc_event_post(event, request->status);
	object_unref(&transfer->object);
}

static enum status block_transfer_create(const struct block_start *start,
                                         struct block_transfer_object **out_transfer)
{
	struct block_transfer_object *transfer = HEAP_NEW(struct block_transfer_object);
	if (!transfer)
		return ERR_NO_MEMORY;
	transfer->device = block_hold(start->device);
	if (!transfer->device) {
		heap_free(transfer, sizeof *transfer);
		return ERR_NO_DEVICE;
	}
	object_init(&transfer->object, &block_transfer_type);
	transfer->lock = (struct spinlock)SPINLOCK_INIT(LOCK_WAIT);
	wait_queue_init(&transfer->waiters);
	const struct block_transfer *wanted = &start->transfer;
	transfer->buffer = wanted->buffer;
	transfer->buffer_bytes = start->buffer_bytes;
	transfer->event = start->event;
	transfer->is_read = wanted->operation == DRIVER_BLOCK_READ;
	transfer->len = wanted->block_count * transfer->device->disk->driver.block_bytes;
	transfer->request = (struct block_request){
	        .driver.operation = wanted->operation,
	        .driver.first_block = wanted->first_block,
	        .driver.block_count = wanted->block_count,
	        .done = block_transfer_done,
	};
	block_set_buffer(&transfer->request, wanted->buffer, transfer->len);
	*out_transfer = transfer;
	return OK;
}

enum status block_prepare(const struct block_start *start, struct object **out_transfer)
{
	struct block_transfer_object *transfer;
	TRY(block_transfer_create(start, &transfer));
	*out_transfer = object_ref(&transfer->object);
	return OK;
}

void block_go(struct object *object)
{
	struct block_transfer_object *transfer = block_transfer_of(object);
	transfer->is_started = true;
	block_submit(transfer->device, &transfer->request);
}

enum status block_result(struct object *object, struct str *out_bytes)
{
	const struct block_transfer_object *transfer = block_transfer_of(object);
	if (!__atomic_load_n(&transfer->finished, __ATOMIC_ACQUIRE))
		return ERR_TRY_AGAIN;
	if (!transfer->is_read)
		return ERR_INVALID_ARGS;
	*out_bytes = (struct str){transfer->buffer, transfer->len};
	return transfer->request.status;
}
