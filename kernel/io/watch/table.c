/* Which files are watched, and which names they have in watched directories. */
#include "io/watch/table.h"
#include "core/api.h"
#include "io/api.h"
#include <base/cleanup.h>
#include <string.h>

enum { WATCH_BUCKETS = 256 };

struct watch_table {
	struct list places[WATCH_BUCKETS]; /* struct watched_place */
	struct list names[WATCH_BUCKETS]; /* struct watched_name, by the file */
	bool is_ready;
	bool has_unwatched; /* places without watches, to be dropped before the lock is */
};

struct spinlock watch_lock = SPINLOCK_INIT(LOCK_WATCHES);
static struct watch_table watch_table; /* guarded by watch_lock */

static unsigned watch_bucket(uint32_t volume, uint64_t inode)
{
	uint64_t mixed = (inode ^ (uint64_t)volume << 40) * 0x9e3779b97f4a7c15;
	return (unsigned)(mixed >> 56);
}

static void watch_table_begin(void)
{
	for (size_t i = 0; i < WATCH_BUCKETS && !watch_table.is_ready; i++) {
		list_init(&watch_table.places[i]);
		list_init(&watch_table.names[i]);
	}
	watch_table.is_ready = true;
}

static bool watch_node_equal(const struct vfs_node *a, const struct vfs_node *b)
{
	return a->inode == b->inode && a->volume == b->volume && a->generation == b->generation;
}

struct watched_place *watch_place_find(const struct vfs_node *node)
{
	if (!watch_table.is_ready)
		return NULL;
	list_for_each(link, &watch_table.places[watch_bucket(node->volume, node->inode)]) {
		struct watched_place *place = container_of(link, struct watched_place, link);
		if (watch_node_equal(&place->node, node))
			return place;
	}
	return NULL;
}

struct watched_place *watch_place_make(const struct vfs_facts *facts)
{
	enum { WATCH_TYPE = 0170000, WATCH_TYPE_DIRECTORY = 0040000 };
	struct watched_place *place = HEAP_NEW(struct watched_place);
	if (!place)
		return NULL;
	watch_table_begin();
	watch_table.has_unwatched = true; /* until it has got a watch */
	place->node = facts->node;
	place->is_directory = (facts->mode & WATCH_TYPE) == WATCH_TYPE_DIRECTORY;
	list_init(&place->watches);
	list_init(&place->names);
	unsigned bucket = watch_bucket(facts->node.volume, facts->node.inode);
	list_push_back(&watch_table.places[bucket], &place->link);
	return place;
}

/* ---- names ---- */

static void watch_name_free(struct watched_name *name)
{
	list_remove(&name->link);
	list_remove(&name->place_link);
	heap_free(name, sizeof *name + name->len);
}

static void watch_place_drop(struct watched_place *place)
{
	list_for_each(link, &place->names)
		watch_name_free(container_of(link, struct watched_name, place_link));
	list_remove(&place->link);
	heap_free(place, sizeof *place);
}

static struct watched_name *watch_name_find(const struct watched_place *place, uint64_t inode,
                                            struct str text)
{
	list_for_each(link, &watch_table.names[watch_bucket(place->node.volume, inode)]) {
		struct watched_name *name = container_of(link, struct watched_name, link);
		if (name->place == place && name->inode == inode && !name->is_unlinked &&
		    str_equal((struct str){name->text, name->len}, text))
			return name;
	}
	return NULL;
}

/* A number is given anew as soon as its file has gone, before who took that away has heard of it.
 */
static bool watch_name_is_of(const struct watched_name *name, const struct vfs_node *file)
{
	return name->inode == file->inode && name->place->node.volume == file->volume &&
	       (!name->generation || name->generation == file->generation);
}

enum status watch_name_add(struct watched_place *place, const struct vfs_node *file,
                           struct str text)
{
	struct watched_name *name = watch_name_find(place, file->inode, text);
	if (name) {
		name->generation = file->generation;
		return OK;
	}
	name = heap_alloc(sizeof *name + text.len);
	if (!name)
		return ERR_NO_MEMORY;
	name->place = place;
	name->inode = file->inode;
	name->generation = file->generation;
	name->len = (uint16_t)text.len;
	memcpy(name->text, text.ptr, text.len);
	unsigned bucket = watch_bucket(place->node.volume, file->inode);
	list_push_back(&watch_table.names[bucket], &name->link);
	list_push_back(&place->names, &name->place_link);
	return OK;
}

void watch_name_remove(struct watched_place *place, uint64_t inode, struct str text, bool keep)
{
	struct watched_name *name = watch_name_find(place, inode, text);
	if (name && keep)
		name->is_unlinked = true;
	else if (name)
		watch_name_free(name);
}

void watch_names_forget(const struct vfs_node *node)
{
	if (!watch_table.is_ready)
		return;
	list_for_each(link, &watch_table.names[watch_bucket(node->volume, node->inode)]) {
		struct watched_name *name = container_of(link, struct watched_name, link);
		if (name->is_unlinked && watch_name_is_of(name, node))
			watch_name_free(name);
	}
}

void watch_entry_leave(struct watch_entry *entry)
{
	list_remove(&entry->link);
	watch_table.has_unwatched |= list_empty(&entry->place->watches);
}

void watch_unlock(void)
{
	for (size_t i = 0; i < WATCH_BUCKETS && watch_table.has_unwatched; i++) {
		list_for_each(link, &watch_table.places[i]) {
			struct watched_place *place =
			        container_of(link, struct watched_place, link);
			if (list_empty(&place->watches))
				watch_place_drop(place);
		}
	}
	watch_table.has_unwatched = false;
	spinlock_release(&watch_lock);
}

/* ---- telling ---- */

static bool watch_wants(const struct watch_entry *entry, const struct watch_news *news)
{
	return entry->mask & news->mask & WATCH_EVENTS &&
	       !(news->is_unlinked && entry->mask & WATCH_NOT_UNLINKED);
}

void watch_tell(struct watched_place *place, const struct watch_news *news)
{
	list_for_each(link, &place->watches) {
		struct watch_entry *entry = container_of(link, struct watch_entry, link);
		if (!watch_wants(entry, news))
			continue;
		watch_group_push(entry->group, entry->number, news);
		if (entry->mask & WATCH_ONCE)
			watch_entry_end(entry);
	}
}

void watch_place_end(struct watched_place *place, uint32_t event)
{
	bool says_directory = event == WATCH_UNMOUNT && place->is_directory;
	const struct watch_news news = {.mask = event | (says_directory ? WATCH_IS_DIRECTORY : 0)};
	list_for_each(link, &place->watches) {
		struct watch_entry *entry = container_of(link, struct watch_entry, link);
		if (entry->mask & event || event == WATCH_UNMOUNT)
			watch_group_push(entry->group, entry->number, &news);
		watch_entry_end(entry);
	}
}

void watch_tell_names(const struct vfs_node *node, uint32_t mask)
{
	if (!watch_table.is_ready)
		return;
	list_for_each(link, &watch_table.names[watch_bucket(node->volume, node->inode)]) {
		struct watched_name *name = container_of(link, struct watched_name, link);
		if (!watch_name_is_of(name, node))
			continue;
		const struct watch_news news = {.mask = mask,
		                                .name = {name->text, name->len},
		                                .is_unlinked = name->is_unlinked};
		watch_tell(name->place, &news);
	}
}

void watch_volume_end(uint32_t volume)
{
	for (size_t i = 0; i < WATCH_BUCKETS && watch_table.is_ready; i++) {
		list_for_each(link, &watch_table.places[i]) {
			struct watched_place *place =
			        container_of(link, struct watched_place, link);
			if (place->node.volume == volume)
				watch_place_end(place, WATCH_UNMOUNT);
		}
	}
}
