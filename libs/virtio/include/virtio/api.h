/*
 * Virtio devices of the modern kind over PCI, for driver modules.
 *
 * Everything that the device writes is distrusted: indices and lengths are checked before use, and
 * a device that lies is reported and not used any more. Virtio 1.2, sections 2.7 and 4.1.
 */
#pragma once

#include <driver/kernel.h>
#include <stdbool.h>

enum { VIRTIO_VENDOR = 0x1af4, VIRTIO_DEVICE_FIRST = 0x1040 };

/* Section 5: device numbers. */
enum virtio_kind { VIRTIO_BLOCK = 2, VIRTIO_ENTROPY = 4, VIRTIO_INPUT = 18 };

#define VIRTIO_FEATURE_VERSION_1 ((uint64_t)1 << 32)

struct virtio_device {
	struct pci_device_address pci;
	volatile uint8_t *common;
	volatile uint8_t *notify;
	volatile uint8_t *config; /* of the kind of device; NULL: it has none */
	uint32_t notify_multiplier;
	uint32_t notify_bytes;
	uint32_t config_bytes;
	uint64_t features; /* agreed on */
	bool broken; /* it lied, or broke down */
};

/* For init. index counts the devices of this kind. Reset, and asked for nothing. -ENODEV. */
int32_t virtio_open(enum virtio_kind kind, uint32_t index, struct virtio_device *out_device);
/* Agrees on those of wanted that it offers. -ENOTSUP: not a modern device, or it refuses. */
int32_t virtio_negotiate(struct virtio_device *device, uint64_t wanted);
/* After its queues are made. */
void virtio_start(struct virtio_device *device);
/* No more accesses to memory from here on. */
void virtio_reset(struct virtio_device *device);

/* Of the device's own configuration; 0 behind its end. */
uint32_t virtio_config_u32(const struct virtio_device *device, uint32_t offset);
uint64_t virtio_config_u64(const struct virtio_device *device, uint32_t offset);

/* ---- queues ---- */

enum { VIRTIO_QUEUE_MAX = 128, VIRTIO_CHAIN_MAX = 32 };

/* A piece of memory in a request. */
struct virtio_buffer {
	uint64_t physical;
	uint32_t len;
	bool device_writes; /* these come last */
};

struct virtio_descriptor {
	uint64_t physical;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

struct virtio_available {
	uint16_t flags;
	uint16_t index;
	uint16_t ring[];
};

struct virtio_used_element {
	uint32_t head;
	uint32_t len;
};

struct virtio_used {
	uint16_t flags;
	uint16_t index;
	struct virtio_used_element ring[];
};

/* Callers serialise. */
struct virtio_queue {
	struct virtio_device *device;
	volatile uint16_t *notify; /* where the device is told; NULL: nowhere (tests) */
	uint16_t number;
	uint16_t size;
	uint16_t free_count; /* descriptors */
	uint16_t free_first;
	uint16_t seen; /* of the used ring */
	struct virtio_descriptor *descriptors;
	struct virtio_available *available;
	volatile struct virtio_used *used;
	void *tokens[VIRTIO_QUEUE_MAX]; /* by first descriptor; NULL: not with the device */
	/* the chain as it was made: what the device can't change */
	uint16_t next[VIRTIO_QUEUE_MAX];
};

/* Bytes of a queue's memory, page aligned. */
size_t virtio_queue_bytes(uint16_t size);
/* Over zeroed memory of that size; size is a power of two up to VIRTIO_QUEUE_MAX. */
void virtio_queue_init(struct virtio_queue *queue, uint16_t size, void *memory);

/* For init: queue `number` of the device, at most `size` entries, with its interrupt. */
struct virtio_queue_request {
	uint16_t number;
	uint16_t size;
	driver_handler *handler;
	void *context;
};
int32_t virtio_queue_create(struct virtio_device *device,
                            const struct virtio_queue_request *request, struct virtio_queue *queue);

/*
 * Hands a request over; token comes back from virtio_queue_take. -EAGAIN: no descriptors are
 * left; -EINVAL: none, or more than VIRTIO_CHAIN_MAX.
 */
int32_t virtio_queue_add(struct virtio_queue *queue, const struct virtio_buffer *buffers,
                         size_t count, void *token);
/* Tells the device of what was added. */
void virtio_queue_notify(struct virtio_queue *queue);
/* The next finished request, or NULL. *out_len: bytes that the device says it wrote. */
void *virtio_queue_take(struct virtio_queue *queue, uint32_t *out_len);
