#include "image/digest_list.h"
#include "os/files.h"
#include <errno.h>
#include <string.h>

static void line_add(struct text *list, struct str path, struct str content_digest, uint64_t len)
{
	text_addf(list, "path=/%.*s\tlen=%llu\tsha256=%.*s\n", STR_ARG(path),
	          (unsigned long long)len, STR_ARG(content_digest));
}

int digest_list_write(const struct image_files *given, const char *out, struct text *why)
{
	struct arena *a = why->arena;
	struct image_files files = *given;
	struct text list = {.arena = a};
	files.items = ARENA_ARRAY(a, struct image_file, files.count + 1);
	if (files.count)
		memcpy(files.items, given->items, files.count * sizeof *files.items);
	TRY(image_files_prepare(&files, why));
	int error = 0;
	for (size_t i = 0; i < files.count && !error; i++) {
		const struct image_file *file = &files.items[i];
		struct digest digest;
		if (file->known)
			digest = file->known->digest;
		else
			error = digest_file(file->host.ptr, &digest);
		if (error)
			text_addf(why, "cannot read %s: %s", file->host.ptr, strerror(error));
		else
			line_add(&list, file->path, digest_hex(a, &digest), file->size);
	}
	if (!error && (error = file_write(out, text_str(&list), 0644)) != 0)
		text_addf(why, "cannot write %s: %s", out, strerror(error));
	return error;
}

static bool is_beside_the_list(const struct image *image, struct str path)
{
	if (image->packages_is_file && str_equal(path, STR(IMAGE_PACKAGES_PATH)))
		return true;
	return str_equal(path, STR(DIGEST_LIST_PATH)) ||
	       str_equal(path, STR(DIGEST_LIST_PATH ".sig")) ||
	       str_equal(path, STR(IMAGE_EXTENTS_PATH));
}

/* The line as it has to be for this file; empty when its content can't be read. */
static struct str line_of(struct arena *a, const struct image *image, struct str path,
                          struct text *why)
{
	struct str content;
	struct text line = {.arena = a};
	if (str_equal(path, STR(IMAGE_PACKAGES_NAME)))
		content = image->packages;
	else if (image_extract(a, image, path, &content, why) != 0)
		return (struct str){};
	struct digest digest = digest_bytes(content);
	line_add(&line, path, digest_hex(a, &digest), content.len);
	return str_slice(text_str(&line), 0, line.len - 1);
}

static struct str line_path(struct str line)
{
	struct str head = str_cut(line, '\t').head;
	return str_starts_with(head, STR("path=/")) ? str_slice(head, 6, head.len) : (struct str){};
}

/* The package volume's line, wherever it stands; true when that is what it was. */
static bool packages_compare(struct arena *a, const struct image *image, struct str line,
                             size_t *good, struct text *why)
{
	if (!str_equal(line_path(line), STR(IMAGE_PACKAGES_NAME)))
		return false;
	if (!image->packages.len)
		text_addf(why, "the package volume: missing\n");
	else if (!str_equal(line_of(a, image, STR(IMAGE_PACKAGES_NAME), why), line))
		text_addf(why, "the package volume: not what was listed (SHA-256)\n");
	else
		++*good;
	return true;
}

/* List and volume are both sorted: one walk finds what only one of them has. */
static size_t lists_compare(struct arena *a, const struct image *image, struct str list,
                            const struct fat_listing *volume, struct text *why)
{
	size_t good = 0;
	bool packages_listed = false;
	for (size_t i = 0; i < volume->count || list.len;) {
		while (i < volume->count && (volume->files[i].is_folder ||
		                             is_beside_the_list(image, volume->files[i].path)))
			i++;
		struct str_split cut = str_cut(list, '\n');
		if (packages_compare(a, image, cut.head, &good, why)) {
			packages_listed = true;
			list = cut.rest;
			continue;
		}
		struct str listed = line_path(cut.head);
		int order = i == volume->count ? 1
		            : !list.len        ? -1
		                               : str_compare(volume->files[i].path, listed);
		if (order == 1 && !list.len)
			break;
		if (order < 0) {
			text_addf(why, "%.*s: not in the list of digests\n",
			          STR_ARG(volume->files[i].path));
			i++;
			continue;
		}
		list = cut.rest;
		if (order > 0) {
			text_addf(why, "%.*s: missing\n", STR_ARG(listed));
			continue;
		}
		if (str_equal(line_of(a, image, listed, why), cut.head))
			good++;
		else
			text_addf(why, "%.*s: not what was listed (SHA-256)\n", STR_ARG(listed));
		i++;
	}
	if (image->packages.len && !packages_listed)
		text_addf(why, "the package volume: not in the list of digests\n");
	return good;
}

int digest_list_check(struct arena *a, const struct image *image, struct str list,
                      size_t *out_checked, struct text *why)
{
	struct fat_listing volume;
	size_t before = why->len;
	TRY(fat_list(a, &image->volume, &volume, why));
	*out_checked = lists_compare(a, image, list, &volume, why);
	return why->len > before ? EBADMSG : 0;
}

int extent_table_check(struct arena *a, const struct image *image, struct text *why)
{
	struct fat_listing volume;
	struct text wanted = {.arena = a};
	struct str table;
	TRY(fat_list(a, &image->volume, &volume, why));
	TRY(image_extract(a, image, STR(IMAGE_EXTENTS_PATH), &table, why));
	for (size_t i = 0; i < volume.count; i++) {
		const struct fat_file *file = &volume.files[i];
		if (file->is_folder || str_equal(file->path, STR(IMAGE_EXTENTS_PATH)))
			continue;
		text_addf(&wanted, "path=/%.*s\tlen=%llu\textents=", STR_ARG(file->path),
		          (unsigned long long)file->size);
		for (size_t k = 0; k < file->extent_count; k++)
			text_addf(&wanted, "%s%llu:%llu", k ? "," : "",
			          (unsigned long long)file->extents[k].offset,
			          (unsigned long long)file->extents[k].len);
		text_add_byte(&wanted, '\n');
	}
	if (str_equal(text_str(&wanted), table))
		return 0;
	text_addf(why, "%s: does not say where the files lie\n", IMAGE_EXTENTS_PATH);
	return EBADMSG;
}
