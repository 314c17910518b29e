/*
 * Bytes of files. They go to their blocks at once: the commit that makes a block the file's comes
 * later, so a power cut shows no bytes of others.
 */
#include "cache.h"

enum { RUN_BLOCKS_MAX = 256 };

struct writing {
	uint32_t inode;
	struct ext_range range;
	const uint8_t *bytes;
	uint64_t done; /* by this step */
};

struct sizing {
	uint32_t inode;
	uint64_t size;
	bool more;
};

static uint64_t blocks_of(uint64_t bytes)
{
	return bytes / EXT_BLOCK_BYTES + (bytes % EXT_BLOCK_BYTES != 0);
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static enum status file_read(struct ext_volume *v, uint32_t number,
                             const struct disk_inode **out_inode)
{
	TRY(ext_inode_read(v, number, out_inode));
	if (inode_is(*out_inode, MODE_DIRECTORY))
		return ERR_IS_DIRECTORY;
	return inode_is(*out_inode, MODE_FILE) ? OK : ERR_INVALID_ARGS;
}

/* ---- reading ---- */

static enum status part_read(struct ext_volume *v, uint32_t block)
{
	if (!block) {
		memset(ext_part_page(v), 0, EXT_BLOCK_BYTES);
		return OK;
	}
	return v->source.read(v->source.context, block, 1, ext_part_page(v));
}

/* Whole blocks that are neighbours on the disk, at least one; *out_len: bytes. */
static enum status run_read(struct ext_volume *v, uint32_t number, struct ext_range range,
                            uint8_t *to, uint64_t *out_len)
{
	uint64_t index = range.offset / EXT_BLOCK_BYTES, most = range.len / EXT_BLOCK_BYTES;
	uint32_t first, next, count = 1;
	*out_len = EXT_BLOCK_BYTES;
	TRY(ext_map_find(v, number, index, &first));
	if (!first) {
		memset(to, 0, EXT_BLOCK_BYTES);
		return OK;
	}
	while (count < most && count < RUN_BLOCKS_MAX) {
		TRY(ext_map_find(v, number, index + count, &next));
		if (next != first + count)
			break;
		count++;
	}
	*out_len = (uint64_t)count * EXT_BLOCK_BYTES;
	return v->source.read(v->source.context, first, count, to);
}

/* From one offset on: whole blocks, or a part of one. */
static enum status piece_read(struct ext_volume *v, uint32_t number, struct ext_range range,
                              uint8_t *to, uint64_t *out_len)
{
	uint64_t inside = range.offset % EXT_BLOCK_BYTES;
	uint32_t block;
	if (!inside && range.len >= EXT_BLOCK_BYTES)
		return run_read(v, number, range, to, out_len);
	TRY(ext_map_find(v, number, range.offset / EXT_BLOCK_BYTES, &block));
	TRY(part_read(v, block));
	*out_len = smaller(range.len, EXT_BLOCK_BYTES - inside);
	memcpy(to, ext_part_page(v) + inside, *out_len);
	return OK;
}

enum status ext_read(struct ext_volume *v, uint32_t number, struct ext_range range, void *bytes,
                     size_t *out_len)
{
	const struct disk_inode *inode;
	TRY(file_read(v, number, &inode));
	uint64_t size = ext_inode_size(inode), done = 0;
	uint64_t len = range.offset < size ? smaller(range.len, size - range.offset) : 0;
	while (done < len) {
		uint64_t part;
		TRY(piece_read(v, number, (struct ext_range){range.offset + done, len - done},
		               (uint8_t *)bytes + done, &part));
		done += part;
	}
	*out_len = done;
	return OK;
}

enum status ext_read_link(struct ext_volume *v, uint32_t number, char *target, size_t capacity,
                          size_t *out_len)
{
	const struct disk_inode *inode;
	const uint8_t *page;
	uint32_t block;
	TRY(ext_inode_read(v, number, &inode));
	if (!inode_is(inode, MODE_LINK))
		return ERR_INVALID_ARGS;
	uint64_t size = ext_inode_size(inode);
	if (size > EXT_TARGET_MAX)
		return ERR_IO;
	*out_len = smaller(size, capacity);
	if (ext_inode_is_fast_link(inode)) {
		memcpy(target, inode->map, *out_len);
		return OK;
	}
	TRY(ext_map_find(v, number, 0, &block));
	if (!block)
		return ERR_IO;
	TRY(ext_block_read(v, block, &page));
	memcpy(target, page, *out_len);
	return OK;
}

/* ---- writing ---- */

static enum status bytes_write(struct ext_volume *v, uint32_t block, uint32_t count,
                               const uint8_t *bytes)
{
	v->state->written = true;
	return v->source.write(v->source.context, block, count, bytes);
}

/*
 * Clears what lies behind the end in the last block, so that growing does not show it: bytes that
 * were written before a power cut took the size back.
 */
static enum status tail_clear(struct ext_volume *v, uint32_t number, uint64_t size)
{
	uint64_t inside = size % EXT_BLOCK_BYTES;
	uint32_t block;
	uint8_t *page = ext_part_page(v);
	if (!inside)
		return OK;
	TRY(ext_map_find(v, number, size / EXT_BLOCK_BYTES, &block));
	if (!block)
		return OK;
	TRY(part_read(v, block));
	while (inside < EXT_BLOCK_BYTES && !page[inside])
		inside++;
	if (inside == EXT_BLOCK_BYTES)
		return OK;
	memset(page + inside, 0, EXT_BLOCK_BYTES - inside);
	return bytes_write(v, block, 1, page);
}

static enum status part_write(struct ext_volume *v, struct writing *w, uint64_t size)
{
	uint64_t inside = w->range.offset % EXT_BLOCK_BYTES, start = w->range.offset - inside;
	uint64_t len = smaller(w->range.len, EXT_BLOCK_BYTES - inside);
	uint64_t old = size > start ? smaller(size - start, EXT_BLOCK_BYTES) : 0;
	uint32_t block;
	bool is_new;
	TRY(ext_map_allocate(v, w->inode, start / EXT_BLOCK_BYTES, &block, &is_new));
	TRY(part_read(v, is_new ? 0 : block));
	memset(ext_part_page(v) + old, 0, EXT_BLOCK_BYTES - old);
	memcpy(ext_part_page(v) + inside, w->bytes, len);
	w->done = len;
	return bytes_write(v, block, 1, ext_part_page(v));
}

/* Whole blocks, those that lie side by side at once. Without space for the next one it ends. */
static enum status run_write(struct ext_volume *v, struct writing *w)
{
	uint64_t index = w->range.offset / EXT_BLOCK_BYTES;
	uint64_t most = smaller(w->range.len / EXT_BLOCK_BYTES, RUN_BLOCKS_MAX);
	uint32_t first = 0, count = 0, block;
	bool is_new;
	for (uint64_t done = 0; done < most; done++) {
		enum status status = ext_map_allocate(v, w->inode, index + done, &block, &is_new);
		if (status == ERR_NO_SPACE && done)
			break;
		TRY(status);
		if (count && block != first + count) {
			TRY(bytes_write(v, first, count, w->bytes + w->done));
			w->done += (uint64_t)count * EXT_BLOCK_BYTES;
			count = 0;
		}
		if (!count++)
			first = block;
		if (ext_operation_is_full(v))
			break;
	}
	TRY(bytes_write(v, first, count, w->bytes + w->done));
	w->done += (uint64_t)count * EXT_BLOCK_BYTES;
	return OK;
}

static enum status write_step(struct ext_volume *v, void *context)
{
	struct writing *w = context;
	const struct disk_inode *inode;
	w->done = 0;
	TRY(file_read(v, w->inode, &inode));
	uint64_t size = ext_inode_size(inode);
	bool is_whole = !(w->range.offset % EXT_BLOCK_BYTES) && w->range.len >= EXT_BLOCK_BYTES;
	if (w->range.offset > size)
		TRY(tail_clear(v, w->inode, size));
	TRY(is_whole ? run_write(v, w) : part_write(v, w, size));
	if (w->range.offset + w->done <= size)
		return OK;
	return ext_inode_set_size(v, w->inode, w->range.offset + w->done);
}

enum status ext_write(struct ext_volume *v, uint32_t number, struct ext_range range,
                      const void *bytes, size_t *out_len)
{
	*out_len = 0;
	if (range.len > UINT64_MAX - range.offset)
		return ERR_FILE_TOO_BIG;
	while (*out_len < range.len) {
		struct writing w = {.inode = number,
		                    .range = {range.offset + *out_len, range.len - *out_len},
		                    .bytes = (const uint8_t *)bytes + *out_len};
		TRY(ext_operation_run(v, write_step, &w));
		*out_len += w.done;
	}
	return OK;
}

/* ---- sizes ---- */

static enum status size_step(struct ext_volume *v, void *context)
{
	struct sizing *s = context;
	const struct disk_inode *inode;
	uint32_t last;
	s->more = false;
	TRY(file_read(v, s->inode, &inode));
	uint64_t before = ext_inode_size(inode);
	if (s->size >= before) {
		if (s->size)
			TRY(ext_map_find(v, s->inode, (s->size - 1) / EXT_BLOCK_BYTES, &last));
		if (s->size > before)
			TRY(tail_clear(v, s->inode, before));
		return ext_inode_set_size(v, s->inode, s->size);
	}
	TRY(ext_inode_set_size(v, s->inode, s->size));
	TRY(ext_map_free(v, s->inode, blocks_of(s->size), &s->more));
	if (s->more)
		TRY(ext_orphan_add(v, s->inode));
	/* the last thing: it cannot be undone */
	return tail_clear(v, s->inode, s->size);
}

static enum status cut_step(struct ext_volume *v, void *context)
{
	struct sizing *s = context;
	const struct disk_inode *inode;
	TRY(ext_inode_read(v, s->inode, &inode));
	if (!inode_is(inode, MODE_FILE))
		return ERR_IO;
	TRY(ext_map_free(v, s->inode, blocks_of(ext_inode_size(inode)), &s->more));
	return s->more ? OK : ext_orphan_remove(v, s->inode);
}

enum status ext_file_cut(struct ext_volume *v, uint32_t number)
{
	struct sizing s = {.inode = number, .more = true};
	while (s.more)
		TRY(ext_operation_run(v, cut_step, &s));
	return OK;
}

enum status ext_set_size(struct ext_volume *v, uint32_t number, uint64_t size)
{
	struct sizing s = {.inode = number, .size = size};
	TRY(ext_operation_run(v, size_step, &s));
	return s.more ? ext_file_cut(v, number) : OK;
}
