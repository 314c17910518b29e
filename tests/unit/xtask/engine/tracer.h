/*
 * A process stopped at its n-th call that changes files: killed there, or from there on
 * every such call fails, as on a disk that is full or was made read-only.
 */
#pragma once

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>

struct trace_plan {
	long at; /* the call that is hit, counted from 1; 0: none, only counted */
	int error; /* 0: SIGKILL instead of the call; otherwise it fails with this, and all behind
	            */
};

/* open with an intent to write; writes to files; names that come and go. */
static inline bool changes_files(const struct user_regs_struct *r, int error)
{
	switch (r->orig_rax) {
	case SYS_openat:
		return (r->rdx & (O_CREAT | O_TRUNC)) != 0;
	case SYS_write:
		return r->rdi > 2;
	case SYS_pwrite64:
	case SYS_writev:
	case SYS_ftruncate:
	case SYS_rename:
	case SYS_renameat:
	case SYS_renameat2:
	case SYS_mkdir:
	case SYS_fallocate:
		return true;
	case SYS_unlink:
	case SYS_rmdir:
		return error != ENOSPC; /* a full disk can be made emptier */
	default:
		return false;
	}
}

/*
 * Runs body(data) in a traced child. How many calls were counted; *out_status as from
 * waitpid. Its own children run untraced.
 */
static inline long traced_run(const struct trace_plan *plan, int (*body)(void *), void *data,
                              int *out_status)
{
	pid_t pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(body(data));
	}
	long count = 0;
	bool entering = true, failing = false;
	int signal_to_give = 0;
	waitpid(pid, out_status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	while (ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signal_to_give) == 0 &&
	       waitpid(pid, out_status, 0) == pid && WIFSTOPPED(*out_status)) {
		signal_to_give = 0;
		if (WSTOPSIG(*out_status) != (SIGTRAP | 0x80)) {
			signal_to_give = WSTOPSIG(*out_status);
			continue;
		}
		struct user_regs_struct r;
		ptrace(PTRACE_GETREGS, pid, NULL, &r);
		if (entering && changes_files(&r, plan->error) && ++count >= plan->at && plan->at) {
			if (!plan->error) {
				kill(pid, SIGKILL);
				waitpid(pid, out_status, 0);
				return count;
			}
			r.orig_rax = (unsigned long long)-1;
			ptrace(PTRACE_SETREGS, pid, NULL, &r);
			failing = true;
		} else if (!entering && failing) {
			r.rax = (unsigned long long)-plan->error;
			ptrace(PTRACE_SETREGS, pid, NULL, &r);
			failing = false;
		}
		entering = !entering;
	}
	return count;
}
