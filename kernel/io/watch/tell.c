/* From what happens to files and their names to the events that Linux tells of it, in its order. */
#include "core/api.h"
#include "io/api.h"
#include "io/vfs/vnode/vnode.h"
#include "io/watch/table.h"
#include <base/cleanup.h>
#include <string.h>

enum { TELL_TYPE = 0170000, TELL_TYPE_DIRECTORY = 0040000 };

static uint32_t tell_bits(uint32_t mode)
{
	return (mode & TELL_TYPE) == TELL_TYPE_DIRECTORY ? WATCH_IS_DIRECTORY : 0;
}

/* To the file itself. The lock is held. */
static void tell_self(const struct vfs_node *node, uint32_t mask)
{
	struct watched_place *place = watch_place_find(node);
	const struct watch_news news = {.mask = mask};
	if (place)
		watch_tell(place, &news);
}

static void tell_node(const struct vfs_node *node, uint32_t mode, uint32_t event)
{
	if (!node->volume)
		return;
	spinlock_acquire(&watch_lock);
	watch_tell_names(node, event | tell_bits(mode));
	tell_self(node, event | tell_bits(mode));
	watch_unlock();
}

void watch_file(const struct file *file, uint32_t event)
{
	if (file_is_watched() && file->vnode)
		tell_node(&file->vnode->node, __atomic_load_n(&file->vnode->mode, __ATOMIC_RELAXED),
		          event);
}

void watch_facts(const struct vfs_facts *facts, uint32_t event)
{
	if (event)
		tell_node(&facts->node, facts->mode, event);
}

/* ---- names ---- */

static void tell_gone(const struct vfs_node *node)
{
	struct watched_place *place = watch_place_find(node);
	watch_names_forget(node);
	if (place)
		watch_place_end(place, WATCH_DELETE_SELF);
}

void watch_file_gone(const struct vfs_node *node)
{
	spinlock_acquire(&watch_lock);
	tell_gone(node);
	watch_unlock();
}

/* A name in a directory, as it is told there; NULL: nobody watches it. */
static struct watched_place *tell_directory(const struct vfs_node *directory, uint32_t cookie,
                                            uint32_t mask, struct str name)
{
	struct watched_place *place = watch_place_find(directory);
	const struct watch_news news = {.mask = mask, .cookie = cookie, .name = name};
	if (!place)
		return NULL;
	place->changes++;
	watch_tell(place, &news);
	return place;
}

static void tell_named(const struct vfs_node *directory, const struct vfs_node *file,
                       struct str name)
{
	struct watched_place *place = watch_place_find(directory);
	/* what there is no memory for is told without the directory */
	if (place)
		(void)!watch_name_add(place, file, name);
}

static void tell_created(uint32_t operation, const struct vfs_change *change, struct str name)
{
	if (operation == VFS_LINK)
		tell_self(&change->file, WATCH_ATTRIBUTES);
	tell_named(&change->directory, &change->file, name);
	tell_directory(&change->directory, 0, WATCH_CREATE | tell_bits(change->mode), name);
}

/* A file has lost a name. is_used: somebody has it open. */
static void tell_unlinked(const struct vfs_change *change, struct str name, bool is_used)
{
	struct watched_place *place = watch_place_find(&change->directory);
	bool is_last = !change->links;
	if (!tell_bits(change->mode))
		tell_self(&change->file, WATCH_ATTRIBUTES);
	if (place)
		watch_name_remove(place, change->file.inode, name, is_last && is_used);
	if (is_last && !is_used)
		tell_gone(&change->file);
	tell_directory(&change->directory, 0, WATCH_DELETE | tell_bits(change->mode), name);
}

static uint32_t tell_cookie(void)
{
	static uint32_t latest; /* guarded by watch_lock */
	return ++latest ? latest : ++latest;
}

/* One of two names has moved. */
static void tell_move(const struct vfs_node nodes[2], const struct vfs_node *file, uint32_t bits,
                      const struct str names[2])
{
	uint32_t cookie = tell_cookie();
	struct watched_place *from = watch_place_find(&nodes[0]);
	if (from)
		watch_name_remove(from, file->inode, names[0], false);
	tell_named(&nodes[1], file, names[1]);
	tell_directory(&nodes[0], cookie, WATCH_MOVED_FROM | bits, names[0]);
	tell_directory(&nodes[1], cookie, WATCH_MOVED_TO | bits, names[1]);
}

static void tell_renamed(const struct vfs_change *change, const struct str names[2], bool exchange,
                         bool is_used)
{
	const struct vfs_node forth[2] = {change->directory, change->other};
	const struct vfs_node back[2] = {change->other, change->directory};
	const struct str back_names[2] = {names[1], names[0]};
	struct watched_place *to = watch_place_find(&change->other);
	bool replaces = change->replaced.volume && !exchange;
	bool is_last = replaces && !change->links;
	if (replaces && to)
		watch_name_remove(to, change->replaced.inode, names[1], is_last && is_used);
	tell_move(forth, &change->file, tell_bits(change->mode), names);
	if (replaces && !tell_bits(change->replaced_mode))
		tell_self(&change->replaced, WATCH_ATTRIBUTES);
	tell_self(&change->file, WATCH_MOVE_SELF);
	if (exchange) {
		tell_move(back, &change->replaced, tell_bits(change->replaced_mode), back_names);
		tell_self(&change->replaced, WATCH_MOVE_SELF);
	}
	if (is_last && !is_used)
		tell_gone(&change->replaced);
}

/* Whoever has a file without names open tells when he is done with it. */
static bool tell_is_used(uint32_t operation, const struct vfs_change *change)
{
	if (change->links)
		return false;
	if (operation == VFS_UNLINKAT)
		return vnode_tell_end(&change->file);
	return operation == VFS_RENAME && change->replaced.volume &&
	       vnode_tell_end(&change->replaced);
}

void watch_change(uint32_t operation, const struct vfs_change *change, const struct str names[2],
                  bool exchange)
{
	bool is_used = !exchange && tell_is_used(operation, change);
	spinlock_acquire(&watch_lock);
	if (operation == VFS_UNLINKAT)
		tell_unlinked(change, names[0], is_used);
	else if (operation == VFS_RENAME)
		tell_renamed(change, names, exchange, is_used);
	else if (operation == VFS_UMOUNT2)
		watch_volume_end(change->directory.volume);
	else
		tell_created(operation, change, names[0]);
	watch_unlock();
}

/* ---- what is in a directory that is watched from now on ---- */

/* Linux include/linux/dirent.h: linux_dirent64. */
enum { FILL_BYTES = 8192, FILL_LENGTH = 16, FILL_NAME = 19, FILL_TRIES = 16 };

static enum status fill_add(struct watched_place *place, const char *bytes, size_t len)
{
	for (size_t at = 0; len - at > FILL_NAME;) {
		uint64_t inode;
		uint16_t size;
		memcpy(&inode, bytes + at, sizeof inode);
		memcpy(&size, bytes + at + FILL_LENGTH, sizeof size);
		if (size <= FILL_NAME || size > len - at)
			return ERR_IO; /* vfsd is believed only as far as it makes sense */
		const char *text = bytes + at + FILL_NAME;
		const char *end = memchr(text, 0, size - FILL_NAME);
		const struct str name = {text, end ? (size_t)(end - text) : 0};
		const struct vfs_node file = {.volume = place->node.volume, .inode = inode};
		if (!str_equal(name, STR(".")) && !str_equal(name, STR("..")))
			TRY(watch_name_add(place, &file, name));
		at += size;
	}
	return OK;
}

/* Takes what was listed, unless names changed since. ERR_TRY_AGAIN. */
static enum status fill_take(const struct vfs_node *node, uint64_t changes,
                             const struct vfs_call *call, bool is_last_try)
{
	enum status status = OK;
	spinlock_acquire(&watch_lock);
	struct watched_place *place = watch_place_find(node);
	if (place && place->changes != changes && !is_last_try)
		status = ERR_TRY_AGAIN;
	else if (place)
		status = fill_add(place, call->bytes, call->len);
	watch_unlock();
	return status;
}

static uint64_t fill_changes(const struct vfs_node *node)
{
	spinlock_acquire(&watch_lock);
	const struct watched_place *place = watch_place_find(node);
	uint64_t changes = place ? place->changes : 0;
	watch_unlock();
	return changes;
}

static enum status fill_part(const struct vfs_facts *facts, struct vfs_call *call)
{
	enum status status = ERR_TRY_AGAIN;
	for (unsigned tries = 1; status == ERR_TRY_AGAIN; tries++) {
		uint64_t changes = fill_changes(&facts->node);
		TRY(vfs_call(call));
		status = fill_take(&facts->node, changes, call, tries == FILL_TRIES);
	}
	return status;
}

enum status watch_names_fill(const struct vfs_facts *facts)
{
	struct vfs_call call = {
	        .operation = VFS_GETDENTS64,
	        .request = {.start = facts->node, .start_mount = facts->mount, .size = FILL_BYTES},
	        .capacity = FILL_BYTES,
	};
	enum status status = OK;
	if (!tell_bits(facts->mode))
		return OK;
	call.bytes = heap_alloc(FILL_BYTES);
	if (!call.bytes)
		return ERR_NO_MEMORY;
	do {
		status = fill_part(facts, &call);
		call.request.offset = call.reply.value;
	} while (status == OK && call.len);
	heap_free(call.bytes, FILL_BYTES);
	return status;
}
