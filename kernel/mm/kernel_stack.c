/*
 * Kernel stacks: slots of equal size in their own region, the stack in the
 * upper half of its slot, so at least KERNEL_STACK_SIZE below each is unmapped.
 *
 * Slots of destroyed stacks are used again; memory decides how many there are.
 */
#include "mm/api.h"
#include "mm/kernel_tables.h"
#include <base/cleanup.h>
#include <base/list.h>

enum { KERNEL_STACK_SLOT = 2 * KERNEL_STACK_SIZE };

struct kernel_stack {
	struct list link; /* among the free slots while unused */
	uintptr_t base; /* of the slot */
};

struct kernel_stacks {
	struct spinlock lock;
	/* guarded by lock, as are the tables of the region */
	struct list free_slots; /* struct kernel_stack without frames */
	uintptr_t next_slot; /* 0 before the first use */
};

static struct kernel_stacks kernel_stack_slots = {.lock = SPINLOCK_INIT(LOCK_STACKS)};

static void kernel_stack_release_page(void *, uint64_t entry)
{
	frame_free(entry & PAGE_ADDRESS_MASK);
}

static void kernel_stack_unmap(const struct kernel_stack *stack)
{
	page_table_unmap(kernel_tables(), stack->base + KERNEL_STACK_SIZE,
	                 stack->base + KERNEL_STACK_SLOT, kernel_stack_release_page, NULL);
}

static enum status kernel_stack_map(const struct kernel_stack *stack)
{
	uintptr_t start = stack->base + KERNEL_STACK_SIZE;
	for (uintptr_t at = start; at < start + KERNEL_STACK_SIZE; at += PAGE_SIZE) {
		paddr_t frame;
		TRY(frame_alloc_zeroed(&frame));
		enum status status = page_table_map(kernel_tables(), at, frame,
		                                    PAGE_WRITABLE | PAGE_GLOBAL | PAGE_NO_EXECUTE);
		if (status != OK) {
			frame_free(frame);
			return status;
		}
	}
	return OK;
}

/* A used slot, or a new one at the end of the region; NULL without memory. */
static struct kernel_stack *kernel_stack_take_slot(struct kernel_stacks *slots)
{
	if (!slots->next_slot) {
		list_init(&slots->free_slots);
		slots->next_slot = KERNEL_STACKS_BASE;
	}
	struct list *used = list_pop_front(&slots->free_slots);
	if (used)
		return container_of(used, struct kernel_stack, link);
	if (slots->next_slot >= KERNEL_STACKS_END)
		return NULL;
	struct kernel_stack *stack = HEAP_NEW(struct kernel_stack);
	if (!stack)
		return NULL;
	list_init(&stack->link);
	stack->base = slots->next_slot;
	slots->next_slot += KERNEL_STACK_SLOT;
	return stack;
}

enum status kernel_stack_create(struct kernel_stack **out_stack)
{
	struct kernel_stacks *slots = &kernel_stack_slots;

	spinlock_acquire(&slots->lock);
	struct kernel_stack *stack = kernel_stack_take_slot(slots);
	enum status status = stack ? kernel_stack_map(stack) : ERR_NO_MEMORY;
	if (stack && status != OK) {
		kernel_stack_unmap(stack);
		list_push_front(&slots->free_slots, &stack->link);
	}
	spinlock_release(&slots->lock);

	if (status == OK)
		*out_stack = stack;
	return status;
}

void kernel_stack_destroy(struct kernel_stack *stack)
{
	if (!stack)
		return;
	spinlock_acquire(&kernel_stack_slots.lock);
	kernel_stack_unmap(stack);
	list_push_front(&kernel_stack_slots.free_slots, &stack->link);
	spinlock_release(&kernel_stack_slots.lock);
}

void *kernel_stack_top(const struct kernel_stack *stack)
{
	return (void *)(stack->base + KERNEL_STACK_SLOT);
}
