#include "io/pipe_ring.h"

struct str pipe_ring_readable(const struct pipe_ring *ring)
{
	size_t offset = ring->start % PAGE_SIZE;
	size_t len = PAGE_SIZE - offset;
	if (!ring->count)
		return (struct str){};
	const uint8_t *page = ring->pages[ring->start / PAGE_SIZE];
	return (struct str){(const char *)page + offset, len < ring->count ? len : ring->count};
}

void pipe_ring_release(struct pipe_ring *ring)
{
	for (size_t i = 0; i < PIPE_PAGES; i++)
		heap_free(ring->pages[i], PAGE_SIZE);
	*ring = (struct pipe_ring){};
}

/* Of all pages only this one, there or not. */
static void pipe_ring_keep(struct pipe_ring *ring, size_t kept)
{
	for (size_t i = 0; i < PIPE_PAGES; i++) {
		if (i == kept)
			continue;
		heap_free(ring->pages[i], PAGE_SIZE);
		ring->pages[i] = NULL;
	}
	ring->page_count = ring->pages[kept] != NULL;
}

void pipe_ring_consume(struct pipe_ring *ring, size_t len)
{
	ring->start = (ring->start + len) % PIPE_BYTES;
	ring->count -= len;
	if (ring->count)
		return;
	/* the next write finds a page that is there already */
	ring->start = ring->start / PAGE_SIZE * PAGE_SIZE;
	if (ring->page_count > 1)
		pipe_ring_keep(ring, ring->start / PAGE_SIZE);
}

enum status pipe_ring_writable(struct pipe_ring *ring, struct pipe_space *out_space)
{
	size_t place = (ring->start + ring->count) % PIPE_BYTES;
	size_t room = PIPE_BYTES - ring->count, len = PAGE_SIZE - place % PAGE_SIZE;
	uint8_t **page = &ring->pages[place / PAGE_SIZE];
	*out_space = (struct pipe_space){};
	if (!room)
		return OK;
	if (!*page) {
		*page = heap_alloc(PAGE_SIZE);
		if (!*page)
			return ERR_NO_MEMORY;
		ring->page_count++;
	}
	*out_space = (struct pipe_space){*page + place % PAGE_SIZE, len < room ? len : room};
	return OK;
}

void pipe_ring_produce(struct pipe_ring *ring, size_t len)
{
	ring->count += len;
}
