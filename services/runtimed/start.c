/* A process for a program: a copy of runtimed that becomes it. */
#include "runtimed.h"
#include <linux_calls/api.h>

enum {
	SIGNAL_MASK_SET = 2,
	OPEN_CLOSE_ON_EXEC = 02000000,
	OPEN_READ_WRITE = 02,
	OPEN_NOT_TAKING = 0400, /* O_NOCTTY */
	EXIT_NOT_STARTED = 127,
};

/* Descriptors 0, 1 and 2; what came with the request is closed by exec. */
static int64_t start_take_streams(const struct runtime_start *start)
{
	const int32_t *given = start->order->streams;
	int64_t own = start->terminal ? CALL(LINUX_OPEN, start->terminal,
	                                     OPEN_READ_WRITE | OPEN_CLOSE_ON_EXEC |
	                                             (start->leads ? 0 : OPEN_NOT_TAKING))
	                              : CALL(LINUX_OPEN, "/dev/null", OPEN_CLOSE_ON_EXEC);
	if (own < 0)
		return own;
	for (int32_t i = 0; i < RUNTIME_STREAMS; i++)
		if (given[i] >= 0)
			CALL(LINUX_DUP2, given[i], i);
		else if (start->terminal || i == 0)
			CALL(LINUX_DUP2, own, i);
	return OK;
}

/* Nothing of runtimed's user stays. */
static int64_t start_become_user(const struct launch_order *order, const struct runtime_user *user)
{
	int64_t status = CALL(LINUX_SETGROUPS, user->group_count, user->groups);
	if (status == OK)
		status = CALL(LINUX_SETRESGID, order->gid, order->gid, order->gid);
	if (status == OK)
		status = CALL(LINUX_SETRESUID, order->uid, order->uid, order->uid);
	return status;
}

/* In the child; says over `failed` why it could not. */
[[gnu::noreturn]] static void start_become(const struct runtime_start *start, int32_t failed)
{
	const struct program_arguments *arguments = start->arguments;
	const uint64_t none = 0;
	CALL(LINUX_RT_SIGPROCMASK, SIGNAL_MASK_SET, &none, 0, sizeof none);
	CALL(LINUX_SETSID);
	int32_t status = (int32_t)start_take_streams(start);
	if (status == OK && start->user)
		status = (int32_t)start_become_user(start->order, start->user);
	if (status == OK)
		status = (int32_t)CALL(LINUX_EXECVE, arguments->path, arguments->argv,
		                       arguments->envp);
	CALL(LINUX_WRITE, failed, &status, sizeof status);
	for (;;)
		CALL(LINUX_EXIT_GROUP, EXIT_NOT_STARTED);
}

enum status runtime_start(const struct runtime_start *start, int64_t *out_pid)
{
	int32_t said[2], status = OK;
	int64_t made = CALL(LINUX_PIPE2, said, OPEN_CLOSE_ON_EXEC);
	if (made < 0)
		return (enum status)made;
	*out_pid = CALL(LINUX_FORK);
	if (*out_pid == 0)
		start_become(start, said[1]);
	CALL(LINUX_CLOSE, said[1]);
	if (*out_pid < 0)
		status = (int32_t)*out_pid;
	else if (CALL(LINUX_READ, said[0], &status, sizeof status) == sizeof status)
		CALL(LINUX_WAIT4, *out_pid, 0, 0, 0);
	CALL(LINUX_CLOSE, said[0]);
	return (enum status)status;
}
