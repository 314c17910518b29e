/* Linux calls on signals. */
#include "compat/linux/process/signal.h"
#include "core/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

enum { LINUX_SIGSET_BYTES = 8 };

static enum status linux_get_mask(uintptr_t address, uint64_t size, uint64_t *out_mask)
{
	if (size != LINUX_SIGSET_BYTES)
		return ERR_INVALID_ARGS;
	return user_copy_in(out_mask, (struct user_in){address, sizeof *out_mask});
}

static enum status linux_put_mask(uintptr_t address, uint64_t mask)
{
	return user_copy_out((struct user_out){address, sizeof mask}, &mask);
}

int64_t linux_rt_sigaction(int32_t signal, uintptr_t new_action, uintptr_t old_action,
                           uint64_t size)
{
	struct linux_sigaction in;
	struct signal_action action, old;
	if (size != LINUX_SIGSET_BYTES)
		return ERR_INVALID_ARGS;
	if (new_action) {
		TRY(user_copy_in(&in, (struct user_in){new_action, sizeof in}));
		action = (struct signal_action){in.handler, in.flags, in.restorer, in.mask};
	}
	TRY(signal_set_action((uint32_t)signal, new_action ? &action : NULL, &old));
	if (!old_action)
		return OK;
	struct linux_sigaction out = {old.handler, old.flags, old.restorer, old.mask};
	return user_copy_out((struct user_out){old_action, sizeof out}, &out);
}

int64_t linux_rt_sigprocmask(uint32_t how, uintptr_t new_mask, uintptr_t old_mask, uint64_t size)
{
	enum { MASK_BLOCK, MASK_UNBLOCK, MASK_SET };
	uint64_t mask = 0, old = task_current()->blocked;
	if (size != LINUX_SIGSET_BYTES || (new_mask && how > MASK_SET))
		return ERR_INVALID_ARGS;
	if (new_mask)
		TRY(linux_get_mask(new_mask, size, &mask));
	if (old_mask)
		TRY(linux_put_mask(old_mask, old));
	if (!new_mask)
		return OK;
	if (how == MASK_BLOCK)
		mask = old | mask;
	else if (how == MASK_UNBLOCK)
		mask = old & ~mask;
	(void)signal_set_mask(mask);
	return OK;
}

int64_t linux_rt_sigpending(uintptr_t out_mask, uint64_t size)
{
	if (size != LINUX_SIGSET_BYTES)
		return ERR_INVALID_ARGS;
	return linux_put_mask(out_mask, signal_pending() & task_current()->blocked);
}

int64_t linux_rt_sigsuspend(uintptr_t new_mask, uint64_t size)
{
	uint64_t mask;
	TRY(linux_get_mask(new_mask, size, &mask));
	task_current()->call_restarts = false;
	signal_wait_with_mask(mask);
	waiter_begin(&task_current()->waiter);
	while (task_sleep(0) == OK)
		waiter_begin(&task_current()->waiter);
	return ERR_INTERRUPTED;
}

int64_t linux_pause(void)
{
	task_current()->call_restarts = false;
	waiter_begin(&task_current()->waiter);
	while (task_sleep(0) == OK)
		waiter_begin(&task_current()->waiter);
	return ERR_INTERRUPTED;
}

int64_t linux_rt_sigtimedwait(uintptr_t wanted, uintptr_t out_info, uintptr_t timeout,
                              uint64_t size)
{
	uint64_t mask, deadline = 0;
	struct signal_info info;
	struct task *self = task_current();
	TRY(linux_get_mask(wanted, size, &mask));
	if (timeout)
		TRY(linux_deadline(timeout, &deadline));
	mask &= ~SIGNALS_UNBLOCKABLE;
	self->call_restarts = false;
	/* those waited for must wake this task although they are blocked */
	uint64_t old = signal_await(mask);
	enum status status = OK;
	bool taken = false;
	while (status == OK) {
		waiter_begin(&self->waiter);
		taken = signal_take(mask, &info);
		if (taken)
			break;
		status = task_sleep(deadline);
		/* perhaps by one that is waited for */
		if (status == ERR_INTERRUPTED && (signal_pending() & mask))
			status = OK;
	}
	(void)signal_set_mask(old);
	if (!taken)
		return status == ERR_TIMED_OUT ? ERR_TRY_AGAIN : status;
	struct linux_siginfo out;
	linux_siginfo_fill(&out, &info);
	if (out_info)
		TRY(user_copy_out((struct user_out){out_info, sizeof out}, &out));
	return (int64_t)info.signal;
}

int64_t linux_sigaltstack(uintptr_t new_stack, uintptr_t old_stack)
{
	struct linux_signal_stack in, old;
	struct task *self = task_current();
	linux_signal_stack_fill(&old, linux_frame()->rsp);
	if (new_stack) {
		TRY(user_copy_in(&in, (struct user_in){new_stack, sizeof in}));
		if (old.flags == LINUX_STACK_IN_USE)
			return ERR_NOT_PERMITTED;
		if (in.flags & ~LINUX_STACK_DISABLED)
			return ERR_INVALID_ARGS;
		bool off = in.flags & LINUX_STACK_DISABLED;
		if (!off && in.bytes < LINUX_STACK_BYTES_MIN)
			return ERR_NO_MEMORY;
		self->signal_stack = off ? 0 : in.base;
		self->signal_stack_bytes = off ? 0 : in.bytes;
	}
	return old_stack ? user_copy_out((struct user_out){old_stack, sizeof old}, &old) : OK;
}

static enum status linux_check_signal(int32_t signal)
{
	return signal < 0 || signal > SIGNAL_MAX ? ERR_INVALID_ARGS : OK;
}

static struct signal_info linux_signal_from_self(int32_t signal, int32_t code)
{
	return (struct signal_info){
	        .signal = (uint32_t)signal,
	        .code = code,
	        .pid = process_id(process_current()),
	        .uid = process_credentials()->uid,
	};
}

/*
 * What reaches a process by its number. Nobody but the kernel ends or stops the first one: it is
 * only asked, as by 0, whether the caller might.
 */
static int32_t linux_signal_for(int32_t pid, int32_t signal)
{
	bool dropped = pid == 1 && (signal == SIGNAL_KILL || signal == SIGNAL_STOP);
	return dropped ? 0 : signal;
}

int64_t linux_kill(int32_t pid, int32_t signal)
{
	TRY(linux_check_signal(signal));
	struct signal_info info =
	        linux_signal_from_self(linux_signal_for(pid, signal), SIGNAL_FROM_USER);
	uint64_t group, session;
	if (pid > 0)
		return signal_send((uint64_t)pid, &info);
	if (pid == -1)
		return signal_send_all(&info);
	TRY(process_groups(0, &group, &session));
	return signal_send_group(pid ? (uint64_t) - (int64_t)pid : group, &info);
}

int64_t linux_tgkill(int32_t pid, int32_t tid, int32_t signal)
{
	if (pid <= 0 || tid <= 0)
		return ERR_INVALID_ARGS;
	TRY(linux_check_signal(signal));
	struct signal_info info =
	        linux_signal_from_self(linux_signal_for(pid, signal), SIGNAL_FROM_THREAD);
	return signal_send_task((uint64_t)pid, (uint64_t)tid, &info);
}

int64_t linux_tkill(int32_t tid, int32_t signal)
{
	if (tid <= 0)
		return ERR_INVALID_ARGS;
	TRY(linux_check_signal(signal));
	struct signal_info info =
	        linux_signal_from_self(linux_signal_for(tid, signal), SIGNAL_FROM_THREAD);
	return signal_send_task(0, (uint64_t)tid, &info);
}
