/* Signals that procd sends for this process. */
#include "process_policy.h"

enum { TERM = 15, KILL = 9, SIGNAL_END = 65, USER = 1001 };

struct ask {
	uint64_t pid, tid;
	uint32_t signal;
	int64_t status;
	const char *name;
};

static int64_t send(const struct ask *ask)
{
	const struct policy_question question = {
	        .operation = PROCESS_POLICY_TGKILL,
	        .request = {.pid = own_pid(),
	                    .tid = own_pid(),
	                    .signal = ask->signal,
	                    .target_pid = ask->pid,
	                    .target_tid = ask->tid},
	};
	struct process_policy_reply reply;
	return ask_procd(&question, &reply);
}

/* A child that waits for its end. */
static uint64_t sleeper(void)
{
	int64_t pid = linux_fork_or_exit();
	while (pid == 0)
		CALL(LINUX_PAUSE);
	return (uint64_t)pid;
}

static int32_t wait_for(uint64_t pid)
{
	int32_t status = -1;
	CALL(LINUX_WAIT4, pid, &status, 0, 0);
	return status;
}

static void check_ends(struct tap *tap)
{
	uint64_t first = sleeper(), second = sleeper();
	const struct ask asks[] = {
	        {first, 0, 0, OK, "whether a process is there is asked"},
	        {first, first, 0, OK, "and a thread"},
	        {first, second, 0, ERR_NO_PROCESS, "of that process"},
	        {first, second, TERM, ERR_NO_PROCESS, "or nothing is sent"},
	        {first, 0, SIGNAL_END, ERR_INVALID_ARGS, "what is no signal is not sent"},
	        {first, 0, UINT32_MAX, ERR_INVALID_ARGS, "nor anything like it"},
	        {first, 0, TERM, OK, "a process is signalled"},
	        {second, second, KILL, OK, "and a thread"},
	        {1, 0, KILL, ERR_NOT_PERMITTED, "the first process is not"},
	        {UINT64_MAX, 0, KILL, ERR_NO_PROCESS, "nor who is not there"},
	        {0, 0, KILL, ERR_NO_PROCESS, "nor nobody"},
	};
	for (size_t i = 0; i < COUNT(asks); i++)
		tap_check_equal(tap, send(&asks[i]), asks[i].status, asks[i].name);
	tap_check_equal(tap, wait_for(first), TERM, "it ends by the signal");
	tap_check_equal(tap, wait_for(second), KILL, "so does the other");
}

/* procd may do anything; who asks it may not. */
static void check_users(struct tap *tap)
{
	const struct ask other = {.pid = sleeper(), .signal = KILL};
	CALL(LINUX_SETRESUID, USER, USER, 0);
	const struct ask own = {.pid = sleeper(), .signal = KILL};
	tap_check_equal(tap, send(&other), ERR_NOT_PERMITTED,
	                "a user does not reach another's process");
	tap_check_equal(tap, send(&own), OK, "but its own");
	tap_check_equal(tap, wait_for(own.pid), KILL, "which ends");
	CALL(LINUX_SETRESUID, 0, 0, 0);
	tap_check_equal(tap, send(&other), OK, "the superuser reaches all");
	tap_check_equal(tap, wait_for(other.pid), KILL, "which end, too");
}

void check_signals(struct tap *tap)
{
	struct process_policy_reply reply;
	const struct policy_question another = {
	        .operation = PROCESS_POLICY_TGKILL,
	        .request = {.pid = 1, .tid = 1, .target_pid = own_pid(), .signal = KILL},
	};
	const struct policy_question more = {
	        .operation = PROCESS_POLICY_TGKILL,
	        .request = {.pid = own_pid(), .tid = own_pid(), .uid = 1, .signal = KILL},
	};
	tap_check_equal(tap, ask_procd(&another, &reply), ERR_ACCESS_DENIED,
	                "nobody signals in another's name");
	tap_check_equal(tap, ask_procd(&more, &reply), ERR_INVALID_ARGS, "or says more than that");
	check_ends(tap);
	check_users(tap);
}
