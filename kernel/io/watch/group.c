/* inotify's file: a queue of events, and the watches that fill it. */
#include "core/api.h"
#include "io/api.h"
#include "io/watch/table.h"
#include <base/cleanup.h>
#include <string.h>

enum {
	WATCH_NAME_ALIGN = 16, /* a name takes whole heads of records */
	WATCH_BYTES_MAX = 1024 * 1024, /* of the events of a group */
};

/* Linux include/uapi/linux/inotify.h: struct inotify_event, without the name. */
struct watch_record {
	int32_t number;
	uint32_t mask;
	uint32_t cookie;
	uint32_t len;
};

struct watch_event {
	struct list link;
	struct watch_record record; /* len: with the zeros behind the name */
	uint16_t name_len;
	char name[];
};

static struct list watch_groups = LIST_INIT(watch_groups); /* guarded by watch_lock */

static struct watch_group *watch_group_of(struct file *file)
{
	return container_of(file, struct watch_group, file);
}

static size_t watch_event_bytes(const struct watch_event *event)
{
	return sizeof event->record + event->record.len;
}

static void watch_event_free(struct watch_event *event)
{
	heap_free(event, sizeof *event + event->name_len);
}

/* ---- the queue; watch_lock is held ---- */

static struct watch_event *watch_event_make(int32_t number, const struct watch_news *news)
{
	struct watch_event *event = heap_alloc(sizeof *event + news->name.len);
	if (!event)
		return NULL;
	size_t room = news->name.len ? (news->name.len + WATCH_NAME_ALIGN) &
	                                       ~(size_t)(WATCH_NAME_ALIGN - 1)
	                             : 0;
	event->record = (struct watch_record){number, news->mask, news->cookie, (uint32_t)room};
	event->name_len = (uint16_t)news->name.len;
	if (news->name.len)
		memcpy(event->name, news->name.ptr, news->name.len);
	return event;
}

static struct watch_event *watch_group_last(const struct watch_group *group)
{
	return list_empty(&group->events)
	               ? NULL
	               : container_of(group->events.prev, struct watch_event, link);
}

static bool watch_event_is(const struct watch_event *event, int32_t number,
                           const struct watch_news *news)
{
	return event && event->record.number == number && event->record.mask == news->mask &&
	       news->mask != WATCH_IGNORED && event->name_len == news->name.len &&
	       (!news->name.len || memcmp(event->name, news->name.ptr, news->name.len) == 0);
}

static void watch_group_append(struct watch_group *group, struct watch_event *event)
{
	list_push_back(&group->events, &event->link);
	group->event_count++;
	group->event_bytes += watch_event_bytes(event);
	readiness_set(&group->readiness, READY_IN, READY_IN);
}

/* No more is known, which is told once. */
static void watch_group_overflow(struct watch_group *group)
{
	const struct watch_news news = {.mask = WATCH_OVERFLOW};
	struct watch_event *event;
	if (!watch_event_is(watch_group_last(group), -1, &news) &&
	    (event = watch_event_make(-1, &news)))
		watch_group_append(group, event);
}

void watch_group_push(struct watch_group *group, int32_t number, const struct watch_news *news)
{
	if (watch_event_is(watch_group_last(group), number, news))
		return;
	struct watch_event *event = NULL;
	if (group->event_count < VFS_WATCH_EVENTS_MAX && group->event_bytes < WATCH_BYTES_MAX)
		event = watch_event_make(number, news);
	if (event)
		watch_group_append(group, event);
	else
		watch_group_overflow(group);
}

static struct watch_event *watch_group_pop(struct watch_group *group)
{
	struct watch_event *event = container_of(group->events.next, struct watch_event, link);
	list_remove(&event->link);
	group->event_count--;
	group->event_bytes -= watch_event_bytes(event);
	if (list_empty(&group->events))
		readiness_set(&group->readiness, 0, 0);
	return event;
}

/* ---- reading ---- */

/* The oldest one. ERR_TRY_AGAIN: none; ERR_INVALID_ARGS: it is larger. */
static enum status watch_group_take(struct watch_group *group, size_t room,
                                    struct watch_event **out_event)
{
	enum status status = OK;
	spinlock_acquire(&watch_lock);
	if (list_empty(&group->events))
		status = ERR_TRY_AGAIN;
	else if (watch_event_bytes(container_of(group->events.next, struct watch_event, link)) >
	         room)
		status = ERR_INVALID_ARGS;
	else
		*out_event = watch_group_pop(group);
	watch_unlock();
	return status;
}

static enum status watch_event_copy(const struct watch_event *event, struct transfer *to)
{
	static const char zeros[WATCH_NAME_ALIGN];
	TRY(transfer_to_user(to, &event->record, sizeof event->record));
	if (!event->name_len)
		return OK;
	TRY(transfer_to_user(to, event->name, event->name_len));
	return transfer_to_user(to, zeros, event->record.len - event->name_len);
}

static enum status watch_group_read(struct file *file, struct transfer *to, size_t *out_count)
{
	struct watch_group *group = watch_group_of(file);
	size_t count = 0;
	for (;;) {
		struct watch_event *event;
		enum status status = watch_group_take(group, to->left, &event);
		if (status != OK) {
			*out_count = count;
			return count ? OK : status;
		}
		count += watch_event_bytes(event);
		status = watch_event_copy(event, to);
		watch_event_free(event);
		if (status != OK)
			return status;
	}
}

static enum status watch_group_control(struct file *file, uint32_t request, uintptr_t argument,
                                       int64_t *out_value)
{
	enum { CONTROL_BYTES_READY = 0x541b };
	if (request != CONTROL_BYTES_READY)
		return ERR_NOT_TERMINAL;
	spinlock_acquire(&watch_lock);
	int32_t bytes = (int32_t)watch_group_of(file)->event_bytes;
	watch_unlock();
	*out_value = 0;
	return user_copy_out((struct user_out){argument, sizeof bytes}, &bytes);
}

/* ---- watches ---- */

static void watch_entry_free(struct watch_entry *entry)
{
	watch_entry_leave(entry);
	list_remove(&entry->group_link);
	entry->group->watch_count--;
	heap_free(entry, sizeof *entry);
}

void watch_entry_end(struct watch_entry *entry)
{
	const struct watch_news ignored = {.mask = WATCH_IGNORED};
	watch_group_push(entry->group, entry->number, &ignored);
	watch_entry_free(entry);
}

static struct watch_entry *watch_group_find(const struct watch_group *group,
                                            const struct watched_place *place)
{
	list_for_each(link, &place->watches) {
		struct watch_entry *entry = container_of(link, struct watch_entry, link);
		if (entry->group == group)
			return entry;
	}
	return NULL;
}

static size_t watch_user_count(uint32_t uid, bool of_groups)
{
	size_t count = 0;
	list_for_each(link, &watch_groups) {
		const struct watch_group *group = container_of(link, struct watch_group, link);
		if (group->uid == uid)
			count += of_groups ? 1 : group->watch_count;
	}
	return count;
}

static enum status watch_enter(struct watch_group *group, struct watched_place *place,
                               uint32_t mask, int32_t *out_number)
{
	struct watch_entry *entry = HEAP_NEW(struct watch_entry);
	if (!entry)
		return ERR_NO_MEMORY;
	*entry = (struct watch_entry){
	        .group = group, .place = place, .number = ++group->last_number, .mask = mask};
	list_push_back(&place->watches, &entry->link);
	list_push_back(&group->watches, &entry->group_link);
	group->watch_count++;
	*out_number = entry->number;
	return OK;
}

/* out_is_new: the place is watched for the first time. */
static enum status watch_add_locked(struct watch_group *group, const struct vfs_facts *facts,
                                    uint32_t mask, int32_t *out_number, bool *out_is_new)
{
	const uint32_t kept = WATCH_EVENTS | WATCH_NOT_UNLINKED | WATCH_ONCE;
	struct watched_place *place = watch_place_find(&facts->node);
	struct watch_entry *entry = place ? watch_group_find(group, place) : NULL;
	*out_is_new = !place;
	if (entry) {
		if (mask & WATCH_MASK_CREATE)
			return ERR_EXISTS;
		entry->mask = (mask & kept) | (mask & WATCH_MASK_ADD ? entry->mask : 0);
		*out_number = entry->number;
		return OK;
	}
	if (watch_user_count(group->uid, false) >= VFS_WATCHES_MAX)
		return ERR_NO_SPACE;
	if (!place)
		place = watch_place_make(facts);
	if (!place)
		return ERR_NO_MEMORY;
	return watch_enter(group, place, mask & kept, out_number);
}

enum status watch_add(struct file *file, const struct vfs_facts *facts, uint32_t mask,
                      int32_t *out_number)
{
	bool is_new;
	spinlock_acquire(&watch_lock);
	enum status status =
	        watch_add_locked(watch_group_of(file), facts, mask, out_number, &is_new);
	if (status == OK)
		file_set_watched(true);
	watch_unlock();
	if (status == OK && is_new)
		status = watch_names_fill(facts);
	if (status != OK && status != ERR_EXISTS && is_new)
		(void)!watch_remove(file, *out_number);
	return status;
}

enum status watch_remove(struct file *file, int32_t number)
{
	struct watch_group *group = watch_group_of(file);
	enum status status = ERR_INVALID_ARGS;
	spinlock_acquire(&watch_lock);
	list_for_each(link, &group->watches) {
		struct watch_entry *entry = container_of(link, struct watch_entry, group_link);
		if (entry->number != number)
			continue;
		watch_entry_end(entry);
		status = OK;
		break;
	}
	watch_unlock();
	return status;
}

/* ---- the file ---- */

static void watch_group_describe(struct file *, struct file_facts *out_facts)
{
	enum { WATCH_GROUP_MODE = 0600 };
	*out_facts = (struct file_facts){.mode = WATCH_GROUP_MODE, .block_bytes = PAGE_SIZE};
}

static void watch_group_release(struct file *file)
{
	struct watch_group *group = watch_group_of(file);
	spinlock_acquire(&watch_lock);
	list_for_each(link, &group->watches)
		watch_entry_free(container_of(link, struct watch_entry, group_link));
	while (!list_empty(&group->events))
		watch_event_free(watch_group_pop(group));
	list_remove(&group->link);
	if (list_empty(&watch_groups))
		file_set_watched(false);
	watch_unlock();
	heap_free(group, sizeof *group);
}

static const struct file_ops watch_group_ops = {
        .name = "inotify",
        .read = watch_group_read,
        .control = watch_group_control,
        .describe = watch_group_describe,
        .release = watch_group_release,
};

enum status watch_group_check(const struct file *file)
{
	return file->ops == &watch_group_ops ? OK : ERR_INVALID_ARGS;
}

enum status watch_group_create(uint32_t flags, struct file **out_file)
{
	struct watch_group *group = HEAP_NEW(struct watch_group);
	if (!group)
		return ERR_NO_MEMORY;
	list_init(&group->watches);
	list_init(&group->events);
	readiness_init(&group->readiness, 0);
	file_init(&group->file, &watch_group_ops, &group->readiness, flags | FILE_READ_ONLY);
	group->uid = process_credentials()->uid;
	spinlock_acquire(&watch_lock);
	bool is_one_too_many = watch_user_count(group->uid, true) >= VFS_WATCH_GROUPS_MAX;
	if (!is_one_too_many)
		list_push_back(&watch_groups, &group->link);
	watch_unlock();
	if (is_one_too_many) {
		heap_free(group, sizeof *group);
		return ERR_TOO_MANY_HANDLES;
	}
	*out_file = &group->file;
	return OK;
}
