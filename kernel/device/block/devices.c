/* Which block devices there are: disks come with their modules, partitions with their disks. */
#include "core/api.h"
#include "device/api.h"
#include "device/block/block.h"
#include <base/cleanup.h>
#include <format/api.h>
#include <string.h>

enum { BLOCK_BYTES_LEAST = 512, BLOCK_BYTES_MOST = 4096 };

struct block_table {
	struct spinlock lock;
	/* guarded by lock */
	struct list devices;
	uint32_t last_id;
	uint32_t disk_count;
	/* set at start */
	void (*disk_came)(void);
};

static struct block_table block_table = {
        .lock = SPINLOCK_INIT(LOCK_WAIT),
        .devices = LIST_INIT(block_table.devices),
};

/* ---- transfers that a thread waits for ---- */

struct block_wait {
	struct block_request request;
	struct spinlock lock;
	/* guarded by lock */
	bool finished;
	struct wait_queue waiters;
};

static void block_wait_done(struct block_request *request)
{
	struct block_wait *wait = container_of(request, struct block_wait, request);
	spinlock_acquire(&wait->lock);
	wait->finished = true;
	wait_queue_wake_all(&wait->waiters);
	spinlock_release(&wait->lock);
}

void block_set_buffer(struct block_request *request, const void *buffer, uint64_t len)
{
	request->driver.segment_count = len ? 1 : 0;
	if (len)
		request->driver.segments[0] = (struct driver_block_segment){
		        .physical = direct_map_physical(buffer),
		        .len = (uint32_t)len,
		};
}

/* buffer: in the direct map, in one piece. */
static enum status block_transfer(const struct block_device *device,
                                  const struct block_transfer *transfer)
{
	struct block_wait *wait = HEAP_NEW(struct block_wait);
	if (!wait)
		return ERR_NO_MEMORY;
	wait->lock = (struct spinlock)SPINLOCK_INIT(LOCK_WAIT);
	wait_queue_init(&wait->waiters);
	wait->request = (struct block_request){
	        .driver.operation = transfer->operation,
	        .driver.first_block = transfer->first_block,
	        .driver.block_count = transfer->block_count,
	        .done = block_wait_done,
	};
	block_set_buffer(&wait->request, transfer->buffer,
	                 transfer->block_count * device->disk->driver.block_bytes);
	block_submit(device, &wait->request);
	spinlock_acquire(&wait->lock);
	while (!wait->finished)
		wait_queue_sleep(&wait->waiters, &wait->lock);
	spinlock_release(&wait->lock);
	enum status status = wait->request.status;
	heap_free(wait, sizeof *wait);
	return status;
}

/* ---- the table ---- */

void block_start_devices(void (*disk_came)(void))
{
	block_table.disk_came = disk_came;
}

const struct block_device *block_hold(uint32_t id)
{
	struct block_device *found = NULL;
	spinlock_acquire(&block_table.lock);
	list_for_each(link, &block_table.devices) {
		struct block_device *device = container_of(link, struct block_device, link);
		bool wanted = id ? device->id == id : device->is_system;
		if (!wanted)
			continue;
		found = device;
		__atomic_add_fetch(&found->disk->module->uses, 1, __ATOMIC_ACQ_REL);
		break;
	}
	spinlock_release(&block_table.lock);
	return found;
}

void block_release(const struct block_device *device)
{
	__atomic_sub_fetch(&device->disk->module->uses, 1, __ATOMIC_ACQ_REL);
}

static void block_describe(const struct block_device *device, struct block_facts *out_facts)
{
	*out_facts = (struct block_facts){
	        .id = device->id,
	        .transport = device->disk->driver.transport,
	        .block_bytes = device->disk->driver.block_bytes,
	        .first_block = device->first_block,
	        .block_count = device->block_count,
	        .read_only = device->read_only,
	        .is_system = device->is_system,
	        .is_partition = device->is_partition,
	};
	memcpy(out_facts->name, device->name, sizeof device->name);
}

enum status block_find(uint32_t id, struct block_facts *out_facts)
{
	const struct block_device *device = block_hold(id);
	if (!device)
		return ERR_NO_DEVICE;
	block_describe(device, out_facts);
	block_release(device);
	return OK;
}

enum status block_run(uint32_t id, const struct block_transfer *transfer)
{
	const struct block_device *device = block_hold(id);
	if (!device)
		return ERR_NO_DEVICE;
	enum status status = block_transfer(device, transfer);
	block_release(device);
	return status;
}

bool block_after(uint32_t id, struct block_facts *out_facts)
{
	bool found = false;
	spinlock_acquire(&block_table.lock);
	list_for_each(link, &block_table.devices) {
		const struct block_device *device = container_of(link, struct block_device, link);
		found = device->id > id;
		if (!found)
			continue;
		block_describe(device, out_facts);
		break;
	}
	spinlock_release(&block_table.lock);
	return found;
}

size_t block_list(struct block_facts *out_facts, size_t capacity)
{
	size_t count = 0;
	spinlock_acquire(&block_table.lock);
	list_for_each(link, &block_table.devices)
		if (count < capacity)
			block_describe(container_of(link, struct block_device, link),
			               &out_facts[count++]);
	spinlock_release(&block_table.lock);
	return count;
}

static struct block_device *block_add(const struct block_device *like)
{
	struct block_device *device = HEAP_NEW(struct block_device);
	if (!device)
		return NULL;
	*device = *like;
	spinlock_acquire(&block_table.lock);
	device->id = ++block_table.last_id;
	list_push_back(&block_table.devices, &device->link);
	spinlock_release(&block_table.lock);
	LOG_INFO(LOG_STORAGE, "block device id=%u name=%s blocks=%lu block_bytes=%u%s%s",
	         device->id, device->name, device->block_count, device->disk->driver.block_bytes,
	         device->read_only ? " read-only" : "", device->is_system ? " system" : "");
	return device;
}

/* ---- partitions ---- */

static enum status block_read(const struct block_device *device, uint64_t first, uint64_t count,
                              void *buffer)
{
	const struct block_transfer transfer = {
	        .operation = DRIVER_BLOCK_READ,
	        .first_block = first,
	        .block_count = count,
	        .buffer = buffer,
	};
	return block_transfer(device, &transfer);
}

struct block_scan {
	uint8_t entries[PARTITION_ENTRIES_BYTES_MAX + BLOCK_BYTES_MOST];
	struct partition partitions[PARTITIONS_MAX];
	size_t count;
};

/* The table whose header is in block `at`. */
static enum status block_scan_table(const struct block_device *disk, uint64_t at,
                                    struct block_scan *scan)
{
	const struct partition_disk shape = {disk->block_count, disk->disk->driver.block_bytes};
	struct partition_header header;
	TRY(block_read(disk, at, 1, scan->entries));
	TRY(partition_read_header(scan->entries, at, &shape, &header));
	uint64_t blocks =
	        (partition_entries_bytes(&header) + shape.block_bytes - 1) / shape.block_bytes;
	TRY(block_read(disk, header.entries_block, blocks, scan->entries));
	return partition_read_entries(scan->entries, &header, scan->partitions, &scan->count);
}

static void block_add_partitions(const struct block_device *disk, const struct block_scan *scan)
{
	for (size_t i = 0; i < scan->count; i++) {
		const struct partition *partition = &scan->partitions[i];
		struct block_device device = {
		        .disk = disk->disk,
		        .first_block = partition->first_block,
		        .block_count = partition->block_count,
		        .read_only = disk->read_only,
		        .is_system = partition->is_system,
		        .is_partition = true,
		};
		struct format_buffer name = {.ptr = device.name, .size = sizeof device.name - 1};
		format_append(&name, "%sp%u", disk->name, partition->number);
		if (!block_add(&device))
			LOG_WARN(LOG_STORAGE, "no memory for %s, leaving it out", device.name);
	}
}

/* The machine boots from the first disk with a system partition, and never writes to it. */
static bool block_scan_has_system(const struct block_scan *scan)
{
	for (size_t i = 0; i < scan->count; i++)
		if (scan->partitions[i].is_system)
			return true;
	return false;
}

static enum status block_scan_disk(struct block_device *disk)
{
	struct block_scan *scan = heap_alloc(sizeof *scan);
	if (!scan)
		return ERR_NO_MEMORY;
	enum status status = block_scan_table(disk, 1, scan);
	if (status == ERR_IO && disk->block_count > 2) {
		LOG_WARN(LOG_STORAGE, "%s: first partition table damaged, reading the second",
		         disk->name);
		status = block_scan_table(disk, disk->block_count - 1, scan);
	}
	if (status == OK) {
		disk->read_only |= block_scan_has_system(scan);
		block_add_partitions(disk, scan);
	} else if (status != ERR_NOT_FOUND) {
		LOG_WARN(LOG_STORAGE, "%s: no usable partition table: %s", disk->name,
		         status_name(status));
	}
	heap_free(scan, sizeof *scan);
	return OK;
}

/* ---- registration by drivers ---- */

/* The driver is quiet: what is in flight ends here. Nobody holds a device of it. */
static void block_disk_release(struct module_resource *resource)
{
	struct block_disk *disk = container_of(resource, struct block_disk, resource);
	spinlock_acquire(&block_table.lock);
	list_for_each(link, &block_table.devices) {
		struct block_device *device = container_of(link, struct block_device, link);
		if (device->disk != disk)
			continue;
		list_remove(link);
		heap_free(device, sizeof *device);
	}
	spinlock_release(&block_table.lock);
	heap_free(disk, sizeof *disk);
}

static bool block_driver_is_sound(const struct driver_block_device *driver)
{
	return driver->block_bytes >= BLOCK_BYTES_LEAST &&
	       driver->block_bytes <= BLOCK_BYTES_MOST &&
	       (driver->block_bytes & (driver->block_bytes - 1)) == 0 && driver->block_count &&
	       driver->block_count <= UINT64_MAX / BLOCK_BYTES_MOST && driver->submit &&
	       driver->segments_max;
}

int32_t driver_block_register(const struct driver_block_device *driver)
{
	if (!module_in_init())
		return ERR_NOT_PERMITTED;
	if (!block_driver_is_sound(driver))
		return ERR_INVALID_ARGS;
	struct block_disk *disk = HEAP_NEW(struct block_disk);
	if (!disk)
		return ERR_NO_MEMORY;
	disk->driver = *driver;
	disk->module = module_in_init();
	disk->lock = (struct spinlock)SPINLOCK_INIT(LOCK_WAIT);
	list_init(&disk->waiting);
	module_take_resource(&disk->resource, block_disk_release);

	struct block_device device = {
	        .disk = disk,
	        .block_count = driver->block_count,
	        .read_only = driver->flags & DRIVER_BLOCK_READ_ONLY,
	};
	struct format_buffer name = {.ptr = device.name, .size = sizeof device.name - 1};
	format_append(&name, "disk%u", ++block_table.disk_count);
	struct block_device *added = block_add(&device);
	if (!added)
		return ERR_NO_MEMORY;
	enum status status = block_scan_disk(added);
	if (block_table.disk_came)
		block_table.disk_came();
	return status;
}
