/* Groups and sessions: by procd, and by Linux's calls the same. */
#include "process_policy.h"

#define BUSYBOX "/apps/debian_busybox/busybox"

enum {
	TERM = 15,
	KILL = 9,
	SIGNAL_NONE = 0,
	CLOSES_ON_EXEC = 0x80000,
	NO_GROUP = 99999,
	USER = 1001
};

struct group_ask {
	uint16_t operation;
	uint64_t target, group;
};

static int64_t ask(uint16_t operation, uint64_t target, uint64_t group)
{
	const struct policy_question question = {
	        .operation = operation,
	        .request = {.pid = own_pid(),
	                    .tid = own_pid(),
	                    .target_pid = target,
	                    .group = group},
	};
	struct process_policy_reply reply;
	int64_t status = ask_procd(&question, &reply);
	return status == OK ? (int64_t)reply.result : status;
}

static int64_t send_group(uint64_t group, uint32_t signal)
{
	const struct policy_question question = {
	        .operation = PROCESS_POLICY_TGKILL,
	        .request = {.pid = own_pid(),
	                    .tid = own_pid(),
	                    .signal = signal,
	                    .target_pid = -group},
	};
	struct process_policy_reply reply;
	return ask_procd(&question, &reply);
}

static int32_t status_of(int64_t pid)
{
	int32_t status = -1;
	CALL(LINUX_WAIT4, pid, &status, 0, 0);
	return status;
}

static uint64_t sleeper(void)
{
	int64_t pid = linux_fork_or_exit();
	while (pid == 0)
		CALL(LINUX_PAUSE);
	return (uint64_t)pid;
}

static void check_told(struct tap *tap)
{
	tap_check_equal(tap, ask(PROCESS_POLICY_GROUP, 0, 0), CALL(LINUX_GETPGRP),
	                "procd tells the group that Linux tells");
	tap_check_equal(tap, ask(PROCESS_POLICY_SESSION, 0, 0), CALL(LINUX_GETSID, 0),
	                "and the session");
	tap_check_equal(tap, ask(PROCESS_POLICY_SESSION, 1, 0), CALL(LINUX_GETSID, 1), "of others");
}

static void check_wrong(struct tap *tap)
{
	uint64_t child = sleeper(), self = own_pid();
	const struct {
		struct group_ask ask;
		int64_t status;
		const char *name;
	} cases[] = {
	        {{PROCESS_POLICY_GROUP, NO_GROUP, 0}, ERR_NO_PROCESS, "nobody has no group"},
	        {{PROCESS_POLICY_SESSION, UINT64_MAX, 0}, ERR_NO_PROCESS, "and no session"},
	        {{PROCESS_POLICY_GROUP, 0, 1}, ERR_INVALID_ARGS, "to ask is not to set"},
	        {{PROCESS_POLICY_SET_GROUP, 1, 0}, ERR_NO_PROCESS, "a stranger's group is its own"},
	        {{PROCESS_POLICY_SET_GROUP, child, NO_GROUP},
	         ERR_NOT_PERMITTED,
	         "a group is there"},
	        {{PROCESS_POLICY_SET_GROUP, child, 1}, ERR_NOT_PERMITTED, "in the session"},
	        {{PROCESS_POLICY_SET_GROUP, child, UINT64_MAX}, ERR_NOT_PERMITTED, "and a number"},
	        {{PROCESS_POLICY_SET_GROUP, self, 0},
	         ERR_NOT_PERMITTED,
	         "who leads a session stays"},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		tap_check_equal(
		        tap, ask(cases[i].ask.operation, cases[i].ask.target, cases[i].ask.group),
		        cases[i].status, cases[i].name);
	struct process_policy_reply reply;
	const struct policy_question another = {.operation = PROCESS_POLICY_SET_GROUP,
	                                        .request = {.pid = child, .tid = child}};
	tap_check_equal(tap, ask_procd(&another, &reply), ERR_ACCESS_DENIED,
	                "nobody groups in another's name");
	CALL(LINUX_KILL, child, KILL);
	(void)status_of((int64_t)child);
}

/* A child that has begun another program is its own master: both ways say so. */
static void check_executed(struct tap *tap)
{
	const char *arguments[] = {"sleep", "1000", NULL}, *environment[] = {NULL};
	int32_t ends[2];
	char byte;
	CALL(LINUX_PIPE2, ends, CLOSES_ON_EXEC);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		CALL(LINUX_EXECVE, BUSYBOX, arguments, environment);
		CALL(LINUX_EXIT_GROUP, 1);
	}
	CALL(LINUX_CLOSE, ends[1]);
	tap_check_equal(tap, CALL(LINUX_READ, ends[0], &byte, 1), 0, "a copy begins a program");
	tap_check_equal(tap, CALL(LINUX_SETPGID, pid, pid), ERR_ACCESS_DENIED,
	                "and is grouped by nobody else");
	tap_check_equal(tap, ask(PROCESS_POLICY_SET_GROUP, (uint64_t)pid, 0), ERR_ACCESS_DENIED,
	                "nor by procd");
	CALL(LINUX_KILL, pid, KILL);
	tap_check_equal(tap, status_of(pid), KILL, "it ends");
	CALL(LINUX_CLOSE, ends[0]);
}

static void check_signalled(struct tap *tap)
{
	uint64_t first = sleeper(), second = sleeper();
	tap_check_equal(tap, ask(PROCESS_POLICY_SET_GROUP, first, 0), 0, "a child leads a group");
	tap_check_equal(tap, ask(PROCESS_POLICY_SET_GROUP, second, first), 0, "another joins it");
	tap_check_equal(tap, send_group(first, SIGNAL_NONE), OK, "it can be reached");
	CALL(LINUX_SETRESUID, USER, USER, 0);
	tap_check_equal(tap, send_group(first, TERM), ERR_NOT_PERMITTED, "but not by other users");
	CALL(LINUX_SETRESUID, 0, 0, 0);
	tap_check_equal(tap, send_group(first, TERM), OK, "a group is signalled");
	tap_check_equal(tap, status_of((int64_t)first), TERM, "the one ends by it");
	tap_check_equal(tap, status_of((int64_t)second), TERM, "and the other");
	tap_check_equal(tap, send_group(first, TERM), ERR_NO_PROCESS, "then there is none");
}

void check_groups(struct tap *tap)
{
	check_told(tap);
	check_wrong(tap);
	check_executed(tap);
	check_signalled(tap);
}
