/* A counter that can be waited for: eventfd(2). */
#include "core/api.h"
#include "io/api.h"
#include <base/cleanup.h>

struct event_file {
	struct file file;
	struct readiness readiness;
	bool is_semaphore;
	struct sleep_lock lock;
	uint64_t count; /* guarded by lock; never UINT64_MAX */
};

static struct event_file *event_file_of(struct file *file)
{
	return container_of(file, struct event_file, file);
}

static void event_tell(struct event_file *event)
{
	uint32_t word = event->count ? READY_IN : 0;
	word |= event->count < UINT64_MAX - 1 ? READY_OUT : 0;
	readiness_set(&event->readiness, word, word);
}

static enum status event_read(struct file *file, struct transfer *to, size_t *out_count)
{
	struct event_file *event = event_file_of(file);
	if (to->left < sizeof event->count)
		return ERR_INVALID_ARGS;
	enum status status = ERR_TRY_AGAIN;
	sleep_lock_acquire(&event->lock);
	if (event->count) {
		uint64_t value = event->is_semaphore ? 1 : event->count;
		status = transfer_to_user(to, &value, sizeof value);
		if (status == OK) {
			event->count -= value;
			*out_count = sizeof value;
			event_tell(event);
		}
	}
	sleep_lock_release(&event->lock);
	return status;
}

static enum status event_write(struct file *file, struct transfer *from, size_t *out_count)
{
	struct event_file *event = event_file_of(file);
	uint64_t value;
	if (from->left < sizeof value)
		return ERR_INVALID_ARGS;
	struct transfer before = *from;
	TRY(transfer_from_user(from, &value, sizeof value));
	if (value == UINT64_MAX)
		return ERR_INVALID_ARGS;
	sleep_lock_acquire(&event->lock);
	bool fits = value <= UINT64_MAX - 1 - event->count;
	if (fits) {
		event->count += value;
		*out_count = sizeof value;
		from->left = 0;
		event_tell(event);
	}
	sleep_lock_release(&event->lock);
	if (!fits)
		*from = before;
	return fits ? OK : ERR_TRY_AGAIN;
}

static void event_describe(struct file *, struct file_facts *out_facts)
{
	enum { EVENT_MODE = 0600 };
	*out_facts = (struct file_facts){.mode = EVENT_MODE, .block_bytes = PAGE_SIZE};
}

static void event_release(struct file *file)
{
	struct event_file *event = event_file_of(file);
	heap_free(event, sizeof *event);
}

static const struct file_ops event_ops = {
        .name = "eventfd",
        .read = event_read,
        .write = event_write,
        .describe = event_describe,
        .release = event_release,
};

enum status event_file_create(uint64_t count, bool is_semaphore, uint32_t flags,
                              struct file **out_file)
{
	struct event_file *event = HEAP_NEW(struct event_file);
	if (!event)
		return ERR_NO_MEMORY;
	event->count = count;
	event->is_semaphore = is_semaphore;
	sleep_lock_init(&event->lock);
	readiness_init(&event->readiness, 0);
	file_init(&event->file, &event_ops, &event->readiness, flags | FILE_READ_WRITE);
	event_tell(event);
	*out_file = &event->file;
	return OK;
}
