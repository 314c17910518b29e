/* Two images that should be equal and are not: which file differs first, and which action made it.
 */
#pragma once

#include "cmd/pipeline.h"
#include "image/explain.h"

struct explained_image {
	struct image image;
	struct image_regions regions;
};

/*
 * Prints the first file that differs, where, and the action behind it; or the first other byte.
 * What follows from other files (signatures, the list of digests, the extent table) comes last.
 */
void difference_print(const struct pipeline *p, const struct explained_image *image,
                      const struct explained_image *former);
