/*
 * Memory that can be had again: clean pages of objects whose pager brings them back.
 *
 * Objects take turns, and within each a hand goes round. Nothing is taken before memory is low:
 * until then files keep what was read of them.
 */
#include "core/api.h"
#include "vm/object/object_pages.h"

enum {
	RECLAIM_AT_A_TIME = 64, /* with a lock held */
	RECLAIM_FRAMES = 64, /* in one go */
};

struct vm_paged_objects {
	struct spinlock lock;
	/* guarded by lock */
	struct list objects; /* struct vm_object by paged_link; all zero: none so far */
	size_t count;
};

static struct vm_paged_objects vm_paged = {.lock = SPINLOCK_INIT(LOCK_PAGED_OBJECTS)};

void vm_paged_add(struct vm_object *object)
{
	spinlock_acquire(&vm_paged.lock);
	if (!vm_paged.objects.next)
		list_init(&vm_paged.objects);
	list_push_back(&vm_paged.objects, &object->paged_link);
	vm_paged.count++;
	spinlock_release(&vm_paged.lock);
}

void vm_paged_remove(struct vm_object *object)
{
	spinlock_acquire(&vm_paged.lock);
	list_remove(&object->paged_link);
	vm_paged.count--;
	spinlock_release(&vm_paged.lock);
}

/* False: its last reference is gone, and it is being freed. */
static bool vm_object_try_ref(struct vm_object *object)
{
	uint64_t references = __atomic_load_n(&object->references, __ATOMIC_RELAXED);
	while (references)
		if (__atomic_compare_exchange_n(&object->references, &references, references + 1,
		                                true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return true;
	return false;
}

/* Whose turn it is, with a reference. NULL: there is none, or it ends just now. */
static struct vm_object *vm_paged_next(void)
{
	struct vm_object *object = NULL;
	spinlock_acquire(&vm_paged.lock);
	if (vm_paged.count) {
		struct list *first = vm_paged.objects.next;
		list_remove(first);
		list_push_back(&vm_paged.objects, first);
		object = container_of(first, struct vm_object, paged_link);
		if (!vm_object_try_ref(object))
			object = NULL;
	}
	spinlock_release(&vm_paged.lock);
	return object;
}

/* From the hand on, up to the end. */
static uint64_t vm_object_shed(struct vm_object *object, uint64_t wanted)
{
	uint64_t freed = 0;
	const uint64_t *word = NULL;
	spinlock_acquire(&object->lock);
	for (unsigned looks = 0; looks < RECLAIM_AT_A_TIME && freed < wanted; looks++) {
		uint64_t index = object->reclaim_at;
		word = page_index_next(&object->pages, &index);
		if (!word)
			break;
		object->reclaim_at = index + 1;
		/* a frame that others hold would not be free */
		if ((*word & (VM_PAGE_DIRTY | VM_PAGE_FILLING | VM_PAGE_LEAVING)) ||
		    frame_is_shared(*word & VM_PAGE_FRAME))
			continue;
		vm_object_unmap_page(object, index);
		vm_object_drop(object, index, *word);
		freed++;
	}
	if (!word)
		object->reclaim_at = 0;
	spinlock_release(&object->lock);
	return freed;
}

bool vm_memory_is_low(void)
{
	return frames_free_estimate() < 2 * frames_reserve();
}

uint64_t vm_reclaim(uint64_t wanted)
{
	uint64_t freed = 0;
	spinlock_acquire(&vm_paged.lock);
	size_t count = vm_paged.count;
	spinlock_release(&vm_paged.lock);
	uint64_t fruitless = 0;
	/* a hand may have to come to its end first, before it goes round */
	while (freed < wanted && fruitless < 2 * count) {
		struct vm_object *object = vm_paged_next();
		uint64_t more = object ? vm_object_shed(object, wanted - freed) : 0;
		vm_object_unref(object);
		freed += more;
		fruitless = more ? 0 : fruitless + 1;
		thread_offer_cpu();
	}
	return freed;
}

bool vm_relieve(void)
{
	return vm_memory_is_low() && (vm_reclaim(RECLAIM_FRAMES) > 0 || mm_relieve());
}
