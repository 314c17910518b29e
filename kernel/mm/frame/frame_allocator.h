/*
 * Page frame allocator: a buddy system kept in bitmaps.
 *
 * One bit per block and order says "this block is free and not part of a larger
 * free one". Free memory itself is never touched, so a stray write cannot damage
 * the allocator, and it runs on the host unchanged. Lowest address first.
 */
#pragma once

#include "hal/api.h"
#include <abi/status.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAME_ORDER_MAX = 12 }; /* 16 MiB */

struct frame_order {
	uint64_t *blocks; /* bit = free block */
	uint64_t *summary; /* bit = blocks[] word is not zero */
	size_t block_count;
	size_t free_count;
	size_t summary_hint; /* no set bit in summary words below */
};

struct frame_allocator {
	struct frame_order orders[FRAME_ORDER_MAX + 1];
	size_t frame_count; /* frames [0, frame_count) are covered */
	uint64_t total_frames; /* ever added */
	uint64_t free_frames;
};

/* Bytes of bookkeeping for frames [0, frame_count). */
size_t frame_allocator_bookkeeping(size_t frame_count);
/* bookkeeping: that many zeroed bytes, 8-byte aligned; kept. Starts with no free frame. */
void frame_allocator_init(struct frame_allocator *frames, size_t frame_count, void *bookkeeping);
/* Gives [first, end) (frame numbers) to the allocator. ERR_INVALID_ARGS: outside or already free.
 */
enum status frame_allocator_add(struct frame_allocator *frames, size_t first, size_t end);
enum status frame_allocator_take(struct frame_allocator *frames, unsigned order, size_t *out_first);
/* Only a block that ends at or below limit. */
enum status frame_allocator_take_below(struct frame_allocator *frames, unsigned order, size_t limit,
                                       size_t *out_first);
/*
 * count of the largest blocks in a row, a power of two: the first one's number and base (of this
 * allocator's first frame, in such blocks) together are a multiple of it.
 */
enum status frame_allocator_take_row(struct frame_allocator *frames, size_t count, size_t base,
                                     size_t *out_first);
/* ERR_INVALID_ARGS: misaligned, outside, or part of it is free already. */
enum status frame_allocator_give(struct frame_allocator *frames, unsigned order, size_t first);
