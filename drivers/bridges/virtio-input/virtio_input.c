/* Keyboards and pointers of virtual machines: their events, as they come. Virtio 1.2, section 5.8.
 */
#include <abi/status.h>
#include <driver/input.h>
#include <virtio/api.h>

enum { INPUT_DEVICES_MAX = 4, INPUT_EVENTS = 64 };

/* As the device writes it. */
struct input_event {
	uint16_t type;
	uint16_t code;
	uint32_t value;
};

struct input_device {
	struct virtio_device device;
	struct virtio_queue queue;
	struct driver_lock lock; /* guards the queue */
	struct driver_dma events; /* INPUT_EVENTS times struct input_event; each with the device */
};

/* The module's devices; set in init. */
static struct input_device *input_devices[INPUT_DEVICES_MAX];

const struct driver_header RUSTOS_DRIVER_HEADER = {
        .abi_version = DRIVER_ABI_VERSION,
        .header_size = sizeof(struct driver_header),
        .driver_class = DRIVER_CLASS_INPUT,
        .bus = DRIVER_BUS_VIRTIO,
        .module_path_len = sizeof "system/drivers/input/virtio-input.ko" - 1,
        .module_path = "system/drivers/input/virtio-input.ko",
        .name_len = sizeof "virtio-input" - 1,
        .name = "virtio-input",
};

uint32_t rustos_driver_abi_version(void)
{
	return DRIVER_ABI_VERSION;
}

/* Gives an event's memory to the device. The lock is held. */
static int32_t input_offer(struct input_device *self, struct input_event *event)
{
	uint64_t offset = (uint64_t)((uint8_t *)event - (uint8_t *)self->events.view);
	const struct virtio_buffer buffer = {self->events.physical + offset, sizeof *event, true};
	return virtio_queue_add(&self->queue, &buffer, 1, event);
}

static bool input_take(struct input_device *self, struct driver_input_event *out_event)
{
	uint32_t len;
	driver_lock_acquire(&self->lock);
	struct input_event *event = virtio_queue_take(&self->queue, &len);
	if (event) {
		*out_event = (struct driver_input_event){event->type, event->code, event->value};
		(void)input_offer(self, event); /* its own place is free again */
		virtio_queue_notify(&self->queue);
	}
	driver_lock_release(&self->lock);
	return event;
}

static void input_interrupt(void *context)
{
	struct input_device *self = context;
	struct driver_input_event event;
	while (input_take(self, &event))
		driver_input_report(&event);
}

static int32_t input_start(struct input_device *self)
{
	const struct virtio_queue_request request = {
	        .number = 0,
	        .size = INPUT_EVENTS,
	        .handler = input_interrupt,
	        .context = self,
	};
	int32_t status = virtio_negotiate(&self->device, 0);
	if (status == OK)
		status = virtio_queue_create(&self->device, &request, &self->queue);
	if (status == OK)
		status = driver_dma_alloc(INPUT_EVENTS * sizeof(struct input_event), &self->events);
	if (status != OK)
		return status;
	virtio_start(&self->device);
	driver_lock_acquire(&self->lock);
	struct input_event *events = self->events.view;
	for (uint16_t i = 0; status == OK && i < self->queue.size && i < INPUT_EVENTS; i++)
		status = input_offer(self, &events[i]);
	virtio_queue_notify(&self->queue);
	driver_lock_release(&self->lock);
	return status;
}

static int32_t input_add(uint32_t index)
{
	struct input_device *self = driver_alloc(sizeof *self);
	if (!self)
		return ERR_NO_MEMORY;
	int32_t status = virtio_open(VIRTIO_INPUT, index, &self->device);
	if (status != OK)
		return status;
	input_devices[index] = self;
	return input_start(self);
}

void rustos_driver_exit(void)
{
	for (size_t i = 0; i < INPUT_DEVICES_MAX; i++)
		if (input_devices[i])
			virtio_reset(&input_devices[i]->device);
}

/* One device is enough; the others may fail. */
int32_t rustos_driver_init(const struct driver_kernel_api *)
{
	int32_t status = ERR_NO_DEVICE;
	uint32_t working = 0;
	for (uint32_t i = 0; i < INPUT_DEVICES_MAX; i++) {
		int32_t answer = input_add(i);
		if (answer == ERR_NO_DEVICE)
			break;
		if (answer == OK)
			working++;
		else
			driver_print(DRIVER_LOG_ERROR, "virtio-input: device %u does not start: %d",
			             i, answer);
		status = answer;
	}
	if (working)
		status = driver_input_register();
	if (status != OK)
		rustos_driver_exit();
	return status;
}
