/* fork, wait4, exit, groups. */
#include "linux_calls.h"
#include <string.h>

enum { NO_HANG = 1, SIG_KILL = 9, WAIT_PID = 1, WAIT_EXITED = 4, WAIT_KEEP = 0x01000000 };

static volatile int shared_word = 1;

static void check_copy(struct tap *tap)
{
	int64_t self = CALL(LINUX_GETPID);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		shared_word = 2;
		bool ok = CALL(LINUX_GETPPID) == self && CALL(LINUX_GETPID) != self;
		CALL(LINUX_EXIT_GROUP, ok ? 7 : 1);
	}
	tap_check(tap, pid > self, "fork tells the parent the child's number");
	tap_check_equal(tap, wait_for(pid), 7 * EXITED, "the child's exit code arrives");
	tap_check_equal(tap, shared_word, 1, "what the child wrote is its own");
	tap_check_equal(tap, wait_for(pid), ERR_NO_CHILD, "it can be waited for once");
}

static void check_wait(struct tap *tap)
{
	int32_t pair[2], status = 0;
	char byte;
	CALL(LINUX_PIPE, pair);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		CALL(LINUX_READ, pair[0], &byte, 1);
		CALL(LINUX_EXIT_GROUP, 3);
	}
	tap_check_equal(tap, CALL(LINUX_WAIT4, -1, &status, NO_HANG, 0), 0,
	                "who does not want to wait need not");
	tap_check_equal(tap, CALL(LINUX_WAIT4, pid + 1000, &status, NO_HANG, 0), ERR_NO_CHILD,
	                "a stranger is no child");
	tap_check_equal(tap, CALL(LINUX_WAIT4, -1, &status, 0x100, 0), ERR_INVALID_ARGS,
	                "options are checked");
	CALL(LINUX_WRITE, pair[1], "x", 1);
	tap_check_equal(tap, CALL(LINUX_WAIT4, -1, &status, 0, 0), pid, "any child is this one");
	tap_check_equal(tap, status, 3 * EXITED, "with its code");
	CALL(LINUX_CLOSE, pair[0]);
	CALL(LINUX_CLOSE, pair[1]);
}

static void check_orphans(struct tap *tap)
{
	int32_t pair[2];
	int64_t parents[2] = {};
	CALL(LINUX_PIPE, pair);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		int64_t self = CALL(LINUX_GETPID);
		if (linux_fork_or_exit() == 0) {
			while (CALL(LINUX_GETPPID) == self)
				CALL(LINUX_SCHED_YIELD);
			parents[0] = CALL(LINUX_GETPPID);
			CALL(LINUX_WRITE, pair[1], parents, 8);
		}
		CALL(LINUX_EXIT_GROUP, 0);
	}
	wait_for(pid);
	CALL(LINUX_READ, pair[0], parents, 8);
	tap_check_equal(tap, parents[0], 1, "an orphan is the first process's child");
	CALL(LINUX_CLOSE, pair[0]);
	CALL(LINUX_CLOSE, pair[1]);
}

static void check_groups(struct tap *tap)
{
	int64_t self = CALL(LINUX_GETPID);
	tap_check_equal(tap, CALL(LINUX_GETPGRP), self, "a started program leads its group");
	tap_check_equal(tap, CALL(LINUX_GETSID, 0), self, "and its session");
	tap_check_equal(tap, CALL(LINUX_SETSID), ERR_NOT_PERMITTED,
	                "who leads a group begins no session");
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		bool ok = CALL(LINUX_GETPGRP) == self && CALL(LINUX_SETPGID, 0, 0) == OK &&
		          CALL(LINUX_GETPGRP) == CALL(LINUX_GETPID) &&
		          CALL(LINUX_SETPGID, 0, self) == OK &&
		          CALL(LINUX_SETSID) == CALL(LINUX_GETPID);
		CALL(LINUX_EXIT_GROUP, !ok);
	}
	tap_check_equal(tap, wait_for(pid), 0, "a child may have a group and a session");
	int32_t pair[2];
	char byte;
	CALL(LINUX_PIPE2, pair, 0);
	pid = linux_fork_or_exit();
	if (pid == 0) {
		int64_t status = CALL(LINUX_SETPGID, 0, 0);
		CALL(LINUX_EXIT_GROUP, status);
	}
	CALL(LINUX_SETPGID, pid, pid);
	int64_t second = linux_fork_or_exit();
	if (second == 0) {
		int64_t got = CALL(LINUX_READ, pair[0], &byte, 1);
		CALL(LINUX_EXIT_GROUP, got != 1);
	}
	CALL(LINUX_WAITID, WAIT_PID, pid, 0, WAIT_EXITED | WAIT_KEEP, 0);
	tap_check_equal(tap, CALL(LINUX_SETPGID, second, pid), OK,
	                "the group of a dead leader can be joined until it is waited for");
	CALL(LINUX_WRITE, pair[1], "x", 1);
	wait_for(pid);
	wait_for(second);
	CALL(LINUX_CLOSE, pair[0]);
	CALL(LINUX_CLOSE, pair[1]);
	tap_check_equal(tap, CALL(LINUX_SETPGID, 1, 1), ERR_NO_PROCESS,
	                "a stranger's group is its own");
	tap_check_equal(tap, CALL(LINUX_GETPGID, 99999), ERR_NO_PROCESS, "nobody has no group");
}

struct change { /* siginfo_t of SIGCHLD, as far as waitid tells */
	int32_t signal, error, code, padding;
	int32_t pid;
	uint32_t uid;
	int32_t status;
};

static void check_waitid(struct tap *tap)
{
	enum {
		ALL,
		ONE,
		GROUP,
		SIG_CHILD = 17,
		CODE_EXITED = 1,
		CODE_KILLED = 2,
		CODE_STOPPED = 5
	};
	enum { STOPPED = 2, SIG_STOP = 19 };
	struct change change = {};
	int64_t pid = linux_fork_or_exit();
	if (pid == 0)
		CALL(LINUX_EXIT_GROUP, 6);
	int64_t status = CALL(LINUX_WAITID, ONE, pid, &change, WAIT_EXITED | WAIT_KEEP, 0);
	tap_check(tap,
	          status == OK && change.signal == SIG_CHILD && change.code == CODE_EXITED &&
	                  change.pid == pid && change.uid == 0 && change.status == 6,
	          "waitid tells of a child's end");
	tap_check_equal(tap, CALL(LINUX_WAITID, ALL, 0, 0, WAIT_EXITED, 0), OK,
	                "and again, if it was to be kept");
	tap_check_equal(tap, CALL(LINUX_WAITID, ONE, pid, &change, WAIT_EXITED, 0), ERR_NO_CHILD,
	                "but not once more");
	pid = linux_fork_or_exit();
	if (pid == 0)
		for (;;)
			CALL(LINUX_PAUSE);
	status = CALL(LINUX_WAITID, ALL, 0, &change, WAIT_EXITED | NO_HANG, 0);
	tap_check(tap, status == OK && change.pid == 0 && change.signal == 0,
	          "nothing is told of one that runs");
	CALL(LINUX_KILL, pid, SIG_STOP);
	status = CALL(LINUX_WAITID, GROUP, 0, &change, STOPPED, 0);
	tap_check(tap,
	          status == OK && change.pid == pid && change.code == CODE_STOPPED &&
	                  change.status == SIG_STOP,
	          "one of the group stops");
	CALL(LINUX_KILL, pid, SIG_KILL);
	status = CALL(LINUX_WAITID, ONE, pid, &change, WAIT_EXITED, 0);
	tap_check(tap, status == OK && change.code == CODE_KILLED && change.status == SIG_KILL,
	          "a signal is told as one");
	tap_check_equal(tap, CALL(LINUX_WAITID, ALL, 0, 0, NO_HANG, 0), ERR_INVALID_ARGS,
	                "who waits for nothing is refused");
	tap_check_equal(tap, CALL(LINUX_WAITID, ONE, 0, 0, WAIT_EXITED, 0), ERR_INVALID_ARGS,
	                "so is nobody");
	tap_check_equal(tap, CALL(LINUX_WAITID, 9, 1, 0, WAIT_EXITED, 0), ERR_INVALID_ARGS,
	                "and another kind");
	tap_check_equal(tap, CALL(LINUX_WAITID, ALL, 0, 0, WAIT_EXITED | 16, 0), ERR_INVALID_ARGS,
	                "and another option");
}

static void check_dead(struct tap *tap)
{
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		CALL(LINUX_SETPGID, 0, 0);
		CALL(LINUX_EXIT_GROUP, 5);
	}
	CALL(LINUX_WAITID, WAIT_PID, pid, 0, WAIT_EXITED | WAIT_KEEP, 0);
	tap_check_equal(tap, CALL(LINUX_KILL, pid, 0), OK,
	                "a signal may be sent to who is dead and was not waited for");
	tap_check_equal(tap, CALL(LINUX_KILL, pid, SIG_KILL), OK, "whatever it is");
	tap_check_equal(tap, CALL(LINUX_TGKILL, pid, pid, SIG_KILL), OK, "or to its thread");
	tap_check_equal(tap, CALL(LINUX_KILL, -pid, SIG_KILL), OK, "or to its group");
	tap_check_equal(tap, wait_for(pid), 5 * EXITED, "its code stays what it was");
	tap_check_equal(tap, CALL(LINUX_KILL, pid, 0), ERR_NO_PROCESS, "then there is nobody");
	tap_check_equal(tap, CALL(LINUX_KILL, -pid, 0), ERR_NO_PROCESS, "nor a group");
	tap_check_equal(tap, CALL(LINUX_TGKILL, pid, pid, 0), ERR_NO_PROCESS, "nor a thread");
}

static void check_many(struct tap *tap)
{
	enum { CHILDREN = 40 };
	int64_t sum = 0, pids = 0;
	for (int i = 0; i < CHILDREN; i++)
		if (linux_fork_or_exit() == 0)
			CALL(LINUX_EXIT_GROUP, i);
	for (int i = 0; i < CHILDREN; i++) {
		int32_t status = 0;
		pids += CALL(LINUX_WAIT4, -1, &status, 0, 0) > 0;
		sum += status / EXITED;
	}
	tap_check_equal(tap, pids, CHILDREN, "forty children are waited for");
	tap_check_equal(tap, sum, CHILDREN * (CHILDREN - 1) / 2, "each with its own code");
}

static void check_vfork(struct tap *tap)
{
	int64_t pid = CALL(LINUX_VFORK);
	if (pid == 0)
		CALL(LINUX_EXIT_GROUP, 9);
	int32_t status = 0;
	tap_check_equal(tap, CALL(LINUX_WAIT4, pid, &status, NO_HANG, 0), pid,
	                "after vfork the child has ended already");
	tap_check_equal(tap, status, 9 * EXITED, "with its code");
	tap_check_equal(tap, CALL(LINUX_CLONE, 0x10000), ERR_INVALID_ARGS,
	                "a thread without its process's memory is refused");
	tap_check_equal(tap, CALL(LINUX_CLONE, 0x20000000), ERR_INVALID_ARGS,
	                "flags that nobody knows are refused");
}

/* Its child's number to the pipe, then it waits for the child, which sleeps. */
static void wait_in_vfork(int32_t out)
{
	int64_t pid = CALL(LINUX_VFORK);
	if (pid == 0) {
		int64_t self = CALL(LINUX_GETPID);
		CALL(LINUX_WRITE, out, &self, sizeof self);
		CALL(LINUX_NANOSLEEP, &(struct { int64_t seconds, ns; }){.seconds = 3}, 0);
	}
	CALL(LINUX_EXIT_GROUP, 0);
}

static void check_vfork_killed(struct tap *tap)
{
	enum { POLLS = 100, POLL_NS = 10000000 };
	int32_t pair[2], status = 0;
	int64_t child = 0, reaped = 0;
	CALL(LINUX_PIPE, pair);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0)
		wait_in_vfork(pair[1]);
	CALL(LINUX_READ, pair[0], &child, sizeof child);
	CALL(LINUX_KILL, pid, SIG_KILL);
	for (int i = 0; i < POLLS && !reaped; i++) {
		reaped = CALL(LINUX_WAIT4, pid, &status, NO_HANG, 0);
		CALL(LINUX_NANOSLEEP, &(struct { int64_t seconds, ns; }){.ns = POLL_NS}, 0);
	}
	tap_check(tap, reaped == pid && status == SIG_KILL,
	          "who waits after vfork can be killed before the child ends");
	tap_check_equal(tap, CALL(LINUX_KILL, child, SIG_KILL), OK, "which lives");
	if (!reaped)
		wait_for(pid);
	CALL(LINUX_CLOSE, pair[0]);
	CALL(LINUX_CLOSE, pair[1]);
}

void check_processes(struct tap *tap)
{
	check_copy(tap);
	check_wait(tap);
	check_orphans(tap);
	check_groups(tap);
	check_waitid(tap);
	check_dead(tap);
	check_many(tap);
	check_vfork(tap);
	check_vfork_killed(tap);
}
