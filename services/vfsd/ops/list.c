/* Directories as Linux's getdents64 gives them. */
#include "ops/ops.h"
#include "volume/data.h"
#include "waits.h"

#include <string.h>

enum { RECORD_HEAD = 19, RECORD_ALIGN = 8 };
enum { COOKIE_DOT = 1, COOKIE_DOTDOT = 2 };

struct listing {
	struct service_call *call;
	size_t capacity;
	uint64_t next; /* cookie behind the last record */
	bool is_full; /* a record had no room */
};

struct record {
	uint64_t inode, cookie;
	uint32_t mode;
	struct str name;
};

/*
 * struct linux_dirent64: d_ino, d_off, d_reclen, d_type, d_name. Returns where the name goes, of
 * which the length counts here; NULL: no room.
 */
static inline char *listing_place(struct listing *list, const struct record *record)
{
	list->is_full = true;
	size_t len = (RECORD_HEAD + record->name.len + 1 + RECORD_ALIGN - 1) &
	             ~(size_t)(RECORD_ALIGN - 1);
	if (len > list->capacity - list->call->reply_len)
		return NULL;
	uint8_t *at = service_reply_room(list->call, len);
	if (!at)
		return NULL;
	const uint16_t record_len = (uint16_t)len;
	const uint64_t end = 0; /* of the name, and what is behind it */
	memcpy(at + len - RECORD_ALIGN, &end, sizeof end);
	memcpy(at, &record->inode, sizeof record->inode);
	memcpy(at + 8, &record->cookie, sizeof record->cookie);
	memcpy(at + 16, &record_len, sizeof record_len);
	at[18] = (uint8_t)((record->mode & MODE_KIND) >> 12);
	list->next = record->cookie;
	list->is_full = false;
	return (char *)at + RECORD_HEAD;
}

/* False: no room. */
static bool listing_add(struct listing *list, const struct record *record)
{
	char *name = listing_place(list, record);
	if (!name)
		return false;
	memcpy(name, record->name.ptr, record->name.len);
	return true;
}

static bool listing_add_dots(struct vfs_service *self, struct listing *list, struct place directory,
                             uint64_t from)
{
	struct vfs_facts facts;
	struct place parent;
	const struct place nowhere = {};
	if (place_facts(self, directory, &facts) != OK)
		return false;
	struct record record = {facts.node.inode, COOKIE_DOT, MODE_DIRECTORY, STR(".")};
	if (from < COOKIE_DOT && !listing_add(list, &record))
		return false;
	if (place_parent(self, directory, nowhere, &parent) == OK &&
	    place_facts(self, parent, &facts) == OK)
		record.inode = facts.node.inode;
	record.cookie = COOKIE_DOTDOT;
	record.name = STR("..");
	return from >= COOKIE_DOTDOT || listing_add(list, &record);
}

static void listing_add_tree(struct vfs_service *self, struct listing *list, uint32_t directory,
                             uint64_t from)
{
	const struct store *s = &self->tree.store;
	for (uint32_t i = directory_after(s, directory, from); i; i = s->entries[i].next) {
		const struct store_entry *entry = &s->entries[i];
		const struct record record = {entry->inode,
		                              entry->cookie,
		                              s->inodes[entry->inode].mode,
		                              {NULL, entry->name_len}};
		char *name = listing_place(list, &record);
		if (!name)
			return;
		store_text_copy(s, entry->text, entry->name_len, name, entry->name_len);
	}
}

/* "." and ".." are entries like others; the root's ".." is what the mount covers. */
static void listing_add_data(struct vfs_service *self, struct listing *list, struct place directory,
                             uint64_t from)
{
	struct data_volume *v = data_of(self, directory.volume);
	struct ext_entry entry;
	enum status status = ERR_IO;
	while (v && (status = ext_list(&v->ext, directory.file, from, &entry)) == OK) {
		const struct record record = {
		        entry.inode, entry.cookie, entry.kind, {entry.name, entry.name_len}};
		if (!listing_add(list, &record))
			return;
		from = entry.cookie;
	}
	/* behind what cannot be read something may follow */
	list->is_full = status != ERR_NOT_FOUND;
}

static void listing_add_made(struct vfs_service *self, struct listing *list, uint64_t directory,
                             uint64_t from)
{
	struct made_entry entry;
	struct vfs_facts facts;
	while (made_after(self, directory, from, &entry) == OK) {
		from = entry.cookie;
		if (made_facts(self, entry.made, &facts) != OK)
			continue; /* it ended meanwhile */
		const struct record record = {
		        entry.made, entry.cookie, facts.mode, {entry.name, entry.name_len}};
		if (!listing_add(list, &record))
			return;
	}
}

enum status vfs_op_getdents64(struct vfs_service *self, const struct vfs_request *in,
                              struct vfs_reply *out, struct service_call *call)
{
	struct place directory;
	struct listing list = {.call = call, .next = in->offset};
	list.capacity = in->size < VFS_BYTES_MAX ? (size_t)in->size : VFS_BYTES_MAX;
	enum status status = place_of_node(self, &in->start, in->start_mount, &directory);
	if (status == OK)
		status = place_facts(self, directory, &out->facts);
	if (status != OK)
		return status;
	if (!mode_is(out->facts.mode, MODE_DIRECTORY))
		return ERR_NOT_DIRECTORY;
	if (!out->facts.links)
		return ERR_NOT_FOUND;
	if (directory.inode)
		status = below_take(self, directory.inode);
	if (status != OK)
		return status;
	if (directory.volume)
		listing_add_data(self, &list, directory, in->offset);
	bool more = !directory.volume && (in->offset >= COOKIE_DOTDOT ||
	                                  listing_add_dots(self, &list, directory, in->offset));
	if (waits_must_end(self))
		return ERR_INTERRUPTED;
	uint64_t from = in->offset < COOKIE_DOTDOT ? COOKIE_DOTDOT : in->offset;
	if (more && directory.inode)
		listing_add_tree(self, &list, directory.inode, from);
	else if (more)
		listing_add_made(self, &list, directory.made, from);
	out->value = list.next;
	out->facts.flags |= list.is_full ? 0 : VFS_NOTHING_FOLLOWS;
	/* Nothing fitted though there is something. */
	if (!call->reply_len && list.capacity < RECORD_HEAD + VFS_NAME_MAX + RECORD_ALIGN &&
	    directory.inode &&
	    (in->offset < COOKIE_DOTDOT ||
	     directory_after(&self->tree.store, directory.inode, from)))
		return ERR_INVALID_ARGS;
	return OK;
}
