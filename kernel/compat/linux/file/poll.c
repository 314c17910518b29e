/* poll and epoll: Linux include/uapi/asm-generic/poll.h, linux/eventpoll.h. */
#include "compat/linux/file/poll.h"
#include "core/api.h"
#include "io/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

enum {
	LINUX_POLL_MAX = 1024,
	POLL_FEW = 16, /* so many need no memory but the stack: who waits can do so without any left */
};

/* One descriptor that is polled. */
struct poll_entry {
	struct file *file; /* reference; NULL: none */
	struct waiter_watch watch;
};

struct poll_call {
	struct linux_pollfd *list;
	struct poll_entry *entries;
	size_t count;
};

static uint32_t poll_interest(const struct linux_pollfd *entry)
{
	return (uint16_t)entry->events | READY_ERROR | READY_HANGUP;
}

/* How many are ready. */
static int64_t poll_look(struct poll_call *call)
{
	int64_t ready = 0;
	for (size_t i = 0; i < call->count; i++) {
		struct linux_pollfd *entry = &call->list[i];
		uint32_t word = 0;
		if (call->entries[i].file)
			word = file_ready(call->entries[i].file) & poll_interest(entry);
		else if (entry->descriptor >= 0)
			word = LINUX_POLL_INVALID;
		entry->happened = (int16_t)word;
		ready += word != 0;
	}
	return ready;
}

static void poll_begin(struct poll_call *call)
{
	struct waiter *waiter = &task_current()->waiter;
	waiter_begin(waiter);
	for (size_t i = 0; i < call->count; i++) {
		struct poll_entry *entry = &call->entries[i];
		if (linux_file_get(call->list[i].descriptor, &entry->file) != OK) {
			entry->file = NULL;
			continue;
		}
		waiter_watch_init(&entry->watch, waiter, poll_interest(&call->list[i]));
		if (entry->file->readiness)
			(void)readiness_watch(entry->file->readiness, &entry->watch.watch);
	}
}

static void poll_end(struct poll_call *call)
{
	for (size_t i = 0; i < call->count; i++) {
		struct poll_entry *entry = &call->entries[i];
		if (!entry->file)
			continue;
		if (entry->file->readiness)
			readiness_unwatch(entry->file->readiness, &entry->watch.watch);
		file_unref(entry->file);
	}
}

static int64_t poll_run(struct poll_call *call, uint64_t deadline_ns)
{
	int64_t ready;
	enum status status = OK;
	poll_begin(call);
	while (!(ready = poll_look(call)) && status == OK) {
		status = task_sleep(deadline_ns);
		if (status == OK)
			waiter_begin(&task_current()->waiter);
	}
	poll_end(call);
	if (ready)
		return ready;
	return status == ERR_TIMED_OUT ? 0 : status;
}

int64_t linux_poll_list(struct linux_pollfd *list, size_t count, uint64_t deadline_ns)
{
	struct poll_entry few[POLL_FEW], *many = NULL;
	size_t bytes = count * sizeof *many;
	if (count > POLL_FEW && !(many = heap_alloc(bytes)))
		return ERR_NO_MEMORY;
	struct poll_call call = {.list = list, .count = count, .entries = many ? many : few};
	task_current()->call_restarts = false;
	int64_t result = poll_run(&call, deadline_ns);
	heap_free(many, bytes);
	return result;
}

static int64_t linux_poll_user(struct linux_pollfd *list, size_t count, uintptr_t user_list,
                               uint64_t deadline_ns)
{
	size_t bytes = count * sizeof *list;
	if (count)
		TRY(user_copy_in(list, (struct user_in){user_list, bytes}));
	int64_t result = linux_poll_list(list, count, deadline_ns);
	if (result >= 0 && count)
		TRY(user_copy_out((struct user_out){user_list, bytes}, list));
	return result;
}

/* deadline_ns: 0: for ever. */
static int64_t linux_poll_until(uintptr_t user_list, uint64_t count, uint64_t deadline_ns)
{
	if (count > LINUX_POLL_MAX)
		return ERR_INVALID_ARGS;
	struct linux_pollfd few[POLL_FEW], *many = NULL;
	size_t bytes = count * sizeof *many;
	if (count > POLL_FEW && !(many = heap_alloc(bytes)))
		return ERR_NO_MEMORY;
	int64_t result = linux_poll_user(many ? many : few, count, user_list, deadline_ns);
	heap_free(many, bytes);
	return result;
}

static uint64_t linux_deadline_ms(int32_t timeout_ms)
{
	enum { NS_PER_MS = 1000000 };
	if (timeout_ms < 0)
		return 0;
	return timeout_ms ? clock_ns() + (uint64_t)timeout_ms * NS_PER_MS : LINUX_NO_WAIT;
}

int64_t linux_poll(uintptr_t list, uint64_t count, int32_t timeout_ms)
{
	return linux_poll_until(list, count, linux_deadline_ms(timeout_ms));
}

enum status linux_wait_with_mask(uintptr_t mask, uint64_t mask_bytes)
{
	uint64_t new_mask;
	if (!mask)
		return OK;
	if (mask_bytes != sizeof new_mask)
		return ERR_INVALID_ARGS;
	TRY(user_copy_in(&new_mask, (struct user_in){mask, sizeof new_mask}));
	signal_wait_with_mask(new_mask);
	return OK;
}

int64_t linux_ppoll(uintptr_t list, uint64_t count, uintptr_t timeout, uintptr_t mask,
                    uint64_t mask_bytes)
{
	uint64_t deadline = 0;
	if (timeout)
		TRY(linux_deadline(timeout, &deadline));
	TRY(linux_wait_with_mask(mask, mask_bytes));
	int64_t result = linux_poll_until(list, count, deadline);
	if (result != ERR_INTERRUPTED)
		task_end_work();
	return result;
}

/* ---- epoll ---- */

struct [[gnu::packed]] linux_epoll_event {
	uint32_t events;
	uint64_t data;
};

_Static_assert(sizeof(struct linux_epoll_event) == 12);

int64_t linux_epoll_create1(uint32_t flags)
{
	struct file *file;
	if (flags & ~(uint32_t)FILE_CLOSE_ON_EXEC)
		return ERR_INVALID_ARGS;
	TRY(epoll_create(0, &file));
	return linux_install(file, flags);
}

int64_t linux_epoll_create(int32_t size)
{
	return size <= 0 ? ERR_INVALID_ARGS : linux_epoll_create1(0);
}

int64_t linux_epoll_ctl(int32_t set, uint32_t change, int32_t descriptor, uintptr_t event)
{
	struct linux_epoll_event in = {};
	struct file *set_file, *file;
	if (change != EPOLL_REMOVE)
		TRY(user_copy_in(&in, (struct user_in){event, sizeof in}));
	TRY(linux_file_get(set, &set_file));
	enum status status = linux_file_get(descriptor, &file);
	if (status == OK) {
		const struct epoll_event wanted = {in.events, in.data};
		status = epoll_change(set_file, (enum epoll_change)change, file, descriptor,
		                      &wanted);
		file_unref(file);
	}
	file_unref(set_file);
	return status;
}

static int64_t linux_epoll_wait_until(int32_t set, uintptr_t out_events, int32_t capacity,
                                      uint64_t deadline_ns)
{
	enum { EPOLL_BATCH = 16 };
	struct epoll_event events[EPOLL_BATCH];
	struct file *file;
	size_t count = 0;
	if (capacity <= 0)
		return ERR_INVALID_ARGS;
	TRY(linux_file_get(set, &file));
	task_current()->call_restarts = false;
	enum status status =
	        epoll_wait(file, events, capacity < EPOLL_BATCH ? (size_t)capacity : EPOLL_BATCH,
	                   deadline_ns, &count);
	file_unref(file);
	TRY(status);
	for (size_t i = 0; i < count; i++) {
		const struct linux_epoll_event out = {events[i].events, events[i].data};
		TRY(user_copy_out((struct user_out){out_events + i * sizeof out, sizeof out},
		                  &out));
	}
	return (int64_t)count;
}

int64_t linux_epoll_wait(int32_t set, uintptr_t out_events, int32_t capacity, int32_t timeout_ms)
{
	return linux_epoll_wait_until(set, out_events, capacity, linux_deadline_ms(timeout_ms));
}

int64_t linux_epoll_pwait(int32_t set, uintptr_t out_events, int32_t capacity, int32_t timeout_ms,
                          uintptr_t mask, uint64_t mask_bytes)
{
	TRY(linux_wait_with_mask(mask, mask_bytes));
	int64_t result = linux_epoll_wait(set, out_events, capacity, timeout_ms);
	if (result != ERR_INTERRUPTED)
		task_end_work();
	return result;
}
