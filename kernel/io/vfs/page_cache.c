/* Bytes of files whose memory object is the file. */
#include "io/vfs/page_cache.h"
#include "core/api.h"
#include "io/vfs/vfs.h"
#include "io/vfs/vnode/vnode.h"
#include "io/vfs/write_back.h"
#include <base/cleanup.h>
#include <string.h>

#define PAGE_CACHE_BYTES_MAX INT64_MAX

static uint64_t page_cache_size(const struct vnode *vnode)
{
	return __atomic_load_n(&vnode->size, __ATOMIC_ACQUIRE);
}

static uint64_t page_cache_pages(uint64_t size)
{
	return size / PAGE_SIZE + (size % PAGE_SIZE != 0);
}

/* What programs are told when the memory for files is used up. */
static enum status page_cache_status(enum status status)
{
	struct memory_usage usage = memory_account_usage(vnode_account());
	if (status == ERR_NO_MEMORY && usage.limit_bytes - usage.bytes < 2 * PAGE_SIZE)
		return ERR_NO_SPACE;
	return status;
}

static void page_cache_changed(struct vnode *vnode)
{
	int64_t now = (int64_t)clock_real_ns();
	__atomic_store_n(&vnode->modify_ns, now, __ATOMIC_RELAXED);
	__atomic_store_n(&vnode->change_ns, now, __ATOMIC_RELAXED);
	if (vnode->content == VFS_CONTENT_STORED)
		write_back_note(vnode);
	else
		vnode_keep(vnode);
}

/* One piece within a page. */
struct page_piece {
	uint64_t index;
	size_t offset;
	size_t len;
};

static struct page_piece page_piece_at(uint64_t offset, size_t len)
{
	size_t within = offset % PAGE_SIZE, room = PAGE_SIZE - within;
	return (struct page_piece){offset / PAGE_SIZE, within, len < room ? len : room};
}

/* ---- reading ---- */

/* The bytes of a piece; a page that was never written reads as zero. */
static enum status page_cache_view(struct vnode *vnode, const struct page_piece *piece,
                                   paddr_t *out_frame, const char **out_bytes)
{
	static const char zero[PAGE_SIZE];
	enum status status = vm_object_pin(vnode->pages, piece->index, false, out_frame);
	if (status == ERR_NOT_FOUND && vnode->content == VFS_CONTENT_KERNEL) {
		*out_frame = 0;
		*out_bytes = zero;
		return OK;
	}
	if (status == OK)
		*out_bytes = (const char *)direct_map(*out_frame) + piece->offset;
	return status;
}

/* Either to or dst. */
static enum status page_cache_give(struct vnode *vnode, const struct page_piece *piece,
                                   struct transfer *to, char *dst)
{
	const char *bytes;
	paddr_t frame;
	enum status status = OK;
	TRY(page_cache_view(vnode, piece, &frame, &bytes));
	if (to)
		status = transfer_to_user(to, bytes, piece->len);
	else
		memcpy(dst, bytes, piece->len);
	if (frame)
		frame_release(frame);
	return status;
}

static size_t page_cache_left(const struct vnode *vnode, uint64_t offset, size_t wanted)
{
	uint64_t size = page_cache_size(vnode);
	if (offset >= size)
		return 0;
	return wanted < size - offset ? wanted : (size_t)(size - offset);
}

static enum status page_cache_move_out(struct vnode *vnode, uint64_t offset, size_t len,
                                       struct transfer *to, char *dst, size_t *out_count)
{
	enum status status = OK;
	*out_count = 0;
	while (*out_count < len && status == OK) {
		struct page_piece piece = page_piece_at(offset + *out_count, len - *out_count);
		status = page_cache_give(vnode, &piece, to, dst ? dst + *out_count : NULL);
		if (status == OK)
			*out_count += piece.len;
		/* it became shorter meanwhile */
		if (status == ERR_IO && !page_cache_left(vnode, offset + *out_count, 1))
			return OK;
	}
	return *out_count ? OK : status;
}

enum status page_cache_read(struct vnode *vnode, struct transfer *to, uint64_t offset,
                            size_t *out_count)
{
	size_t len = page_cache_left(vnode, offset, to->left);
	return page_cache_move_out(vnode, offset, len, to, NULL, out_count);
}

enum status page_cache_copy(struct vnode *vnode, uint64_t offset, void *dst, size_t len,
                            size_t *out_count)
{
	size_t left = page_cache_left(vnode, offset, len);
	return page_cache_move_out(vnode, offset, left, NULL, dst, out_count);
}

/* ---- writing; the caller holds vnode->changing ---- */

/* Bytes of the page that holds the end, from the end on: a mapping may have written there. */
static void page_cache_clear_tail(struct vnode *vnode, uint64_t size)
{
	paddr_t frame;
	if (size % PAGE_SIZE == 0 ||
	    vm_object_pin(vnode->pages, size / PAGE_SIZE, false, &frame) != OK)
		return;
	memset((char *)direct_map(frame) + size % PAGE_SIZE, 0, PAGE_SIZE - size % PAGE_SIZE);
	frame_release(frame);
}

static void page_cache_set_size(struct vnode *vnode, uint64_t size)
{
	uint64_t old = page_cache_size(vnode);
	if (size < old || (size > old && vnode->is_mapped_for_writing))
		page_cache_clear_tail(vnode, size < old ? size : old);
	__atomic_store_n(&vnode->size, size, __ATOMIC_RELEASE);
}

static enum status page_cache_take(struct vnode *vnode, const struct page_piece *piece,
                                   struct transfer *from)
{
	paddr_t frame;
	TRY(vm_object_pin(vnode->pages, piece->index, true, &frame));
	enum status status =
	        transfer_from_user(from, (char *)direct_map(frame) + piece->offset, piece->len);
	frame_release(frame);
	return status;
}

static enum status page_cache_write_locked(struct vnode *vnode, struct transfer *from,
                                           uint64_t offset, size_t *out_count)
{
	size_t len = from->left;
	uint64_t end;
	enum status status = OK;
	*out_count = 0;
	if (__builtin_add_overflow(offset, len, &end) || end > PAGE_CACHE_BYTES_MAX)
		return ERR_INVALID_ARGS;
	if (len == 0)
		return OK;
	uint64_t old = page_cache_size(vnode);
	if (end > old) {
		if (vnode->is_mapped_for_writing)
			page_cache_clear_tail(vnode, old);
		TRY(vm_object_resize(vnode->pages, page_cache_pages(end)));
	}
	while (*out_count < len && status == OK) {
		struct page_piece piece = page_piece_at(offset + *out_count, len - *out_count);
		status = page_cache_take(vnode, &piece, from);
		*out_count += status == OK ? piece.len : 0;
	}
	uint64_t written = offset + *out_count;
	if (*out_count && written > old)
		__atomic_store_n(&vnode->size, written, __ATOMIC_RELEASE);
	/* pages behind the end that were made for nothing */
	if (written < end && end > old)
		(void)!vm_object_resize(vnode->pages, page_cache_pages(page_cache_size(vnode)));
	if (*out_count)
		page_cache_changed(vnode);
	return *out_count ? OK : page_cache_status(status);
}

enum status page_cache_write(struct vnode *vnode, struct transfer *from, uint64_t offset,
                             size_t *out_count)
{
	sleep_lock_acquire(&vnode->changing);
	enum status status = page_cache_write_locked(vnode, from, offset, out_count);
	sleep_lock_release(&vnode->changing);
	return status == OK ? write_back_if_much(vnode) : status;
}

enum status page_cache_append(struct vnode *vnode, struct transfer *from, uint64_t *out_offset,
                              size_t *out_count)
{
	sleep_lock_acquire(&vnode->changing);
	*out_offset = page_cache_size(vnode);
	enum status status = page_cache_write_locked(vnode, from, *out_offset, out_count);
	sleep_lock_release(&vnode->changing);
	return status == OK ? write_back_if_much(vnode) : status;
}

/* The volume first: what it cannot do has not happened. */
static enum status page_cache_resize_stored(struct vnode *vnode, uint64_t size)
{
	struct vfs_call call = {
	        .operation = VFS_FTRUNCATE,
	        .request = {.start = vnode->node,
	                    .size = size,
	                    .mask = VFS_SET_MODIFY_TIME,
	                    .times_ns = {0, (int64_t)clock_real_ns()}},
	        .patience = IPC_UNTIL_END,
	};
	TRY(vfs_call(&call));
	__atomic_store_n(&vnode->stored_size, size, __ATOMIC_RELAXED);
	return OK;
}

static enum status page_cache_resize_locked(struct vnode *vnode, uint64_t size)
{
	if (size > PAGE_CACHE_BYTES_MAX)
		return ERR_FILE_TOO_BIG;
	if (vnode->content == VFS_CONTENT_STORED)
		TRY(page_cache_resize_stored(vnode, size));
	/* first what readers go by */
	page_cache_set_size(vnode, size);
	TRY(vm_object_resize(vnode->pages, page_cache_pages(size)));
	page_cache_changed(vnode);
	return OK;
}

enum status page_cache_resize(struct vnode *vnode, uint64_t size)
{
	sleep_lock_acquire(&vnode->changing);
	enum status status = page_cache_resize_locked(vnode, size);
	sleep_lock_release(&vnode->changing);
	return status;
}

static enum status page_cache_fill(struct vnode *vnode, uint64_t first, uint64_t end)
{
	for (uint64_t index = first; index < end; index++) {
		paddr_t frame;
		TRY(vm_object_pin(vnode->pages, index, true, &frame));
		frame_release(frame);
		thread_offer_cpu();
	}
	return OK;
}

static enum status page_cache_reserve_locked(struct vnode *vnode, uint64_t offset, uint64_t len,
                                             bool keep_size)
{
	uint64_t end;
	if (__builtin_add_overflow(offset, len, &end) || end > PAGE_CACHE_BYTES_MAX)
		return ERR_FILE_TOO_BIG;
	uint64_t old = page_cache_size(vnode);
	/* hopeless requests fail before they take everything */
	struct memory_usage usage = memory_account_usage(vnode_account());
	if (page_cache_pages(len) > (usage.limit_bytes - usage.bytes) / PAGE_SIZE)
		return ERR_NO_SPACE;
	uint64_t top = end > old ? end : old;
	TRY(vm_object_resize(vnode->pages, page_cache_pages(top)));
	enum status status = page_cache_fill(vnode, offset / PAGE_SIZE,
	                                     page_cache_pages(keep_size && end > old ? old : end));
	if (status == OK && end > old && !keep_size)
		page_cache_set_size(vnode, end);
	(void)!vm_object_resize(vnode->pages, page_cache_pages(page_cache_size(vnode)));
	if (status == OK)
		page_cache_changed(vnode);
	return page_cache_status(status);
}

enum status page_cache_reserve(struct vnode *vnode, uint64_t offset, uint64_t len, bool keep_size)
{
	sleep_lock_acquire(&vnode->changing);
	enum status status = page_cache_reserve_locked(vnode, offset, len, keep_size);
	sleep_lock_release(&vnode->changing);
	return status;
}

/* ---- holes ---- */

/* The first page of data, or without it, from index on and below end; end: none. */
static uint64_t page_cache_next(struct vnode *vnode, uint64_t index, uint64_t end, bool is_hole)
{
	for (; index < end; index++) {
		uint64_t next = index;
		bool is_found = vm_object_next_present(vnode->pages, &next) && next < end;
		if (!is_hole)
			return is_found ? next : end;
		if (!is_found || next != index)
			return index;
		thread_offer_cpu();
	}
	return end;
}

enum status page_cache_seek(struct vnode *vnode, uint64_t offset, bool is_hole,
                            uint64_t *out_offset)
{
	uint64_t size = page_cache_size(vnode), found = is_hole ? size : offset;
	if (offset >= size)
		return ERR_NO_DEVICE_ADDRESS;
	if (vnode->content == VFS_CONTENT_KERNEL) {
		uint64_t first = offset / PAGE_SIZE;
		uint64_t page = page_cache_next(vnode, first, page_cache_pages(size), is_hole);
		found = page == first ? offset : page * PAGE_SIZE;
	}
	*out_offset = found < size ? found : size;
	return is_hole || found < size ? OK : ERR_NO_DEVICE_ADDRESS;
}

/* Bytes of one page that is there. */
static void page_cache_clear(struct vnode *vnode, uint64_t offset, size_t len)
{
	paddr_t frame;
	if (!len || vm_object_pin(vnode->pages, offset / PAGE_SIZE, false, &frame) != OK)
		return;
	memset((char *)direct_map(frame) + offset % PAGE_SIZE, 0, len);
	frame_release(frame);
}

enum status page_cache_punch(struct vnode *vnode, uint64_t offset, uint64_t len)
{
	uint64_t end;
	sleep_lock_acquire(&vnode->changing);
	uint64_t size = page_cache_size(vnode);
	if (__builtin_add_overflow(offset, len, &end) || end > size)
		end = size;
	uint64_t first = page_cache_pages(offset);
	/* the rest of the last page is behind the end of the file, and zero */
	uint64_t last = end == size ? page_cache_pages(end) : end / PAGE_SIZE;
	if (offset < end && first > last) {
		page_cache_clear(vnode, offset, (size_t)(end - offset));
	} else if (offset < end) {
		page_cache_clear(vnode, offset, (size_t)(first * PAGE_SIZE - offset));
		page_cache_clear(vnode, last * PAGE_SIZE,
		                 end == size ? 0 : (size_t)(end % PAGE_SIZE));
		vm_object_discard(vnode->pages, first, last);
	}
	if (offset < end)
		page_cache_changed(vnode);
	sleep_lock_release(&vnode->changing);
	return OK;
}
