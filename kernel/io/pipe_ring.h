/*
 * The bytes of a pipe: a ring of pages that come with the first write and go when it is empty.
 *
 * Callers serialise.
 */
#pragma once

#include "ps/api.h"

enum { PIPE_PAGES = 16, PIPE_BYTES = PIPE_PAGES * PAGE_SIZE };

struct pipe_ring {
	uint8_t *pages[PIPE_PAGES]; /* owned; NULL where nothing was written */
	size_t start; /* place of the oldest byte */
	size_t count;
	size_t page_count; /* that are there */
	struct memory_account *account; /* counted; pays for the pages; NULL: the kernel */
};

/* Empty. The account pays for its pages; NULL: the kernel does. */
void pipe_ring_init(struct pipe_ring *ring, struct memory_account *account);
/* The longest piece that can be read in one go; empty when there is nothing. */
struct str pipe_ring_readable(const struct pipe_ring *ring);
void pipe_ring_consume(struct pipe_ring *ring, size_t len);
struct pipe_space {
	uint8_t *at;
	size_t len;
};
/* The longest piece that can be written in one go; len 0 when it is full. ERR_NO_MEMORY. */
enum status pipe_ring_writable(struct pipe_ring *ring, struct pipe_space *out_space);
void pipe_ring_produce(struct pipe_ring *ring, size_t len);
void pipe_ring_release(struct pipe_ring *ring);
