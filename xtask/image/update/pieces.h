/*
 * What an image consists of: pieces in ascending order that do not overlap, zeros between them.
 *
 * The one description that the writer of whole images and the in-place update share, so that both
 * give the same bytes.
 */
#pragma once

#include "image/file_list.h"

struct image_piece {
	uint64_t offset; /* bytes from the image's first */
	uint64_t len; /* not 0 */
	const uint8_t *bytes; /* NULL: the content of file */
	const struct image_file *file;
};

struct image_pieces {
	struct arena *arena;
	struct image_piece *items;
	size_t count, capacity;
	uint64_t total_bytes; /* of the image */
	uint64_t reserved_bytes; /* from the first byte on; what follows may stay a hole */
};

/*
 * Units that a slot for count of them takes: the first rung that holds it of the ladder 1, 2, ...
 * where each rung is slack percent above the one before, rounded up. So content may grow within its
 * rung.
 */
uint64_t image_slot(uint64_t count, uint32_t slack_percent);

/* bytes and file must live as long as the pieces. */
void image_pieces_add_bytes(struct image_pieces *pieces, uint64_t offset, const void *bytes,
                            size_t len);
void image_pieces_add_file(struct image_pieces *pieces, uint64_t offset,
                           const struct image_file *file);
/* Ascending order; to be called when all are added. */
void image_pieces_sort(struct image_pieces *pieces);

/*
 * Writes the whole image to fd, an empty file. Space up to reserved_bytes is reserved first, so
 * ENOSPC comes before the first byte. out_digests: of each file's piece as it was copied, the
 * others zero; may be NULL.
 */
[[nodiscard]] int image_pieces_write(const struct image_pieces *pieces, int fd,
                                     struct digest *out_digests, struct text *why);
/* A file's content, which must have the size that was planned. EBUSY: it has another. */
[[nodiscard]] int image_piece_read(struct arena *a, const struct image_piece *piece,
                                   struct str *out_content, struct text *why);
/* All of bytes at offset; says why not. */
[[nodiscard]] int image_put(int fd, uint64_t offset, const void *bytes, size_t len,
                            struct text *why);
