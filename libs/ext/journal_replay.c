/*
 * The journal, read: what was committed goes to its place.
 *
 * Three passes over the log as JBD2 does them: how far it reaches, which blocks are revoked, and
 * the writing. The upper half of the cache's pages holds the revoked blocks so long.
 */
#include "cache.h"
#include "journal.h"

enum {
	LOG_BLOCKS_MIN = 256,
	LOG_BLOCKS_MAX = 1 << 26,
};

enum pass { PASS_SCAN, PASS_REVOKE, PASS_WRITE };

struct revoked {
	uint32_t block; /* 0: empty; block 0 is never revoked */
	uint32_t sequence; /* the last one that revokes it */
};

struct replay {
	struct ext_volume *v;
	enum pass pass;
	uint32_t start, end; /* first block of the log's first transaction; end of the log */
	uint32_t sequence, sequence_end; /* of the first transaction; behind the last one */
	uint8_t *page, *content;
	struct revoked *revoked;
	uint32_t revoked_mask, revoked_count;
};

/* Where a pass stands. */
struct cursor {
	uint32_t index, sequence;
	uint32_t seen; /* blocks; a log is walked once around at most */
};

static enum status cursor_read(struct replay *r, struct cursor *c, uint8_t *page)
{
	uint32_t block;
	if (++c->seen > r->end - r->v->state->log_first)
		return ERR_NOT_FOUND;
	TRY(ext_journal_block(r->v, c->index, &block));
	if (++c->index >= r->end)
		c->index = r->v->state->log_first;
	return r->v->source.read(r->v->source.context, block, 1, page);
}

static bool sequence_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static struct revoked *revoked_cell(const struct replay *r, uint32_t block)
{
	uint32_t at = block * 2654435761u & r->revoked_mask;
	while (r->revoked[at].block && r->revoked[at].block != block)
		at = (at + 1) & r->revoked_mask;
	return &r->revoked[at];
}

static enum status revoke_note(struct replay *r, uint32_t block, uint32_t sequence)
{
	if (!block)
		return ERR_IO;
	struct revoked *cell = revoked_cell(r, block);
	if (!cell->block && ++r->revoked_count > r->revoked_mask / 2)
		return ERR_NO_MEMORY;
	if (!cell->block || sequence_before(cell->sequence, sequence))
		*cell = (struct revoked){block, sequence};
	return OK;
}

static enum status revoke_take(struct replay *r, uint32_t sequence)
{
	const struct journal_revoke *revoke = (const struct journal_revoke *)r->page;
	uint32_t bytes = big32(revoke->bytes);
	if (r->pass != PASS_REVOKE)
		return OK;
	if (bytes < sizeof *revoke || bytes > EXT_BLOCK_BYTES)
		return ERR_IO;
	for (uint32_t i = 0; i < (bytes - sizeof *revoke) / 4; i++)
		TRY(revoke_note(r, big32(revoke->blocks[i]), sequence));
	return OK;
}

static enum status content_write(struct replay *r, const struct journal_tag *tag, uint32_t sequence)
{
	uint32_t block = big32(tag->block), magic = big32(JOURNAL_MAGIC);
	const struct revoked *cell = revoked_cell(r, block);
	if (cell->block && !sequence_before(cell->sequence, sequence))
		return OK;
	if (block >= r->v->state->block_count)
		return ERR_IO;
	if (big16(tag->flags) & JOURNAL_ESCAPED)
		memcpy(r->content, &magic, sizeof magic);
	return r->v->source.write(r->v->source.context, block, 1, r->content);
}

static enum status descriptor_take(struct replay *r, struct cursor *c)
{
	size_t at = sizeof(struct journal_header);
	uint16_t flags = 0;
	while (!(flags & JOURNAL_LAST) && at + sizeof(struct journal_tag) <= EXT_BLOCK_BYTES) {
		const struct journal_tag *tag = (const struct journal_tag *)(r->page + at);
		flags = big16(tag->flags);
		at += sizeof *tag + (flags & JOURNAL_SAME_ID ? 0 : JOURNAL_ID_BYTES);
		TRY(cursor_read(r, c, r->content));
		if (r->pass == PASS_WRITE)
			TRY(content_write(r, tag, c->sequence));
	}
	return OK;
}

/* ERR_NOT_FOUND: nothing more was committed. */
static enum status replay_next(struct replay *r, struct cursor *c)
{
	TRY(cursor_read(r, c, r->page));
	const struct journal_header *header = (const struct journal_header *)r->page;
	if (header->magic != big32(JOURNAL_MAGIC) || big32(header->sequence) != c->sequence)
		return ERR_NOT_FOUND;
	switch (big32(header->kind)) {
	case JOURNAL_DESCRIPTOR:
		return descriptor_take(r, c);
	case JOURNAL_REVOKE:
		return revoke_take(r, c->sequence);
	case JOURNAL_COMMIT:
		c->sequence++;
		return OK;
	default:
		return ERR_NOT_FOUND;
	}
}

static enum status replay_pass(struct replay *r, enum pass pass)
{
	struct cursor c = {.index = r->start, .sequence = r->sequence};
	r->pass = pass;
	while (pass == PASS_SCAN || sequence_before(c.sequence, r->sequence_end)) {
		enum status status = replay_next(r, &c);
		if (status == ERR_NOT_FOUND && pass == PASS_SCAN)
			break;
		/* what the first pass read must be there again */
		TRY(status == ERR_NOT_FOUND ? ERR_IO : status);
	}
	r->sequence_end = c.sequence;
	return OK;
}

/* Half of the cache's pages, a power of two of cells. */
static void replay_take_memory(struct replay *r)
{
	struct ext_volume *v = r->v;
	uint32_t half = v->slot_count / 2, pages = 1;
	while (pages * 2 <= v->slot_count - half)
		pages *= 2;
	r->revoked = (struct revoked *)ext_slot_page(v, half);
	r->revoked_mask = pages * (EXT_BLOCK_BYTES / (uint32_t)sizeof(struct revoked)) - 1;
	memset(r->revoked, 0, (size_t)pages * EXT_BLOCK_BYTES);
	r->page = ext_spare_pages(v);
	r->content = ext_spare_pages(v) + EXT_BLOCK_BYTES;
	v->slot_count = half;
}

static enum status replay_run(struct replay *r)
{
	TRY(replay_pass(r, PASS_SCAN));
	TRY(replay_pass(r, PASS_REVOKE));
	TRY(replay_pass(r, PASS_WRITE));
	TRY(r->v->source.flush(r->v->source.context));
	/* a transaction that was cut off has the next number */
	r->v->state->sequence = r->sequence_end + 1;
	TRY(ext_journal_begin_at(r->v, 0, r->v->state->sequence));
	return r->v->source.flush(r->v->source.context);
}

static enum status journal_replay(struct ext_volume *v, uint32_t start)
{
	struct replay r = {
	        .v = v, .start = start, .end = v->state->log_end, .sequence = v->state->sequence};
	uint32_t slot_count = v->slot_count;
	if (v->source.read_only)
		return ERR_READ_ONLY;
	replay_take_memory(&r);
	enum status status = replay_run(&r);
	v->slot_count = slot_count;
	ext_cache_clear(v);
	return status;
}

/* ERR_INVALID_ARGS, ERR_NOT_SUPPORTED. */
static enum status journal_check(const struct journal_super *super)
{
	uint32_t first = big32(super->first), blocks = big32(super->blocks);
	uint32_t start = big32(super->start);
	if (super->header.magic != big32(JOURNAL_MAGIC))
		return ERR_INVALID_ARGS;
	if (big32(super->header.kind) != JOURNAL_SUPER_2 || super->ro_compat ||
	    big32(super->incompat) & ~(uint32_t)JOURNAL_INCOMPAT_REVOKE)
		return ERR_NOT_SUPPORTED;
	bool is_sound = big32(super->block_bytes) == EXT_BLOCK_BYTES && first && first < blocks &&
	                blocks <= LOG_BLOCKS_MAX && blocks - first >= LOG_BLOCKS_MIN &&
	                (!start || (start >= first && start < blocks));
	return is_sound ? OK : ERR_INVALID_ARGS;
}

enum status ext_journal_open(struct ext_volume *v, bool needed)
{
	struct ext_state *state = v->state;
	uint32_t block;
	uint8_t *page = ext_spare_pages(v);
	TRY(ext_journal_block(v, 0, &block));
	TRY(v->source.read(v->source.context, block, 1, page));
	const struct journal_super *super = (const struct journal_super *)page;
	TRY(journal_check(super));
	state->log_first = big32(super->first);
	state->log_end = big32(super->blocks);
	state->sequence = big32(super->sequence);
	uint32_t start = big32(super->start);
	if (!start)
		return OK;
	return needed ? journal_replay(v, start) : ERR_INVALID_ARGS;
}
