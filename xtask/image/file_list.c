#include "image/file_list.h"
#include "os/files.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void image_files_add(struct image_files *files, struct arena *a, struct str path, struct str host)
{
	if (files->count == files->capacity) {
		size_t capacity = files->capacity ? files->capacity * 2 : 64;
		struct image_file *items = ARENA_ARRAY(a, struct image_file, capacity);
		if (files->count)
			memcpy(items, files->items, files->count * sizeof *items);
		files->items = items;
		files->capacity = capacity;
	}
	files->items[files->count++] = (struct image_file){
	        .path = arena_str(a, path),
	        .host = arena_str(a, host),
	};
}

int image_files_add_tree(struct image_files *files, struct arena *a, const char *folder,
                         struct text *why)
{
	struct strs paths = {};
	int error = tree_files(a, folder, &paths);
	if (error) {
		text_addf(why, "cannot read the folder %s: %s", folder, strerror(error));
		return error;
	}
	size_t skip = strlen(folder);
	for (size_t i = 0; i < paths.count; i++) {
		struct str host = paths.items[i];
		size_t start = skip;
		while (start < host.len && host.ptr[start] == '/')
			start++;
		image_files_add(files, a, str_slice(host, start, host.len), host);
	}
	return 0;
}

static int file_compare(const void *left, const void *right)
{
	const struct image_file *a = left, *b = right;
	return str_compare(a->path, b->path);
}

/* Relative, no empty name, no "." and no "..". */
static bool path_is_plain(struct str path)
{
	struct str_split parts = {.rest = path};
	if (!path.len || path.ptr[0] == '/' || path.ptr[path.len - 1] == '/')
		return false;
	if (memchr(path.ptr, 0, path.len))
		return false;
	while (parts.rest.len) {
		parts = str_cut(parts.rest, '/');
		if (!parts.head.len || str_equal(parts.head, STR(".")) ||
		    str_equal(parts.head, STR("..")))
			return false;
	}
	return true;
}

static int byte_compare_folded(struct str a, struct str b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	for (size_t i = 0; i < shorter; i++) {
		unsigned char left = (unsigned char)a.ptr[i], right = (unsigned char)b.ptr[i];
		left = left >= 'A' && left <= 'Z' ? (unsigned char)(left + 32) : left;
		right = right >= 'A' && right <= 'Z' ? (unsigned char)(right + 32) : right;
		if (left != right)
			/* '/' first: what lies in a folder follows it at once. */
			return (left == '/' ? -1 : left) < (right == '/' ? -1 : right) ? -1 : 1;
	}
	return a.len < b.len ? -1 : a.len > b.len;
}

static int folded_compare(const void *left, const void *right)
{
	const struct image_file *const *a = left, *const *b = right;
	int order = byte_compare_folded((*a)->path, (*b)->path);
	return order ? order : str_compare((*a)->path, (*b)->path);
}

/* Length of the common beginning in whole names, of equal spelling but for case. */
static size_t common_names(struct str a, struct str b)
{
	size_t shorter = a.len < b.len ? a.len : b.len, names = 0;
	for (size_t i = 0; i <= shorter; i++) {
		bool a_ends = i == a.len || a.ptr[i] == '/', b_ends = i == b.len || b.ptr[i] == '/';
		if (a_ends && b_ends)
			names = i;
		if (i == shorter ||
		    !str_equal_no_case(str_slice(a, i, i + 1), str_slice(b, i, i + 1)))
			break;
	}
	return names;
}

static int pair_check(const struct image_file *former, const struct image_file *file,
                      struct text *why)
{
	struct str a = former->path, b = file->path;
	size_t common = common_names(a, b);
	if (!common)
		return 0;
	const char *what = NULL;
	if (str_equal(a, b))
		what = "given twice";
	else if (!str_equal(str_slice(a, 0, common), str_slice(b, 0, common)))
		what = "differ only in case, which FAT can't tell apart";
	else if (common == a.len)
		what = "one is a file and the other lies below it";
	if (!what)
		return 0;
	text_addf(why, "image paths '%.*s' and '%.*s': %s", STR_ARG(a), STR_ARG(b), what);
	return EINVAL;
}

static int clashes_check(const struct image_files *files, struct text *why)
{
	const struct image_file **order =
	        ARENA_ARRAY(why->arena, const struct image_file *, files->count);
	for (size_t i = 0; i < files->count; i++)
		order[i] = &files->items[i];
	qsort(order, files->count, sizeof(struct image_file *), folded_compare);
	for (size_t i = 1; i < files->count; i++)
		TRY(pair_check(order[i - 1], order[i], why));
	return 0;
}

int image_files_measure(struct image_files *files, struct text *why)
{
	for (size_t i = 0; i < files->count; i++) {
		struct image_file *file = &files->items[i];
		struct stat status;
		file->number = i;
		if (file->known) {
			file->size = file->known->size;
			continue;
		}
		int error = stat(file->host.ptr, &status) ? errno : 0;
		if (!error && !S_ISREG(status.st_mode))
			error = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
		if (error) {
			text_addf(why, "cannot read %s: %s", file->host.ptr, strerror(error));
			return error;
		}
		file->size = (uint64_t)status.st_size;
	}
	return 0;
}

int image_files_prepare(struct image_files *files, struct text *why)
{
	for (size_t i = 0; i < files->count; i++) {
		struct str path = files->items[i].path;
		if (path_is_plain(path))
			continue;
		text_addf(why, "image path '%.*s' is not relative and normalised", STR_ARG(path));
		return EINVAL;
	}
	TRY(image_files_measure(files, why));
	if (!files->count)
		return 0;
	qsort(files->items, files->count, sizeof *files->items, file_compare);
	return clashes_check(files, why);
}
