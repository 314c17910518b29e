/*
 * What goes into an archive or a volume: a path there, and the file here that holds its bytes.
 *
 * Paths are relative, normalised, '/' between names. Writers take a prepared list,
 * so that equal files give equal bytes whatever the order they were added in.
 */
#pragma once

#include "engine/engine.h"

struct image_file {
	struct str path; /* "system/boot/early.cpio" */
	struct str host; /* file to read, NUL-terminated */
	uint64_t size; /* bytes; set by image_files_measure */
	size_t number; /* in the order they were added; set by image_files_measure */
	const struct action_input *known; /* what the engine knows of host; NULL: look there */
};

struct image_files {
	struct image_file *items;
	size_t count;
	size_t capacity;
};

/* Copies both strings into a. */
void image_files_add(struct image_files *files, struct arena *a, struct str path, struct str host);
/* Every file below folder, under its path from there. */
[[nodiscard]] int image_files_add_tree(struct image_files *files, struct arena *a,
                                       const char *folder, struct text *why);
/* Takes the sizes, from the engine or from the files themselves. */
[[nodiscard]] int image_files_measure(struct image_files *files, struct text *why);
/*
 * Sorts by path and takes the sizes. EINVAL for a path that is empty, absolute, not
 * normalised, given twice, differs from another only in ASCII case, or lies below a file.
 */
[[nodiscard]] int image_files_prepare(struct image_files *files, struct text *why);
