#include "engine/cache/storage.h"
#include "os/files.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_DIGITS = 64, NS_PER_S = 1000000000 };

static bool is_name(struct str name)
{
	if (name.len != NAME_DIGITS)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (!memchr("0123456789abcdef", name.ptr[i], 16))
			return false;
	return true;
}

static void file_add(struct arena *a, struct cache_storage *s, const struct cache_file *file)
{
	if (s->count == s->capacity) {
		size_t capacity = s->capacity ? s->capacity * 2 : 256;
		struct cache_file *files = ARENA_ARRAY(a, struct cache_file, capacity);
		if (s->count)
			memcpy(files, s->files, s->count * sizeof *files);
		s->files = files;
		s->capacity = capacity;
	}
	s->files[s->count++] = *file;
	s->bytes += file->bytes;
}

static int part_read(struct arena *a, struct str path, bool is_entry, struct cache_storage *s)
{
	struct folder folder;
	int error = folder_read(a, path.ptr, &folder);
	for (size_t i = 0; !error && i < folder.count; i++) {
		struct stat st;
		struct cache_file file = {.is_entry = is_entry};
		if (folder.entries[i].is_folder || !is_name(folder.entries[i].name))
			continue;
		file.path = path_join(a, path, folder.entries[i].name);
		if (lstat(file.path.ptr, &st) < 0)
			continue; /* another build has just removed it */
		file.bytes = (uint64_t)st.st_size;
		file.used_ns = (int64_t)st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec;
		file_add(a, s, &file);
	}
	return error == ENOENT ? 0 : error;
}

static int compare_use(const void *left, const void *right)
{
	const struct cache_file *a = left, *b = right;
	if (a->used_ns != b->used_ns)
		return a->used_ns < b->used_ns ? -1 : 1;
	return str_compare(a->path, b->path);
}

int cache_storage_read(struct arena *a, const char *folder, struct cache_storage *out_storage)
{
	struct cache_storage s = {};
	struct str root = str_from_c(folder);
	if (!file_exists(folder))
		return ENOENT;
	int error = part_read(a, path_join(a, root, STR("ac")), true, &s);
	if (!error)
		error = part_read(a, path_join(a, root, STR("cas")), false, &s);
	if (error)
		return error;
	if (s.count)
		qsort(s.files, s.count, sizeof *s.files, compare_use);
	*out_storage = s;
	return 0;
}

int cache_storage_prune(struct cache_storage *s, uint64_t keep_bytes, size_t *out_removed)
{
	*out_removed = 0;
	for (size_t i = 0; i < s->count && s->bytes > keep_bytes; i++) {
		if (unlink(s->files[i].path.ptr) < 0 && errno != ENOENT)
			return errno;
		s->bytes -= s->files[i].bytes;
		++*out_removed;
	}
	return 0;
}
