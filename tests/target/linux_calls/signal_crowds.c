/* More signals than are kept, and signals to processes of several threads. */
#include "linux_calls.h"
#include "signals.h"

enum {
	MASK_BLOCK = 0,
	MASK_UNBLOCK = 1,
	MASK_SET = 2,
	SIG_TOO = 35,
	KEPT = 1024,
};

static int64_t crowd_take(int signal)
{
	uint64_t mask = 1ULL << (signal - 1);
	int64_t count = 0;
	while (CALL(LINUX_RT_SIGTIMEDWAIT, &mask, 0, &(struct timespec_wait){}, 8) == signal)
		count++;
	return count;
}

static void check_full_queue(struct tap *tap)
{
	int64_t self = CALL(LINUX_GETPID), status = OK;
	uint64_t pending = 0, mask = 1ULL << (SIG_RT - 1) | 1ULL << (SIG_TOO - 1) |
	                             1ULL << (SIG_TERM - 1) | 1ULL << (SIG_USR1 - 1);
	CALL(LINUX_RT_SIGPROCMASK, MASK_BLOCK, &mask, 0, sizeof mask);
	for (int i = 0; i < KEPT + 100; i++)
		status |= CALL(LINUX_KILL, self, SIG_RT);
	tap_check_equal(tap, status, OK, "kill never fails for lack of room");
	tap_check_equal(tap, CALL(LINUX_KILL, self, SIG_TERM), OK, "nor with a standard signal");
	CALL(LINUX_KILL, self, SIG_TOO);
	CALL(LINUX_RT_SIGPENDING, &pending, sizeof pending);
	tap_check(tap, pending & 1ULL << (SIG_TERM - 1), "which is pending then");
	tap_check(tap, pending & 1ULL << (SIG_TOO - 1), "as is another real-time signal");
	tap_check_equal(tap, crowd_take(SIG_TERM), 1, "it is taken once");
	tap_check_equal(tap, crowd_take(SIG_TOO), 1, "the other one, too");
	tap_check_equal(tap, crowd_take(SIG_RT), KEPT, "so many real-time ones were kept");
	for (int i = 0; i < KEPT; i++)
		status |= CALL(LINUX_TGKILL, self, self, SIG_RT);
	tap_check_equal(tap, status, OK, "a thread has a queue of its own");
	tap_check_equal(tap, CALL(LINUX_TGKILL, self, self, SIG_RT), ERR_TRY_AGAIN,
	                "whoever sends it more is told");
	tap_check_equal(tap, CALL(LINUX_TGKILL, self, self, SIG_USR1), OK,
	                "but a standard signal still arrives");
	tap_check_equal(tap, crowd_take(SIG_USR1), 1, "and is taken");
	tap_check_equal(tap, crowd_take(SIG_RT), KEPT, "beside all others");
	CALL(LINUX_RT_SIGPROCMASK, MASK_UNBLOCK, &mask, 0, sizeof mask);
}

struct crowd {
	uint32_t ready, ends; /* atomic */
	int32_t tids[2]; /* of the threads, while they live */
};

static struct crowd crowd;
static int64_t crowd_handler_tid; /* atomic */

static void crowd_handle_usr1(int)
{
	__atomic_store_n(&crowd_handler_tid, CALL(LINUX_GETTID), __ATOMIC_RELEASE);
}

static void crowd_handle_int(int)
{
	while (!__atomic_load_n(&crowd.ends, __ATOMIC_ACQUIRE))
		CALL(LINUX_SCHED_YIELD);
}

static void crowd_begin(void)
{
	uint64_t mask = 0;
	CALL(LINUX_RT_SIGPROCMASK, MASK_SET, &mask, 0, sizeof mask);
	__atomic_fetch_add(&crowd.ready, 1, __ATOMIC_RELEASE);
}

/* Not woken by a signal, which it takes when it runs next. */
static void crowd_spin(void *)
{
	crowd_begin();
	while (!__atomic_load_n(&crowd.ends, __ATOMIC_ACQUIRE))
		;
}

static void crowd_sleep(void *)
{
	crowd_begin();
	while (!__atomic_load_n(&crowd.ends, __ATOMIC_ACQUIRE))
		CALL(LINUX_NANOSLEEP, &(struct timespec_wait){.seconds = 10}, 0);
}

static void crowd_act(int signal, void (*handler)(int), uint64_t mask)
{
	const struct signal_action action = {(uintptr_t)handler, HAS_RESTORER,
	                                     (uintptr_t)signal_restorer, mask};
	CALL(LINUX_RT_SIGACTION, signal, &action, 0, 8);
}

/* In its own process, of two threads that both take SIGUSR1 and a third that sends it. */
static bool crowd_finds_another(void)
{
	uint64_t mask = 1ULL << (SIG_USR1 - 1) | 1ULL << (SIG_INT - 1), one_cpu = 1;
	int64_t pid = CALL(LINUX_GETPID);
	CALL(LINUX_SCHED_SETAFFINITY, 0, sizeof one_cpu, &one_cpu);
	CALL(LINUX_RT_SIGPROCMASK, MASK_BLOCK, &mask, 0, sizeof mask);
	crowd_act(SIG_USR1, crowd_handle_usr1, 0);
	crowd_act(SIG_INT, crowd_handle_int, 1ULL << (SIG_USR1 - 1));
	int64_t first = thread_begin(crowd_spin, NULL, &crowd.tids[0]);
	int64_t second = thread_begin(crowd_sleep, NULL, &crowd.tids[1]);
	while (__atomic_load_n(&crowd.ready, __ATOMIC_ACQUIRE) < 2)
		CALL(LINUX_SCHED_YIELD);
	CALL(LINUX_NANOSLEEP, &(struct timespec_wait){.nanoseconds = 20000000}, 0);
	CALL(LINUX_TGKILL, pid, first, SIG_INT);
	CALL(LINUX_KILL, pid, SIG_USR1);
	for (int i = 0; i < 100 && !__atomic_load_n(&crowd_handler_tid, __ATOMIC_ACQUIRE); i++)
		CALL(LINUX_NANOSLEEP, &(struct timespec_wait){.nanoseconds = 10000000}, 0);
	return __atomic_load_n(&crowd_handler_tid, __ATOMIC_ACQUIRE) == second;
}

static void check_other_thread(struct tap *tap)
{
	int64_t pid = linux_fork_or_exit();
	if (pid == 0)
		CALL(LINUX_EXIT_GROUP, !crowd_finds_another());
	tap_check_equal(tap, wait_for(pid), 0,
	                "a signal goes to another thread when the first one begins to block it");
}

void check_signal_crowds(struct tap *tap)
{
	check_full_queue(tap);
	check_other_thread(tap);
}
