/* Virtio over PCI: Virtio 1.2, section 4.1.4. */
#include <abi/status.h>
#include <virtio/api.h>

enum {
	CAPABILITY_VENDOR = 0x09,
	CAPABILITY_KIND = 3, /* bytes from its start on */
	CAPABILITY_OFFSET = 8,
	CAPABILITY_LENGTH = 12,
	CAPABILITY_NOTIFY_MULTIPLIER = 16,
	KIND_COMMON = 1,
	KIND_NOTIFY = 2,
	KIND_DEVICE = 4,

	COMMON_DEVICE_FEATURE_SELECT = 0,
	COMMON_DEVICE_FEATURE = 4,
	COMMON_DRIVER_FEATURE_SELECT = 8,
	COMMON_DRIVER_FEATURE = 12,
	COMMON_STATUS = 20,
	COMMON_QUEUE_SELECT = 22,
	COMMON_QUEUE_SIZE = 24,
	COMMON_QUEUE_MESSAGE = 26,
	COMMON_QUEUE_ENABLE = 28,
	COMMON_QUEUE_NOTIFY = 30,
	COMMON_QUEUE_DESCRIPTORS = 32,
	COMMON_QUEUE_AVAILABLE = 40,
	COMMON_QUEUE_USED = 48,
	COMMON_BYTES = 56,

	STATUS_ACKNOWLEDGE = 1,
	STATUS_DRIVER = 2,
	STATUS_READY = 4,
	STATUS_FEATURES = 8,

	COMMAND_REGISTER = 4,
	COMMAND_MEMORY_AND_MASTER = 6,
	NO_MESSAGE = 0xffff,
	RESET_POLLS = 100000,
};

static void write8(volatile uint8_t *base, uint32_t offset, uint8_t value)
{
	base[offset] = value;
}

static void write16(volatile uint8_t *base, uint32_t offset, uint16_t value)
{
	*(volatile uint16_t *)(volatile void *)(base + offset) = value;
}

static void write32(volatile uint8_t *base, uint32_t offset, uint32_t value)
{
	*(volatile uint32_t *)(volatile void *)(base + offset) = value;
}

static void write64(volatile uint8_t *base, uint32_t offset, uint64_t value)
{
	write32(base, offset, (uint32_t)value);
	write32(base, offset + 4, (uint32_t)(value >> 32));
}

static uint16_t read16(volatile uint8_t *base, uint32_t offset)
{
	return *(volatile uint16_t *)(volatile void *)(base + offset);
}

static uint32_t read32(volatile uint8_t *base, uint32_t offset)
{
	return *(volatile uint32_t *)(volatile void *)(base + offset);
}

/* What one capability says: kind, and the registers in a BAR. */
struct virtio_window {
	uint8_t kind;
	uint8_t bar;
	uint32_t offset;
	uint32_t length;
};

static int32_t window_read(const struct pci_device_address *pci, uint8_t at,
                           struct virtio_window *out_window)
{
	uint32_t head, bar, offset, length;
	int32_t status = driver_pci_read(pci, at, &head);
	if (status == OK)
		status = driver_pci_read(pci, at + 4u, &bar);
	if (status == OK)
		status = driver_pci_read(pci, at + (uint32_t)CAPABILITY_OFFSET, &offset);
	if (status == OK)
		status = driver_pci_read(pci, at + (uint32_t)CAPABILITY_LENGTH, &length);
	if (status != OK)
		return status;
	*out_window = (struct virtio_window){
	        .kind = (uint8_t)(head >> CAPABILITY_KIND * 8),
	        .bar = (uint8_t)bar,
	        .offset = offset,
	        .length = length,
	};
	return OK;
}

static volatile uint8_t *window_map(const struct pci_device_address *pci,
                                    const struct virtio_window *window)
{
	struct pci_bar_info bar;
	if (!window->length || driver_pci_bar(pci, window->bar, &bar) != OK ||
	    (bar.flags & DRIVER_BAR_PORTS) || window->offset > bar.size ||
	    window->length > bar.size - window->offset)
		return NULL;
	return driver_map_mmio(bar.address + window->offset, window->length, DRIVER_MAP_UNCACHED);
}

/* The first window of each kind counts: the device prefers it. */
static int32_t transport_take_window(struct virtio_device *device, uint8_t at)
{
	struct virtio_window window;
	int32_t status = window_read(&device->pci, at, &window);
	if (status != OK)
		return status;
	switch (window.kind) {
	case KIND_COMMON:
		if (!device->common && window.length >= COMMON_BYTES)
			device->common = window_map(&device->pci, &window);
		return OK;
	case KIND_NOTIFY:
		if (device->notify)
			return OK;
		device->notify = window_map(&device->pci, &window);
		device->notify_bytes = window.length;
		return driver_pci_read(&device->pci, at + (uint32_t)CAPABILITY_NOTIFY_MULTIPLIER,
		                       &device->notify_multiplier);
	case KIND_DEVICE:
		if (!device->config)
			device->config = window_map(&device->pci, &window);
		device->config_bytes = device->config ? window.length : 0;
		return OK;
	}
	return OK;
}

static uint8_t transport_status(const struct virtio_device *device)
{
	return device->common[COMMON_STATUS];
}

void virtio_reset(struct virtio_device *device)
{
	write8(device->common, COMMON_STATUS, 0);
	for (int poll = 0; poll < RESET_POLLS && transport_status(device); poll++)
		;
}

static void transport_add_status(const struct virtio_device *device, uint8_t bit)
{
	write8(device->common, COMMON_STATUS, transport_status(device) | bit);
}

int32_t virtio_open(enum virtio_kind kind, uint32_t index, struct virtio_device *out_device)
{
	struct virtio_device device = {};
	uint32_t command;
	uint8_t at = 0;
	int32_t status = driver_pci_find(VIRTIO_VENDOR, (uint16_t)(VIRTIO_DEVICE_FIRST + kind),
	                                 index, &device.pci);
	if (status == OK)
		status = driver_pci_read(&device.pci, COMMAND_REGISTER, &command);
	if (status == OK)
		status = driver_pci_write(&device.pci, COMMAND_REGISTER,
		                          (command & 0xffff) | COMMAND_MEMORY_AND_MASTER);
	while (status == OK && driver_pci_capability(&device.pci, CAPABILITY_VENDOR, &at) == OK)
		status = transport_take_window(&device, at);
	if (status != OK)
		return status;
	if (!device.common || !device.notify)
		return ERR_NOT_SUPPORTED;
	virtio_reset(&device);
	transport_add_status(&device, STATUS_ACKNOWLEDGE);
	transport_add_status(&device, STATUS_DRIVER);
	*out_device = device;
	return OK;
}

static uint64_t transport_offered(const struct virtio_device *device)
{
	write32(device->common, COMMON_DEVICE_FEATURE_SELECT, 0);
	uint64_t offered = read32(device->common, COMMON_DEVICE_FEATURE);
	write32(device->common, COMMON_DEVICE_FEATURE_SELECT, 1);
	return offered | (uint64_t)read32(device->common, COMMON_DEVICE_FEATURE) << 32;
}

int32_t virtio_negotiate(struct virtio_device *device, uint64_t wanted)
{
	device->features = transport_offered(device) & (wanted | VIRTIO_FEATURE_VERSION_1);
	if (!(device->features & VIRTIO_FEATURE_VERSION_1))
		return ERR_NOT_SUPPORTED;
	write32(device->common, COMMON_DRIVER_FEATURE_SELECT, 0);
	write32(device->common, COMMON_DRIVER_FEATURE, (uint32_t)device->features);
	write32(device->common, COMMON_DRIVER_FEATURE_SELECT, 1);
	write32(device->common, COMMON_DRIVER_FEATURE, (uint32_t)(device->features >> 32));
	transport_add_status(device, STATUS_FEATURES);
	return transport_status(device) & STATUS_FEATURES ? OK : ERR_NOT_SUPPORTED;
}

void virtio_start(struct virtio_device *device)
{
	transport_add_status(device, STATUS_READY);
}

uint32_t virtio_config_u32(const struct virtio_device *device, uint32_t offset)
{
	if (device->config_bytes < sizeof(uint32_t) ||
	    offset > device->config_bytes - sizeof(uint32_t))
		return 0;
	return read32(device->config, offset);
}

uint64_t virtio_config_u64(const struct virtio_device *device, uint32_t offset)
{
	return virtio_config_u32(device, offset) | (uint64_t)virtio_config_u32(device, offset + 4)
	                                                   << 32;
}

static uint16_t transport_queue_size(const struct virtio_device *device, uint16_t wanted)
{
	uint16_t size = read16(device->common, COMMON_QUEUE_SIZE);
	if (size > wanted)
		size = wanted;
	if (size > VIRTIO_QUEUE_MAX)
		size = VIRTIO_QUEUE_MAX;
	while (size & (size - 1))
		size &= (uint16_t)(size - 1);
	return size;
}

static volatile uint16_t *transport_notify_address(const struct virtio_device *device)
{
	uint64_t offset =
	        (uint64_t)read16(device->common, COMMON_QUEUE_NOTIFY) * device->notify_multiplier;
	if (device->notify_bytes < 2 || offset > device->notify_bytes - 2u)
		return NULL;
	return (volatile uint16_t *)(volatile void *)(device->notify + offset);
}

static void transport_give_queue(const struct virtio_device *device,
                                 const struct virtio_queue *queue, uint64_t physical)
{
	const uint8_t *start = (const uint8_t *)queue->descriptors;
	uint64_t available = (uint64_t)((const uint8_t *)queue->available - start);
	uint64_t used = (uint64_t)((const volatile uint8_t *)queue->used - start);
	write16(device->common, COMMON_QUEUE_SIZE, queue->size);
	write64(device->common, COMMON_QUEUE_DESCRIPTORS, physical);
	write64(device->common, COMMON_QUEUE_AVAILABLE, physical + available);
	write64(device->common, COMMON_QUEUE_USED, physical + used);
}

int32_t virtio_queue_create(struct virtio_device *device,
                            const struct virtio_queue_request *request, struct virtio_queue *queue)
{
	struct driver_dma memory;
	write16(device->common, COMMON_QUEUE_SELECT, request->number);
	uint16_t size = transport_queue_size(device, request->size);
	queue->notify = transport_notify_address(device);
	if (!size || !queue->notify)
		return ERR_NO_DEVICE;
	int32_t status = driver_dma_alloc(virtio_queue_bytes(size), &memory);
	if (status != OK)
		return status;
	queue->device = device;
	queue->number = request->number;
	virtio_queue_init(queue, size, memory.view);
	status = driver_pci_interrupt(&device->pci, request->number, request->handler,
	                              request->context);
	if (status != OK)
		return status;
	write16(device->common, COMMON_QUEUE_MESSAGE, request->number);
	if (read16(device->common, COMMON_QUEUE_MESSAGE) == NO_MESSAGE)
		return ERR_NO_DEVICE;
	transport_give_queue(device, queue, memory.physical);
	write16(device->common, COMMON_QUEUE_ENABLE, 1);
	return OK;
}
