/* A volume opened and closed: the superblock, and what must hold before anything else is read. */
#include "cache.h"

#include <stdatomic.h>

enum {
	INODE_BYTES_MAX = 1024,
	GROUP_COUNT_MAX = 1 << 17,
	INCOMPAT_KNOWN = DISK_INCOMPAT_KIND | DISK_INCOMPAT_RECOVER,
	RO_COMPAT_KNOWN = DISK_RO_SPARSE | DISK_RO_LARGE_FILE | DISK_RO_EXTRA,
};

/* Changes with what lies in struct ext_state. */
static const uint64_t STATE_MAGIC = 0x3130657461745345;

enum status ext_volume_super(struct ext_volume *v, const struct disk_super **out_super)
{
	const uint8_t *page;
	TRY(ext_block_read(v, 0, &page));
	*out_super = (const struct disk_super *)(page + DISK_SUPER_OFFSET);
	return OK;
}

enum status ext_volume_change_super(struct ext_volume *v, struct disk_super **out_super)
{
	uint8_t *page;
	TRY(ext_block_change(v, 0, &page));
	*out_super = (struct disk_super *)(page + DISK_SUPER_OFFSET);
	return OK;
}

static enum status super_write_recover(struct ext_volume *v, bool needed)
{
	uint8_t *page;
	TRY(ext_block_patch(v, 0, &page));
	struct disk_super *super = (struct disk_super *)(page + DISK_SUPER_OFFSET);
	super->incompat &= ~(uint32_t)DISK_INCOMPAT_RECOVER;
	if (needed)
		super->incompat |= DISK_INCOMPAT_RECOVER;
	return v->source.write(v->source.context, 0, 1, page);
}

enum status ext_volume_mark(struct ext_volume *v)
{
	if (v->state->marked)
		return OK;
	TRY(super_write_recover(v, true));
	v->state->marked = true;
	return OK;
}

static bool is_power_of_two(uint32_t value)
{
	return value && (value & (value - 1)) == 0;
}

/* Numbers that later code divides by and multiplies. */
static bool super_is_sound(const struct disk_super *super, uint64_t block_count)
{
	if (super->log_block_bytes != DISK_BLOCK_LOG || super->first_data_block ||
	    super->blocks_count > block_count || super->blocks_count < 2 || !super->group_blocks ||
	    super->group_blocks > DISK_GROUP_BLOCKS || super->group_blocks % 8 ||
	    !super->group_inodes || super->group_inodes > DISK_GROUP_BLOCKS ||
	    super->group_inodes % 8)
		return false;
	if (!is_power_of_two(super->inode_bytes) || super->inode_bytes < DISK_INODE_BYTES_MIN ||
	    super->inode_bytes > INODE_BYTES_MAX ||
	    super->group_inodes % (EXT_BLOCK_BYTES / super->inode_bytes) ||
	    super->first_inode < DISK_FIRST_INODE_MIN || super->first_inode > super->group_inodes)
		return false;
	uint32_t groups = (super->blocks_count - 1) / super->group_blocks + 1;
	return groups <= GROUP_COUNT_MAX &&
	       super->inodes_count == (uint64_t)groups * super->group_inodes &&
	       groups / GROUPS_PER_BLOCK + 2 < super->group_blocks;
}

static enum status super_check(const struct disk_super *super, uint64_t block_count)
{
	if (super->magic != DISK_MAGIC)
		return ERR_INVALID_ARGS;
	if (super->revision != DISK_REVISION || super->incompat & ~(uint32_t)INCOMPAT_KNOWN ||
	    !(super->incompat & DISK_INCOMPAT_KIND) || super->log_block_bytes != DISK_BLOCK_LOG)
		return ERR_NOT_SUPPORTED;
	return super_is_sound(super, block_count) ? OK : ERR_INVALID_ARGS;
}

static enum status super_take(struct ext_volume *v)
{
	struct ext_state *state = v->state;
	const struct disk_super *super;
	TRY(ext_volume_super(v, &super));
	TRY(super_check(super, v->source.block_count));
	bool has_journal = super->compat & DISK_COMPAT_JOURNAL;
	if (has_journal && super->journal_inode != DISK_JOURNAL_INODE)
		return ERR_NOT_SUPPORTED;
	state->block_count = super->blocks_count;
	state->inode_count = super->inodes_count;
	state->first_inode = super->first_inode;
	state->group_blocks = super->group_blocks;
	state->group_inodes = super->group_inodes;
	state->group_count = (super->blocks_count - 1) / super->group_blocks + 1;
	state->inode_bytes = super->inode_bytes;
	state->needs_check = super->state & DISK_STATE_ERRORS;
	state->read_only = v->source.read_only || !has_journal ||
	                   super->ro_compat & ~(uint32_t)RO_COMPAT_KNOWN;
	return OK;
}

static enum status volume_start(struct ext_volume *v)
{
	struct ext_state *state = v->state;
	const struct disk_super *super;
	const struct disk_inode *root;
	TRY(super_take(v));
	TRY(ext_volume_super(v, &super));
	bool needs_recovery = super->incompat & DISK_INCOMPAT_RECOVER;
	if (super->compat & DISK_COMPAT_JOURNAL) {
		TRY(ext_journal_open(v, needs_recovery));
		/* the log may have held the superblock */
		TRY(super_take(v));
	} else if (needs_recovery) {
		return ERR_INVALID_ARGS;
	}
	state->marked = needs_recovery;
	TRY(ext_inode_read(v, EXT_ROOT, &root));
	if (!inode_is(root, MODE_DIRECTORY))
		return ERR_INVALID_ARGS;
	if (!state->read_only && ext_orphans_truncate(v) != OK)
		/* damaged: what is left of them stays in the chain */
		state->needs_check = true;
	return OK;
}

enum status ext_open(struct ext_volume *v, const struct ext_source *source, void *memory,
                     size_t size)
{
	*v = (struct ext_volume){.source = *source};
	if (!ext_cache_lay_out(v, memory, size) || source->block_count < 2)
		return ERR_INVALID_ARGS;
	memset(v->state, 0, sizeof *v->state);
	memset(v->slots, 0, v->slot_count * sizeof *v->slots);
	v->state->block_count = 1; /* the superblock's tells more */
	ext_cache_clear(v);
	TRY(volume_start(v));
	v->state->bytes = size;
	atomic_signal_fence(memory_order_seq_cst);
	v->state->magic = STATE_MAGIC;
	return OK;
}

enum status ext_adopt(struct ext_volume *v, const struct ext_source *source, void *memory,
                      size_t size)
{
	*v = (struct ext_volume){.source = *source};
	if (!ext_cache_lay_out(v, memory, size) || v->state->magic != STATE_MAGIC ||
	    v->state->bytes != size || v->state->block_count > source->block_count)
		return ERR_NOT_FOUND;
	ext_cache_rebuild(v);
	ext_operation_undo(v);
	ext_journal_settle(v);
	return OK;
}

bool ext_is_read_only(const struct ext_volume *v)
{
	return v->state->read_only;
}

bool ext_is_dirty(const struct ext_volume *v)
{
	const struct ext_state *state = v->state;
	return state->phase != COMMIT_NONE || state->dirty_count || state->revoke_count ||
	       state->written;
}

enum status ext_sync(struct ext_volume *v)
{
	const struct ext_state *state = v->state;
	if (state->phase != COMMIT_NONE || state->dirty_count || state->revoke_count)
		return ext_journal_commit(v);
	return state->written ? ext_source_flush(v) : OK;
}

enum status ext_checkpoint(struct ext_volume *v)
{
	TRY(ext_sync(v));
	return ext_journal_place(v);
}

enum status ext_close(struct ext_volume *v)
{
	TRY(ext_checkpoint(v));
	if (v->state->marked && !v->state->read_only) {
		TRY(super_write_recover(v, false));
		TRY(ext_source_flush(v));
		v->state->marked = false;
	}
	v->state->magic = 0;
	return OK;
}

enum status ext_space(struct ext_volume *v, struct ext_space *out_space)
{
	const struct ext_state *state = v->state;
	const struct disk_super *super;
	TRY(ext_volume_super(v, &super));
	uint32_t reserved = super->reserved_blocks;
	*out_space = (struct ext_space){
	        .blocks = state->block_count,
	        .free_blocks = super->free_blocks,
	        .available_blocks =
	                super->free_blocks > reserved ? super->free_blocks - reserved : 0,
	        .inodes = state->inode_count,
	        .free_inodes = super->free_inodes,
	        .read_only = state->read_only,
	        .needs_check = state->needs_check,
	};
	memcpy(out_space->id, super->id, sizeof super->id);
	return OK;
}
