/*
 * Input devices as files: /dev/input0 in our form, /dev/input/event0 in that of Linux's evdev.
 *
 * Each open file has a queue of its own, filled in the devices' interrupts. inputd is asked at
 * every read; without it nobody reads. devmgrd is asked at every open and request. What comes while
 * a queue is full is lost: of our form the oldest event, of Linux's all, with a SYN_DROPPED in
 * their place. A file whose devices have gone stays without any.
 */
#include "io/input_file.h"
#include "core/api.h"
#include "io/api.h"
#include "io/device_policy.h"
#include "io/ui_event.h"
#include <abi/device.h>
#include <abi/services.h>
#include <base/cleanup.h>
#include <driver/input.h>
#include <string.h>

enum {
	INPUT_QUEUE_MAX = INPUT_READ_EVENTS_MAX,
	INPUT_FILE_MODE = 020600,
	INPUT_FILE_BLOCK = 4096,
	INPUT_DROPPED_CODE = 3, /* SYN_DROPPED */
	INPUT_VERSION = 0x010001,
	INPUT_GET_VERSION = 0x80044501, /* EVIOCGVERSION */
	INPUT_NS_PER_US = 1000,
	INPUT_US_PER_SECOND = 1000000,
};

/* Linux include/uapi/linux/input.h */
struct input_evdev_event {
	int64_t seconds, microseconds;
	uint16_t type, code;
	int32_t value;
};

union input_item {
	struct ui_input_event native;
	struct input_evdev_event evdev;
};
_Static_assert(sizeof(union input_item) == INPUT_EVENT_BYTES);

struct input_file {
	struct file file;
	struct readiness readiness;
	struct list link; /* in input_files.open */
	uint16_t access; /* INPUT_ACCESS_* */
	uint64_t device;
	/* guarded by input_files.lock */
	union input_item items[INPUT_QUEUE_MAX];
	size_t start, count;
	bool is_gone; /* atomic for readers; for ever */
};

struct input_files {
	struct spinlock lock;
	/* guarded by lock */
	struct list open; /* struct input_file */
	bool is_ready;
	struct input_stats stats; /* without queued and lock_active */
};

static struct input_files input_files = {.lock = SPINLOCK_INIT(LOCK_FILE)};

static struct input_file *input_file_of(struct file *file)
{
	return container_of(file, struct input_file, file);
}

static bool input_file_is_gone(const struct input_file *self)
{
	return __atomic_load_n(&self->is_gone, __ATOMIC_ACQUIRE);
}

/* The lock is held. */
static struct list *input_files_open(void)
{
	if (!input_files.is_ready)
		list_init(&input_files.open);
	input_files.is_ready = true;
	return &input_files.open;
}

/* ---- what devices report ---- */

static struct input_evdev_event input_evdev(uint16_t type, uint16_t code, int32_t value)
{
	uint64_t us = clock_real_ns() / INPUT_NS_PER_US;
	return (struct input_evdev_event){.seconds = (int64_t)(us / INPUT_US_PER_SECOND),
	                                  .microseconds = (int64_t)(us % INPUT_US_PER_SECOND),
	                                  .type = type,
	                                  .code = code,
	                                  .value = value};
}

static void input_count_lost(uint16_t type, uint64_t count)
{
	if (type == DRIVER_INPUT_KEY)
		input_files.stats.dropped_discrete += count;
	else
		input_files.stats.dropped_lossy += count;
}

static void input_file_add(struct input_file *self, const union input_item *item)
{
	self->items[(self->start + self->count++) % INPUT_QUEUE_MAX] = *item;
	readiness_set(&self->readiness, READY_IN, READY_IN);
}

/* Makes room when there is none. */
static void input_file_drop(struct input_file *self, uint16_t type)
{
	if (self->count < INPUT_QUEUE_MAX)
		return;
	if (self->access == INPUT_ACCESS_NATIVE) {
		input_count_lost(type, 1);
		self->start = (self->start + 1) % INPUT_QUEUE_MAX;
		self->count--;
		return;
	}
	input_count_lost(type, self->count);
	self->count = 0;
	const union input_item dropped = {
	        .evdev = input_evdev(DRIVER_INPUT_END, INPUT_DROPPED_CODE, 0)};
	input_file_add(self, &dropped);
}

static void input_file_hear(struct input_file *self, const struct input_report *report)
{
	union input_item item;
	if (input_file_is_gone(self))
		return;
	if (self->access == INPUT_ACCESS_EVDEV)
		item.evdev = input_evdev(report->type, report->code, report->value);
	else if (!ui_event_make(report, &item.native))
		return;
	input_file_drop(self, report->type);
	input_file_add(self, &item);
}

void input_file_heard(const struct input_report *report)
{
	struct input_stats *stats = &input_files.stats;
	spinlock_acquire(&input_files.lock);
	stats->lock_last_seq++;
	stats->pointer_packet_submits += report->type == DRIVER_INPUT_MOTION;
	stats->pointer_absolute_submits += report->type == DRIVER_INPUT_POSITION;
	if (report->is_lost) {
		input_count_lost(report->type, 1);
	} else {
		list_for_each(link, input_files_open())
			input_file_hear(container_of(link, struct input_file, link), report);
	}
	spinlock_release(&input_files.lock);
}

/* The lock is held. */
static void input_file_leave(struct input_file *self)
{
	const uint32_t word = READY_IN | READY_ERROR | READY_HANGUP;
	__atomic_store_n(&self->is_gone, true, __ATOMIC_RELEASE);
	self->count = 0;
	readiness_set(&self->readiness, word, word);
}

void input_file_gone(void)
{
	spinlock_acquire(&input_files.lock);
	list_for_each(link, input_files_open())
		input_file_leave(container_of(link, struct input_file, link));
	spinlock_release(&input_files.lock);
}

void input_file_stats(struct input_stats *out_stats)
{
	spinlock_acquire(&input_files.lock);
	*out_stats = input_files.stats;
	list_for_each(link, input_files_open()) {
		out_stats->lock_active++;
		out_stats->queued += container_of(link, struct input_file, link)->count;
	}
	spinlock_release(&input_files.lock);
}

/* ---- reading ---- */

/* How many bytes inputd lets the caller have. ERR_IO: there is no inputd. */
static enum status input_authorize(const struct input_file *self, size_t wanted, size_t *out_len)
{
	struct process_identity reader = process_identity();
	file_unref(reader.root);
	struct {
		struct ipc_message_header header;
		struct input_request request;
	} message = {
	        .header = {.version = IPC_ABI_VERSION,
	                   .op = INPUT_AUTHORIZE_READ,
	                   .payload_len = sizeof message.request},
	        .request = {.pid = process_id(process_current()),
	                    .tid = task_id(task_current()),
	                    .uid = reader.uid,
	                    .access = self->access,
	                    .requested_len = wanted},
	};
	struct input_reply reply = {};
	uint64_t len = 0;
	const struct ipc_service_request request = {
	        .service_id = IPC_SERVICE_INPUTD,
	        .pieces = {{&message, sizeof message}},
	        .reply = &reply,
	        .reply_capacity = sizeof reply,
	        .is_idempotent = INPUT_IDEMPOTENT >> INPUT_AUTHORIZE_READ & 1,
	};
	enum status status = ipc_service_call(process_ipc(process_current()), &request, &len);
	if (status == ERR_INTERRUPTED)
		return status;
	if (status != OK || len < sizeof reply)
		return ERR_IO;
	*out_len = reply.approved_len < wanted ? reply.approved_len : wanted;
	return (enum status)reply.status;
}

static size_t input_file_take(struct input_file *self, union input_item *out, size_t capacity)
{
	size_t count = 0;
	spinlock_acquire(&input_files.lock);
	for (; count < capacity && self->count; self->count--) {
		out[count++] = self->items[self->start];
		self->start = (self->start + 1) % INPUT_QUEUE_MAX;
	}
	uint32_t word = self->count ? READY_IN : 0;
	if (!input_file_is_gone(self))
		readiness_set(&self->readiness, word, word);
	input_files.stats.read_events += count;
	spinlock_release(&input_files.lock);
	return count;
}

static void input_count_read(void)
{
	spinlock_acquire(&input_files.lock);
	input_files.stats.read_calls++;
	spinlock_release(&input_files.lock);
}

static enum status input_file_read(struct file *file, struct transfer *to, size_t *out_count)
{
	enum { INPUT_AT_ONCE = 16 };
	struct input_file *self = input_file_of(file);
	union input_item items[INPUT_AT_ONCE];
	size_t allowed;
	if (input_file_is_gone(self))
		return ERR_NO_DEVICE;
	if (to->left < INPUT_EVENT_BYTES)
		return ERR_INVALID_ARGS;
	if (!(readiness_word(&self->readiness) & READY_IN))
		return ERR_TRY_AGAIN;
	input_count_read();
	TRY(input_authorize(self, to->left, &allowed));
	size_t capacity = allowed / INPUT_EVENT_BYTES;
	size_t count =
	        input_file_take(self, items, capacity < INPUT_AT_ONCE ? capacity : INPUT_AT_ONCE);
	if (!count)
		return capacity ? ERR_TRY_AGAIN : ERR_ACCESS_DENIED; /* gone: at the next try */
	TRY(transfer_to_user(to, items, count * sizeof items[0]));
	*out_count = count * sizeof items[0];
	return OK;
}

static enum status input_file_control(struct file *file, uint32_t request, uintptr_t argument,
                                      int64_t *)
{
	const uint32_t version = INPUT_VERSION;
	const struct input_file *self = input_file_of(file);
	const struct device_question question = {.operation = DEVICE_IOCTL_AUTHORIZE,
	                                         .request = request,
	                                         .device = self->device,
	                                         .argument = argument};
	if (input_file_is_gone(self))
		return ERR_NO_DEVICE;
	TRY(device_question_ask(&question));
	if (request != INPUT_GET_VERSION || self->access != INPUT_ACCESS_EVDEV)
		return ERR_NOT_TERMINAL;
	return user_copy_out((struct user_out){argument, sizeof version}, &version);
}

static void input_file_describe(struct file *file, struct file_facts *out_facts)
{
	*out_facts = (struct file_facts){.mode = INPUT_FILE_MODE,
	                                 .device = input_file_of(file)->device,
	                                 .block_bytes = INPUT_FILE_BLOCK};
}

static void input_file_release(struct file *file)
{
	struct input_file *self = input_file_of(file);
	spinlock_acquire(&input_files.lock);
	list_remove(&self->link);
	spinlock_release(&input_files.lock);
	heap_free(self, sizeof *self);
}

static const struct file_ops input_file_ops = {
        .name = "input",
        .read = input_file_read,
        .control = input_file_control,
        .describe = input_file_describe,
        .release = input_file_release,
};

enum status input_file_open(uint64_t number, uint32_t flags, struct file **out_file)
{
	const struct device_question question = {
	        .operation = DEVICE_OPEN, .request = flags, .device = number};
	TRY(device_question_ask(&question));
	struct input_file *self = HEAP_NEW(struct input_file);
	if (!self)
		return ERR_NO_MEMORY;
	self->access = number == DEVICE_INPUT_EVDEV ? INPUT_ACCESS_EVDEV : INPUT_ACCESS_NATIVE;
	self->device = number;
	readiness_init(&self->readiness, 0);
	file_init(&self->file, &input_file_ops, &self->readiness,
	          flags & (FILE_ACCESS_MASK | FILE_NONBLOCK));
	spinlock_acquire(&input_files.lock);
	list_push_back(input_files_open(), &self->link);
	if (!input_is_present()) /* since it was asked for */
		input_file_leave(self);
	spinlock_release(&input_files.lock);
	*out_file = &self->file;
	return OK;
}
