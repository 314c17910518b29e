/*
 * One operation: it stands, or every block is as it was before.
 *
 * Before one begins there is room for it: in the cache, in the transaction, in the log.
 */
#include "cache.h"

#include <stdatomic.h>

enum {
	LOG_OVERHEAD = 16, /* blocks of a transaction that hold no block: far more than there are */
};

/* Blocks after which a transaction is committed; one more operation may go beyond. */
static uint32_t transaction_limit(const struct ext_volume *v)
{
	uint32_t of_cache = v->slot_count / 4;
	uint32_t of_log = (v->state->log_end - v->state->log_first) / 4;
	return of_cache < of_log ? of_cache : of_log;
}

static enum status operation_make_room(struct ext_volume *v)
{
	struct ext_state *state = v->state;
	uint32_t limit = transaction_limit(v);
	if (state->phase != COMMIT_NONE || state->dirty_count >= limit ||
	    state->revoke_count >= REVOKES_FULL)
		TRY(ext_journal_commit(v));
	if (state->dirty_count || state->revoke_count)
		return OK;
	/* the beginning of a transaction */
	uint32_t room = state->log_end - state->log_first - state->log_used;
	if (state->logged_count >= v->slot_count / 4 || room < limit + UNDO_MAX + LOG_OVERHEAD)
		TRY(ext_journal_place(v));
	return OK;
}

static enum status operation_begin(struct ext_volume *v)
{
	if (v->state->read_only)
		return ERR_READ_ONLY;
	TRY(ext_volume_mark(v));
	TRY(operation_make_room(v));
	/* 0: no operation's */
	if (!++v->state->operation)
		v->state->operation = 1;
	v->state->revoke_count_before = v->state->revoke_count;
	return OK;
}

void ext_operation_undo(struct ext_volume *v)
{
	struct ext_state *state = v->state;
	if (!state->undo_count)
		return;
	for (uint32_t i = state->undo_count; i > 0; i--) {
		const struct ext_undo *undo = &state->undo[i - 1];
		memcpy(ext_slot_page(v, undo->slot), ext_spare_pages(v) + (i - 1) * EXT_BLOCK_BYTES,
		       EXT_BLOCK_BYTES);
		v->slots[undo->slot].block = undo->block;
		v->slots[undo->slot].flags = undo->flags;
	}
	state->revoke_count = state->revoke_count_before;
	ext_cache_rebuild(v);
	atomic_signal_fence(memory_order_seq_cst);
	state->undo_count = 0;
}

bool ext_operation_is_full(const struct ext_volume *v)
{
	return v->state->undo_count >= UNDO_MAX / 2 ||
	       v->state->revoke_count >= REVOKES_MAX - UNDO_MAX;
}

static enum status operation_try(struct ext_volume *v, operation_step *step, void *context)
{
	TRY(operation_begin(v));
	enum status status = step(v, context);
	atomic_signal_fence(memory_order_seq_cst);
	if (status == OK)
		v->state->undo_count = 0;
	else
		ext_operation_undo(v);
	return status;
}

enum status ext_operation_run(struct ext_volume *v, operation_step *step, void *context)
{
	enum status status = operation_try(v, step, context);
	/* what the transaction freed can be used once it is committed */
	if (status != ERR_NO_SPACE || !v->state->shadow_count)
		return status;
	TRY(ext_journal_commit(v));
	return operation_try(v, step, context);
}
