/*
 * Watches on files and directories, as inotify(7) has them. Included by io/api.h.
 *
 * A watch knows its file by the node, and keeps nobody from removing it. Of a watched directory the
 * names are known, so that what is done with a file that was opened before is told with its name.
 * Groups, watches, names and events are guarded by one lock; where nothing is watched, nobody comes
 * by it (file_is_watched).
 */
#pragma once

#include "ps/api.h"
#include <abi/vfs.h>

/* Linux include/uapi/linux/inotify.h */
enum watch_mask {
	WATCH_ACCESS = 0x1,
	WATCH_MODIFY = 0x2,
	WATCH_ATTRIBUTES = 0x4,
	WATCH_CLOSE_WRITE = 0x8,
	WATCH_CLOSE_OTHER = 0x10,
	WATCH_OPEN = 0x20,
	WATCH_MOVED_FROM = 0x40,
	WATCH_MOVED_TO = 0x80,
	WATCH_CREATE = 0x100,
	WATCH_DELETE = 0x200,
	WATCH_DELETE_SELF = 0x400,
	WATCH_MOVE_SELF = 0x800,
	WATCH_EVENTS = 0xfff,
	WATCH_UNMOUNT = 0x2000,
	WATCH_OVERFLOW = 0x4000,
	WATCH_IGNORED = 0x8000,
	WATCH_ONLY_DIRECTORY = 0x1000000,
	WATCH_NO_FOLLOW = 0x2000000,
	WATCH_NOT_UNLINKED = 0x4000000,
	WATCH_MASK_CREATE = 0x10000000,
	WATCH_MASK_ADD = 0x20000000,
	WATCH_IS_DIRECTORY = 0x40000000,
};
#define WATCH_ONCE 0x80000000U

/* flags: FILE_NONBLOCK. ERR_TOO_MANY_HANDLES: the user has VFS_WATCH_GROUPS_MAX. */
enum status watch_group_create(uint32_t flags, struct file **out_file);
/* ERR_INVALID_ARGS: the file is no group. */
enum status watch_group_check(const struct file *file);
/*
 * Watches what a call to openat has found. ERR_EXISTS: with WATCH_MASK_CREATE; ERR_NO_SPACE: the
 * user has VFS_WATCHES_MAX; ERR_NO_MEMORY.
 */
enum status watch_add(struct file *group, const struct vfs_facts *facts, uint32_t mask,
                      int32_t *out_number);
/* ERR_INVALID_ARGS: there is no such watch. */
enum status watch_remove(struct file *group, int32_t number);

/* ---- what happens; nothing where nothing is watched ---- */

/* To an open file, and to what it is called in its directory. */
void watch_file(const struct file *file, uint32_t event);
/* To what vfsd answered about. */
void watch_facts(const struct vfs_facts *facts, uint32_t event);
/* A call to vfsd has changed names: the change and its names are what it answered. */
void watch_change(uint32_t operation, const struct vfs_change *change, const struct str names[2],
                  bool exchange);
/* The last user of a file without names is gone. */
void watch_file_gone(const struct vfs_node *node);
