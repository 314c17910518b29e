/* The static overlay of the boot volume (assets/image), read while planning. */
#pragma once

#include "os/text.h"

struct overlay {
	struct arena *arena;
	const char *folder;
	struct strs inputs; /* what was asked for and read */
};

/* Content of a file by its path in the image; false when the overlay has none. */
bool overlay_read(struct overlay *overlay, struct str path, struct str *out_content);
