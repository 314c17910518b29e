/*
 * Copies between two address spaces. What is there on both sides is copied at once, through the
 * direct map, with the other space's lock held. Else a page of the other one is held by a share of
 * its frame, so no lock is held while either side's memory is made present.
 */
#include "mm/api.h"
#include "mm/table/address_space.h"
#include <string.h>

struct cross_page {
	paddr_t frame;
	bool shared; /* with this copy: to be released */
	uint64_t version; /* of the table when it was looked at */
};

struct cross_range {
	struct address_space *there;
	uintptr_t at;
	enum page_access access;
	bool here_is_kernel; /* memory that cannot fault */
};

/* page_table_entry in few steps: through the direct map. */
static const uint64_t *cross_page_entry(const struct page_table *table, uintptr_t at)
{
	enum { TOP_SHIFT = 39, LOW_SHIFT = 12, LEVEL_BITS = 9, INDEX_MASK = 511 };
	const uint64_t *entries = direct_map(table->root);
#pragma GCC unroll 3
	for (unsigned shift = TOP_SHIFT; shift > LOW_SHIFT; shift -= LEVEL_BITS) {
		uint64_t entry = entries[at >> shift & INDEX_MASK];
		if (!entry || (entry & PAGE_LARGE))
			return NULL;
		entries = direct_map(entry & PAGE_ADDRESS_MASK);
	}
	return &entries[at >> LOW_SHIFT & INDEX_MASK];
}

/* As it is now. False: not there, or not with that right. The lock is held. */
static bool cross_page_look(const struct cross_range *range, struct cross_page *out_page)
{
	uint64_t needed = PAGE_PRESENT | PAGE_USER;
	if (range->access == PAGE_ACCESS_WRITE)
		needed |= PAGE_WRITABLE;
	const struct page_table *table = &range->there->table;
	const uint64_t *entry = cross_page_entry(table, range->at);
	if (!entry || (*entry & needed) != needed)
		return false;
	*out_page = (struct cross_page){*entry & PAGE_ADDRESS_MASK, !(*entry & PAGE_FOREIGN),
	                                __atomic_load_n(&table->version, __ATOMIC_ACQUIRE)};
	return true;
}

static bool cross_page_take(const struct cross_range *range, struct cross_page *out_page)
{
	spinlock_acquire(&range->there->lock);
	/* in one step where pages are small and there */
	bool found = cross_page_look(range, out_page) ||
	             (page_table_split(&range->there->table, range->at, 1) == OK &&
	              cross_page_look(range, out_page));
	if (found && out_page->shared)
		frame_share(out_page->frame);
	spinlock_release(&range->there->lock);
	return found;
}

[[gnu::noinline]] static bool cross_page_is_same(const struct cross_range *range,
                                                 const struct cross_page *page)
{
	struct cross_page now;
	spinlock_acquire(&range->there->lock);
	bool same = cross_page_look(range, &now) && now.frame == page->frame;
	spinlock_release(&range->there->lock);
	return same;
}

/*
 * True when the page still is the one that was written, so that its owner sees it: certainly as
 * long as nothing of the table was invalidated, which is all that a CPU is told of, too.
 */
static bool cross_page_leave(const struct cross_range *range, const struct cross_page *page)
{
	if (!page->shared)
		return true;
	bool same =
	        range->access == PAGE_ACCESS_READ ||
	        __atomic_load_n(&range->there->table.version, __ATOMIC_ACQUIRE) == page->version ||
	        cross_page_is_same(range, page);
	frame_release(page->frame);
	return same;
}

/*
 * What is there on both sides, within a page of the other one. False: nothing, or a part of it, was
 * copied.
 */
static inline bool cross_copy_at_once(const struct cross_range *range, uintptr_t here, size_t len)
{
	struct address_space *there = range->there;
	bool writes = range->access == PAGE_ACCESS_WRITE, done = false;
	uint64_t needed = PAGE_PRESENT | PAGE_USER | (writes ? PAGE_WRITABLE : 0);
	spinlock_acquire(&there->lock);
	const uint64_t *entry = cross_page_entry(&there->table, range->at);
	if (entry && (*entry & needed) == needed) {
		char *view = (char *)direct_map(*entry & PAGE_ADDRESS_MASK) + range->at % PAGE_SIZE;
		void *from = (void *)here;
		done = user_copy_present(writes ? view : from, writes ? from : view, len) == 0;
	}
	spinlock_release(&there->lock);
	return done;
}

/* Within one page of the other side. */
[[gnu::noinline]] static enum cross_copy cross_copy_part(const struct cross_range *range,
                                                         uintptr_t here, size_t len)
{
	for (;;) {
		struct cross_page page;
		while (!cross_page_take(range, &page))
			if (address_space_resolve(range->there, range->at, range->access) != OK)
				return CROSS_COPY_BAD_THERE;
		char *view = (char *)direct_map(page.frame) + range->at % PAGE_SIZE;
		size_t missing = 0;
		if (range->here_is_kernel)
			memcpy(view, (const void *)here, len);
		else if (range->access == PAGE_ACCESS_WRITE)
			missing = user_copy_raw(view, (const void *)here, len);
		else
			missing = user_copy_raw((void *)here, view, len);
		bool same = cross_page_leave(range, &page);
		if (missing)
			return CROSS_COPY_BAD_HERE;
		if (same)
			return CROSS_COPY_DONE;
	}
}

/* Most are short, and then all of it is there. */
static inline bool cross_copy_short(const struct cross_range *range, uintptr_t here, size_t len)
{
	return range->at % PAGE_SIZE + len <= PAGE_SIZE && user_range_holds(here, len) &&
	       user_range_holds(range->at, len) && cross_copy_at_once(range, here, len);
}

[[gnu::noinline]] static enum cross_copy cross_copy(struct cross_range range, uintptr_t here,
                                                    size_t len)
{
	if (!range.here_is_kernel && !user_range_holds(here, len))
		return CROSS_COPY_BAD_HERE;
	if (!user_range_holds(range.at, len))
		return CROSS_COPY_BAD_THERE;
	enum cross_copy result = CROSS_COPY_DONE;
	while (len && result == CROSS_COPY_DONE) {
		size_t part = PAGE_SIZE - range.at % PAGE_SIZE;
		part = part < len ? part : len;
		if (range.here_is_kernel || !cross_copy_at_once(&range, here, part))
			result = cross_copy_part(&range, here, part);
		range.at += part;
		here += part;
		len -= part;
	}
	return result;
}

enum cross_copy address_space_copy_to(struct address_space *there, struct user_out dst,
                                      uintptr_t src_here)
{
	const struct cross_range range = {there, dst.addr, PAGE_ACCESS_WRITE, false};
	if (cross_copy_short(&range, src_here, dst.len))
		return CROSS_COPY_DONE;
	return cross_copy(range, src_here, dst.len);
}

enum cross_copy address_space_copy_from(struct address_space *there, struct user_in src,
                                        uintptr_t dst_here)
{
	const struct cross_range range = {there, src.addr, PAGE_ACCESS_READ, false};
	if (cross_copy_short(&range, dst_here, src.len))
		return CROSS_COPY_DONE;
	return cross_copy(range, dst_here, src.len);
}

enum cross_copy address_space_put(struct address_space *there, struct user_out dst, const void *src)
{
	return cross_copy((struct cross_range){there, dst.addr, PAGE_ACCESS_WRITE, true},
	                  (uintptr_t)src, dst.len);
}
