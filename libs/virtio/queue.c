/* A split queue: Virtio 1.2, section 2.7. */
#include <abi/status.h>
#include <virtio/api.h>

enum { DESCRIPTOR_NEXT = 1, DESCRIPTOR_DEVICE_WRITES = 2, QUEUE_USED_ALIGN = 4 };

static size_t queue_used_offset(uint16_t size)
{
	size_t available = sizeof(struct virtio_available) + ((size_t)size + 1) * sizeof(uint16_t);
	size_t end = size * sizeof(struct virtio_descriptor) + available;
	return (end + QUEUE_USED_ALIGN - 1) & ~(size_t)(QUEUE_USED_ALIGN - 1);
}

size_t virtio_queue_bytes(uint16_t size)
{
	return queue_used_offset(size) + sizeof(struct virtio_used) +
	       size * sizeof(struct virtio_used_element) + sizeof(uint16_t);
}

void virtio_queue_init(struct virtio_queue *queue, uint16_t size, void *memory)
{
	uint8_t *bytes = memory;
	queue->size = queue->free_count = size;
	queue->free_first = 0;
	queue->seen = 0;
	queue->descriptors = memory;
	queue->available =
	        (struct virtio_available *)(void *)(bytes + size * sizeof *queue->descriptors);
	queue->used = (volatile struct virtio_used *)(void *)(bytes + queue_used_offset(size));
	for (uint16_t i = 0; i < size; i++) {
		queue->tokens[i] = NULL;
		queue->next[i] = (uint16_t)(i + 1);
	}
}

static uint16_t queue_fill(struct virtio_queue *queue, const struct virtio_buffer *buffers,
                           size_t count)
{
	uint16_t head = queue->free_first, at = head;
	for (size_t i = 0; i < count; i++) {
		bool last = i + 1 == count;
		queue->descriptors[at] = (struct virtio_descriptor){
		        .physical = buffers[i].physical,
		        .len = buffers[i].len,
		        .flags = (uint16_t)((last ? 0 : DESCRIPTOR_NEXT) |
		                            (buffers[i].device_writes ? DESCRIPTOR_DEVICE_WRITES
		                                                      : 0)),
		        .next = last ? 0 : queue->next[at],
		};
		if (!last)
			at = queue->next[at];
	}
	queue->free_first = queue->next[at];
	queue->next[at] = queue->size; /* the chain ends here */
	queue->free_count = (uint16_t)(queue->free_count - count);
	return head;
}

int32_t virtio_queue_add(struct virtio_queue *queue, const struct virtio_buffer *buffers,
                         size_t count, void *token)
{
	if (!count || count > VIRTIO_CHAIN_MAX || !token)
		return ERR_INVALID_ARGS;
	if (queue->device->broken)
		return ERR_IO;
	if (count > queue->free_count)
		return ERR_TRY_AGAIN;
	uint16_t head = queue_fill(queue, buffers, count);
	uint16_t index = queue->available->index;
	queue->tokens[head] = token;
	queue->available->ring[index % queue->size] = head;
	/* the entry is there before the index says so */
	__atomic_store_n(&queue->available->index, (uint16_t)(index + 1), __ATOMIC_RELEASE);
	return OK;
}

void virtio_queue_notify(struct virtio_queue *queue)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (queue->notify)
		*queue->notify = queue->number;
}

static void queue_free_chain(struct virtio_queue *queue, uint16_t head)
{
	uint16_t at = head, count = 1;
	while (queue->next[at] != queue->size) {
		at = queue->next[at];
		count++;
	}
	queue->next[at] = queue->free_first;
	queue->free_first = head;
	queue->free_count = (uint16_t)(queue->free_count + count);
}

static void *queue_distrust(struct virtio_queue *queue, const char *what)
{
	queue->device->broken = true;
	driver_print(DRIVER_LOG_ERROR, "virtio: the device %s; it is not used any more", what);
	return NULL;
}

void *virtio_queue_take(struct virtio_queue *queue, uint32_t *out_len)
{
	uint16_t index = __atomic_load_n(&queue->used->index, __ATOMIC_ACQUIRE);
	if (queue->device->broken || index == queue->seen)
		return NULL;
	if ((uint16_t)(index - queue->seen) > queue->size)
		return queue_distrust(queue, "finished more than it was given");
	volatile struct virtio_used_element *element =
	        &queue->used->ring[queue->seen % queue->size];
	uint32_t head = element->head;
	*out_len = element->len;
	if (head >= queue->size || !queue->tokens[head])
		return queue_distrust(queue, "finished what it was not given");
	void *token = queue->tokens[head];
	queue->tokens[head] = NULL;
	queue->seen++;
	queue_free_chain(queue, (uint16_t)head);
	return token;
}
