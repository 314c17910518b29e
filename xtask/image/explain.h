/*
 * What each byte of an image is, found in the image itself.
 *
 * Regions ascend, touch each other and cover the whole file. What no structure and no file claims
 * is padding, and padding must be zero: so nothing is left unexplained. The boot archive is taken
 * apart into the files that it holds.
 */
#pragma once

#include "image/image.h"

enum region_kind { REGION_FILE, REGION_STRUCTURE, REGION_PADDING, REGION_KIND_COUNT };

struct image_region {
	uint64_t offset, len;
	enum region_kind kind;
	struct str name; /* a file's path in the volume or the archive, or the structure's name;
	                    padding: what lies before it */
	struct str archive; /* path of the archive that holds the file, or IMAGE_PACKAGES_NAME;
	                       empty: none */
};

struct image_regions {
	struct image_region *items;
	size_t count, capacity;
	uint64_t total_bytes; /* the sum of all lengths: the image's size */
};

/*
 * EBADMSG, with every reason in why, when two regions overlap, a table is damaged or a byte of
 * padding is not zero.
 */
[[nodiscard]] int image_explain(struct arena *a, const struct image *image,
                                struct image_regions *out_regions, struct text *why);
const char *region_kind_name(enum region_kind kind);
