/*
 * Disks of virtual machines: each virtio block device of the modern kind, with as many requests in
 * flight as its queue holds. Virtio 1.2, section 5.2.
 */
#include <abi/status.h>
#include <driver/block.h>
#include <virtio/api.h>

enum {
	BLK_DISKS_MAX = 8,
	BLK_QUEUE_SIZE = 128,
	BLK_SECTOR_BYTES = 512,

	BLK_CONFIG_CAPACITY = 0,
	BLK_CONFIG_SEGMENT_BYTES = 8,
	BLK_CONFIG_SEGMENTS = 12,
	BLK_CONFIG_BLOCK_BYTES = 20,

	BLK_IN = 0,
	BLK_OUT = 1,
	BLK_FLUSH = 4,
	BLK_OK = 0,
	BLK_NO_ANSWER = 0xff,
};

static const uint64_t feature_segment_bytes = 1 << 1;
static const uint64_t feature_segments = 1 << 2;
static const uint64_t feature_read_only = 1 << 5;
static const uint64_t feature_block_bytes = 1 << 6;
static const uint64_t feature_flush = 1 << 9;

/* What the device reads and writes beside the data. */
struct blk_frame {
	uint32_t type;
	uint32_t reserved;
	uint64_t sector;
	uint8_t status;
	uint8_t padding[15];
};

struct blk_disk {
	struct virtio_device device;
	struct virtio_queue queue;
	struct driver_lock lock;
	/* guarded by lock, as is the queue */
	uint32_t free_frames[BLK_QUEUE_SIZE];
	uint32_t free_count;
	struct driver_block_request *requests[BLK_QUEUE_SIZE]; /* by frame */

	/* set in init, then constant */
	struct driver_dma frames; /* BLK_QUEUE_SIZE times struct blk_frame */
	uint32_t block_bytes;
};

/* The module's disks; set in init. */
static struct blk_disk *blk_disks[BLK_DISKS_MAX];

const struct driver_header RUSTOS_DRIVER_HEADER = {
        .abi_version = DRIVER_ABI_VERSION,
        .header_size = sizeof(struct driver_header),
        .driver_class = DRIVER_CLASS_STORAGE,
        .bus = DRIVER_BUS_VIRTIO,
        .module_path_len = sizeof "system/drivers/storage/virtio-blk.ko" - 1,
        .module_path = "system/drivers/storage/virtio-blk.ko",
        .name_len = sizeof "virtio-blk" - 1,
        .name = "virtio-blk",
};

uint32_t rustos_driver_abi_version(void)
{
	return DRIVER_ABI_VERSION;
}

static struct blk_frame *blk_frame(const struct blk_disk *disk, uint32_t index)
{
	return (struct blk_frame *)disk->frames.view + index;
}

static uint64_t blk_frame_physical(const struct blk_disk *disk, uint32_t index)
{
	return disk->frames.physical + index * sizeof(struct blk_frame);
}

static uint32_t blk_type(uint32_t operation)
{
	if (operation == DRIVER_BLOCK_FLUSH)
		return BLK_FLUSH;
	return operation == DRIVER_BLOCK_WRITE ? BLK_OUT : BLK_IN;
}

/* Header, segments, status. Returns how many. */
static size_t blk_describe(const struct blk_disk *disk, uint32_t index,
                           const struct driver_block_request *request,
                           struct virtio_buffer *buffers)
{
	struct blk_frame *frame = blk_frame(disk, index);
	uint64_t physical = blk_frame_physical(disk, index);
	uint64_t sector = request->first_block * (disk->block_bytes / BLK_SECTOR_BYTES);
	bool reads = request->operation == DRIVER_BLOCK_READ;
	size_t count = 0;
	*frame = (struct blk_frame){
	        .type = blk_type(request->operation),
	        .sector = request->operation == DRIVER_BLOCK_FLUSH ? 0 : sector,
	        .status = BLK_NO_ANSWER,
	};
	buffers[count++] = (struct virtio_buffer){
	        .physical = physical, .len = __builtin_offsetof(struct blk_frame, status)};
	for (uint32_t i = 0; i < request->segment_count; i++)
		buffers[count++] = (struct virtio_buffer){
		        .physical = request->segments[i].physical,
		        .len = request->segments[i].len,
		        .device_writes = reads,
		};
	buffers[count++] = (struct virtio_buffer){
	        .physical = physical + __builtin_offsetof(struct blk_frame, status),
	        .len = 1,
	        .device_writes = true,
	};
	return count;
}

static int32_t blk_submit_locked(struct blk_disk *disk, struct driver_block_request *request)
{
	struct virtio_buffer buffers[DRIVER_BLOCK_SEGMENTS_MAX + 2];
	if (!disk->free_count)
		return ERR_TRY_AGAIN;
	uint32_t index = disk->free_frames[disk->free_count - 1];
	size_t count = blk_describe(disk, index, request, buffers);
	int32_t status = virtio_queue_add(&disk->queue, buffers, count, &disk->requests[index]);
	if (status != OK)
		return status;
	disk->requests[index] = request;
	disk->free_count--;
	virtio_queue_notify(&disk->queue);
	return OK;
}

static int32_t blk_submit(void *context, struct driver_block_request *request)
{
	struct blk_disk *disk = context;
	driver_lock_acquire(&disk->lock);
	int32_t status = blk_submit_locked(disk, request);
	driver_lock_release(&disk->lock);
	return status;
}

/* The next finished request; NULL: there is none. */
static struct driver_block_request *blk_take(struct blk_disk *disk, int32_t *out_status)
{
	struct driver_block_request *request = NULL;
	uint32_t len;
	driver_lock_acquire(&disk->lock);
	struct driver_block_request **slot = virtio_queue_take(&disk->queue, &len);
	if (slot) {
		uint32_t index = (uint32_t)(slot - disk->requests);
		request = *slot;
		*slot = NULL;
		disk->free_frames[disk->free_count++] = index;
		*out_status = blk_frame(disk, index)->status == BLK_OK ? OK : ERR_IO;
	}
	driver_lock_release(&disk->lock);
	return request;
}

static void blk_interrupt(void *context)
{
	struct blk_disk *disk = context;
	struct driver_block_request *request;
	int32_t status;
	while ((request = blk_take(disk, &status)))
		driver_block_complete(request, status);
}

static int32_t blk_register(struct blk_disk *disk)
{
	uint64_t features = disk->device.features;
	uint64_t sectors = virtio_config_u64(&disk->device, BLK_CONFIG_CAPACITY);
	uint32_t segments = DRIVER_BLOCK_SEGMENTS_MAX;
	if (features & feature_segments) {
		uint32_t most = virtio_config_u32(&disk->device, BLK_CONFIG_SEGMENTS);
		segments = most && most < segments ? most : segments;
	}
	disk->block_bytes = BLK_SECTOR_BYTES;
	if (features & feature_block_bytes)
		disk->block_bytes = virtio_config_u32(&disk->device, BLK_CONFIG_BLOCK_BYTES);
	if (disk->block_bytes < BLK_SECTOR_BYTES)
		return ERR_NO_DEVICE;
	const struct driver_block_device device = {
	        .block_count = sectors / (disk->block_bytes / BLK_SECTOR_BYTES),
	        .block_bytes = disk->block_bytes,
	        .flags = (features & feature_read_only ? DRIVER_BLOCK_READ_ONLY : 0) |
	                 (features & feature_flush ? DRIVER_BLOCK_CAN_FLUSH : 0),
	        .transport = DRIVER_BUS_VIRTIO,
	        .segments_max = segments,
	        .context = disk,
	        .submit = blk_submit,
	};
	return driver_block_register(&device);
}

static int32_t blk_start(struct blk_disk *disk)
{
	const struct virtio_queue_request request = {
	        .number = 0,
	        .size = BLK_QUEUE_SIZE,
	        .handler = blk_interrupt,
	        .context = disk,
	};
	int32_t status = virtio_negotiate(
	        &disk->device, feature_segment_bytes | feature_segments | feature_read_only |
	                               feature_block_bytes | feature_flush);
	if (status == OK)
		status = virtio_queue_create(&disk->device, &request, &disk->queue);
	if (status == OK)
		status = driver_dma_alloc(BLK_QUEUE_SIZE * sizeof(struct blk_frame), &disk->frames);
	if (status != OK)
		return status;
	while (disk->free_count < BLK_QUEUE_SIZE) {
		disk->free_frames[disk->free_count] = disk->free_count;
		disk->free_count++;
	}
	virtio_start(&disk->device);
	return blk_register(disk);
}

static int32_t blk_add(uint32_t index)
{
	struct blk_disk *disk = driver_alloc(sizeof *disk);
	if (!disk)
		return ERR_NO_MEMORY;
	int32_t status = virtio_open(VIRTIO_BLOCK, index, &disk->device);
	if (status != OK)
		return status;
	blk_disks[index] = disk;
	return blk_start(disk);
}

void rustos_driver_exit(void)
{
	for (size_t i = 0; i < BLK_DISKS_MAX; i++)
		if (blk_disks[i])
			virtio_reset(&blk_disks[i]->device);
}

/* One disk is enough; the others may fail. */
int32_t rustos_driver_init(const struct driver_kernel_api *)
{
	int32_t status = ERR_NO_DEVICE;
	uint32_t working = 0;
	for (uint32_t i = 0; i < BLK_DISKS_MAX; i++) {
		int32_t answer = blk_add(i);
		if (answer == ERR_NO_DEVICE)
			break;
		if (answer == OK)
			working++;
		else
			driver_print(DRIVER_LOG_ERROR, "virtio-blk: disk %u does not start: %d", i,
			             answer);
		status = answer;
	}
	if (working)
		return OK;
	rustos_driver_exit();
	return status;
}
