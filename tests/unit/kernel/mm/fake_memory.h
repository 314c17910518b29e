/*
 * A machine's memory on the host, for tests of kernel/mm: defines what frames.c,
 * kernel_tables.c and active_space.c define in the kernel. Include it in one file only.
 *
 * One memory for all tests of a program, because the kernel's heap lives as long as the kernel.
 * Frames come from the real pool over one block of host memory; the n-th
 * allocation from now on can be made to fail.
 */
#pragma once

#include "core/api.h"
#include "mm/api.h"
#include "mm/frame/frame_pool.h"
#include "mm/heap/slab_cache.h"
#include "mm/table/address_space.h"
#include "mm/table/kernel_tables.h"
#include <stdlib.h>
#include <string.h>

enum { FAKE_FRAMES = 4096, FAKE_FIRST_FRAME = 16, FAKE_NEVER = -1, FAKE_CPUS = 3 };

static struct fake_memory {
	char *bytes; /* physical address 0 */
	void *bookkeeping;
	struct frame_pool frames;
	long fail_in; /* allocations until one fails */
	struct page_table kernel;
	size_t invalidated;
	void (*on_invalidate)(struct page_table *table, uintptr_t start, uintptr_t end);
	bool expects_panic;
	jmp_buf panic;
	uint64_t stack_count;
	/* of CPUs that keep objects of slabs, the one that runs; other tests have none of them */
	uint32_t cpu;
	bool keeps;
	bool collected; /* all caches are away */
	struct slab_cache caches[FAKE_CPUS][SLAB_CACHED_TYPES];
} fake;

/* Of tests/fakes/one_cpu_locks.c. */
void fake_locks_forget(void);

/* Did the expression panic? */
#define FAKE_PANICS(expression)                                                                    \
	({                                                                                         \
		fake.expects_panic = true;                                                         \
		bool panicked_ = setjmp(fake.panic) != 0;                                          \
		if (!panicked_)                                                                    \
			expression;                                                                \
		fake.expects_panic = false;                                                        \
		if (panicked_)                                                                     \
			fake_locks_forget();                                                       \
		panicked_;                                                                         \
	})

static inline size_t fake_free_frames(void)
{
	return frame_pool_statistics(&fake.frames).free_frames;
}

static bool fake_memory_refuses(void)
{
	bool refused = fake.fail_in == 0;
	fake.fail_in -= fake.fail_in >= 0;
	return refused;
}

enum status frames_alloc_run(size_t count, paddr_t limit, paddr_t *out_first)
{
	size_t first;
	if (fake_memory_refuses())
		return ERR_NO_MEMORY;
	enum status status = frame_pool_take_run(&fake.frames, 0, count, limit / PAGE_SIZE, &first);
	if (status == OK) {
		*out_first = first * PAGE_SIZE;
		memset(fake.bytes + *out_first, 0xa5, count * PAGE_SIZE);
	}
	return status;
}

enum status frame_alloc(paddr_t *out_frame)
{
	size_t frame;
	if (fake_memory_refuses())
		return ERR_NO_MEMORY;
	enum status status = frame_pool_take(&fake.frames, 0, &frame);
	if (status == OK) {
		*out_frame = frame * PAGE_SIZE;
		memset(fake.bytes + *out_frame, 0xa5, PAGE_SIZE);
	}
	return status;
}

enum status frame_alloc_zeroed(paddr_t *out_frame)
{
	size_t frame;
	if (fake_memory_refuses())
		return ERR_NO_MEMORY;
	enum status status = frame_pool_take_zeroed(&fake.frames, 0, &frame);
	if (status == OK)
		*out_frame = frame * PAGE_SIZE;
	return status;
}

void frames_free_run(paddr_t first, size_t count)
{
	assert_int_equal(frame_pool_give_run(&fake.frames, first / PAGE_SIZE, count), OK);
}

void frame_free(paddr_t frame)
{
	assert_int_equal(frame_pool_give(&fake.frames, 0, frame / PAGE_SIZE), OK);
}

void frame_free_zeroed(paddr_t frame)
{
	const char *bytes = fake.bytes + frame;
	for (size_t i = 0; i < PAGE_SIZE; i++)
		assert_int_equal(bytes[i], 0);
	assert_int_equal(frame_pool_give_zeroed(&fake.frames, 0, frame / PAGE_SIZE), OK);
}

uint32_t frame_count_uses(paddr_t frame, int32_t add)
{
	return frame_pool_count(&fake.frames, frame / PAGE_SIZE, add);
}

void frame_share(paddr_t frame)
{
	frame_pool_share(&fake.frames, frame / PAGE_SIZE);
}

bool frame_is_shared(paddr_t frame)
{
	return frame_pool_is_shared(&fake.frames, frame / PAGE_SIZE);
}

void frame_release(paddr_t frame)
{
	if (frame_pool_unshare(&fake.frames, frame / PAGE_SIZE))
		frame_free(frame);
}

void frames_drain(void)
{
	frame_pool_drain(&fake.frames);
}

uint64_t frames_free_estimate(void)
{
	return fake_free_frames();
}

uint64_t frames_reserve(void)
{
	return 32;
}

uint64_t frames_total(void)
{
	return 1000;
}

struct frame_statistics frame_statistics(void)
{
	return frame_pool_statistics(&fake.frames);
}

void *direct_map(paddr_t address)
{
	assert_true(address < (paddr_t)FAKE_FRAMES * PAGE_SIZE);
	return fake.bytes + address;
}

paddr_t direct_map_physical(const void *view)
{
	return (paddr_t)((const char *)view - fake.bytes);
}

struct slab_cache *slab_caches_here(void)
{
	return fake.keeps && !fake.collected ? fake.caches[fake.cpu] : NULL;
}

const struct slab_cache *slab_caches_of(uint32_t cpu)
{
	return fake.keeps && !fake.collected && cpu < FAKE_CPUS ? fake.caches[cpu] : NULL;
}

void slab_caches_collect(struct slab_cache *out_caches[static CPU_MAX])
{
	assert_false(fake.collected);
	for (uint32_t cpu = 0; cpu < CPU_MAX; cpu++)
		out_caches[cpu] = fake.keeps && cpu < FAKE_CPUS ? fake.caches[cpu] : NULL;
	fake.collected = fake.keeps;
}

void slab_caches_give_back(uint32_t cpu, struct slab_cache *)
{
	fake.collected = fake.collected && cpu < FAKE_CPUS - 1;
}

static void fake_invalidate(struct page_table *table, uintptr_t start, uintptr_t end)
{
	fake.invalidated += (end - start) / PAGE_SIZE;
	if (fake.on_invalidate)
		fake.on_invalidate(table, start, end);
}

static enum status fake_table_alloc(struct page_table *table, paddr_t *out_frame)
{
	if (memory_charge(table->account, PAGE_SIZE) != OK)
		return ERR_NO_MEMORY;
	enum status status = frame_alloc_zeroed(out_frame);
	if (status != OK)
		memory_uncharge(table->account, PAGE_SIZE);
	return status;
}

static void fake_table_free(struct page_table *table, paddr_t frame)
{
	frame_free_zeroed(frame);
	memory_uncharge(table->account, PAGE_SIZE);
}

static const struct page_table_ops fake_table_ops = {
        .table_alloc = fake_table_alloc,
        .table_free = fake_table_free,
        .invalidate = fake_invalidate,
};

enum status page_table_create(struct memory_account *account, struct page_table *out_table)
{
	*out_table = (struct page_table){
	        .ops = &fake_table_ops, .account = account, .no_execute_mask = PAGE_NO_EXECUTE};
	return fake_table_alloc(out_table, &out_table->root);
}

struct page_table *kernel_tables(void)
{
	return &fake.kernel;
}

void panic_here(const char *file, unsigned line, const char *, ...)
{
	if (fake.expects_panic)
		longjmp(fake.panic, 1);
	fail_msg("panic at %s:%u", file, line);
	abort();
}

uint64_t kernel_stack_count(void)
{
	return fake.stack_count;
}

void kernel_stacks_drain(void)
{
}

static inline int fake_memory_start(void **)
{
	memset(&fake, 0, sizeof fake);
	fake.bytes = aligned_alloc(PAGE_SIZE, (size_t)FAKE_FRAMES * PAGE_SIZE);
	fake.bookkeeping = calloc(1, frame_pool_bookkeeping(FAKE_FRAMES));
	frame_pool_init(&fake.frames, FAKE_FRAMES, fake.bookkeeping);
	assert_int_equal(frame_zones_add(&fake.frames.zones, FAKE_FIRST_FRAME, FAKE_FRAMES), OK);
	fake.fail_in = FAKE_NEVER;
	assert_int_equal(page_table_create(NULL, &fake.kernel), OK);
	((uint64_t *)direct_map(fake.kernel.root))[511] = 0x1234000 | PAGE_PRESENT;
	return 0;
}

static inline int fake_memory_end(void **)
{
	free(fake.bytes);
	free(fake.bookkeeping);
	return 0;
}
