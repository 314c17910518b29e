/*
 * Kernel stacks: slots of equal size in their own region, the stack in the
 * upper half of its slot, so at least KERNEL_STACK_SIZE below each is unmapped.
 *
 * Which slots are in use is a bitmap in frames that come with the first slot they
 * describe, lowest slot first; memory decides how many stacks there are. A few free ones stay
 * mapped: taking one away costs a call to every CPU.
 */
#include "core/api.h"
#include "mm/api.h"
#include "mm/table/kernel_tables.h"
#include <base/cleanup.h>

enum {
	KERNEL_STACK_SLOT = 2 * KERNEL_STACK_SIZE,
	KERNEL_STACK_CHUNK_SLOTS = PAGE_SIZE * 8,
	KERNEL_STACK_CHUNK_WORDS = PAGE_SIZE / 8,
	KERNEL_STACK_CHUNKS = 64, /* two million stacks */
	KERNEL_STACK_SPARE_MAX = 16,
};

/* The handle is the address of the slot: there is nothing else to know. */
struct kernel_stack;

struct kernel_stacks {
	struct spinlock lock;
	/* guarded by lock, as are the tables of the region */
	uint64_t *chunks[KERNEL_STACK_CHUNKS]; /* bit = used slot; NULL: none is used */
	uint32_t used[KERNEL_STACK_CHUNKS]; /* slots of each chunk */
	uint64_t count; /* without the spare ones */
	uintptr_t spare[KERNEL_STACK_SPARE_MAX]; /* slots that are mapped and free */
	size_t spare_count;
};

static struct kernel_stacks kernel_stacks = {.lock = SPINLOCK_INIT(LOCK_STACKS)};

_Static_assert((uint64_t)KERNEL_STACK_CHUNKS *KERNEL_STACK_CHUNK_SLOTS *KERNEL_STACK_SLOT <=
               KERNEL_STACKS_END - KERNEL_STACKS_BASE);

static void kernel_stack_release_page(void *, uint64_t entry)
{
	frame_free(entry & PAGE_ADDRESS_MASK);
}

static void kernel_stack_unmap(uintptr_t slot)
{
	page_table_unmap(kernel_tables(), slot + KERNEL_STACK_SIZE, slot + KERNEL_STACK_SLOT,
	                 kernel_stack_release_page, NULL);
}

static enum status kernel_stack_map(uintptr_t slot)
{
	uintptr_t start = slot + KERNEL_STACK_SIZE;
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

/* The lowest chunk with a free slot, made if need be; KERNEL_STACK_CHUNKS: no memory. */
static size_t kernel_stack_find_chunk(struct kernel_stacks *stacks)
{
	size_t chunk = 0;
	while (chunk < KERNEL_STACK_CHUNKS && stacks->used[chunk] == KERNEL_STACK_CHUNK_SLOTS)
		chunk++;
	if (chunk < KERNEL_STACK_CHUNKS && !stacks->chunks[chunk]) {
		paddr_t frame;
		if (frame_alloc_zeroed(&frame) != OK)
			return KERNEL_STACK_CHUNKS;
		stacks->chunks[chunk] = direct_map(frame);
	}
	return chunk;
}

static enum status kernel_stack_take_slot(struct kernel_stacks *stacks, uintptr_t *out_slot)
{
	size_t chunk = kernel_stack_find_chunk(stacks);
	if (chunk == KERNEL_STACK_CHUNKS)
		return ERR_NO_MEMORY;
	uint64_t *words = stacks->chunks[chunk];
	size_t word = 0;
	while (!~words[word])
		word++;
	unsigned bit = (unsigned)__builtin_ctzll(~words[word]);
	words[word] |= (uint64_t)1 << bit;
	stacks->used[chunk]++;
	size_t slot = chunk * KERNEL_STACK_CHUNK_SLOTS + word * 64 + bit;
	*out_slot = KERNEL_STACKS_BASE + slot * KERNEL_STACK_SLOT;
	return OK;
}

static void kernel_stack_give_slot(struct kernel_stacks *stacks, uintptr_t address)
{
	size_t slot = (address - KERNEL_STACKS_BASE) / KERNEL_STACK_SLOT;
	size_t chunk = slot / KERNEL_STACK_CHUNK_SLOTS;
	size_t index = slot % KERNEL_STACK_CHUNK_SLOTS;
	uint64_t bit = (uint64_t)1 << index % 64;
	uint64_t *word = &stacks->chunks[chunk][index / 64];
	ASSERT(*word & bit);
	*word &= ~bit;
	stacks->used[chunk]--;
}

static enum status kernel_stack_take(struct kernel_stacks *stacks, uintptr_t *out_slot)
{
	if (stacks->spare_count) {
		*out_slot = stacks->spare[--stacks->spare_count];
		return OK;
	}
	TRY(kernel_stack_take_slot(stacks, out_slot));
	enum status status = kernel_stack_map(*out_slot);
	if (status != OK) {
		kernel_stack_unmap(*out_slot);
		kernel_stack_give_slot(stacks, *out_slot);
	}
	return status;
}

enum status kernel_stack_create(struct kernel_stack **out_stack)
{
	uintptr_t slot;
	spinlock_acquire(&kernel_stacks.lock);
	enum status status = kernel_stack_take(&kernel_stacks, &slot);
	kernel_stacks.count += status == OK;
	spinlock_release(&kernel_stacks.lock);
	if (status == OK)
		*out_stack = (struct kernel_stack *)slot;
	return status;
}

void kernel_stack_destroy(struct kernel_stack *stack)
{
	if (!stack)
		return;
	struct kernel_stacks *stacks = &kernel_stacks;
	spinlock_acquire(&stacks->lock);
	stacks->count--;
	if (stacks->spare_count < KERNEL_STACK_SPARE_MAX) {
		stacks->spare[stacks->spare_count++] = (uintptr_t)stack;
	} else {
		kernel_stack_unmap((uintptr_t)stack);
		kernel_stack_give_slot(stacks, (uintptr_t)stack);
	}
	spinlock_release(&stacks->lock);
}

void *kernel_stack_top(const struct kernel_stack *stack)
{
	return (void *)((uintptr_t)stack + KERNEL_STACK_SLOT);
}

uint64_t kernel_stack_count(void)
{
	return kernel_stacks.count;
}

void kernel_stacks_drain(void)
{
	spinlock_acquire(&kernel_stacks.lock);
	while (kernel_stacks.spare_count) {
		uintptr_t slot = kernel_stacks.spare[--kernel_stacks.spare_count];
		kernel_stack_unmap(slot);
		kernel_stack_give_slot(&kernel_stacks, slot);
	}
	for (size_t i = 0; i < KERNEL_STACK_CHUNKS; i++) {
		if (!kernel_stacks.chunks[i] || kernel_stacks.used[i])
			continue;
		frame_free(direct_map_physical(kernel_stacks.chunks[i]));
		kernel_stacks.chunks[i] = NULL;
	}
	spinlock_release(&kernel_stacks.lock);
}
