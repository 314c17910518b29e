/* Inodes: where they lie, and what they say of a file. */
#include "cache.h"

enum {
	NS_PER_SECOND = 1000000000,
	EXTRA_TIMES_BYTES = 16, /* of the extra fields, as far as the times */
	LARGE_FILE_BITS = 31,
};

static enum status inode_place(struct ext_volume *v, uint32_t number, uint32_t *out_block,
                               uint32_t *out_offset)
{
	const struct ext_state *state = v->state;
	struct group_place place;
	bool is_known =
	        number == EXT_ROOT || number >= state->first_inode || number == DISK_JOURNAL_INODE;
	if (!is_known || number > state->inode_count)
		return ERR_INVALID_ARGS;
	TRY(ext_group_read(v, group_of_inode(v, number), &place));
	uint32_t at = (number - 1) % state->group_inodes * state->inode_bytes;
	*out_block = place.inode_table + at / EXT_BLOCK_BYTES;
	*out_offset = at % EXT_BLOCK_BYTES;
	return OK;
}

enum status ext_inode_read(struct ext_volume *v, uint32_t number,
                           const struct disk_inode **out_inode)
{
	uint32_t block, offset;
	const uint8_t *page;
	TRY(inode_place(v, number, &block, &offset));
	TRY(ext_block_read(v, block, &page));
	*out_inode = (const struct disk_inode *)(page + offset);
	return OK;
}

enum status ext_inode_change(struct ext_volume *v, uint32_t number, struct disk_inode **out_inode)
{
	uint32_t block, offset;
	uint8_t *page;
	if (number == DISK_JOURNAL_INODE)
		return ERR_INVALID_ARGS;
	TRY(inode_place(v, number, &block, &offset));
	TRY(ext_block_change(v, block, &page));
	*out_inode = (struct disk_inode *)(page + offset);
	return OK;
}

void ext_inode_clear(const struct ext_volume *v, struct disk_inode *inode)
{
	uint32_t generation = inode->generation;
	memset(inode, 0, v->state->inode_bytes);
	inode->generation = generation;
	if (v->state->inode_bytes >= sizeof *inode)
		inode->extra_bytes = DISK_INODE_EXTRA_BYTES;
}

uint64_t ext_inode_size(const struct disk_inode *inode)
{
	uint64_t high = inode_is(inode, MODE_FILE) ? inode->size_high : 0;
	return high << 32 | inode->size;
}

enum status ext_inode_set_size(struct ext_volume *v, uint32_t number, uint64_t size)
{
	struct disk_inode *inode;
	const struct disk_super *super;
	TRY(ext_inode_change(v, number, &inode));
	inode->size = (uint32_t)size;
	if (inode_is(inode, MODE_FILE))
		inode->size_high = (uint32_t)(size >> 32);
	if (!(size >> LARGE_FILE_BITS))
		return OK;
	TRY(ext_volume_super(v, &super));
	if (super->ro_compat & DISK_RO_LARGE_FILE)
		return OK;
	struct disk_super *change;
	TRY(ext_volume_change_super(v, &change));
	change->ro_compat |= DISK_RO_LARGE_FILE;
	return OK;
}

bool ext_inode_is_fast_link(const struct disk_inode *inode)
{
	return inode_is(inode, MODE_LINK) && inode->size < DISK_FAST_LINK;
}

static bool inode_has_extra(const struct ext_volume *v, const struct disk_inode *inode)
{
	return v->state->inode_bytes >= sizeof *inode && inode->extra_bytes >= EXTRA_TIMES_BYTES;
}

/* 34 bits of seconds: two of them beside the nanoseconds. */
static int64_t time_read(uint32_t seconds, uint32_t extra)
{
	int64_t whole = (int64_t)(int32_t)seconds + ((int64_t)(extra & 3) << 32);
	if (whole >= INT64_MAX / NS_PER_SECOND)
		return INT64_MAX;
	return whole * NS_PER_SECOND + (extra >> 2) % NS_PER_SECOND;
}

/* What the inode can hold: 32 bits with a sign, and two more with the further fields. */
static int64_t time_clamp(int64_t seconds, bool has_extra)
{
	int64_t most = INT32_MAX + (has_extra ? 3LL << 32 : 0);
	if (seconds < INT32_MIN)
		return INT32_MIN;
	return seconds < most ? seconds : most;
}

void ext_inode_set_time(const struct ext_volume *v, struct disk_inode *inode, enum inode_time time,
                        int64_t ns)
{
	uint32_t *fields[] = {&inode->access, &inode->modify, &inode->change};
	uint32_t *extras[] = {&inode->access_extra, &inode->modify_extra, &inode->change_extra};
	int64_t seconds = ns / NS_PER_SECOND, rest = ns % NS_PER_SECOND;
	if (rest < 0) {
		rest += NS_PER_SECOND;
		seconds--;
	}
	bool has_extra = inode_has_extra(v, inode);
	int64_t kept = time_clamp(seconds, has_extra);
	if (kept != seconds) /* the nearest time, as on Linux */
		rest = 0;
	seconds = kept;
	*fields[time] = (uint32_t)seconds;
	if (has_extra)
		*extras[time] = (uint32_t)((seconds - (int32_t)seconds) >> 32 & 3) | (uint32_t)rest
		                                                                             << 2;
}

static void device_read(const struct disk_inode *inode, struct ext_facts *facts)
{
	if (!inode_is(inode, MODE_CHARACTER) && !inode_is(inode, MODE_BLOCK))
		return;
	uint32_t old = inode->map[0], new = inode->map[1];
	facts->major = old ? old >> 8 & 0xff : new >> 8 & 0xfff;
	facts->minor = old ? old & 0xff : (new & 0xff) | (new >> 12 & 0xfff00);
}

enum status ext_facts(struct ext_volume *v, uint32_t number, struct ext_facts *out_facts)
{
	const struct disk_inode *inode;
	bool used;
	if (number == DISK_JOURNAL_INODE)
		return ERR_INVALID_ARGS;
	TRY(ext_inode_read(v, number, &inode));
	TRY(ext_inode_is_used(v, number, &used));
	if (!used || !inode->mode)
		return ERR_NOT_FOUND;
	bool extra = inode_has_extra(v, inode);
	struct ext_facts facts = {
	        .inode = number,
	        .generation = inode->generation,
	        .mode = inode->mode,
	        .uid = inode->uid | (uint32_t)inode->uid_high << 16,
	        .gid = inode->gid | (uint32_t)inode->gid_high << 16,
	        .links = inode->links,
	        .size = ext_inode_size(inode),
	        .sectors = inode->sectors,
	        .access_ns = time_read(inode->access, extra ? inode->access_extra : 0),
	        .modify_ns = time_read(inode->modify, extra ? inode->modify_extra : 0),
	        .change_ns = time_read(inode->change, extra ? inode->change_extra : 0),
	};
	device_read(inode, &facts);
	*out_facts = facts;
	return OK;
}

struct setting {
	uint32_t inode;
	const struct ext_change *change;
};

static enum status set_step(struct ext_volume *v, void *context)
{
	const struct setting *setting = context;
	const struct ext_change *change = setting->change;
	struct disk_inode *inode;
	TRY(ext_inode_change(v, setting->inode, &inode));
	if (!inode->mode)
		return ERR_NOT_FOUND;
	if (change->mask & EXT_CHANGE_MODE)
		inode->mode = (uint16_t)((inode->mode & MODE_KIND) | (change->mode & MODE_RIGHTS));
	if (change->mask & EXT_CHANGE_OWNER) {
		inode->uid = (uint16_t)change->uid;
		inode->uid_high = (uint16_t)(change->uid >> 16);
		inode->gid = (uint16_t)change->gid;
		inode->gid_high = (uint16_t)(change->gid >> 16);
	}
	if (change->mask & EXT_CHANGE_ACCESS)
		ext_inode_set_time(v, inode, TIME_ACCESS, change->access_ns);
	if (change->mask & EXT_CHANGE_MODIFY)
		ext_inode_set_time(v, inode, TIME_MODIFY, change->modify_ns);
	if (change->mask & EXT_CHANGE_CHANGE)
		ext_inode_set_time(v, inode, TIME_CHANGE, change->change_ns);
	return OK;
}

enum status ext_set(struct ext_volume *v, uint32_t inode, const struct ext_change *change)
{
	struct setting setting = {inode, change};
	return ext_operation_run(v, set_step, &setting);
}
