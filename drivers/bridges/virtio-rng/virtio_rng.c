/*
 * The host's random bytes: some at start, and more whenever the kernel's generator has given out a
 * good deal. Virtio 1.2, section 5.4.
 */
#include <abi/status.h>
#include <driver/kernel.h>
#include <virtio/api.h>

enum { RNG_BYTES = 64 };

struct virtio_rng {
	struct virtio_device device;
	struct virtio_queue queue;
	struct driver_lock lock; /* guards the queue */
	struct driver_dma bytes;
	bool asked; /* guarded by lock: the device has the buffer */
};

static struct virtio_rng *virtio_rng; /* set in init; the module drives one device */

const struct driver_header RUSTOS_DRIVER_HEADER = {
        .abi_version = DRIVER_ABI_VERSION,
        .header_size = sizeof(struct driver_header),
        .driver_class = DRIVER_CLASS_ENTROPY,
        .bus = DRIVER_BUS_VIRTIO,
        .module_path_len = sizeof "system/drivers/entropy/virtio-rng.ko" - 1,
        .module_path = "system/drivers/entropy/virtio-rng.ko",
        .name_len = sizeof "virtio-rng" - 1,
        .name = "virtio-rng",
};

uint32_t rustos_driver_abi_version(void)
{
	return DRIVER_ABI_VERSION;
}

/* For the kernel's generator. */
static void virtio_rng_ask(void *context)
{
	struct virtio_rng *self = context;
	const struct virtio_buffer buffer = {self->bytes.physical, RNG_BYTES, true};
	driver_lock_acquire(&self->lock);
	if (!self->asked && virtio_queue_add(&self->queue, &buffer, 1, self) == OK) {
		self->asked = true;
		virtio_queue_notify(&self->queue);
	}
	driver_lock_release(&self->lock);
}

static void virtio_rng_receive(void *context)
{
	struct virtio_rng *self = context;
	uint32_t len;
	driver_lock_acquire(&self->lock);
	if (virtio_queue_take(&self->queue, &len)) {
		self->asked = false;
		driver_entropy_add(self->bytes.view, len < RNG_BYTES ? len : RNG_BYTES);
	}
	driver_lock_release(&self->lock);
}

static int32_t virtio_rng_start(struct virtio_rng *self)
{
	const struct virtio_queue_request request = {
	        .number = 0,
	        .size = 8,
	        .handler = virtio_rng_receive,
	        .context = self,
	};
	int32_t status = virtio_negotiate(&self->device, 0);
	if (status == OK)
		status = virtio_queue_create(&self->device, &request, &self->queue);
	if (status == OK)
		status = driver_dma_alloc(RNG_BYTES, &self->bytes);
	if (status != OK)
		return status;
	virtio_start(&self->device);
	virtio_rng_ask(self);
	return driver_entropy_register(virtio_rng_ask, self);
}

int32_t rustos_driver_init(const struct driver_kernel_api *)
{
	virtio_rng = driver_alloc(sizeof *virtio_rng);
	if (!virtio_rng)
		return ERR_NO_MEMORY;
	int32_t status = virtio_open(VIRTIO_ENTROPY, 0, &virtio_rng->device);
	if (status != OK)
		return status;
	status = virtio_rng_start(virtio_rng);
	if (status != OK)
		virtio_reset(&virtio_rng->device);
	return status;
}

void rustos_driver_exit(void)
{
	virtio_reset(&virtio_rng->device);
}
