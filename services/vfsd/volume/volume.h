/*
 * Read-only volumes on disks: what a folder of one holds, and the bytes of its files.
 *
 * A volume numbers its files (EROFS: the inode; FAT: the first cluster). Nothing that it says is
 * trusted.
 */
#pragma once

#include "store.h"
#include "volume/disk.h"
#include <erofs/api.h>
#include <fat/api.h>

enum { VOLUME_NAME_BYTES = FAT_NAME_MAX, VOLUME_LABEL_BYTES = 16 };

struct volume {
	enum store_volume_kind kind; /* STORE_VOLUME_NONE: not open */
	struct storage_descriptor device;
	struct disks *disks;
	uint64_t root; /* number of the root folder */
	uint64_t bytes; /* of the whole volume */
	char label[VOLUME_LABEL_BYTES + 1];
	uint32_t rights; /* FAT: of folders; files have them without execution */
	struct erofs_volume erofs;
	struct fat_volume fat;
	struct fat_cursor cursor; /* of the file that was read last */
};

struct volume_entry {
	uint64_t file;
	uint32_t mode, uid, gid;
	bool has_other_names;
	uint64_t size;
	int64_t modify_ns;
	size_t name_len;
	char name[VOLUME_NAME_BYTES];
};

/* "erofs" or "fat", also "vfat". ERR_NO_DEVICE: no such kind. */
enum status volume_kind_of(struct str name, enum store_volume_kind *out_kind);
/* kind and device are set; disks outlive the volume. ERR_INVALID_ARGS: it is none of that kind. */
enum status volume_open(struct volume *v, struct disks *disks);
/*
 * The entry at *cookie (0 begins), which moves on; "." and ".." are left out. ERR_NOT_FOUND: the
 * end; ERR_IO.
 */
enum status volume_list(struct volume *v, uint64_t folder, uint64_t *cookie,
                        struct volume_entry *out_entry);
/* *out_len: less than len only at the end. size: as the entry said. */
struct volume_bytes {
	uint64_t file, size;
	uint64_t offset;
	size_t len;
};
enum status volume_read(struct volume *v, const struct volume_bytes *wanted, void *bytes,
                        size_t *out_len);
