/*
 * Memory that several threads use at once: on more than one CPU, a page that was replaced, shared
 * or taken must be so for all of them.
 */
#include "memory_calls.h"
#include <linux_calls/api.h>

enum {
	THREAD_STACK = 4 * PAGE,
	THREADS = 3,
	REPLACEMENTS = 30,
	ROUNDS = 10,
	SHARED_PAGES = 10,
	CHILDREN = 3,
};

struct crew {
	volatile unsigned char *page; /* replaced under the reader's eyes */
	uint32_t expected; /* atomic; what it shows */
	uint32_t seen; /* atomic */
	uint32_t errors; /* atomic */
	uint32_t counted; /* atomic; by the counting thread */
	bool over; /* atomic */
	char *shared; /* SHARED_PAGES that nobody touched before */
};

struct thread {
	char *stack;
	int32_t tid; /* atomic; 0 again when it is over */
};

static bool thread_begin(struct thread *thread, void (*function)(void *crew), struct crew *crew)
{
	thread->stack = must_map(THREAD_STACK, RW, 0);
	return linux_thread_start(function, crew, thread->stack + THREAD_STACK, &thread->tid) > 0;
}

static void thread_join(struct thread *thread)
{
	linux_thread_join(&thread->tid);
	must_unmap(thread->stack, THREAD_STACK);
}

static void note_error(struct crew *crew)
{
	__atomic_fetch_add(&crew->errors, 1, __ATOMIC_RELAXED);
}

static void read_replaced(void *context)
{
	struct crew *crew = context;
	while (!__atomic_load_n(&crew->over, __ATOMIC_ACQUIRE)) {
		uint32_t expected = __atomic_load_n(&crew->expected, __ATOMIC_ACQUIRE);
		unsigned char value = *crew->page;
		/* the next one may have come meanwhile, or be there and not said yet */
		if (expected == __atomic_load_n(&crew->expected, __ATOMIC_ACQUIRE) &&
		    value != (unsigned char)expected && value != (unsigned char)(expected + 1) &&
		    value != 0)
			note_error(crew);
		__atomic_store_n(&crew->seen, expected, __ATOMIC_RELEASE);
		CALL(LINUX_SCHED_YIELD);
	}
}

/* The decoy comes to lie in the frame that the page had. */
static void replace(struct crew *crew, volatile unsigned char *decoy, uint32_t number)
{
	uint64_t start;
	if (rustos_memory_map((uint64_t)decoy, PAGE, RW, MEMORY_REPLACE, &start) != OK ||
	    rustos_memory_map((uint64_t)crew->page, PAGE, RW, MEMORY_REPLACE, &start) != OK)
		note_error(crew);
	*decoy = 255;
	*crew->page = (unsigned char)number;
}

static void check_replacing(struct tap *tap)
{
	struct crew crew = {.page = (volatile unsigned char *)must_map(PAGE, RW, 0)};
	volatile unsigned char *decoy = (volatile unsigned char *)must_map(PAGE, RW, 0);
	struct thread thread = {};
	bool begun = thread_begin(&thread, read_replaced, &crew);
	for (uint32_t i = 1; begun && i <= REPLACEMENTS; i++) {
		replace(&crew, decoy, i);
		__atomic_store_n(&crew.expected, i, __ATOMIC_RELEASE);
		while (__atomic_load_n(&crew.seen, __ATOMIC_ACQUIRE) != i)
			CALL(LINUX_SCHED_YIELD);
	}
	__atomic_store_n(&crew.over, true, __ATOMIC_RELEASE);
	if (begun)
		thread_join(&thread);
	tap_check(tap, begun && crew.errors == 0, "no thread sees a page that was replaced");
	must_unmap((const void *)(uintptr_t)crew.page, PAGE);
	must_unmap((const void *)(uintptr_t)decoy, PAGE);
}

/* Everything that a page can go through, beside others who do the same. */
static void work_on_own(struct crew *crew, uint64_t round)
{
	enum { PAGES = 8 };
	char *own = must_map(PAGES * PAGE, RW, 0);
	for (uint64_t i = 0; i < PAGES; i++)
		own[i * PAGE] = (char)(round + i);
	if (rustos_memory_protect((uint64_t)own + PAGE, 2 * PAGE, MEMORY_READ) != OK ||
	    rustos_memory_discard((uint64_t)own + 4 * PAGE, PAGE) != OK)
		note_error(crew);
	for (uint64_t i = 0; i < PAGES; i++)
		if (own[i * PAGE] != (i == 4 ? 0 : (char)(round + i)))
			note_error(crew);
	must_unmap(own, PAGES * PAGE);
}

static void work_together(void *context)
{
	struct crew *crew = context;
	for (uint64_t round = 0; round < ROUNDS; round++) {
		work_on_own(crew, round);
		uint32_t *count = (void *)(crew->shared + round % SHARED_PAGES * PAGE);
		__atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
	}
}

static void check_together(struct tap *tap)
{
	struct crew crew = {.shared = must_map(SHARED_PAGES * PAGE, RW, 0)};
	struct thread threads[THREADS] = {};
	bool begun[THREADS];
	for (int i = 0; i < THREADS; i++)
		begun[i] = thread_begin(&threads[i], work_together, &crew);
	work_together(&crew);
	uint32_t total = 0, expected = ROUNDS;
	for (int i = 0; i < THREADS; i++) {
		if (!begun[i])
			continue;
		thread_join(&threads[i]);
		expected += ROUNDS;
	}
	for (int i = 0; i < SHARED_PAGES; i++)
		total += *(const uint32_t *)(const void *)(crew.shared + i * PAGE);
	tap_check(tap, crew.errors == 0,
	          "threads that map, protect and unmap do not disturb each other");
	tap_check_equal(tap, total, expected,
	                "pages that several touch first are the same for all");
	must_unmap(crew.shared, SHARED_PAGES * PAGE);
}

static void count_for_ever(void *context)
{
	struct crew *crew = context;
	volatile uint32_t *count = (volatile uint32_t *)(void *)crew->shared;
	uint32_t counted = 0;
	while (!__atomic_load_n(&crew->over, __ATOMIC_ACQUIRE)) {
		*count = *count + 1;
		__atomic_store_n(&crew->counted, ++counted, __ATOMIC_RELEASE);
	}
}

/* In the child: nobody counts here, so nothing may change. */
[[gnu::noreturn]] static void watch_copy(const struct crew *crew)
{
	const volatile uint32_t *count = (const volatile uint32_t *)(const void *)crew->shared;
	uint32_t before = *count;
	for (int i = 0; i < 5; i++)
		CALL(LINUX_SCHED_YIELD);
	for (;;)
		CALL(LINUX_EXIT, *count != before);
}

static void check_copies_beside_writers(struct tap *tap)
{
	struct crew crew = {.shared = must_map(PAGE, RW, 0)};
	struct thread thread = {};
	if (!thread_begin(&thread, count_for_ever, &crew))
		rustos_process_exit(8);
	bool still = true;
	for (int i = 0; i < CHILDREN; i++) {
		int32_t status = -1;
		uint32_t before = __atomic_load_n(&crew.counted, __ATOMIC_ACQUIRE);
		while (__atomic_load_n(&crew.counted, __ATOMIC_ACQUIRE) == before)
			CALL(LINUX_SCHED_YIELD);
		int64_t child = linux_fork_or_exit();
		if (child == 0)
			watch_copy(&crew);
		still &= child > 0 && CALL(LINUX_WAIT4, child, &status, 0) == child && status == 0;
	}
	__atomic_store_n(&crew.over, true, __ATOMIC_RELEASE);
	thread_join(&thread);
	tap_check(tap, still, "a child's memory does not change while its parent writes");
	tap_check_equal(tap, *(const uint32_t *)(const void *)crew.shared, crew.counted,
	                "and no write of the parent is lost");
	must_unmap(crew.shared, PAGE);
}

/* A thread that was joined gives back what the kernel held for it a moment later. */
static void wait_threads_gone(uint64_t bytes)
{
	enum { TRIES = 5000 };
	static const uint64_t a_millisecond[2] = {0, 1000000};
	for (int i = 0; i < TRIES && bytes_held() > bytes; i++)
		CALL(LINUX_NANOSLEEP, a_millisecond, 0);
}

void check_thread_memory(struct tap *tap)
{
	uint64_t before = bytes_held();
	check_replacing(tap);
	check_together(tap);
	check_copies_beside_writers(tap);
	wait_threads_gone(before);
}
