/* Inside volume*.c: one reader for each kind of volume. Functions as those of volume.h. */
#pragma once

#include "volume/volume.h"

struct volume_kind {
	enum status (*open)(struct volume *v);
	enum status (*list)(struct volume *v, uint64_t folder, uint64_t *cookie,
	                    struct volume_entry *out_entry);
	/* wanted lies within the file. */
	enum status (*read)(struct volume *v, const struct volume_bytes *wanted, void *bytes,
	                    size_t *out_len);
};

extern const struct volume_kind volume_kind_erofs, volume_kind_fat;
