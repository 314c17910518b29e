/*
 * The list of every file's SHA-256 that an image carries, signed: what an offline check goes by.
 *
 * Lines "path=/PATH\tlen=N\tsha256=HEX\n" in byte order of their paths. Itself, its signature and
 * the extent table are not in it; the package volume is, as IMAGE_PACKAGES_NAME, wherever it lies.
 */
#pragma once

#include "image/image.h"

#define DIGEST_LIST_PATH "system/boot/digests.tsv"

/* Digests as the engine knows them, or of the files themselves. files: in any order. */
[[nodiscard]] int digest_list_write(const struct image_files *files, const char *out,
                                    struct text *why);
/*
 * Every file of the volume against the list. Each that is missing, changed or not listed is named
 * in why, a line each; EBADMSG then. *out_checked: files that are as listed.
 */
[[nodiscard]] int digest_list_check(struct arena *a, const struct image *image, struct str list,
                                    size_t *out_checked, struct text *why);
/* The extent table against where the files lie. */
[[nodiscard]] int extent_table_check(struct arena *a, const struct image *image, struct text *why);
