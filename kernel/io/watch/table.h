/* What is watched: files by their nodes, and the names in watched directories. Inside
 * kernel/io/watch only; all of it with watch_lock held. */
#pragma once

#include "io/watch/watch.h"

struct watch_group {
	struct file file;
	struct readiness readiness; /* READY_IN: there are events */
	uint32_t uid; /* whose it is */
	struct list link; /* among all groups */
	struct list watches; /* struct watch by group_link */
	size_t watch_count;
	int32_t last_number;
	struct list events; /* struct watch_event, oldest first */
	size_t event_count;
	size_t event_bytes; /* as a reader gets them */
};

struct watch_entry {
	struct list link; /* in place->watches */
	struct list group_link;
	struct watch_group *group;
	struct watched_place *place;
	int32_t number;
	uint32_t mask;
};

/* A file that somebody watches. */
struct watched_place {
	struct list link; /* in its bucket */
	struct vfs_node node;
	bool is_directory;
	struct list watches; /* struct watch_entry; never empty outside the lock */
	struct list names; /* struct watched_name by place_link */
	uint64_t changes; /* of its names, as they were told */
};

struct watched_name {
	struct list link; /* in its bucket, by the file it names */
	struct list place_link;
	struct watched_place *place;
	uint64_t inode; /* on the directory's volume */
	uint32_t generation; /* of the inode; 0: as it was listed, which does not say */
	bool is_unlinked; /* who has it open still goes by this name */
	uint16_t len;
	char text[];
};

/* What is told to a place. */
struct watch_news {
	uint32_t mask;
	uint32_t cookie;
	struct str name;
	bool is_unlinked;
};

extern struct spinlock watch_lock;

struct watched_place *watch_place_find(const struct vfs_node *node);
/* NULL: no memory. */
struct watched_place *watch_place_make(const struct vfs_facts *facts);
/* Drops places that nobody watches any more, with their names, and the lock. */
void watch_unlock(void);
/* A watch is about to be freed. */
void watch_entry_leave(struct watch_entry *entry);
/* To each watch that wants it. */
void watch_tell(struct watched_place *place, const struct watch_news *news);
/* Its watches end, after this event. */
void watch_place_end(struct watched_place *place, uint32_t event);
/* Of a file of the place's volume, whose generation may be 0. ERR_NO_MEMORY. */
enum status watch_name_add(struct watched_place *place, const struct vfs_node *file,
                           struct str name);
/* keep: it stays for who has the file open. */
void watch_name_remove(struct watched_place *place, uint64_t inode, struct str name, bool keep);
/* To the directories that have a name for the file. */
void watch_tell_names(const struct vfs_node *node, uint32_t mask);
/* What was unlinked has no user any more. */
void watch_names_forget(const struct vfs_node *node);
void watch_volume_end(uint32_t volume);

/* What stands in a directory that is watched from now on; the lock is not held. ERR_NO_MEMORY. */
enum status watch_names_fill(const struct vfs_facts *facts);

/* ---- group.c ---- */

/* To the end of the queue; the same again is told once. */
void watch_group_push(struct watch_group *group, int32_t number, const struct watch_news *news);
/* Ends a watch, which is told. */
void watch_entry_end(struct watch_entry *entry);
