/* Brokers of procd. What each is about must wait for procd itself. */
#include "compat/spawn.h"
#include "core/api.h"
#include "io/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

enum status sys_proc_authorize_exec_broker(struct user_in address)
{
	struct proc_authorize_exec_args args;
	TRY(user_copy_in(&args, address));
	if (args.abi_version != PROC_BROKER_VERSION || args.reserved0 || args.reserved1)
		return ERR_INVALID_ARGS;
	struct exec_target target = {args.exec_ticket, args.target_pid, args.target_tid, 0};
	const struct exec_ids ids = {args.euid, args.egid};
	TRY(exec_target_check(&target, args.reply_cap));
	return exec_target_authorize(&target, &ids);
}

enum status sys_proc_cancel_exec_broker(struct user_in address)
{
	struct proc_cancel_exec_args args;
	TRY(user_copy_in(&args, address));
	if (args.abi_version != PROC_BROKER_VERSION || args.reserved0 || args.reserved1)
		return ERR_INVALID_ARGS;
	struct exec_target target = {args.exec_ticket, args.target_pid, args.target_tid, 0};
	TRY(exec_target_check(&target, args.reply_cap));
	return exec_target_authorize(&target, NULL);
}

/* The thread that made the request. */
static enum status policy_thread(struct process_thread *thread, uint64_t reply_cap)
{
	struct ipc_message_info info;
	if (ipc_sender(process_ipc(process_current()), reply_cap, &info) != OK ||
	    info.sender_pid != thread->pid)
		return ERR_NO_PROCESS;
	thread->thread = info.sender_tid;
	return OK;
}

/* Linux include/uapi/linux/sched.h */
enum policy_clone_flag {
	POLICY_CLONE_SIGNAL = 0xff,
	POLICY_CLONE_TLS = 0x80000,
	POLICY_CLONE_PARENT_TID = 0x100000,
	POLICY_CLONE_CLEAR_TID = 0x200000,
	POLICY_CLONE_CHILD_TID = 0x1000000,
};

/* Whatever they were, the copy runs in ring 3. */
static struct trap_frame policy_frame(const uint64_t registers[18], uint64_t stack)
{
	struct trap_frame frame = trap_frame_start(registers[8], stack ? stack : registers[7]);
	uint64_t *const places[] = {&frame.rax, &frame.rbx, &frame.rcx, &frame.rdx,
	                            &frame.rsi, &frame.rdi, &frame.rbp};
	uint64_t *const later[] = {&frame.r8,  &frame.r9,  &frame.r10, &frame.r11,
	                           &frame.r12, &frame.r13, &frame.r14, &frame.r15};
	for (size_t i = 0; i < COUNT(places); i++)
		*places[i] = registers[i];
	for (size_t i = 0; i < COUNT(later); i++)
		*later[i] = registers[9 + i];
	frame.rflags = trap_flags_for_user(registers[17]);
	return frame;
}

static bool policy_fork_is_sound(const struct proc_fork_args *args)
{
	uint64_t known = PROC_FORK_FLAGS | POLICY_CLONE_SIGNAL;
	return args->abi_version == PROC_BROKER_VERSION && !args->reserved0 && !args->flags &&
	       !(args->clone_flags & ~known) && args->registers[8] < USER_END &&
	       args->registers[7] < USER_END && args->stack_ptr < USER_END && args->tls < USER_END;
}

enum status sys_proc_fork_broker(struct user_in address, uint64_t *out_pid)
{
	struct proc_fork_args args;
	TRY(user_copy_in(&args, address));
	if (!policy_fork_is_sound(&args))
		return ERR_INVALID_ARGS;
	struct process_thread thread = {.pid = args.source_pid, .tid = args.source_tid};
	TRY(policy_thread(&thread, args.reply_cap));
	uint64_t flags = args.clone_flags;
	const struct task_copy copy = {
	        .frame = policy_frame(args.registers, args.stack_ptr),
	        .has_tls = flags & POLICY_CLONE_TLS,
	        .tls = args.tls,
	        .tid_out = flags & POLICY_CLONE_CHILD_TID ? args.ctid_ptr : 0,
	        .parent_tid_out = flags & POLICY_CLONE_PARENT_TID ? args.ptid_ptr : 0,
	        .clear_tid = flags & POLICY_CLONE_CLEAR_TID ? args.ctid_ptr : 0,
	};
	return process_fork_other(&thread, &copy, out_pid);
}

enum status sys_proc_signal_queue_broker(struct user_in address)
{
	struct proc_signal_queue_args args;
	TRY(user_copy_in(&args, address));
	if (args.abi_version != PROC_BROKER_VERSION || args.reserved0 || args.signal > SIGNAL_MAX)
		return ERR_INVALID_ARGS;
	struct process_thread from = {.pid = args.sender_pid, .tid = args.sender_tid};
	TRY(policy_thread(&from, args.reply_cap));
	struct signal_target to = {.pid = args.target_pid, .tid = args.target_tid};
	/* as kill(2) names a group */
	if ((int64_t)args.target_pid < -1) {
		if (args.target_tid)
			return ERR_INVALID_ARGS;
		to = (struct signal_target){.group = -args.target_pid};
	}
	const struct signal_info info = {
	        .signal = args.signal,
	        .code = args.target_tid ? SIGNAL_FROM_THREAD : SIGNAL_FROM_USER,
	};
	return signal_send_for(&from, &to, &info);
}

enum status sys_proc_group_broker(struct user_in address, uint64_t *out_result)
{
	struct proc_group_args args;
	TRY(user_copy_in(&args, address));
	if (args.abi_version != PROC_BROKER_VERSION || args.reserved0)
		return ERR_INVALID_ARGS;
	struct process_thread caller = {.pid = args.caller_pid, .tid = args.caller_tid};
	const struct process_group_change change = {args.op, args.target_pid, args.group};
	TRY(policy_thread(&caller, args.reply_cap));
	return process_change_group_for(&caller, &change, out_result);
}
