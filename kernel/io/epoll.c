/*
 * Each entry watches its file's readiness; one that is told goes into the set's ready list. An
 * entry does not keep its file open: it goes with it.
 */
#include "io/epoll.h"
#include "core/api.h"
#include "io/api.h"
#include <base/cleanup.h>

struct epoll_set {
	struct file file;
	struct readiness readiness;
	struct list entries; /* struct epoll_entry; guarded by epoll_links */
	struct spinlock lock;
	/* guarded by lock */
	struct list ready; /* struct epoll_entry by ready_link */
};

struct epoll_entry {
	struct file_observer observer; /* in file->observers; guarded by epoll_links */
	struct list link; /* in set->entries; the same */
	struct epoll_set *set;
	struct file *file; /* no reference */
	int32_t descriptor;
	struct watch watch;
	/* guarded by set->lock */
	struct list ready_link;
	struct epoll_event event;
	bool disabled; /* one shot, and it has been told */
};

/* Which entries belong to which set and file. Taken before the locks of sets and readiness. */
static struct spinlock epoll_links = SPINLOCK_INIT(LOCK_EPOLL_LINKS);

static struct epoll_set *epoll_set_of(struct file *file)
{
	return container_of(file, struct epoll_set, file);
}

/* Always told, asked for or not. */
static uint32_t epoll_interest(const struct epoll_event *event)
{
	return event->events | READY_ERROR | READY_HANGUP;
}

/* The set is locked. */
static void epoll_tell(struct epoll_set *set, bool ready)
{
	readiness_set(&set->readiness, ready ? READY_IN : 0, ready ? READY_IN : 0);
}

static void epoll_push(struct epoll_entry *entry)
{
	struct epoll_set *set = entry->set;
	spinlock_acquire(&set->lock);
	if (!entry->disabled) {
		if (list_empty(&entry->ready_link))
			list_push_back(&set->ready, &entry->ready_link);
		epoll_tell(set, true);
	}
	spinlock_release(&set->lock);
}

static void epoll_notify(struct watch *watch, uint32_t)
{
	epoll_push(container_of(watch, struct epoll_entry, watch));
}

/* The links are locked. */
static void epoll_entry_remove(struct epoll_entry *entry)
{
	readiness_unwatch(entry->file->readiness, &entry->watch);
	list_remove(&entry->link);
	list_remove(&entry->observer.link);
	spinlock_acquire(&entry->set->lock);
	list_remove(&entry->ready_link);
	spinlock_release(&entry->set->lock);
	heap_free(entry, sizeof *entry);
}

static void epoll_file_gone(struct file_observer *observer, struct file *file)
{
	spinlock_acquire(&epoll_links);
	/* the set may have let go of it meanwhile */
	list_for_each(link, &file->observers) {
		if (link != &observer->link)
			continue;
		epoll_entry_remove(container_of(observer, struct epoll_entry, observer));
		break;
	}
	spinlock_release(&epoll_links);
}

static void epoll_release(struct file *file)
{
	struct epoll_set *set = epoll_set_of(file);
	spinlock_acquire(&epoll_links);
	while (!list_empty(&set->entries))
		epoll_entry_remove(container_of(set->entries.next, struct epoll_entry, link));
	spinlock_release(&epoll_links);
	heap_free(set, sizeof *set);
}

static void epoll_describe(struct file *, struct file_facts *out_facts)
{
	enum { EPOLL_MODE = 0600 };
	*out_facts = (struct file_facts){.mode = EPOLL_MODE, .block_bytes = PAGE_SIZE};
}

static const struct file_ops epoll_ops = {
        .name = "epoll",
        .describe = epoll_describe,
        .release = epoll_release,
};

enum status epoll_create(uint32_t flags, struct file **out_file)
{
	struct epoll_set *set = HEAP_NEW(struct epoll_set);
	if (!set)
		return ERR_NO_MEMORY;
	list_init(&set->entries);
	list_init(&set->ready);
	readiness_init(&set->readiness, 0);
	spinlock_set_rank(&set->readiness.lock, LOCK_EPOLL_READINESS);
	spinlock_set_rank(&set->lock, LOCK_EPOLL_SET);
	file_init(&set->file, &epoll_ops, &set->readiness, flags | FILE_READ_WRITE);
	*out_file = &set->file;
	return OK;
}

static struct epoll_entry *epoll_find(const struct epoll_set *set, const struct file *file,
                                      int32_t descriptor)
{
	list_for_each(link, &set->entries) {
		struct epoll_entry *entry = container_of(link, struct epoll_entry, link);
		if (entry->file == file && entry->descriptor == descriptor)
			return entry;
	}
	return NULL;
}

/* What is ready already is told, too. */
static void epoll_watch(struct epoll_entry *entry)
{
	uint32_t interest = epoll_interest(&entry->event);
	entry->watch.events = interest;
	if (readiness_watch(entry->file->readiness, &entry->watch) & interest)
		epoll_push(entry);
}

static enum status epoll_add(struct epoll_set *set, struct file *file, int32_t descriptor,
                             const struct epoll_event *event)
{
	if (epoll_find(set, file, descriptor))
		return ERR_EXISTS;
	struct epoll_entry *entry = HEAP_NEW(struct epoll_entry);
	if (!entry)
		return ERR_NO_MEMORY;
	*entry = (struct epoll_entry){
	        .observer.gone = epoll_file_gone,
	        .set = set,
	        .file = file,
	        .descriptor = descriptor,
	        .watch.notify = epoll_notify,
	        .event = *event,
	};
	list_init(&entry->ready_link);
	list_init(&entry->watch.link);
	list_push_back(&set->entries, &entry->link);
	list_push_back(&file->observers, &entry->observer.link);
	epoll_watch(entry);
	return OK;
}

static enum status epoll_modify(struct epoll_entry *entry, const struct epoll_event *event)
{
	readiness_unwatch(entry->file->readiness, &entry->watch);
	spinlock_acquire(&entry->set->lock);
	entry->event = *event;
	entry->disabled = false;
	list_remove(&entry->ready_link);
	spinlock_release(&entry->set->lock);
	epoll_watch(entry);
	return OK;
}

enum status epoll_change(struct file *set_file, enum epoll_change change, struct file *file,
                         int32_t descriptor, const struct epoll_event *event)
{
	struct epoll_set *set = epoll_set_of(set_file);
	enum status status = ERR_INVALID_ARGS;
	if (set_file->ops != &epoll_ops || file->ops == &epoll_ops)
		return ERR_INVALID_ARGS;
	if (!file->readiness)
		return ERR_NOT_PERMITTED;
	spinlock_acquire(&epoll_links);
	struct epoll_entry *entry = epoll_find(set, file, descriptor);
	if (change == EPOLL_ADD) {
		status = epoll_add(set, file, descriptor, event);
	} else if (!entry) {
		status = ERR_NOT_FOUND;
	} else if (change == EPOLL_MODIFY) {
		status = epoll_modify(entry, event);
	} else if (change == EPOLL_REMOVE) {
		epoll_entry_remove(entry);
		status = OK;
	}
	spinlock_release(&epoll_links);
	return status;
}

/* Goes once through those that were ready at the start. */
static size_t epoll_take(struct epoll_set *set, struct epoll_event *out_events, size_t capacity)
{
	size_t count = 0;
	struct list again;
	list_init(&again);
	spinlock_acquire(&set->lock);
	while (count < capacity && !list_empty(&set->ready)) {
		struct list *link = list_pop_front(&set->ready);
		struct epoll_entry *entry = container_of(link, struct epoll_entry, ready_link);
		list_init(link);
		uint32_t word =
		        readiness_word(entry->file->readiness) & epoll_interest(&entry->event);
		if (!word || entry->disabled)
			continue;
		out_events[count++] = (struct epoll_event){word, entry->event.data};
		if (entry->event.events & EPOLL_ONE_SHOT)
			entry->disabled = true;
		else if (!(entry->event.events & (uint32_t)EPOLL_EDGE))
			list_push_back(&again, link);
	}
	struct list *link;
	while ((link = list_pop_front(&again)))
		list_push_back(&set->ready, link);
	if (list_empty(&set->ready))
		epoll_tell(set, false);
	spinlock_release(&set->lock);
	return count;
}

enum status epoll_wait(struct file *file, struct epoll_event *out_events, size_t capacity,
                       uint64_t deadline_ns, size_t *out_count)
{
	struct epoll_set *set = epoll_set_of(file);
	if (file->ops != &epoll_ops)
		return ERR_INVALID_ARGS;
	for (;;) {
		*out_count = epoll_take(set, out_events, capacity);
		if (*out_count)
			return OK;
		enum status status = task_wait(&set->readiness, READY_IN, deadline_ns);
		if (status != OK)
			return status == ERR_TIMED_OUT ? OK : status;
	}
}
