#include "io/pipe_ring.h"
#include <base/cleanup.h>

struct str pipe_ring_readable(const struct pipe_ring *ring)
{
	size_t offset = ring->start % PAGE_SIZE;
	size_t len = PAGE_SIZE - offset;
	if (!ring->count)
		return (struct str){};
	const uint8_t *page = ring->pages[ring->start / PAGE_SIZE];
	return (struct str){(const char *)page + offset, len < ring->count ? len : ring->count};
}

void pipe_ring_init(struct pipe_ring *ring, struct memory_account *account)
{
	*ring = (struct pipe_ring){.account = memory_account_ref(account)};
}

/* Of all pages only this one, there or not. */
static void pipe_ring_keep(struct pipe_ring *ring, size_t kept)
{
	size_t before = ring->page_count;
	for (size_t i = 0; i < PIPE_PAGES; i++) {
		if (i == kept)
			continue;
		heap_free(ring->pages[i], PAGE_SIZE);
		ring->pages[i] = NULL;
	}
	ring->page_count = kept < PIPE_PAGES && ring->pages[kept];
	memory_uncharge(ring->account, (before - ring->page_count) * PAGE_SIZE);
}

void pipe_ring_release(struct pipe_ring *ring)
{
	pipe_ring_keep(ring, PIPE_PAGES);
	memory_account_unref(ring->account);
	*ring = (struct pipe_ring){};
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

static enum status pipe_ring_add_page(struct pipe_ring *ring, uint8_t **out_page)
{
	TRY(memory_charge(ring->account, PAGE_SIZE));
	*out_page = heap_alloc(PAGE_SIZE);
	if (!*out_page) {
		memory_uncharge(ring->account, PAGE_SIZE);
		return ERR_NO_MEMORY;
	}
	ring->page_count++;
	return OK;
}

enum status pipe_ring_writable(struct pipe_ring *ring, struct pipe_space *out_space)
{
	size_t place = (ring->start + ring->count) % PIPE_BYTES;
	size_t room = PIPE_BYTES - ring->count, len = PAGE_SIZE - place % PAGE_SIZE;
	uint8_t **page = &ring->pages[place / PAGE_SIZE];
	*out_space = (struct pipe_space){};
	if (!room)
		return OK;
	if (!*page)
		TRY(pipe_ring_add_page(ring, page));
	*out_space = (struct pipe_space){*page + place % PAGE_SIZE, len < room ? len : room};
	return OK;
}

void pipe_ring_produce(struct pipe_ring *ring, size_t len)
{
	ring->count += len;
}
