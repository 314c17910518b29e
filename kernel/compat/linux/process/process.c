/* Linux calls that make, replace, wait for and group processes. */
#include "compat/linux/abi.h"
#include "core/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

/* Linux include/uapi/linux/sched.h */
enum linux_clone_flag {
	CLONE_SIGNAL_MASK = 0xff,
	CLONE_VM = 0x100,
	CLONE_FS = 0x200,
	CLONE_FILES = 0x400,
	CLONE_SIGHAND = 0x800,
	CLONE_VFORK = 0x4000,
	CLONE_THREAD = 0x10000,
	CLONE_SYSVSEM = 0x40000,
	CLONE_SETTLS = 0x80000,
	CLONE_PARENT_SETTID = 0x100000,
	CLONE_CHILD_CLEARTID = 0x200000,
	CLONE_DETACHED = 0x400000,
	CLONE_CHILD_SETTID = 0x1000000,
	/* what a thread of a C library has in common with its process */
	CLONE_OF_THREAD = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD,
	CLONE_KNOWN = CLONE_SIGNAL_MASK | CLONE_OF_THREAD | CLONE_VFORK | CLONE_SYSVSEM |
	              CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_DETACHED |
	              CLONE_CHILD_SETTID,
};

struct linux_clone {
	uint64_t flags;
	uintptr_t stack;
	uintptr_t parent_tid;
	uintptr_t child_tid;
	uint64_t tls;
};

static int64_t linux_clone_task(const struct linux_clone *request)
{
	uint64_t flags = request->flags;
	bool is_thread = flags & CLONE_THREAD;
	if (flags & ~(uint64_t)CLONE_KNOWN)
		return ERR_INVALID_ARGS;
	if (is_thread && (flags & CLONE_OF_THREAD) != CLONE_OF_THREAD)
		return ERR_INVALID_ARGS;
	struct task_copy copy = {
	        .frame = *linux_frame(),
	        .has_tls = flags & CLONE_SETTLS,
	        .tls = request->tls,
	        .tid_out = flags & CLONE_CHILD_SETTID ? request->child_tid : 0,
	        .parent_tid_out = flags & CLONE_PARENT_SETTID ? request->parent_tid : 0,
	        .clear_tid = flags & CLONE_CHILD_CLEARTID ? request->child_tid : 0,
	        .waits = flags & CLONE_VFORK,
	};
	if (copy.has_tls && copy.tls >= USER_END)
		return ERR_NOT_PERMITTED;
	copy.frame.rax = 0;
	if (request->stack)
		copy.frame.rsp = request->stack;
	uint64_t id = 0;
	enum status status = is_thread ? task_clone(&copy, &id) : process_fork(&copy, &id);
	return status == OK ? (int64_t)id : status;
}

int64_t linux_clone(uint64_t flags, uintptr_t stack, uintptr_t parent_tid, uintptr_t child_tid,
                    uint64_t tls)
{
	const struct linux_clone request = {flags, stack, parent_tid, child_tid, tls};
	return linux_clone_task(&request);
}

int64_t linux_clone3(uintptr_t arguments, uint64_t size)
{
	enum { CLONE3_BYTES_MIN = 64, CLONE3_BYTES_MAX = 88 };
	struct {
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_bytes, tls;
		uint64_t set_tid, set_tid_count, cgroup;
	} in = {};
	_Static_assert(sizeof in == CLONE3_BYTES_MAX);
	if (size < CLONE3_BYTES_MIN)
		return ERR_INVALID_ARGS;
	if (size > CLONE3_BYTES_MAX)
		return ERR_TOO_BIG;
	TRY(user_copy_in(&in, (struct user_in){arguments, size}));
	if (in.set_tid_count || (in.flags & CLONE_SIGNAL_MASK) || (!in.stack != !in.stack_bytes))
		return ERR_INVALID_ARGS;
	const struct linux_clone request = {
	        .flags = in.flags,
	        .stack = in.stack ? in.stack + in.stack_bytes : 0,
	        .parent_tid = in.parent_tid,
	        .child_tid = in.child_tid,
	        .tls = in.tls,
	};
	return linux_clone_task(&request);
}

int64_t linux_fork(void)
{
	const struct linux_clone request = {};
	return linux_clone_task(&request);
}

int64_t linux_vfork(void)
{
	const struct linux_clone request = {.flags = CLONE_VFORK};
	return linux_clone_task(&request);
}

int64_t linux_wait4(int32_t pid, uintptr_t out_status, uint32_t options, uintptr_t out_usage)
{
	enum { WAIT4_NO_HANG = 1, WAIT4_UNTRACED = 2, WAIT4_CONTINUED = 8 };
	enum { WAIT4_ANY_CHILD_BITS = 0xe0000000 };
	if (options & ~(WAIT4_ANY_CHILD_BITS | WAIT4_NO_HANG | WAIT4_UNTRACED | WAIT4_CONTINUED))
		return ERR_INVALID_ARGS;
	uint32_t kinds = WAIT_ENDED;
	kinds |= options & WAIT4_NO_HANG ? WAIT_NO_WAIT : 0;
	kinds |= options & WAIT4_UNTRACED ? WAIT_STOPPED : 0;
	kinds |= options & WAIT4_CONTINUED ? WAIT_CONTINUED : 0;
	struct child_change change;
	TRY(process_wait_child(pid, kinds, &change));
	if (!change.pid)
		return 0;
	int32_t status = child_change_wait_status(&change);
	if (out_status)
		TRY(user_copy_out((struct user_out){out_status, sizeof status}, &status));
	if (out_usage)
		TRY(linux_put_usage(out_usage, change.time));
	return (int64_t)change.pid;
}

/* As process_wait_child has it. */
static enum status linux_wait_who(uint32_t kind, int32_t id, int64_t *out_who)
{
	enum { WAITID_ALL, WAITID_PROCESS, WAITID_GROUP };
	if (kind == WAITID_ALL)
		*out_who = -1;
	else if (kind == WAITID_PROCESS && id > 0)
		*out_who = id;
	else if (kind == WAITID_GROUP && id >= 0)
		*out_who = -(int64_t)id;
	else
		return ERR_INVALID_ARGS;
	return OK;
}

/* The beginning of siginfo_t, as of SIGCHLD; all 0: nothing has changed. */
static enum status linux_put_change(uintptr_t out_info, const struct child_change *change)
{
	const struct {
		int32_t signal, error, code, padding;
		int32_t pid;
		uint32_t uid;
		int32_t status;
	} info = {
	        .signal = change->pid ? SIGNAL_CHLD : 0,
	        .code = change->code,
	        .pid = (int32_t)change->pid,
	        .uid = change->uid,
	        .status = change->status,
	};
	return user_copy_out((struct user_out){out_info, sizeof info}, &info);
}

int64_t linux_waitid(uint32_t kind, int32_t id, uintptr_t out_info, uint32_t options,
                     uintptr_t out_usage)
{
	enum { NO_HANG = 1, STOPPED = 2, EXITED = 4, CONTINUED = 8, KEEP = 0x01000000 };
	enum { ANY_CHILD_BITS = 0xe0000000 };
	if (options & ~(ANY_CHILD_BITS | NO_HANG | STOPPED | EXITED | CONTINUED | KEEP) ||
	    !(options & (STOPPED | EXITED | CONTINUED)))
		return ERR_INVALID_ARGS;
	uint32_t kinds = options & EXITED ? WAIT_ENDED : 0;
	kinds |= options & NO_HANG ? WAIT_NO_WAIT : 0;
	kinds |= options & STOPPED ? WAIT_STOPPED : 0;
	kinds |= options & CONTINUED ? WAIT_CONTINUED : 0;
	kinds |= options & KEEP ? WAIT_KEEP : 0;
	struct child_change change;
	int64_t who;
	TRY(linux_wait_who(kind, id, &who));
	TRY(process_wait_child(who, kinds, &change));
	if (out_usage && change.pid)
		TRY(linux_put_usage(out_usage, change.time));
	return out_info ? (int64_t)linux_put_change(out_info, &change) : OK;
}

int64_t linux_setpgid(int32_t pid, int32_t group)
{
	if (pid < 0 || group < 0)
		return ERR_INVALID_ARGS;
	return process_set_group((uint64_t)pid, (uint64_t)group);
}

int64_t linux_getpgid(int32_t pid)
{
	uint64_t group, session;
	if (pid < 0)
		return ERR_NO_PROCESS;
	TRY(process_groups((uint64_t)pid, &group, &session));
	return (int64_t)group;
}

int64_t linux_getpgrp(void)
{
	return linux_getpgid(0);
}

int64_t linux_getsid(int32_t pid)
{
	uint64_t group, session;
	if (pid < 0)
		return ERR_NO_PROCESS;
	TRY(process_groups((uint64_t)pid, &group, &session));
	return (int64_t)session;
}

int64_t linux_setsid(void)
{
	uint64_t session = 0;
	TRY(process_new_session(&session));
	return (int64_t)session;
}

int64_t linux_umask(uint32_t mask)
{
	enum { UMASK_BITS = 0777 };
	return process_set_umask(mask & UMASK_BITS);
}
