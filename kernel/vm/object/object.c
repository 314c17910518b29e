/* Memory objects: made and unmade, read and written, cleaned and cut. */
#include "core/api.h"
#include "vm/object/object_pages.h"
#include <base/cleanup.h>
#include <string.h>

enum status vm_object_create(const struct vm_object_request *request, struct vm_object **out_object)
{
	if (request->page_count > VM_OBJECT_PAGES_MAX)
		return ERR_INVALID_ARGS;
	TRY(memory_charge(request->account, sizeof(struct vm_object)));
	struct vm_object *object = HEAP_NEW(struct vm_object);
	if (!object) {
		memory_uncharge(request->account, sizeof *object);
		return ERR_NO_MEMORY;
	}
	*object = (struct vm_object){
	        .references = 1,
	        .pager = request->pager,
	        .context = request->context,
	        .written = request->written,
	        .name = request->name,
	        .account = memory_account_ref(request->account),
	        .lock = SPINLOCK_INIT(LOCK_MEMORY_OBJECT),
	        .pages = {.account = request->account},
	        .page_count = request->page_count,
	};
	list_init(&object->mappings);
	wait_queue_init(&object->filled);
	if (object->pager)
		vm_paged_add(object);
	*out_object = object;
	return OK;
}

struct vm_object *vm_object_ref(struct vm_object *object)
{
	__atomic_fetch_add(&object->references, 1, __ATOMIC_RELAXED);
	return object;
}

void vm_object_disown(struct vm_object *object)
{
	spinlock_acquire(&object->lock);
	object->written = NULL;
	spinlock_release(&object->lock);
}

void vm_object_drop(struct vm_object *object, uint64_t index, uint64_t word)
{
	page_index_remove(&object->pages, index);
	object->present--;
	object->dirty -= (word & VM_PAGE_DIRTY) != 0;
	/* a message that is being copied may still hold it */
	frame_release(word & VM_PAGE_FRAME);
	memory_uncharge(object->account, PAGE_SIZE);
}

static void vm_object_empty(struct vm_object *object)
{
	uint64_t index = 0;
	size_t left = VM_OBJECT_PIECE;
	const uint64_t *word;
	while ((word = page_index_next(&object->pages, &index))) {
		vm_object_drop(object, index, *word);
		if (--left == 0) {
			left = VM_OBJECT_PIECE;
			thread_offer_cpu();
		}
	}
}

void vm_object_unref(struct vm_object *object)
{
	if (!object || __atomic_sub_fetch(&object->references, 1, __ATOMIC_ACQ_REL))
		return;
	if (object->pager)
		vm_paged_remove(object);
	/* nobody else knows it: no mapping, and nobody who waits for a page */
	ASSERT(list_empty(&object->mappings));
	if (CONFIG_DEBUG_ASSERTIONS)
		spinlock_check_sleep();
	vm_object_empty(object);
	if (object->pager && object->pager->release)
		object->pager->release(object->context);
	memory_uncharge(object->account, sizeof *object);
	memory_account_unref(object->account);
	heap_free(object, sizeof *object);
}

void vm_object_touch(struct vm_object *object, uint64_t *word)
{
	if (!object->pager || (*word & VM_PAGE_DIRTY))
		return;
	*word |= VM_PAGE_DIRTY;
	object->dirty++;
}

/* One of both is NULL. */
static enum status vm_object_copy(struct vm_object *object, uint64_t offset, void *dst,
                                  const void *src, size_t len)
{
	while (len) {
		size_t part = PAGE_SIZE - offset % PAGE_SIZE;
		uint64_t *word;
		part = part < len ? part : len;
		TRY(vm_object_hold(object, offset / PAGE_SIZE, &word));
		char *bytes = (char *)direct_map(*word & VM_PAGE_FRAME) + offset % PAGE_SIZE;
		if (src) {
			vm_object_touch(object, word);
			memcpy(bytes, src, part);
			src = (const char *)src + part;
		} else {
			memcpy(dst, bytes, part);
			dst = (char *)dst + part;
		}
		spinlock_release(&object->lock);
		offset += part;
		len -= part;
	}
	return OK;
}

/* Is it a page of zeros that need not be made? */
static bool vm_object_is_hole(struct vm_object *object, uint64_t index)
{
	if (object->pager)
		return false;
	spinlock_acquire(&object->lock);
	bool is_hole = index < object->page_count && !page_index_find(&object->pages, index);
	spinlock_release(&object->lock);
	return is_hole;
}

enum status vm_object_pin(struct vm_object *object, uint64_t index, bool writes, paddr_t *out_frame)
{
	uint64_t *word;
	if (!writes && vm_object_is_hole(object, index))
		return ERR_NOT_FOUND;
	TRY(vm_object_hold(object, index, &word));
	if (writes)
		vm_object_touch(object, word);
	*out_frame = *word & VM_PAGE_FRAME;
	frame_share(*out_frame);
	spinlock_release(&object->lock);
	return OK;
}

enum status vm_object_read(struct vm_object *object, uint64_t offset, void *dst, size_t len)
{
	return vm_object_copy(object, offset, dst, NULL, len);
}

enum status vm_object_write(struct vm_object *object, uint64_t offset, const void *src, size_t len)
{
	return vm_object_copy(object, offset, NULL, src, len);
}

bool vm_object_next_dirty(struct vm_object *object, uint64_t *index)
{
	spinlock_acquire(&object->lock);
	const uint64_t *word = page_index_next(&object->pages, index);
	while (word && !(*word & VM_PAGE_DIRTY)) {
		(*index)++;
		word = page_index_next(&object->pages, index);
	}
	spinlock_release(&object->lock);
	return word;
}

enum status vm_object_clean(struct vm_object *object, uint64_t index, void *out_page)
{
	enum status status = ERR_NOT_FOUND;
	spinlock_acquire(&object->lock);
	uint64_t *word = page_index_find(&object->pages, index);
	if (word && (*word & VM_PAGE_DIRTY)) {
		/* first: a write after the copy must be noticed */
		vm_object_protect_page(object, index);
		*word = (*word & ~(uint64_t)VM_PAGE_DIRTY) | VM_PAGE_LEAVING;
		object->dirty--;
		memcpy(out_page, direct_map(*word & VM_PAGE_FRAME), PAGE_SIZE);
		status = OK;
	}
	spinlock_release(&object->lock);
	return status;
}

void vm_object_stored(struct vm_object *object, uint64_t index)
{
	spinlock_acquire(&object->lock);
	uint64_t *word = page_index_find(&object->pages, index);
	if (word && (*word & VM_PAGE_PRESENT))
		*word &= ~(uint64_t)VM_PAGE_LEAVING;
	spinlock_release(&object->lock);
}

void vm_object_soil(struct vm_object *object, uint64_t index)
{
	spinlock_acquire(&object->lock);
	uint64_t *word = page_index_find(&object->pages, index);
	if (word && (*word & VM_PAGE_PRESENT))
		vm_object_touch(object, word);
	spinlock_release(&object->lock);
}

enum status vm_object_evict(struct vm_object *object, uint64_t index)
{
	enum status status = ERR_NOT_FOUND;
	spinlock_acquire(&object->lock);
	const uint64_t *word = page_index_find(&object->pages, index);
	if (word && (!object->pager || (*word & (VM_PAGE_DIRTY | VM_PAGE_FILLING)))) {
		status = ERR_BUSY;
	} else if (word) {
		vm_object_unmap_page(object, index);
		vm_object_drop(object, index, *word);
		status = OK;
	}
	spinlock_release(&object->lock);
	return status;
}

void vm_object_cut(struct vm_object *object, uint64_t index, uint64_t end)
{
	const uint64_t *word;
	size_t left = VM_OBJECT_PIECE;
	for (; (word = page_index_next(&object->pages, &index)) && index < end; index++) {
		/* what is being filled is dropped when it is ready */
		if (*word & VM_PAGE_FILLING)
			continue;
		vm_object_unmap_page(object, index);
		vm_object_drop(object, index, *word);
		if (--left)
			continue;
		left = VM_OBJECT_PIECE;
		spinlock_release(&object->lock);
		thread_offer_cpu();
		spinlock_acquire(&object->lock);
	}
}

enum status vm_object_resize(struct vm_object *object, uint64_t page_count)
{
	if (page_count > VM_OBJECT_PAGES_MAX)
		return ERR_INVALID_ARGS;
	spinlock_acquire(&object->lock);
	object->page_count = page_count;
	/* nobody makes pages there meanwhile: callers serialise, and faults find the end */
	vm_object_cut(object, page_count, UINT64_MAX);
	spinlock_release(&object->lock);
	return OK;
}

struct vm_object_usage vm_object_usage(struct vm_object *object)
{
	spinlock_acquire(&object->lock);
	struct vm_object_usage usage = {
	        .page_count = object->page_count,
	        .present = object->present,
	        .dirty = object->dirty,
	};
	spinlock_release(&object->lock);
	return usage;
}
