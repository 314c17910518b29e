/*
 * A CPU as an address space sees it, on the host: it reads and writes memory through the page
 * tables, remembers what it found as a TLB does, and asks for what is not there.
 *
 * A page that is freed, or whose rights shrink, without the CPU being told shows as an access that
 * still works. Include it in one file only.
 */
#pragma once

#include "../mm/fake_memory.h"
#include "mm/table/address_space.h"
#include "sched/api.h"
#include "vm/api.h"

enum { FAKE_TLB_MAX = 512 };

static size_t fake_offers;
static void (*fake_between)(void); /* what somebody does then */

/* Somebody else, or an interrupt, comes between. */
void thread_offer_cpu(void)
{
	assert_int_equal(spinlock_depth(), 0);
	fake_offers++;
	if (fake_between)
		fake_between();
}

const struct cpu_features *cpu_features(void)
{
	static const struct cpu_features features = {.large_1g = true};
	return &features;
}

/* This CPU loads none. */
bool address_space_is_loaded(const struct address_space *)
{
	return false;
}

struct fake_tlb_entry {
	const struct page_table *table; /* NULL: unused */
	uintptr_t page;
	uint64_t entry; /* as for a small page */
};

static struct fake_tlb_entry fake_tlb[FAKE_TLB_MAX];

static void fake_tlb_invalidate(struct page_table *table, uintptr_t start, uintptr_t end)
{
	for (size_t i = 0; i < FAKE_TLB_MAX; i++)
		if (fake_tlb[i].table == table && fake_tlb[i].page >= start &&
		    fake_tlb[i].page < end)
			fake_tlb[i].table = NULL;
}

static struct fake_tlb_entry *fake_tlb_place(uintptr_t page)
{
	return &fake_tlb[page / PAGE_SIZE * 7 % FAKE_TLB_MAX];
}

/* What the tables say now; 0: not present. */
static uint64_t fake_walk(const struct page_table *table, uintptr_t page)
{
	struct page_slot slot = page_table_find(table, page);
	if (!slot.entry || !(*slot.entry & PAGE_PRESENT))
		return 0;
	uint64_t offset = slot.level > 1 ? page & (LARGE_PAGE_SIZE - PAGE_SIZE) : 0;
	return *slot.entry + offset;
}

static bool fake_allows(uint64_t entry, enum page_access access)
{
	if (!(entry & PAGE_PRESENT) || !(entry & PAGE_USER))
		return false;
	assert_false((entry & PAGE_WRITABLE) && !(entry & PAGE_NO_EXECUTE));
	if (access == PAGE_ACCESS_WRITE)
		return entry & PAGE_WRITABLE;
	return access == PAGE_ACCESS_READ || !(entry & PAGE_NO_EXECUTE);
}

/* The byte at an address, for one access; or why the access can't be made. */
static enum status fake_access(struct vm_space *space, uintptr_t address, enum page_access access,
                               char **out_byte)
{
	struct page_table *table = &vm_space_tables(space)->table;
	uintptr_t page = address & ~(uintptr_t)(PAGE_SIZE - 1);
	struct fake_tlb_entry *known = fake_tlb_place(page);
	for (int try = 0; try < 3; try++) {
		bool hit = known->table == table && known->page == page;
		if (hit && fake_allows(known->entry, access)) {
			*out_byte = fake.bytes + (known->entry & PAGE_ADDRESS_MASK) +
			            address % PAGE_SIZE;
			return OK;
		}
		uint64_t entry = fake_walk(table, page);
		*known = (struct fake_tlb_entry){entry ? table : NULL, page, entry};
		if (fake_allows(entry, access))
			continue;
		/* a CPU forgets what it faulted on */
		known->table = NULL;
		enum status status = vm_space_fault(space, address, access);
		if (status != OK)
			return status;
	}
	fail_msg("a fault that was answered comes again at 0x%lx", address);
	return ERR_IO;
}

static inline enum status fake_store(struct vm_space *space, uintptr_t address, char value)
{
	char *byte;
	enum status status = fake_access(space, address, PAGE_ACCESS_WRITE, &byte);
	if (status == OK)
		*byte = value;
	return status;
}

static inline enum status fake_load(struct vm_space *space, uintptr_t address, char *out_value)
{
	char *byte;
	enum status status = fake_access(space, address, PAGE_ACCESS_READ, &byte);
	if (status == OK)
		*out_value = *byte;
	return status;
}

uint64_t cpu_random(void)
{
	return 0x123456789abcdef;
}

/* ---- one thread: when it waits, whatever it waits for happens ---- */

static struct thread fake_thread;
static void (*fake_happens)(void);

struct thread *thread_current(void)
{
	return &fake_thread;
}

void thread_prepare_block(void)
{
	fake_thread.state = THREAD_BLOCKED;
}

void thread_wake(struct thread *thread)
{
	thread->state = THREAD_READY;
}

void thread_block(void)
{
	assert_int_equal(spinlock_depth(), 0);
	for (int i = 0; i < 100 && fake_thread.state == THREAD_BLOCKED; i++) {
		assert_non_null(fake_happens);
		fake_happens();
	}
	assert_int_equal(fake_thread.state, THREAD_READY);
}

static bool (*fake_make_room)(struct vm_space *space); /* NULL: there is nobody to end */

static bool fake_ask_room(struct vm_space *space)
{
	assert_int_equal(spinlock_depth(), 0);
	return fake_make_room && fake_make_room(space);
}

static inline int fake_cpu_start(void **state)
{
	static const struct vm_ops ops = {.make_room = fake_ask_room};

	int failed = fake_memory_start(state);
	fake.on_invalidate = fake_tlb_invalidate;
	memset(fake_tlb, 0, sizeof fake_tlb);
	list_init(&fake_thread.link);
	fake_happens = NULL;
	fake_between = NULL;
	fake_make_room = NULL;
	vm_init(&ops);
	return failed;
}
