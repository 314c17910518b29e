/* Threads and futexes. */
#include "linux_calls.h"
#include "signals.h"

enum { FUTEX_WAIT = 0, FUTEX_WAKE = 1, FUTEX_REQUEUE = 3, FUTEX_BITSET = 9, COUNT_TO = 200 };

struct shared {
	uint32_t word;
	uint32_t count;
	int32_t id;
};

static void thread_count(void *argument)
{
	struct shared *shared = argument;
	shared->id = (int32_t)CALL(LINUX_GETTID);
	for (int i = 0; i < COUNT_TO; i++)
		__atomic_fetch_add(&shared->count, 1, __ATOMIC_RELAXED);
}

static void check_begin(struct tap *tap)
{
	struct shared shared = {};
	int32_t tid = 0;
	int64_t id = thread_begin(thread_count, &shared, &tid);
	linux_thread_join(&tid);
	tap_check(tap, id > 0 && shared.id == id, "a thread has the number that clone said");
	tap_check_equal(tap, shared.count, COUNT_TO, "and works in the same memory");
}

/* Each waits for the word to become its turn. */
static void thread_pong(void *argument)
{
	struct shared *shared = argument;
	for (uint32_t turn = 1; turn < 2 * COUNT_TO; turn += 2) {
		while (__atomic_load_n(&shared->word, __ATOMIC_ACQUIRE) != turn)
			CALL(LINUX_FUTEX, &shared->word, FUTEX_WAIT, turn - 1, 0);
		__atomic_store_n(&shared->word, turn + 1, __ATOMIC_RELEASE);
		CALL(LINUX_FUTEX, &shared->word, FUTEX_WAKE, 1);
	}
}

static void check_ping_pong(struct tap *tap)
{
	struct shared shared = {};
	int32_t tid = 0;
	thread_begin(thread_pong, &shared, &tid);
	for (uint32_t turn = 0; turn < 2 * COUNT_TO; turn += 2) {
		while (__atomic_load_n(&shared.word, __ATOMIC_ACQUIRE) != turn)
			CALL(LINUX_FUTEX, &shared.word, FUTEX_WAIT, turn - 1, 0);
		__atomic_store_n(&shared.word, turn + 1, __ATOMIC_RELEASE);
		CALL(LINUX_FUTEX, &shared.word, FUTEX_WAKE, 1);
	}
	linux_thread_join(&tid);
	tap_check_equal(tap, shared.word, 2 * COUNT_TO, "two threads take turns by a futex");
}

static void check_futex_refusals(struct tap *tap)
{
	uint32_t word = 5;
	struct timespec_wait nap = {0, 1000000};
	tap_check_equal(tap, CALL(LINUX_FUTEX, &word, FUTEX_WAIT, 4, 0), ERR_TRY_AGAIN,
	                "another word than expected does not wait");
	tap_check_equal(tap, CALL(LINUX_FUTEX, &word, FUTEX_WAIT, 5, &nap), ERR_TIMED_OUT,
	                "waiting ends with its time");
	tap_check_equal(tap, CALL(LINUX_FUTEX, (char *)&word + 1, FUTEX_WAIT, 5, 0),
	                ERR_INVALID_ARGS, "an odd address is refused");
	tap_check_equal(tap, CALL(LINUX_FUTEX, BAD_ADDRESS, FUTEX_WAIT, 5, 0), ERR_BAD_ADDRESS,
	                "a bad one, too");
	tap_check_equal(tap, CALL(LINUX_FUTEX, KERNEL_ADDRESS, FUTEX_WAKE, 5, 0), ERR_BAD_ADDRESS,
	                "and the kernel's");
	tap_check_equal(tap, CALL(LINUX_FUTEX, &word, FUTEX_WAKE, 5), 0, "nobody is woken");
	tap_check_equal(tap, CALL(LINUX_FUTEX, &word, FUTEX_BITSET, 5, 0, 0, 0), ERR_INVALID_ARGS,
	                "no bits would never be woken");
	tap_check_equal(tap, CALL(LINUX_FUTEX, &word, 77, 5), ERR_NOT_IMPLEMENTED,
	                "an unknown operation is refused");
}

static void thread_wait_at(void *argument)
{
	struct shared *shared = argument;
	__atomic_fetch_add(&shared->count, 1, __ATOMIC_RELEASE);
	CALL(LINUX_FUTEX, &shared->word, FUTEX_WAIT, 0, 0);
	__atomic_fetch_sub(&shared->count, 1, __ATOMIC_RELEASE);
}

static void check_requeue(struct tap *tap)
{
	enum { WAITERS = 3 };
	struct shared shared = {};
	uint32_t other = 0;
	int32_t tids[WAITERS] = {};
	for (int i = 0; i < WAITERS; i++)
		thread_begin(thread_wait_at, &shared, &tids[i]);
	int64_t done = 0;
	/* until all of them have come to wait */
	while (done < WAITERS) {
		done += CALL(LINUX_FUTEX, &shared.word, FUTEX_REQUEUE, 0, WAITERS, &other, 0);
		CALL(LINUX_SCHED_YIELD);
	}
	tap_check_equal(tap, done, WAITERS, "waiters are moved to another word");
	tap_check_equal(tap, CALL(LINUX_FUTEX, &shared.word, FUTEX_WAKE, 9), 0,
	                "where they were is nobody");
	tap_check_equal(tap, CALL(LINUX_FUTEX, &other, FUTEX_WAKE, 9), WAITERS,
	                "and are woken there");
	for (int i = 0; i < WAITERS; i++)
		linux_thread_join(&tids[i]);
	tap_check_equal(tap, shared.count, 0, "all have gone on");
}

static void thread_sleep_for_ever(void *)
{
	for (;;)
		CALL(LINUX_PAUSE);
}

static void check_group_exit(struct tap *tap)
{
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		int32_t tids[2] = {};
		thread_begin(thread_sleep_for_ever, NULL, &tids[0]);
		thread_begin(thread_sleep_for_ever, NULL, &tids[1]);
		CALL(LINUX_SCHED_YIELD);
		CALL(LINUX_EXIT_GROUP, 4);
	}
	tap_check_equal(tap, wait_for(pid), 4 * EXITED, "exit_group ends all threads");
}

static void thread_hold_robust(void *argument)
{
	struct robust {
		uint64_t next, offset, pending, entry;
		uint32_t word;
	} *robust = argument;
	robust->word = (uint32_t)CALL(LINUX_GETTID);
	robust->entry = (uintptr_t)robust; /* the list's end */
	robust->next = (uintptr_t)&robust->entry;
	robust->offset = sizeof robust->entry;
	robust->pending = 0;
	CALL(LINUX_SET_ROBUST_LIST, robust, 24);
}

static void check_robust(struct tap *tap)
{
	uint64_t robust[6] = {};
	int32_t tid = 0;
	thread_begin(thread_hold_robust, robust, &tid);
	linux_thread_join(&tid);
	tap_check_equal(tap, (uint32_t)robust[4], 0x40000000, "a lock whose owner is gone says so");
	uint64_t head = 0, length = 0;
	CALL(LINUX_SET_ROBUST_LIST, robust, 24);
	tap_check_equal(tap, CALL(LINUX_GET_ROBUST_LIST, 0, &head, &length), OK,
	                "the list of one's locks is told");
	tap_check(tap, head == (uintptr_t)robust && length == 24, "as it was set");
	tap_check_equal(tap, CALL(LINUX_GET_ROBUST_LIST, 1, &head, &length), ERR_NOT_PERMITTED,
	                "that of others is not");
	tap_check_equal(tap, CALL(LINUX_GET_ROBUST_LIST, 0, BAD_ADDRESS, &length), ERR_BAD_ADDRESS,
	                "nor to a bad address");
	CALL(LINUX_SET_ROBUST_LIST, 0, 24);
}

void check_threads(struct tap *tap)
{
	check_begin(tap);
	check_ping_pong(tap);
	check_futex_refusals(tap);
	check_requeue(tap);
	check_group_exit(tap);
	check_robust(tap);
}
