/* Futexes in memory that processes share, also at different addresses. */
#include "linux_calls.h"
#include "signals.h"

enum {
	WAIT = 0,
	WAKE = 1,
	REQUEUE = 3,
	PRIVATE = 128,
	ROUNDS = 50,
	READ_WRITE = 3,
	SHARED = 1,
	OWNER_DIED = 0x40000000,
};

struct turns {
	uint32_t word; /* atomic */
	uint32_t other;
	uint32_t lock; /* held by the thread with this number */
	struct {
		uint64_t next, offset, pending;
	} robust;
	uint64_t entry;
};

static struct turns *map_shared(int64_t fd, uint64_t offset)
{
	return (struct turns *)CALL(LINUX_MMAP, 0, PAGE, READ_WRITE, SHARED, fd, offset);
}

static void take_turns(struct turns *turns, uint32_t first)
{
	for (uint32_t turn = first; turn < 2 * ROUNDS; turn += 2) {
		uint32_t now;
		while ((now = __atomic_load_n(&turns->word, __ATOMIC_ACQUIRE)) != turn)
			CALL(LINUX_FUTEX, &turns->word, WAIT, now, 0);
		__atomic_store_n(&turns->word, turn + 1, __ATOMIC_RELEASE);
		CALL(LINUX_FUTEX, &turns->word, WAKE, 1);
	}
}

/* The child has the second page mapped alone, so neither address nor page number are the same. */
static void check_turns(struct tap *tap, int64_t fd)
{
	struct turns *turns = map_shared(fd, PAGE);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		struct turns *own = map_shared(fd, PAGE);
		CALL(LINUX_MUNMAP, turns, PAGE);
		take_turns(own, 1);
		CALL(LINUX_EXIT_GROUP, own == turns);
	}
	take_turns(turns, 0);
	tap_check_equal(tap, wait_for(pid), 0, "two processes take turns by a futex");
	tap_check_equal(tap, turns->word, 2 * ROUNDS, "and none is lost");
	CALL(LINUX_MUNMAP, turns, PAGE);
}

/* The child waits; the parent tries until it has woken or moved it. */
static void check_places(struct tap *tap, int64_t fd)
{
	struct turns *turns = map_shared(fd, 0);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		while (!__atomic_load_n(&turns->lock, __ATOMIC_ACQUIRE))
			CALL(LINUX_FUTEX, &turns->word, WAIT, 0, 0);
		CALL(LINUX_EXIT_GROUP, 0);
	}
	/* for lack of memory it may be gone */
	while (CALL(LINUX_FUTEX, &turns->word, REQUEUE, 0, 1, &turns->other) != 1 &&
	       CALL(LINUX_KILL, pid, 0) == OK)
		CALL(LINUX_SCHED_YIELD);
	tap_check_equal(tap, CALL(LINUX_FUTEX, &turns->word, WAKE, 1), 0,
	                "who waits is moved to another word");
	tap_check_equal(tap, CALL(LINUX_FUTEX, &turns->other, WAKE | PRIVATE, 1), 0,
	                "a private word there is another one");
	__atomic_store_n(&turns->lock, 1, __ATOMIC_RELEASE);
	tap_check_equal(tap, CALL(LINUX_FUTEX, &turns->other, WAKE, 1), 1, "and is woken there");
	tap_check_equal(tap, wait_for(pid), 0, "by another process");
	turns->lock = 0;
	CALL(LINUX_MUNMAP, turns, PAGE);
}

/* The owner is another process, and dies with the lock. */
static void check_robust(struct tap *tap, int64_t fd)
{
	struct turns *turns = map_shared(fd, 0);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		turns->robust.next = (uintptr_t)&turns->entry;
		turns->robust.offset =
		        (uint64_t)((uintptr_t)&turns->lock - (uintptr_t)&turns->entry);
		turns->robust.pending = 0;
		turns->entry = (uintptr_t)&turns->robust; /* the list's end */
		CALL(LINUX_SET_ROBUST_LIST, &turns->robust, 24);
		uint32_t own = (uint32_t)CALL(LINUX_GETTID);
		__atomic_store_n(&turns->lock, own, __ATOMIC_RELEASE);
		CALL(LINUX_FUTEX, &turns->lock, WAKE, 1);
		for (;;)
			CALL(LINUX_PAUSE);
	}
	uint32_t owner;
	while (!(owner = __atomic_load_n(&turns->lock, __ATOMIC_ACQUIRE)))
		CALL(LINUX_FUTEX, &turns->lock, WAIT, 0, 0);
	tap_check_equal(tap, owner, pid, "a lock is another process's");
	CALL(LINUX_KILL, pid, SIG_KILL);
	while (__atomic_load_n(&turns->lock, __ATOMIC_ACQUIRE) == owner)
		CALL(LINUX_FUTEX, &turns->lock, WAIT, owner, 0);
	tap_check_equal(tap, turns->lock, OWNER_DIED, "which leaves word of its end in it");
	wait_for(pid);
	CALL(LINUX_MUNMAP, turns, PAGE);
}

/* The owner has given the lock back, and dies before it wakes who waits for it. */
static void check_robust_unlock(struct tap *tap, int64_t fd)
{
	struct turns *turns = map_shared(fd, 0);
	turns->lock = (uint32_t)CALL(LINUX_GETTID);
	turns->word = 0;
	int64_t waiting = linux_fork_or_exit();
	if (waiting == 0) {
		const struct timespec_wait most = {10, 0};
		int64_t got = CALL(LINUX_FUTEX, &turns->lock, WAIT, turns->lock, &most);
		CALL(LINUX_EXIT_GROUP, got != OK);
	}
	/* moved to where it was: it waits; for lack of memory it may be gone */
	while (CALL(LINUX_FUTEX, &turns->lock, REQUEUE, 0, 1, &turns->lock) != 1 &&
	       CALL(LINUX_KILL, waiting, 0) == OK)
		CALL(LINUX_SCHED_YIELD);
	int64_t owner = linux_fork_or_exit();
	if (owner == 0) {
		turns->robust.next = (uintptr_t)&turns->robust;
		turns->robust.offset =
		        (uint64_t)((uintptr_t)&turns->lock - (uintptr_t)&turns->entry);
		turns->robust.pending = (uintptr_t)&turns->entry;
		CALL(LINUX_SET_ROBUST_LIST, &turns->robust, 24);
		__atomic_store_n(&turns->lock, 0, __ATOMIC_RELEASE);
		CALL(LINUX_EXIT_GROUP, 0);
	}
	wait_for(owner);
	tap_check_equal(tap, wait_for(waiting), 0, "who dies before it wakes others still does");
	tap_check_equal(tap, turns->lock, 0, "and the lock is as it left it");
	CALL(LINUX_MUNMAP, turns, PAGE);
}

void check_shared_futexes(struct tap *tap)
{
	int64_t fd = CALL(LINUX_MEMFD_CREATE, "turns", 0);
	CALL(LINUX_FTRUNCATE, fd, 2 * PAGE);
	check_turns(tap, fd);
	check_places(tap, fd);
	check_robust(tap, fd);
	check_robust_unlock(tap, fd);
	CALL(LINUX_CLOSE, fd);
}
