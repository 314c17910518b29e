/*
 * The journal, written: a transaction goes into the log behind those before it, and once in a while
 * everything to its place. The log begins anew then, so it never wraps.
 *
 * A commit that failed, or whose process died, is done again with the same blocks; nothing else may
 * change before it stands. Format: JBD2, without checksums: what a commit record says is on the
 * disk before the record is.
 */
#include "cache.h"
#include "journal.h"

#include <stdatomic.h>

enum {
	STAGE_BLOCKS = UNDO_MAX,
	PLACE_STAGE_BLOCKS = UNDO_MAX - 8, /* the others hold their order */
	REVOKES_PER_BLOCK = (EXT_BLOCK_BYTES - sizeof(struct journal_revoke)) / 4,
};

_Static_assert(SLOTS_MAX * sizeof(uint32_t) <=
                       (size_t)(UNDO_MAX - PLACE_STAGE_BLOCKS) * EXT_BLOCK_BYTES,
               "");

/* Blocks on their way into the log, in neighbouring places of the disk. */
struct log_writer {
	struct ext_volume *v;
	uint32_t index; /* of the next block, in the journal */
	uint32_t first; /* where the staged ones go */
	uint32_t count;
};

enum status ext_journal_block(struct ext_volume *v, uint32_t index, uint32_t *out_block)
{
	TRY(ext_map_find(v, DISK_JOURNAL_INODE, index, out_block));
	return *out_block ? OK : ERR_IO;
}

static enum status log_flush(struct log_writer *w)
{
	const struct ext_source *source = &w->v->source;
	if (w->count)
		TRY(source->write(source->context, w->first, w->count, ext_spare_pages(w->v)));
	w->count = 0;
	return OK;
}

static enum status log_append(struct log_writer *w, uint8_t **out_page)
{
	uint32_t block;
	if (w->index >= w->v->state->log_end)
		return ERR_NO_BUFFERS;
	TRY(ext_journal_block(w->v, w->index, &block));
	if (w->count == STAGE_BLOCKS || (w->count && w->first + w->count != block))
		TRY(log_flush(w));
	if (!w->count)
		w->first = block;
	*out_page = ext_spare_pages(w->v) + (size_t)w->count * EXT_BLOCK_BYTES;
	w->count++;
	w->index++;
	return OK;
}

static struct journal_header header_of(const struct ext_volume *v, enum journal_kind kind)
{
	return (struct journal_header){.magic = big32(JOURNAL_MAGIC),
	                               .kind = big32(kind),
	                               .sequence = big32(v->state->sequence)};
}

static enum status log_revokes(struct log_writer *w)
{
	const struct ext_state *state = w->v->state;
	for (uint32_t done = 0; done < state->revoke_count;) {
		uint8_t *page;
		TRY(log_append(w, &page));
		memset(page, 0, EXT_BLOCK_BYTES);
		struct journal_revoke *revoke = (struct journal_revoke *)page;
		uint32_t count = state->revoke_count - done;
		if (count > REVOKES_PER_BLOCK)
			count = REVOKES_PER_BLOCK;
		revoke->header = header_of(w->v, JOURNAL_REVOKE);
		revoke->bytes = big32((uint32_t)sizeof *revoke + count * 4);
		for (uint32_t i = 0; i < count; i++)
			revoke->blocks[i] = big32(state->revokes[done + i]);
		done += count;
	}
	return OK;
}

static uint32_t next_dirty(const struct ext_volume *v, uint32_t slot)
{
	while (slot < v->slot_count && !(v->slots[slot].flags & SLOT_DIRTY))
		slot++;
	return slot;
}

static bool page_needs_escape(const uint8_t *page)
{
	uint32_t first;
	memcpy(&first, page, sizeof first);
	return first == big32(JOURNAL_MAGIC);
}

/* A descriptor for the dirty slots from *slot on, as many as it has room for. */
static enum status log_descriptor(struct log_writer *w, uint32_t *slot)
{
	uint8_t *page;
	TRY(log_append(w, &page));
	memset(page, 0, EXT_BLOCK_BYTES);
	*(struct journal_header *)page = header_of(w->v, JOURNAL_DESCRIPTOR);
	size_t at = sizeof(struct journal_header);
	bool is_first = true;
	while (*slot < w->v->slot_count) {
		struct journal_tag *tag = (struct journal_tag *)(page + at);
		uint16_t flags = is_first ? 0 : JOURNAL_SAME_ID;
		at += sizeof *tag + (is_first ? JOURNAL_ID_BYTES : 0);
		is_first = false;
		if (page_needs_escape(ext_slot_page(w->v, *slot)))
			flags |= JOURNAL_ESCAPED;
		tag->block = big32(w->v->slots[*slot].block);
		*slot = next_dirty(w->v, *slot + 1);
		if (*slot == w->v->slot_count || at + sizeof *tag > EXT_BLOCK_BYTES) {
			tag->flags = big16(flags | JOURNAL_LAST);
			return OK;
		}
		tag->flags = big16(flags);
	}
	return OK;
}

static enum status log_content(struct log_writer *w, uint32_t slot)
{
	uint8_t *page;
	TRY(log_append(w, &page));
	memcpy(page, ext_slot_page(w->v, slot), EXT_BLOCK_BYTES);
	if (page_needs_escape(page))
		memset(page, 0, sizeof(uint32_t));
	return OK;
}

static enum status log_blocks(struct log_writer *w)
{
	uint32_t slot = next_dirty(w->v, 0);
	while (slot < w->v->slot_count) {
		uint32_t end = slot;
		TRY(log_descriptor(w, &end));
		for (; slot < end; slot = next_dirty(w->v, slot + 1))
			TRY(log_content(w, slot));
	}
	return OK;
}

enum status ext_journal_begin_at(struct ext_volume *v, uint32_t start, uint32_t sequence)
{
	uint32_t block;
	uint8_t *page = ext_spare_pages(v);
	TRY(ext_journal_block(v, 0, &block));
	TRY(v->source.read(v->source.context, block, 1, page));
	struct journal_super *super = (struct journal_super *)page;
	super->start = big32(start);
	super->sequence = big32(sequence);
	if (big32(super->header.kind) == JOURNAL_SUPER_2)
		super->incompat |= big32(JOURNAL_INCOMPAT_REVOKE);
	return v->source.write(v->source.context, block, 1, page);
}

enum status ext_source_flush(struct ext_volume *v)
{
	TRY(v->source.flush(v->source.context));
	v->state->written = 0;
	return OK;
}

static enum status commit_write(struct ext_volume *v)
{
	struct ext_state *state = v->state;
	struct log_writer w = {.v = v, .index = state->log_first + state->log_used};
	uint8_t *page;
	TRY(log_revokes(&w));
	TRY(log_blocks(&w));
	TRY(log_flush(&w));
	if (!state->log_used)
		state->sequence_first = state->sequence;
	if (!state->log_known)
		TRY(ext_journal_begin_at(v, state->log_first, state->sequence_first));
	TRY(ext_source_flush(v));
	TRY(log_append(&w, &page));
	memset(page, 0, EXT_BLOCK_BYTES);
	((struct journal_commit *)page)->header = header_of(v, JOURNAL_COMMIT);
	TRY(log_flush(&w));
	TRY(ext_source_flush(v));
	state->log_used_next = w.index - state->log_first;
	state->sequence_next = state->sequence + 1;
	return OK;
}

static void journal_enter(struct ext_volume *v, enum commit_phase phase)
{
	atomic_signal_fence(memory_order_seq_cst);
	v->state->phase = phase;
	atomic_signal_fence(memory_order_seq_cst);
}

/* The slots of a transaction that stands in the log. */
static void settle_written(struct ext_volume *v)
{
	for (uint32_t i = 0; i < v->slot_count; i++) {
		uint32_t flags = v->slots[i].flags;
		if (flags & SLOT_SHADOW)
			ext_slot_drop(v, i);
		else if (flags & SLOT_DIRTY)
			v->slots[i].flags = SLOT_VALID | SLOT_LOGGED;
	}
	v->state->sequence = v->state->sequence_next;
	v->state->log_used = v->state->log_used_next;
	v->state->log_known = true;
	v->state->revoke_count = 0;
}

static void settle_placed(struct ext_volume *v)
{
	for (uint32_t i = 0; i < v->slot_count; i++)
		v->slots[i].flags &= ~(uint32_t)SLOT_LOGGED;
	v->state->log_used = 0;
}

void ext_journal_settle(struct ext_volume *v)
{
	uint32_t phase = v->state->phase;
	if (phase != COMMIT_WRITTEN && phase != COMMIT_PLACED)
		return;
	if (phase == COMMIT_WRITTEN)
		settle_written(v);
	else
		settle_placed(v);
	ext_cache_count(v);
	journal_enter(v, COMMIT_NONE);
}

enum status ext_journal_commit(struct ext_volume *v)
{
	journal_enter(v, COMMIT_WRITING);
	TRY(commit_write(v));
	journal_enter(v, COMMIT_WRITTEN);
	ext_journal_settle(v);
	return OK;
}

/* Numbers of the logged slots in order of their blocks: Shell's sort. */
static uint32_t placing_order(const struct ext_volume *v, uint32_t *order)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < v->slot_count; i++)
		if (v->slots[i].flags & SLOT_LOGGED)
			order[count++] = i;
	for (uint32_t gap = count / 2; gap; gap = gap * 5 / 11) {
		for (uint32_t i = gap; i < count; i++) {
			uint32_t slot = order[i], at = i;
			for (; at >= gap && v->slots[order[at - gap]].block > v->slots[slot].block;
			     at -= gap)
				order[at] = order[at - gap];
			order[at] = slot;
		}
	}
	return count;
}

/* Neighbours on the disk are written together. */
static enum status place_blocks(struct ext_volume *v, const uint32_t *order, uint32_t count)
{
	for (uint32_t done = 0; done < count;) {
		uint32_t first = v->slots[order[done]].block, run = 0;
		while (done + run < count && run < PLACE_STAGE_BLOCKS &&
		       v->slots[order[done + run]].block == first + run) {
			memcpy(ext_spare_pages(v) + (size_t)run * EXT_BLOCK_BYTES,
			       ext_slot_page(v, order[done + run]), EXT_BLOCK_BYTES);
			run++;
		}
		TRY(v->source.write(v->source.context, first, run, ext_spare_pages(v)));
		done += run;
	}
	return OK;
}

enum status ext_journal_place(struct ext_volume *v)
{
	uint8_t *behind = ext_spare_pages(v) + (size_t)PLACE_STAGE_BLOCKS * EXT_BLOCK_BYTES;
	uint32_t *order = (uint32_t *)behind;
	if (!v->state->log_used)
		return OK;
	TRY(place_blocks(v, order, placing_order(v, order)));
	TRY(ext_source_flush(v));
	v->state->log_known = false;
	TRY(ext_journal_begin_at(v, 0, v->state->sequence));
	TRY(ext_source_flush(v));
	journal_enter(v, COMMIT_PLACED);
	ext_journal_settle(v);
	return OK;
}
