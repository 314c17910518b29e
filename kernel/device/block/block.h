/*
 * Block devices: disks that drivers have registered, and their partitions. Inside kernel/device;
 * others see device/api.h.
 *
 * Requests are asynchronous: block_submit starts one, its `done` is called when it is finished, in
 * any context, also from block_submit itself. A disk that the machine boots from is never written,
 * nor are its partitions.
 */
#pragma once

#include "device/block/partition.h"
#include "device/module/module.h"
#include "sched/api.h"
#include <driver/block.h>

enum { BLOCK_NAME_MAX = 16 };

struct block_disk {
	struct module_resource resource;
	struct driver_block_device driver;
	struct module *module;

	struct spinlock lock;
	/* guarded by lock */
	struct list waiting; /* requests that the driver had no room for, oldest first */
	uint32_t in_flight;
};

/* A disk, or one of its partitions. */
struct block_device {
	struct list link; /* in the list of devices, by id */
	uint32_t id; /* from 1, never the same twice */
	char name[BLOCK_NAME_MAX]; /* "disk1", "disk1p2" */
	struct block_disk *disk;
	uint64_t first_block; /* of the disk */
	uint64_t block_count;
	bool read_only;
	bool is_system; /* the partition that the firmware booted from */
	bool is_partition;
};

struct block_request {
	struct driver_block_request driver; /* first_block is the device's at submit */
	struct block_disk *disk; /* filled in */
	struct timer delay; /* that a fault rule asks for */
	struct list link;
	void (*done)(struct block_request *request);
	enum status status; /* for done */
};

void block_start_devices(void (*disk_came)(void));
/* The device, whose module stays until block_release; id 0: the system partition. NULL: none. */
const struct block_device *block_hold(uint32_t id);
void block_release(const struct block_device *device);
/* buffer: in the direct map, in one piece; len 0: none. */
void block_set_buffer(struct block_request *request, const void *buffer, uint64_t len);
/* Takes the request until done. A failure too is told by done. */
void block_submit(const struct block_device *device, struct block_request *request);
