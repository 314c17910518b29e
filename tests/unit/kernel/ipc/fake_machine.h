/*
 * What kernel/ipc needs below it, on the host: threads that are switched at their own calls, in an
 * order that a seed decides, a clock that the test moves, memory that is counted.
 */
#pragma once

#include "../../test.h"
#include "core/api.h"
#include "ipc/call.h"
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

enum { FAKE_THREADS_MAX = 88, FAKE_STACK_BYTES = 128 * 1024 };

struct fake_thread {
	struct thread thread;
	ucontext_t context;
	void (*main)(void *argument);
	void *argument;
	bool ready, ended;
	char *stack;
};

struct fake_machine {
	struct fake_thread threads[FAKE_THREADS_MAX];
	size_t thread_count;
	struct fake_thread *running;
	struct fake_thread *next; /* handed the CPU */
	ucontext_t driver;
	uint64_t random; /* xorshift64 */
	uint64_t now_ns;
	struct timer *timers[FAKE_THREADS_MAX + 1];
	size_t blocks; /* of memory, alive */
	/* may be NULL; told before bytes come to a thread */
	void (*before_copy_out)(const void *src, size_t len);
};

static struct fake_machine fake;

static inline uint64_t fake_random(uint64_t below)
{
	fake.random ^= fake.random << 13;
	fake.random ^= fake.random >> 7;
	fake.random ^= fake.random << 17;
	return fake.random % below;
}

void *slab_alloc(struct slab *slab)
{
	fake.blocks++;
	return calloc(1, slab->size);
}

void *heap_alloc(size_t size)
{
	fake.blocks++;
	return calloc(1, size);
}

void heap_free(void *memory, size_t)
{
	fake.blocks -= memory != NULL;
	free(memory);
}

uint64_t clock_ns(void)
{
	return fake.now_ns;
}

/* One address space for all; what is below a page is nobody's. */
static bool fake_address_good(uintptr_t address, size_t len)
{
	return !len || address >= PAGE_SIZE;
}

enum status user_copy_in(void *dst, struct user_in src)
{
	if (!fake_address_good(src.addr, src.len))
		return ERR_BAD_ADDRESS;
	memcpy(dst, (const void *)src.addr, src.len);
	return OK;
}

enum status user_copy_out(struct user_out dst, const void *src)
{
	if (!fake_address_good(dst.addr, dst.len))
		return ERR_BAD_ADDRESS;
	if (fake.before_copy_out)
		fake.before_copy_out(src, dst.len);
	memcpy((void *)dst.addr, src, dst.len);
	return OK;
}

enum status user_copy_out_words(uintptr_t dst, const uint64_t words[4])
{
	return user_copy_out((struct user_out){dst, 4 * sizeof words[0]}, words);
}

void thread_yield(void);

enum cross_copy address_space_copy_to(struct address_space *, struct user_out dst,
                                      uintptr_t src_here)
{
	if (!fake_address_good(src_here, dst.len))
		return CROSS_COPY_BAD_HERE;
	if (!fake_address_good(dst.addr, dst.len))
		return CROSS_COPY_BAD_THERE;
	/* a page may have to come first: others run */
	thread_yield();
	memcpy((void *)dst.addr, (const void *)src_here, dst.len);
	return CROSS_COPY_DONE;
}

enum cross_copy address_space_put(struct address_space *there, struct user_out dst, const void *src)
{
	return address_space_copy_to(there, dst, dst.len ? (uintptr_t)src : PAGE_SIZE);
}

enum cross_copy address_space_copy_from(struct address_space *, struct user_in src,
                                        uintptr_t dst_here)
{
	if (!fake_address_good(dst_here, src.len))
		return CROSS_COPY_BAD_HERE;
	if (!fake_address_good(src.addr, src.len))
		return CROSS_COPY_BAD_THERE;
	thread_yield();
	memcpy((void *)dst_here, (const void *)src.addr, src.len);
	return CROSS_COPY_DONE;
}

/* ---- threads ---- */

struct thread *thread_current(void)
{
	return &fake.running->thread;
}

static void fake_leave(void)
{
	struct fake_thread *self = fake.running;
	assert_int_equal(spinlock_depth(), 0);
	swapcontext(&self->context, &fake.driver);
}

void thread_yield(void)
{
	fake.running->ready = true;
	fake_leave();
}

void thread_prepare_block(void)
{
	fake.running->ready = false;
}

void thread_block(void)
{
	fake_leave();
}

void thread_wake(struct thread *thread)
{
	struct fake_thread *woken = container_of(thread, struct fake_thread, thread);
	assert_false(woken->ready);
	assert_false(woken->ended);
	woken->ready = true;
}

void thread_block_to(struct thread *next)
{
	thread_wake(next);
	fake.next = container_of(next, struct fake_thread, thread);
	fake_leave();
}

void thread_call_to(struct thread *next)
{
	assert_true(fake.running->thread.lends);
	thread_block_to(next);
}

static void fake_thread_main(void)
{
	fake.running->main(fake.running->argument);
	fake.running->ended = true;
	fake.running->ready = false;
	swapcontext(&fake.running->context, &fake.driver);
}

static inline struct fake_thread *fake_thread_start(void (*start)(void *), void *argument)
{
	struct fake_thread *made = &fake.threads[fake.thread_count++];
	*made = (struct fake_thread){.main = start, .argument = argument, .ready = true};
	made->thread.id = fake.thread_count;
	made->thread.is_watchful = true;
	made->stack = malloc(FAKE_STACK_BYTES);
	getcontext(&made->context);
	made->context.uc_stack.ss_sp = made->stack;
	made->context.uc_stack.ss_size = FAKE_STACK_BYTES;
	makecontext(&made->context, fake_thread_main, 0);
	return made;
}

/* Runs one ready thread up to its next switch; false when none is. */
static inline bool fake_step(void)
{
	struct fake_thread *chosen = fake.next;
	size_t start = fake_random(fake.thread_count);
	fake.next = NULL;
	for (size_t i = 0; !chosen && i < fake.thread_count; i++) {
		struct fake_thread *each = &fake.threads[(start + i) % fake.thread_count];
		if (each->ready)
			chosen = each;
	}
	if (!chosen)
		return false;
	fake.running = chosen;
	swapcontext(&fake.driver, &chosen->context);
	fake.running = NULL;
	return true;
}

/* ---- timers ---- */

void timer_set(struct timer *timer)
{
	for (size_t i = 0; i < COUNT(fake.timers); i++) {
		if (fake.timers[i])
			continue;
		fake.timers[i] = timer;
		timer->pending = true;
		return;
	}
	fail_msg("too many timers");
}

void timer_cancel(struct timer *timer)
{
	for (size_t i = 0; i < COUNT(fake.timers); i++)
		if (fake.timers[i] == timer)
			fake.timers[i] = NULL;
}

/* From the driver. */
static inline void fake_pass_time(uint64_t ns)
{
	fake.now_ns += ns;
	for (size_t i = 0; i < COUNT(fake.timers); i++) {
		struct timer *timer = fake.timers[i];
		if (!timer || timer->deadline_ns > fake.now_ns)
			continue;
		fake.timers[i] = NULL;
		timer->fire(timer);
	}
}

static inline void fake_start(uint64_t seed)
{
	fake = (struct fake_machine){.random = seed * 0x9e3779b97f4a7c15 | 1, .now_ns = 1000};
}

static inline void fake_end(void)
{
	for (size_t i = 0; i < fake.thread_count; i++) {
		assert_true(fake.threads[i].ended);
		free(fake.threads[i].stack);
	}
	assert_int_equal(fake.blocks, 0);
}
