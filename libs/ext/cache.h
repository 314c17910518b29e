/*
 * Blocks of the volume in memory.
 *
 * A page that a function here handed out stays where it is for the next PAGE_STAYS of them, and to
 * the end of the operation when it was changed.
 */
#pragma once

#include "volume.h"

enum { PAGE_STAYS = 32 };

/* Lays the state out; false when the memory is too small. */
bool ext_cache_lay_out(struct ext_volume *v, void *memory, size_t size);
/* Every slot empty. */
void ext_cache_clear(struct ext_volume *v);
/* The counts from the slots' flags. */
void ext_cache_count(struct ext_volume *v);
/* Counts and chains from the slots that stay; the others are emptied. */
void ext_cache_rebuild(struct ext_volume *v);
enum status ext_block_read(struct ext_volume *v, uint32_t block, const uint8_t **out_page);
enum status ext_block_change(struct ext_volume *v, uint32_t block, uint8_t **out_page);
/* A block that was free: zeros, nothing is read. */
enum status ext_block_new(struct ext_volume *v, uint32_t block, uint8_t **out_page);
/* The page of a block that the caller writes to its place at once, outside of transactions. */
enum status ext_block_patch(struct ext_volume *v, uint32_t block, uint8_t **out_page);
/* It was freed: nothing of it may be written any more, nor replayed. */
enum status ext_block_forget(struct ext_volume *v, uint32_t block);
/* Keeps a bitmap's bit, which is about to be cleared, from being taken until the next commit. */
enum status ext_bitmap_keep(struct ext_volume *v, uint32_t block, uint32_t bit);
/* The bits that may not be taken; NULL: all that are 0 may. */
const uint8_t *ext_bitmap_kept(struct ext_volume *v, uint32_t block);
/* Empties a slot. */
void ext_slot_drop(struct ext_volume *v, uint32_t slot);
uint8_t *ext_slot_page(const struct ext_volume *v, uint32_t slot);
/* Pages that operations need for undoing, and nothing else needs between them. */
uint8_t *ext_spare_pages(const struct ext_volume *v);
/* One more, for bytes of files that fill no block. */
uint8_t *ext_part_page(const struct ext_volume *v);
