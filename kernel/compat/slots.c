/* The broker through which services read and write what they decide about processes. */
#include "core/api.h"
#include "ps/api.h"
#include <abi/services.h>
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

enum { SLOT_STATE_MAX = sizeof(struct limits_slot) };
_Static_assert(sizeof(struct credentials_slot) <= SLOT_STATE_MAX &&
               sizeof(struct names_slot) <= SLOT_STATE_MAX);

/* Every kind is syscalld's so far; procd reads who a process is. */
static enum status slot_check_caller(const struct proc_slot_args *args)
{
	const struct ipc_process *self = process_ipc(process_current());
	uint64_t held = __atomic_load_n(&self->capabilities, __ATOMIC_RELAXED);
	if (args->kind == SLOT_CREDENTIALS && args->op == SLOT_READ &&
	    held & IPC_SERVICE_CAP_PROCESS_POLICY)
		return OK;
	return process_has_capability(IPC_SERVICE_CAP_BIT_LINUX_SYSCALL_POLICY) ? OK
	                                                                        : ERR_ACCESS_DENIED;
}

/* About a process only while it waits for this service. */
static enum status slot_check_target(const struct proc_slot_args *args)
{
	if (args->kind == SLOT_NAMES)
		return args->pid || args->reply_cap ? ERR_INVALID_ARGS : OK;
	return ipc_serves(process_ipc(process_current()), args->reply_cap, args->pid)
	               ? OK
	               : ERR_NO_PROCESS;
}

enum status sys_proc_slot_broker(struct user_in address)
{
	struct proc_slot_args args;
	uint64_t state[(SLOT_STATE_MAX + 7) / 8];
	/* who holds neither capability is not even read from */
	args = (struct proc_slot_args){.kind = SLOT_CREDENTIALS, .op = SLOT_READ};
	TRY(slot_check_caller(&args));
	TRY(user_copy_in(&args, address));
	TRY(slot_check_caller(&args));
	size_t size = slot_size(args.kind);
	if (args.abi_version != SLOT_VERSION || args.reserved0 || !size || args.state_len != size)
		return ERR_INVALID_ARGS;
	TRY(slot_check_target(&args));
	if (args.op == SLOT_READ) {
		TRY(slot_read(args.pid, args.kind, state));
		return user_copy_out((struct user_out){args.state_ptr, size}, state);
	}
	if (args.op != SLOT_WRITE)
		return ERR_INVALID_ARGS;
	TRY(user_copy_in(state, (struct user_in){args.state_ptr, size}));
	return slot_write(args.pid, args.kind, state);
}
