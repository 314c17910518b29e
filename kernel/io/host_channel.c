/*
 * The second serial port as a file: bytes to the host and back, untouched.
 *
 * What comes is kept in a ring; when that is full, and when nobody takes what is sent, the other
 * side waits. One program uses it at a time; two would get half of the bytes each. Each byte is a
 * call of the host's: where it lends memory, that holds larger pieces, and the port only tells.
 */
#include "core/api.h"
#include "io/api.h"
#include <base/cleanup.h>
#include <string.h>

enum {
	CHANNEL_RING = 8192,
	CHANNEL_CHUNK = 512,
	CHANNEL_MODE = 020600,
	CHANNEL_DEVICE = 4 << 8 | 65,
	CHANNEL_BLOCK_BYTES = 4096,
};

struct host_channel {
	bool exists; /* set at start: there is such a port */
	struct readiness readiness;
	struct sleep_lock writing; /* one write at a time */

	struct spinlock lock;
	/* guarded by lock */
	uint8_t ring[CHANNEL_RING];
	size_t start, count;
	bool holds; /* what comes stays in the port */
	bool full; /* what is sent waits for the port */
};

static struct host_channel host_channel = {.lock = SPINLOCK_INIT(LOCK_FILE)};

/* The lock is held. */
static void channel_tell(struct host_channel *channel)
{
	uint32_t word = (channel->count ? READY_IN : 0) | (channel->full ? 0 : READY_OUT);
	readiness_set(&channel->readiness, word, word);
}

static void channel_want(const struct host_channel *channel)
{
	second_port_want(!channel->holds, channel->full);
}

static void channel_take_bytes(struct host_channel *channel)
{
	while (channel->count < CHANNEL_RING) {
		size_t end = (channel->start + channel->count) % CHANNEL_RING;
		size_t room = end < channel->start ? channel->start - end : CHANNEL_RING - end;
		size_t len = second_port_read(channel->ring + end, room);
		channel->count += len;
		if (len < room)
			return;
	}
	channel->holds = true;
}

void host_channel_interrupt(void)
{
	struct host_channel *channel = &host_channel;
	spinlock_acquire(&channel->lock);
	/* both directions have one line: while it stays up for one, nothing tells of the other */
	while (second_port_asks()) {
		if (!channel->holds)
			channel_take_bytes(channel);
		channel->full = false;
		channel_want(channel);
	}
	channel_tell(channel);
	spinlock_release(&channel->lock);
}

bool host_channel_start(void)
{
	struct host_channel *channel = &host_channel;
	channel->exists = second_port_init();
	readiness_init(&channel->readiness, READY_OUT);
	sleep_lock_init(&channel->writing);
	if (channel->exists)
		channel_want(channel);
	return channel->exists;
}

static size_t channel_take_ring(struct host_channel *channel, char *out, size_t capacity)
{
	size_t len = 0;
	spinlock_acquire(&channel->lock);
	for (; len < capacity && channel->count; len++, channel->count--) {
		out[len] = (char)channel->ring[channel->start];
		channel->start = (channel->start + 1) % CHANNEL_RING;
	}
	if (channel->holds && len) {
		channel->holds = false;
		channel_want(channel);
	}
	channel_tell(channel);
	spinlock_release(&channel->lock);
	return len;
}

static enum status channel_read(struct file *, struct transfer *to, size_t *out_count)
{
	char bytes[CHANNEL_CHUNK];
	size_t len = to->left < sizeof bytes ? to->left : sizeof bytes;
	len = channel_take_ring(&host_channel, bytes, len);
	*out_count = len;
	return len ? transfer_to_user(to, bytes, len) : ERR_TRY_AGAIN;
}

/* As much as the port takes now; less: it will tell when it goes on. */
static size_t channel_send(struct host_channel *channel, const char *bytes, size_t len)
{
	size_t sent = 0, count;
	spinlock_acquire(&channel->lock);
	do {
		count = second_port_write((const uint8_t *)bytes + sent, len - sent);
		sent += count;
	} while (count && sent < len);
	channel->full = sent < len;
	if (channel->full) {
		channel_want(channel);
		channel_tell(channel);
	}
	spinlock_release(&channel->lock);
	return sent;
}

static enum status channel_write(struct file *, struct transfer *from, size_t *out_count)
{
	struct host_channel *channel = &host_channel;
	char bytes[CHANNEL_CHUNK];
	enum status status = OK;
	sleep_lock_acquire(&channel->writing);
	while (from->left && status == OK) {
		struct transfer before = *from;
		size_t len = from->left < sizeof bytes ? from->left : sizeof bytes;
		status = transfer_from_user(from, bytes, len);
		size_t sent = status == OK ? channel_send(channel, bytes, len) : 0;
		*out_count += sent;
		if (status == OK && sent < len) {
			*from = before;
			transfer_skip(from, sent);
			status = ERR_TRY_AGAIN;
		}
	}
	sleep_lock_release(&channel->writing);
	return *out_count ? OK : status;
}

/* What is too much for bytes one by one lies in memory of the host's. */
static enum status channel_control(struct file *, uint32_t request, uintptr_t argument,
                                   int64_t *out_result)
{
	struct host_memory_piece piece;
	if (!host_memory_half())
		return ERR_NOT_TERMINAL;
	if (request == HOST_MEMORY_SIZE) {
		*out_result = (int64_t)host_memory_half();
		return OK;
	}
	if (request != HOST_MEMORY_PUT && request != HOST_MEMORY_TAKE)
		return ERR_NOT_TERMINAL;
	TRY(user_copy_in(&piece, (struct user_in){argument, sizeof piece}));
	return request == HOST_MEMORY_PUT
	               ? host_memory_put((struct user_in){piece.address, piece.len})
	               : host_memory_take((struct user_out){piece.address, piece.len});
}

static void channel_describe(struct file *, struct file_facts *out_facts)
{
	*out_facts = (struct file_facts){
	        .mode = CHANNEL_MODE,
	        .inode = CHANNEL_DEVICE,
	        .device = CHANNEL_DEVICE,
	        .block_bytes = CHANNEL_BLOCK_BYTES,
	};
}

static void channel_release(struct file *file)
{
	heap_free(file, sizeof *file);
}

static const struct file_ops channel_ops = {
        .name = "host channel",
        .read = channel_read,
        .write = channel_write,
        .control = channel_control,
        .describe = channel_describe,
        .release = channel_release,
};

enum status host_channel_open(uint64_t device, uint32_t flags, struct file **out_file)
{
	if (device != CHANNEL_DEVICE || !host_channel.exists)
		return ERR_NO_DEVICE;
	struct file *file = HEAP_NEW(struct file);
	if (!file)
		return ERR_NO_MEMORY;
	file_init(file, &channel_ops, &host_channel.readiness,
	          flags & (FILE_ACCESS_MASK | FILE_NONBLOCK));
	*out_file = file;
	return OK;
}
