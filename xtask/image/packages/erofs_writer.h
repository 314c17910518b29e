/*
 * Writer of the package volume: EROFS without compression (erofs/format.h; the reader is
 * libs/erofs).
 *
 * Layout is a pure function of paths, sizes and settings:
 * - block 0: the superblock; then the inodes, 64 bytes each, in the order of their paths; then
 * folders, links and files, each kind in the order of paths;
 * - each, and the inodes as a whole, in a slot of whole blocks from image_slot's ladder;
 * - the volume ends at a whole mebibyte.
 * So content may change and grow within its slot and nothing else moves.
 */
#pragma once

#include "image/packages/tree.h"
#include "image/update/pieces.h"

enum { PACKAGE_VOLUME_ALIGN_BYTES = 1 << 20 };

struct erofs_request {
	const struct tree *tree; /* finished */
	uint32_t slack_percent;
	uint64_t epoch; /* seconds since 1970 */
	uint8_t id[16];
	struct str label; /* at most 15 bytes */
};

/* The volume from offset 0 on; EFBIG when it is too large. request and tree live as long as the
 * pieces. */
[[nodiscard]] int erofs_add_pieces(const struct erofs_request *request, struct image_pieces *pieces,
                                   struct text *why);
/* To a file that is made or cut off. */
[[nodiscard]] int erofs_write(const struct erofs_request *request, const char *out,
                              struct text *why);
