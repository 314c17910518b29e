/*
 * What an image was made of when it was last written: `.NAME.pieces` beside NAME.
 *
 * Spares reading the image and files that have not changed. It counts only while the image has
 * the stamp noted here, which is written last, and only until the machine is started again: it is
 * not forced to the disk. Any doubt, and the image is written whole.
 */
#pragma once

#include "image/update/pieces.h"
#include "os/boot_id.h"

/* One piece. No padding. */
struct piece_entry {
	uint64_t offset, len;
	uint64_t file_number; /* image_file.number + 1; 0: made in memory, digest unknown */
	struct digest digest;
};

/* Of the image file, by fstat(). No padding. */
struct image_stamp {
	uint64_t device, inode, size;
	int64_t modified_ns, changed_ns;
};

struct piece_record_header {
	char magic[8];
	struct image_stamp stamp;
	char boot[BOOT_ID_BYTES];
	struct digest layout; /* image_layout_digest */
	uint64_t entry_count;
};

struct piece_record {
	struct str bytes; /* as on disk: header, entries */
	struct piece_record_header header;
	struct piece_entry *entries; /* ascending; copies */
};

[[nodiscard]] int image_stamp_take(int fd, struct image_stamp *out_stamp);
/* The record of the image that fd has open at path; false: there is none that counts. */
bool piece_record_load(struct arena *a, const char *path, int fd, struct piece_record *out_record);
/* What stands for these pieces. digests: of each file's piece. */
void piece_record_fill(struct arena *a, const struct image_pieces *pieces,
                       const struct digest *digests, const struct digest *layout,
                       struct piece_record *out_record);
/*
 * Writes record for the image that fd has open. former: what is on disk, so that only its
 * difference is written; NULL: unknown. *out_bytes: how many were written.
 */
[[nodiscard]] int piece_record_save(const char *path, int fd, const struct piece_record *record,
                                    const struct piece_record *former, uint64_t *out_bytes,
                                    struct text *why);
