/* Pages that are not there: brought in, by the pager or as zeros, for all who wait for them. */
#include "core/api.h"
#include "vm/object/object_pages.h"
#include <base/cleanup.h>

/* A page that the pager was asked for. Freed by the last of those who wait. */
struct vm_fill {
	paddr_t frame;
	size_t waiters;
	bool done;
	enum status status;
};

static struct vm_fill *vm_fill_of(uint64_t word)
{
	return (struct vm_fill *)(uintptr_t)(word & ~(uint64_t)VM_PAGE_FILLING);
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
