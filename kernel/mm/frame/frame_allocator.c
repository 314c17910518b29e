/*
 * Buddy allocator over bitmaps: one bitmap per order, with a summary bitmap of
 * its words, so that a search touches a few cache lines even with much memory.
 */
#include "mm/frame/frame_allocator.h"
#include <stdbool.h>
#include <string.h>

enum { FRAME_WORD_BITS = 64 };

static size_t frame_words(size_t bits)
{
	return (bits + FRAME_WORD_BITS - 1) / FRAME_WORD_BITS;
}

static size_t frame_order_blocks(size_t frame_count, unsigned order)
{
	return (frame_count + ((size_t)1 << order) - 1) >> order;
}

size_t frame_allocator_bookkeeping(size_t frame_count)
{
	size_t words = 0;
	for (unsigned order = 0; order <= FRAME_ORDER_MAX; order++) {
		size_t block_words = frame_words(frame_order_blocks(frame_count, order));
		words += block_words + frame_words(block_words);
	}
	return words * sizeof(uint64_t);
}

void frame_allocator_init(struct frame_allocator *frames, size_t frame_count, void *bookkeeping)
{
	uint64_t *next = bookkeeping;

	memset(frames, 0, sizeof *frames);
	frames->frame_count = frame_count;
	for (unsigned i = 0; i <= FRAME_ORDER_MAX; i++) {
		struct frame_order *order = &frames->orders[i];
		order->block_count = frame_order_blocks(frame_count, i);
		size_t block_words = frame_words(order->block_count);
		order->blocks = next;
		order->summary = next + block_words;
		next += block_words + frame_words(block_words);
	}
}

static bool frame_order_test(const struct frame_order *order, size_t block)
{
	if (block >= order->block_count)
		return false;
	return order->blocks[block / FRAME_WORD_BITS] >> (block % FRAME_WORD_BITS) & 1;
}

static void frame_order_set(struct frame_order *order, size_t block)
{
	size_t word = block / FRAME_WORD_BITS;
	size_t summary_word = word / FRAME_WORD_BITS;
	order->blocks[word] |= (uint64_t)1 << (block % FRAME_WORD_BITS);
	order->summary[summary_word] |= (uint64_t)1 << (word % FRAME_WORD_BITS);
	if (summary_word < order->summary_hint)
		order->summary_hint = summary_word;
	order->free_count++;
}

static void frame_order_clear(struct frame_order *order, size_t block)
{
	size_t word = block / FRAME_WORD_BITS;
	order->blocks[word] &= ~((uint64_t)1 << (block % FRAME_WORD_BITS));
	if (!order->blocks[word])
		order->summary[word / FRAME_WORD_BITS] &=
		        ~((uint64_t)1 << (word % FRAME_WORD_BITS));
	order->free_count--;
}

/* Lowest free block; the caller knows that there is one. */
static size_t frame_order_first(struct frame_order *order)
{
	size_t at = order->summary_hint;
	while (!order->summary[at])
		at++;
	order->summary_hint = at;
	size_t word = at * FRAME_WORD_BITS + (size_t)__builtin_ctzll(order->summary[at]);
	return word * FRAME_WORD_BITS + (size_t)__builtin_ctzll(order->blocks[word]);
}

/* Any set bit in blocks [first, end)? */
static bool frame_order_any(const struct frame_order *order, size_t first, size_t end)
{
	for (size_t block = first; block < end && block < order->block_count; block++) {
		size_t word = block / FRAME_WORD_BITS;
		if (block % FRAME_WORD_BITS == 0 && !order->blocks[word])
			block += FRAME_WORD_BITS - 1;
		else if (frame_order_test(order, block))
			return true;
	}
	return false;
}

static bool frame_block_overlaps_free(const struct frame_allocator *frames, unsigned order,
                                      size_t first)
{
	size_t end = first + ((size_t)1 << order);
	for (unsigned i = 0; i <= FRAME_ORDER_MAX; i++) {
		if (i >= order && frame_order_test(&frames->orders[i], first >> i))
			return true;
		if (i < order && frame_order_any(&frames->orders[i], first >> i, end >> i))
			return true;
	}
	return false;
}

enum status frame_allocator_give(struct frame_allocator *frames, unsigned order, size_t first)
{
	size_t size = (size_t)1 << order;
	if (order > FRAME_ORDER_MAX || first % size || size > frames->frame_count ||
	    first > frames->frame_count - size || frame_block_overlaps_free(frames, order, first))
		return ERR_INVALID_ARGS;

	frames->free_frames += size;
	for (; order < FRAME_ORDER_MAX; order++) {
		struct frame_order *level = &frames->orders[order];
		size_t buddy = (first >> order) ^ 1;
		if (!frame_order_test(level, buddy))
			break;
		frame_order_clear(level, buddy);
		first &= ~((size_t)1 << order);
	}
	frame_order_set(&frames->orders[order], first >> order);
	return OK;
}

enum status frame_allocator_add(struct frame_allocator *frames, size_t first, size_t end)
{
	if (first > end || end > frames->frame_count)
		return ERR_INVALID_ARGS;
	while (first < end) {
		unsigned order = FRAME_ORDER_MAX;
		while (first % ((size_t)1 << order) || ((size_t)1 << order) > end - first)
			order--;
		enum status status = frame_allocator_give(frames, order, first);
		if (status != OK)
			return status;
		first += (size_t)1 << order;
		frames->total_frames += (uint64_t)1 << order;
	}
	return OK;
}

enum status frame_allocator_take(struct frame_allocator *frames, unsigned order, size_t *out_first)
{
	return frame_allocator_take_below(frames, order, SIZE_MAX, out_first);
}

/* The smallest order from `order` on whose lowest block begins low enough; FRAME_ORDER_MAX + 1:
 * none. */
static unsigned frame_allocator_search(struct frame_allocator *frames, unsigned order, size_t limit)
{
	unsigned found = order;
	for (; found <= FRAME_ORDER_MAX; found++) {
		if (!frames->orders[found].free_count)
			continue;
		size_t first = frame_order_first(&frames->orders[found]) << found;
		if (first <= limit - ((size_t)1 << order))
			break;
	}
	return found;
}

enum status frame_allocator_take_below(struct frame_allocator *frames, unsigned order, size_t limit,
                                       size_t *out_first)
{
	if (order > FRAME_ORDER_MAX || limit < (size_t)1 << order)
		return ERR_NO_MEMORY;
	unsigned found = frame_allocator_search(frames, order, limit);
	if (found > FRAME_ORDER_MAX)
		return ERR_NO_MEMORY;

	size_t block = frame_order_first(&frames->orders[found]);
	frame_order_clear(&frames->orders[found], block);
	while (found > order) {
		found--;
		block *= 2;
		frame_order_set(&frames->orders[found], block + 1);
	}
	frames->free_frames -= (uint64_t)1 << order;
	*out_first = block << order;
	return OK;
}

static bool frame_order_all(const struct frame_order *order, size_t first, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!frame_order_test(order, first + i))
			return false;
	return true;
}

enum status frame_allocator_take_row(struct frame_allocator *frames, size_t count, size_t base,
                                     size_t *out_first)
{
	struct frame_order *order = &frames->orders[FRAME_ORDER_MAX];
	size_t first = (count - base % count) % count;
	while (first < order->block_count && !frame_order_all(order, first, count))
		first += count;
	if (first >= order->block_count)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < count; i++)
		frame_order_clear(order, first + i);
	frames->free_frames -= count << FRAME_ORDER_MAX;
	*out_first = first << FRAME_ORDER_MAX;
	return OK;
}
