/*
 * Copies between two address spaces: the other one's pages are reached through the direct map, the
 * active one's as in every user copy.
 */
#include "mm/address_space.h"
#include "mm/api.h"

struct cross_range {
	struct address_space *there;
	uintptr_t at;
	uint64_t needed; /* page bits that it must have */
};

/* The kernel's view of the byte at range->at; NULL when it may not be reached. */
static char *cross_view(const struct cross_range *range)
{
	const uint64_t *entry = page_table_entry(&range->there->table, range->at);
	if (!entry || (*entry & range->needed) != range->needed)
		return NULL;
	return (char *)direct_map(*entry & PAGE_ADDRESS_MASK) + range->at % PAGE_SIZE;
}

static enum cross_copy cross_copy(struct cross_range range, uintptr_t here, size_t len)
{
	if (!user_range_holds(here, len))
		return CROSS_COPY_BAD_HERE;
	if (!user_range_holds(range.at, len))
		return CROSS_COPY_BAD_THERE;
	enum cross_copy result = CROSS_COPY_DONE;
	/* the pages must stay until their bytes are copied */
	spinlock_acquire(&range.there->lock);
	while (len && result == CROSS_COPY_DONE) {
		size_t part = PAGE_SIZE - range.at % PAGE_SIZE;
		part = part < len ? part : len;
		char *view = cross_view(&range);
		bool to = range.needed & PAGE_WRITABLE;
		if (!view)
			result = CROSS_COPY_BAD_THERE;
		else if (to ? user_copy_raw(view, (const void *)here, part)
		            : user_copy_raw((void *)here, view, part))
			result = CROSS_COPY_BAD_HERE;
		range.at += part;
		here += part;
		len -= part;
	}
	spinlock_release(&range.there->lock);
	return result;
}

enum cross_copy address_space_copy_to(struct address_space *there, struct user_out dst,
                                      uintptr_t src_here)
{
	struct cross_range range = {there, dst.addr, PAGE_PRESENT | PAGE_USER | PAGE_WRITABLE};
	return cross_copy(range, src_here, dst.len);
}

enum cross_copy address_space_copy_from(struct address_space *there, struct user_in src,
                                        uintptr_t dst_here)
{
	struct cross_range range = {there, src.addr, PAGE_PRESENT | PAGE_USER};
	return cross_copy(range, dst_here, src.len);
}
