/* Requests on their way to a disk and back. */
#include "device/block/block.h"
#include "core/api.h"
#include "sched/api.h"
#include <base/cleanup.h>

enum { BLOCK_NS_PER_MS = 1000000 };

static void block_finish(struct block_request *request, enum status status)
{
	request->status = status;
	request->done(request);
	sched_owe_answers(-1); /* after it has made somebody ready */
}

/* Queues what the driver had no room for. False: nothing is in flight, so room there is. */
static bool block_wait_for_room(struct block_disk *disk, struct block_request *request)
{
	spinlock_acquire(&disk->lock);
	/* with nothing in flight no completion would ever come to try again */
	bool waits = disk->in_flight;
	if (waits)
		list_push_back(&disk->waiting, &request->link);
	spinlock_release(&disk->lock);
	return waits;
}

static void block_count_in_flight(struct block_disk *disk, int change)
{
	spinlock_acquire(&disk->lock);
	disk->in_flight += (uint32_t)change;
	spinlock_release(&disk->lock);
}

static void block_hand_over(struct block_disk *disk, struct block_request *request)
{
	enum status status = OK;
	for (int attempt = 0; attempt < 2; attempt++) {
		block_count_in_flight(disk, 1);
		status = (enum status)disk->driver.submit(disk->driver.context, &request->driver);
		if (status == OK)
			return;
		block_count_in_flight(disk, -1);
		if (status != ERR_TRY_AGAIN)
			break;
		if (block_wait_for_room(disk, request))
			return;
	}
	block_finish(request, status == ERR_TRY_AGAIN ? ERR_IO : status);
}

static struct block_request *block_next_waiting(struct block_disk *disk)
{
	struct block_request *request = NULL;
	spinlock_acquire(&disk->lock);
	if (!list_empty(&disk->waiting)) {
		request = container_of(disk->waiting.next, struct block_request, link);
		list_remove(&request->link);
	}
	spinlock_release(&disk->lock);
	return request;
}

void driver_block_complete(struct driver_block_request *driver_request, int32_t status)
{
	struct block_request *request = container_of(driver_request, struct block_request, driver);
	struct block_disk *disk = request->disk;
	block_count_in_flight(disk, -1);
	block_finish(request, status < 0 ? (enum status)status : OK);
	struct block_request *next = block_next_waiting(disk);
	if (next)
		block_hand_over(disk, next);
}

/* *out_delay_ms: so long the disk is to be slow. */
static enum status block_check(const struct block_device *device,
                               const struct driver_block_request *request, uint64_t *out_delay_ms)
{
	bool writes = request->operation == DRIVER_BLOCK_WRITE;
	*out_delay_ms = 0;
	if (writes && device->read_only)
		return ERR_ACCESS_DENIED;
	if (request->first_block > device->block_count ||
	    request->block_count > device->block_count - request->first_block)
		return ERR_INVALID_ARGS;
	if (request->operation == DRIVER_BLOCK_FLUSH)
		return OK;
	if (fault_fires_unwaited(writes ? FAULT_BLOCK_WRITE : FAULT_BLOCK_READ, out_delay_ms))
		return ERR_IO;
	return request->block_count ? OK : ERR_INVALID_ARGS;
}

static void block_delay_over(struct timer *timer)
{
	struct block_request *request = container_of(timer, struct block_request, delay);
	block_hand_over(request->disk, request);
}

/* Nobody waits here: it is the disk that is slow, and other disks are not. */
static void block_hand_over_late(struct block_request *request, uint64_t delay_ms)
{
	request->delay = (struct timer){
	        .deadline_ns = clock_ns() + delay_ms * BLOCK_NS_PER_MS,
	        .fire = block_delay_over,
	};
	timer_set(&request->delay);
}

void block_submit(const struct block_device *device, struct block_request *request)
{
	struct block_disk *disk = device->disk;
	uint64_t delay_ms;
	enum status status = block_check(device, &request->driver, &delay_ms);
	bool flush = request->driver.operation == DRIVER_BLOCK_FLUSH;
	/* a disk without a cache has nothing to flush */
	bool empty = flush && !(disk->driver.flags & DRIVER_BLOCK_CAN_FLUSH);
	request->disk = disk;
	request->driver.first_block += device->first_block;
	sched_owe_answers(1);
	if (status != OK || empty)
		block_finish(request, status);
	else if (delay_ms)
		block_hand_over_late(request, delay_ms);
	else
		block_hand_over(disk, request);
}
