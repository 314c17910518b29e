#include "engine/state/file_table.h"
#include "os/files.h"
#include <errno.h>
#include <string.h>
#include <time.h>

enum { FILE_TABLE_CAPACITY_MIN = 1024 };

void file_table_init(struct file_table *t, struct arena *a)
{
	*t = (struct file_table){.arena = a, .capacity = FILE_TABLE_CAPACITY_MIN};
	t->slots = ARENA_ARRAY(a, struct tracked_file *, t->capacity);
	t->files = ARENA_ARRAY(a, struct tracked_file *, t->capacity);
}

static size_t path_hash(struct str path)
{
	uint64_t hash = 0xcbf29ce484222325u;
	for (size_t i = 0; i < path.len; i++)
		hash = (hash ^ (uint8_t)path.ptr[i]) * 0x100000001b3u;
	return (size_t)(hash ^ hash >> 29);
}

static struct tracked_file **file_table_slot(const struct file_table *t, struct str path)
{
	size_t index = path_hash(path) & (t->capacity - 1);
	while (t->slots[index] && !str_equal(t->slots[index]->path, path))
		index = (index + 1) & (t->capacity - 1);
	return &t->slots[index];
}

static void file_table_grow(struct file_table *t)
{
	struct tracked_file **former = t->files;
	t->capacity *= 2;
	t->slots = ARENA_ARRAY(t->arena, struct tracked_file *, t->capacity);
	t->files = ARENA_ARRAY(t->arena, struct tracked_file *, t->capacity);
	memcpy(t->files, former, t->count * sizeof(struct tracked_file *));
	for (size_t i = 0; i < t->count; i++)
		*file_table_slot(t, t->files[i]->path) = t->files[i];
}

/* Most paths are in normal form already: no "//", no part beginning with '.', no end in '/'. */
static bool path_is_normal(struct str path)
{
	bool part_begins = true;
	for (size_t i = 0; i < path.len; i++) {
		char c = path.ptr[i];
		if (part_begins && (c == '.' || (c == '/' && i > 0)))
			return false;
		part_begins = c == '/';
	}
	return path.len > 0 && (path.len == 1 || !part_begins);
}

struct tracked_file *file_table_get(struct file_table *t, struct str path)
{
	struct str normal = path;
	if (!path_is_normal(path) && (!path_normalise(t->arena, path, &normal) || !normal.len))
		normal = path;
	struct tracked_file **slot = file_table_slot(t, normal);
	if (*slot)
		return *slot;
	if (2 * t->count >= t->capacity) {
		file_table_grow(t);
		slot = file_table_slot(t, normal);
	}
	struct tracked_file *f = ARENA_NEW(t->arena, struct tracked_file);
	f->path = arena_str(t->arena, normal);
	f->producer = NO_ACTION;
	t->files[t->count++] = *slot = f;
	return f;
}

struct tracked_file *file_table_find(const struct file_table *t, struct str path)
{
	return *file_table_slot(t, path);
}

enum file_state file_look(struct tracked_file *f)
{
	if (f->state == FILE_UNSEEN)
		file_look_again(f);
	return f->state;
}

void file_look_again(struct tracked_file *f)
{
	f->looked_ns = clock_stamp_ns();
	f->has_digest = false;
	f->error = stamp_read(f->path.ptr, &f->stamp, &f->is_folder);
	f->state = f->error == 0                               ? FILE_PRESENT
	           : f->error == ENOENT || f->error == ENOTDIR ? FILE_ABSENT
	                                                       : FILE_UNREADABLE;
	f->settled = f->state == FILE_PRESENT && stamp_settled(&f->stamp, f->looked_ns);
}

int file_hash(struct tracked_file *f)
{
	if (file_look(f) != FILE_PRESENT)
		return f->error;
	if (f->has_digest)
		return 0;
	if (f->has_former && stamp_equal(&f->stamp, &f->former_stamp)) {
		f->digest = f->former_digest;
		f->settled = true;
	} else {
		f->error = f->is_folder ? EISDIR : digest_file(f->path.ptr, &f->digest);
		if (f->error)
			return f->error;
	}
	f->has_digest = true;
	return 0;
}

bool file_stands(const struct tracked_file *f)
{
	struct stamp now;
	bool is_folder;
	return stamp_read(f->path.ptr, &now, &is_folder) == 0 && stamp_equal(&now, &f->stamp);
}
