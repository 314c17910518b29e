/*
 * Blocks in memory: found by number, the least lately used one gives its slot away.
 *
 * What the process may die in the middle of is written so that ext_cache_rebuild finds it sound: a
 * slot is what its number and flags say, and the undo pages are complete before they count.
 */
#include "cache.h"

#include <stdatomic.h>

enum { STATE_PAGES = (sizeof(struct ext_state) + EXT_BLOCK_BYTES - 1) / EXT_BLOCK_BYTES };

bool ext_cache_lay_out(struct ext_volume *v, void *memory, size_t size)
{
	size_t pages = size / EXT_BLOCK_BYTES;
	if (size < EXT_MEMORY_MIN)
		return false;
	pages -= STATE_PAGES + UNDO_MAX + 1;
	size_t slots = pages * EXT_BLOCK_BYTES / (EXT_BLOCK_BYTES + sizeof(struct ext_slot));
	size_t table = (slots * sizeof(struct ext_slot) + EXT_BLOCK_BYTES - 1) / EXT_BLOCK_BYTES;
	slots = pages - table < slots ? pages - table : slots;
	slots = slots < SLOTS_MAX ? slots : SLOTS_MAX;
	uint8_t *bytes = memory;
	v->state = memory;
	v->slots = (struct ext_slot *)(bytes + (size_t)STATE_PAGES * EXT_BLOCK_BYTES);
	v->pages = bytes + (STATE_PAGES + table) * EXT_BLOCK_BYTES;
	v->slot_count = (uint32_t)slots;
	return true;
}

uint8_t *ext_spare_pages(const struct ext_volume *v)
{
	return v->pages;
}

uint8_t *ext_part_page(const struct ext_volume *v)
{
	return v->pages + (size_t)UNDO_MAX * EXT_BLOCK_BYTES;
}

uint8_t *ext_slot_page(const struct ext_volume *v, uint32_t slot)
{
	return v->pages + ((size_t)UNDO_MAX + 1 + slot) * EXT_BLOCK_BYTES;
}

static uint32_t *bucket_of(const struct ext_volume *v, uint32_t block)
{
	return &v->state->buckets[block * 2654435761u >> 22];
}

static void slot_link(struct ext_volume *v, uint32_t slot)
{
	uint32_t *bucket = bucket_of(v, v->slots[slot].block);
	v->slots[slot].next = *bucket;
	*bucket = slot;
}

static void slot_unlink(struct ext_volume *v, uint32_t slot)
{
	uint32_t *at = bucket_of(v, v->slots[slot].block);
	while (*at != NO_SLOT && *at != slot)
		at = &v->slots[*at].next;
	if (*at == slot)
		*at = v->slots[slot].next;
}

void ext_cache_clear(struct ext_volume *v)
{
	for (uint32_t i = 0; i < v->slot_count; i++)
		v->slots[i].flags = 0;
	ext_cache_rebuild(v);
}

static void slot_count_in(struct ext_state *state, uint32_t flags, uint32_t sign)
{
	if (flags & (SLOT_DIRTY | SLOT_SHADOW))
		state->dirty_count += sign;
	else if (flags & SLOT_LOGGED)
		state->logged_count += sign;
	if (flags & SLOT_SHADOW)
		state->shadow_count += sign;
}

static void slot_set_flags(struct ext_volume *v, uint32_t slot, uint32_t flags)
{
	slot_count_in(v->state, v->slots[slot].flags, -1u);
	v->slots[slot].flags = flags;
	slot_count_in(v->state, flags, 1);
}

void ext_cache_count(struct ext_volume *v)
{
	struct ext_state *state = v->state;
	state->dirty_count = state->logged_count = state->shadow_count = 0;
	for (uint32_t i = 0; i < v->slot_count; i++)
		slot_count_in(state, v->slots[i].flags, 1);
}

void ext_cache_rebuild(struct ext_volume *v)
{
	struct ext_state *state = v->state;
	memset(state->buckets, 0xff, sizeof state->buckets);
	for (uint32_t i = 0; i < v->slot_count; i++) {
		struct ext_slot *slot = &v->slots[i];
		slot->saved = 0;
		if (slot->flags & SLOT_STAYS) {
			slot_link(v, i);
		} else {
			slot->flags = 0;
			slot->used = 0;
		}
	}
	ext_cache_count(v);
}

/* shadow: SLOT_SHADOW or 0. */
static uint32_t slot_find(struct ext_volume *v, uint32_t block, uint32_t shadow)
{
	uint32_t slot = *bucket_of(v, block);
	while (slot != NO_SLOT &&
	       (v->slots[slot].block != block || (v->slots[slot].flags & SLOT_SHADOW) != shadow))
		slot = v->slots[slot].next;
	if (slot != NO_SLOT)
		v->slots[slot].used = ++v->state->clock;
	return slot;
}

/* An empty slot with this number; its flags are 0. */
static enum status slot_take(struct ext_volume *v, uint32_t block, uint32_t *out_slot)
{
	uint32_t oldest = NO_SLOT;
	for (uint32_t i = 0; i < v->slot_count; i++) {
		if (v->slots[i].flags & SLOT_STAYS)
			continue;
		if (oldest == NO_SLOT || v->slots[i].used < v->slots[oldest].used)
			oldest = i;
	}
	if (oldest == NO_SLOT)
		return ERR_NO_BUFFERS;
	struct ext_slot *slot = &v->slots[oldest];
	if (slot->flags)
		slot_unlink(v, oldest);
	*slot = (struct ext_slot){.block = block, .used = ++v->state->clock};
	*out_slot = oldest;
	return OK;
}

static enum status slot_load(struct ext_volume *v, uint32_t block, uint32_t *out_slot)
{
	if (block >= v->state->block_count)
		return ERR_IO;
	*out_slot = slot_find(v, block, 0);
	if (*out_slot != NO_SLOT)
		return OK;
	uint32_t slot;
	TRY(slot_take(v, block, &slot));
	TRY(v->source.read(v->source.context, block, 1, ext_slot_page(v, slot)));
	v->slots[slot].flags = SLOT_VALID;
	slot_link(v, slot);
	*out_slot = slot;
	return OK;
}

/* The slot's content of now comes back when the operation fails. */
static enum status slot_save(struct ext_volume *v, uint32_t slot)
{
	struct ext_state *state = v->state;
	if (v->slots[slot].saved == state->operation)
		return OK;
	if (state->undo_count == UNDO_MAX)
		return ERR_NO_BUFFERS;
	memcpy(ext_spare_pages(v) + (size_t)state->undo_count * EXT_BLOCK_BYTES,
	       ext_slot_page(v, slot), EXT_BLOCK_BYTES);
	state->undo[state->undo_count] = (struct ext_undo){
	        .slot = slot, .block = v->slots[slot].block, .flags = v->slots[slot].flags};
	atomic_signal_fence(memory_order_seq_cst);
	state->undo_count++;
	atomic_signal_fence(memory_order_seq_cst);
	v->slots[slot].saved = state->operation;
	return OK;
}

void ext_slot_drop(struct ext_volume *v, uint32_t slot)
{
	slot_unlink(v, slot);
	slot_set_flags(v, slot, 0);
}

enum status ext_block_read(struct ext_volume *v, uint32_t block, const uint8_t **out_page)
{
	uint32_t slot;
	TRY(slot_load(v, block, &slot));
	*out_page = ext_slot_page(v, slot);
	return OK;
}

enum status ext_block_patch(struct ext_volume *v, uint32_t block, uint8_t **out_page)
{
	uint32_t slot;
	TRY(slot_load(v, block, &slot));
	*out_page = ext_slot_page(v, slot);
	return OK;
}

enum status ext_block_change(struct ext_volume *v, uint32_t block, uint8_t **out_page)
{
	uint32_t slot;
	TRY(slot_load(v, block, &slot));
	TRY(slot_save(v, slot));
	slot_set_flags(v, slot, v->slots[slot].flags | SLOT_DIRTY);
	*out_page = ext_slot_page(v, slot);
	return OK;
}

enum status ext_block_new(struct ext_volume *v, uint32_t block, uint8_t **out_page)
{
	if (block >= v->state->block_count)
		return ERR_IO;
	uint32_t slot = slot_find(v, block, 0);
	if (slot == NO_SLOT) {
		TRY(slot_take(v, block, &slot));
		TRY(slot_save(v, slot));
		slot_link(v, slot);
	} else {
		TRY(slot_save(v, slot));
	}
	memset(ext_slot_page(v, slot), 0, EXT_BLOCK_BYTES);
	slot_set_flags(v, slot, v->slots[slot].flags | SLOT_VALID | SLOT_DIRTY);
	*out_page = ext_slot_page(v, slot);
	return OK;
}

enum status ext_block_forget(struct ext_volume *v, uint32_t block)
{
	struct ext_state *state = v->state;
	if (state->revoke_count == REVOKES_MAX)
		return ERR_NO_BUFFERS;
	state->revokes[state->revoke_count++] = block;
	uint32_t slot = slot_find(v, block, 0);
	if (slot == NO_SLOT)
		return OK;
	TRY(slot_save(v, slot));
	ext_slot_drop(v, slot);
	return OK;
}

enum status ext_bitmap_keep(struct ext_volume *v, uint32_t block, uint32_t bit)
{
	uint32_t slot, shadow = slot_find(v, block, SLOT_SHADOW);
	if (shadow == NO_SLOT) {
		TRY(slot_load(v, block, &slot));
		TRY(slot_take(v, block, &shadow));
		memcpy(ext_slot_page(v, shadow), ext_slot_page(v, slot), EXT_BLOCK_BYTES);
		atomic_signal_fence(memory_order_seq_cst);
		slot_set_flags(v, shadow, SLOT_SHADOW);
		slot_link(v, shadow);
	}
	/* it may have been taken since the shadow was made */
	ext_slot_page(v, shadow)[bit / 8] |= (uint8_t)(1u << bit % 8);
	return OK;
}

const uint8_t *ext_bitmap_kept(struct ext_volume *v, uint32_t block)
{
	uint32_t slot = slot_find(v, block, SLOT_SHADOW);
	return slot == NO_SLOT ? NULL : ext_slot_page(v, slot);
}
