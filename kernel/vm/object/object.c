/* Memory objects: made and unmade, filled, read and written. */
#include "core/api.h"
#include "vm/object/object_pages.h"
#include <base/cleanup.h>
#include <string.h>

/* A page that the pager was asked for. Freed by the last of those who wait. */
struct vm_fill {
	paddr_t frame;
	size_t waiters;
	bool done;
	enum status status;
};

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

static struct vm_fill *vm_fill_of(uint64_t word)
{
	return (struct vm_fill *)(uintptr_t)(word & ~(uint64_t)VM_PAGE_FILLING);
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

static enum status vm_object_wait(struct vm_object *object, struct vm_fill *fill)
{
	while (!fill->done)
		wait_queue_sleep(&object->filled, &object->lock);
	enum status status = fill->status;
	if (--fill->waiters == 0)
		heap_free(fill, sizeof *fill);
	return status;
}

static enum status vm_object_enter(struct vm_object *object, uint64_t index, paddr_t frame)
{
	TRY(page_index_insert(&object->pages, index, frame | VM_PAGE_PRESENT));
	object->present++;
	return OK;
}

static enum status vm_object_prepare(struct vm_object *object, uint64_t index, paddr_t frame,
                                     struct vm_fill **out_fill)
{
	struct vm_fill *fill = HEAP_NEW(struct vm_fill);
	if (!fill)
		return ERR_NO_MEMORY;
	*fill = (struct vm_fill){.frame = frame, .waiters = 1};
	enum status status =
	        page_index_insert(&object->pages, index, (uintptr_t)fill | VM_PAGE_FILLING);
	if (status != OK) {
		heap_free(fill, sizeof *fill);
		return status;
	}
	*out_fill = fill;
	return OK;
}

/* A page that is not there. Gives the lock back while the pager works. */
static enum status vm_object_bring(struct vm_object *object, uint64_t index)
{
	struct vm_fill *fill = NULL;
	paddr_t frame = 0;
	TRY(memory_charge(object->account, PAGE_SIZE));
	enum status status = frame_alloc_zeroed(&frame);
	if (status == OK) {
		status = object->pager ? vm_object_prepare(object, index, frame, &fill)
		                       : vm_object_enter(object, index, frame);
		if (status != OK)
			frame_free(frame);
	}
	if (status != OK)
		memory_uncharge(object->account, PAGE_SIZE);
	if (!fill)
		return status;
	spinlock_release(&object->lock);
	object->pager->fill(object->context, object, index, frame);
	spinlock_acquire(&object->lock);
	return vm_object_wait(object, fill);
}

/* As vm_object_bring; files take nothing of the last memory, but pages of other files. */
static enum status vm_object_bring_or_relieve(struct vm_object *object, uint64_t index)
{
	enum status status = OK;
	bool crowded = object->pager && vm_memory_is_low();
	if (!crowded)
		status = vm_object_bring(object, index);
	if (!crowded && status != ERR_NO_MEMORY)
		return status;
	spinlock_release(&object->lock);
	bool relieved = vm_relieve();
	spinlock_acquire(&object->lock);
	/* somebody may have brought it meanwhile, or made the object smaller */
	if (index >= object->page_count || page_index_find(&object->pages, index))
		return OK;
	return relieved || crowded ? vm_object_bring(object, index) : status;
}

enum status vm_object_hold(struct vm_object *object, uint64_t index, uint64_t **out_word)
{
	enum status status = OK;
	spinlock_acquire(&object->lock);
	while (status == OK) {
		if (index >= object->page_count) {
			status = ERR_IO;
			break;
		}
		uint64_t *word = page_index_find(&object->pages, index);
		if (word && (*word & VM_PAGE_PRESENT)) {
			*out_word = word;
			return OK;
		}
		if (word) {
			struct vm_fill *fill = vm_fill_of(*word);
			fill->waiters++;
			status = vm_object_wait(object, fill);
			/* the end of who asked for it is not ours */
			if (status == ERR_INTERRUPTED)
				status = OK;
		} else {
			status = vm_object_bring_or_relieve(object, index);
		}
	}
	spinlock_release(&object->lock);
	return status;
}

void vm_object_touch(struct vm_object *object, uint64_t *word)
{
	if (!object->pager || (*word & VM_PAGE_DIRTY))
		return;
	*word |= VM_PAGE_DIRTY;
	object->dirty++;
}

void vm_object_ready(struct vm_object *object, uint64_t index, enum status status)
{
	spinlock_acquire(&object->lock);
	uint64_t *word = page_index_find(&object->pages, index);
	ASSERT(word && (*word & VM_PAGE_FILLING));
	struct vm_fill *fill = vm_fill_of(*word);
	/* the object became smaller meanwhile */
	if (index >= object->page_count && status == OK)
		status = ERR_IO;
	if (status == OK) {
		*word = fill->frame | VM_PAGE_PRESENT;
		object->present++;
	} else {
		page_index_remove(&object->pages, index);
		frame_free(fill->frame);
		memory_uncharge(object->account, PAGE_SIZE);
	}
	fill->status = status;
	fill->done = true;
	wait_queue_wake_all(&object->filled);
	spinlock_release(&object->lock);
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
