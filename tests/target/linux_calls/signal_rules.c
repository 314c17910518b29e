/* What signals do to processes: ends, stops, waits, stacks. */
#include "linux_calls.h"
#include "signals.h"

enum { UNTRACED = 2, CONTINUED = 8, STOPPED = 0x7f, NO_HANG = 1 };

static int64_t fork_waiter(void)
{
	int64_t pid = linux_fork_or_exit();
	if (pid == 0)
		for (;;)
			CALL(LINUX_PAUSE);
	return pid;
}

static void check_ends(struct tap *tap)
{
	int64_t pid = fork_waiter();
	CALL(LINUX_KILL, pid, SIG_TERM);
	tap_check_equal(tap, wait_for(pid), SIG_TERM, "SIGTERM ends a waiting process");
	pid = linux_fork_or_exit();
	if (pid == 0)
		for (;;)
			CALL(LINUX_SCHED_YIELD);
	CALL(LINUX_KILL, pid, SIG_KILL);
	tap_check_equal(tap, wait_for(pid), SIG_KILL, "SIGKILL ends a busy one");
	int64_t self = CALL(LINUX_GETPID);
	signal_set(SIG_USR2, 1);
	tap_check_equal(tap, CALL(LINUX_KILL, self, SIG_USR2), OK,
	                "an ignored signal does nothing");
	signal_set(SIG_USR2, 0);
}

static void check_stops(struct tap *tap)
{
	int32_t status = 0;
	int64_t pid = fork_waiter();
	CALL(LINUX_KILL, pid, SIG_STOP);
	tap_check_equal(tap, CALL(LINUX_WAIT4, pid, &status, UNTRACED, 0), pid, "a stop is told");
	tap_check_equal(tap, status, SIG_STOP << 8 | STOPPED, "with its signal");
	tap_check_equal(tap, CALL(LINUX_WAIT4, pid, &status, UNTRACED | NO_HANG, 0), 0, "once");
	CALL(LINUX_KILL, pid, SIG_CONT);
	tap_check_equal(tap, CALL(LINUX_WAIT4, pid, &status, CONTINUED, 0), pid,
	                "so is that it goes on");
	tap_check_equal(tap, status, 0xffff, "in Linux's word");
	CALL(LINUX_KILL, pid, SIG_STOP);
	CALL(LINUX_WAIT4, pid, &status, UNTRACED, 0);
	CALL(LINUX_KILL, pid, SIG_KILL);
	tap_check_equal(tap, wait_for(pid), SIG_KILL, "a stopped process can be killed");
}

static void check_children(struct tap *tap)
{
	signal_set(SIG_CHLD, 1);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0)
		CALL(LINUX_EXIT_GROUP, 0);
	int64_t answer;
	while ((answer = CALL(LINUX_WAIT4, pid, 0, 0, 0)) == pid)
		;
	tap_check_equal(tap, answer, ERR_NO_CHILD, "children of who ignores SIGCHLD just go");
	signal_set(SIG_CHLD, 0);
}

static void check_taking(struct tap *tap)
{
	int64_t self = CALL(LINUX_GETPID);
	uint64_t mask = 1ULL << (SIG_USR1 - 1) | 1ULL << (SIG_RT - 1), none = 0;
	struct timespec_wait nap = {0, 1000000}, bad = {0, -1};
	struct signal_info info = {};
	CALL(LINUX_RT_SIGPROCMASK, 2, &mask, 0, 8);
	tap_check_equal(tap, CALL(LINUX_RT_SIGTIMEDWAIT, &mask, &info, &nap, 8), ERR_TRY_AGAIN,
	                "waiting for a signal ends with its time");
	CALL(LINUX_KILL, self, SIG_RT);
	CALL(LINUX_KILL, self, SIG_USR1);
	CALL(LINUX_KILL, self, SIG_RT);
	tap_check_equal(tap, CALL(LINUX_RT_SIGTIMEDWAIT, &mask, &info, 0, 8), SIG_USR1,
	                "the lowest number comes first");
	tap_check(tap, info.signal == SIG_USR1 && info.pid == self, "with who sent it");
	CALL(LINUX_RT_SIGTIMEDWAIT, &mask, 0, 0, 8);
	tap_check_equal(tap, CALL(LINUX_RT_SIGTIMEDWAIT, &mask, 0, &nap, 8), SIG_RT,
	                "real-time signals queue");
	tap_check_equal(tap, CALL(LINUX_RT_SIGTIMEDWAIT, &mask, 0, &nap, 8), ERR_TRY_AGAIN,
	                "as many as were sent");
	tap_check_equal(tap, CALL(LINUX_RT_SIGTIMEDWAIT, &mask, 0, &bad, 8), ERR_INVALID_ARGS,
	                "a negative time is refused");
	CALL(LINUX_RT_SIGPROCMASK, 2, &none, 0, 8);
}

static volatile uintptr_t stack_seen;
static volatile bool suspended_handled;

static void stack_handler(int)
{
	char here;
	stack_seen = (uintptr_t)&here;
	suspended_handled = true;
}

static void check_stack(struct tap *tap)
{
	enum { STACK_BYTES = 4 * PAGE };
	char *stack = pages(STACK_BYTES);
	struct {
		char *base;
		int32_t flags, padding;
		uint64_t bytes;
	} ask = {stack, 0, 0, STACK_BYTES}, old = {}, small = {stack, 0, 0, 100};
	struct signal_action action = {(uintptr_t)stack_handler, ON_STACK | HAS_RESTORER,
	                               (uintptr_t)signal_restorer, 0};
	tap_check_equal(tap, CALL(LINUX_SIGALTSTACK, &small, 0), ERR_NO_MEMORY,
	                "a signal stack has a least size");
	CALL(LINUX_SIGALTSTACK, &ask, &old);
	tap_check_equal(tap, old.flags, 2, "there was none before");
	CALL(LINUX_RT_SIGACTION, SIG_USR1, &action, 0, 8);
	int64_t self = CALL(LINUX_GETPID);
	CALL(LINUX_KILL, self, SIG_USR1);
	tap_check(tap, stack_seen - (uintptr_t)stack < STACK_BYTES, "a handler runs on it");
	ask.flags = 2;
	CALL(LINUX_SIGALTSTACK, &ask, 0);
	CALL(LINUX_MUNMAP, stack, STACK_BYTES);
}

static void check_suspend(struct tap *tap)
{
	uint64_t blocked = 1ULL << (SIG_USR1 - 1), none = 0, now = 0;
	CALL(LINUX_RT_SIGPROCMASK, 2, &blocked, 0, 8);
	suspended_handled = false;
	int64_t self = CALL(LINUX_GETPID);
	CALL(LINUX_KILL, self, SIG_USR1);
	tap_check(tap, !suspended_handled, "blocked");
	tap_check_equal(tap, CALL(LINUX_RT_SIGSUSPEND, &none, 8), ERR_INTERRUPTED,
	                "sigsuspend waits for a signal");
	tap_check(tap, suspended_handled, "which was handled meanwhile");
	CALL(LINUX_RT_SIGPROCMASK, 2, &none, &now, 8);
	tap_check(tap, now == blocked, "and the mask is back");
	signal_set(SIG_USR1, 0);
}

void check_signal_rules(struct tap *tap)
{
	check_ends(tap);
	check_stops(tap);
	check_children(tap);
	check_taking(tap);
	check_stack(tap);
	check_suspend(tap);
}
