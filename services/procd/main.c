/* procd: whom a program begins as, copies of processes, signals, groups and sessions. */
#include "set_id.h"
#include <base/cleanup.h>
#include <rt/api.h>
#include <rt/process_policy_service.h>
#include <string.h>

struct process_policy_service {
	struct credentials_slot credentials; /* of the request that runs */
};

static enum status credentials_read(struct process_policy_service *self,
                                    const struct service_call *call)
{
	const struct proc_slot_args args = {
	        .abi_version = SLOT_VERSION,
	        .kind = SLOT_CREDENTIALS,
	        .op = SLOT_READ,
	        .pid = call->info->sender_pid,
	        .reply_cap = call->info->reply_cap,
	        .state_ptr = (uintptr_t)&self->credentials,
	        .state_len = sizeof self->credentials,
	};
	return rustos_proc_slot_broker(&args);
}

enum status process_policy_op_execve(struct process_policy_service *self,
                                     const struct process_policy_request *in,
                                     struct process_policy_reply *, struct service_call *call)
{
	const struct set_id_file file = {in->mode, in->uid, in->gid};
	/* a program that sends this itself does so from a thread that is not in exec */
	if (in->pid != call->info->sender_pid)
		return ERR_ACCESS_DENIED;
	if (in->group || in->signal || in->target_pid || in->target_tid || call->len)
		return ERR_INVALID_ARGS;
	TRY(credentials_read(self, call));
	struct set_id ids = set_id_decide(&file, &self->credentials);
	const struct proc_authorize_exec_args args = {
	        .abi_version = PROC_BROKER_VERSION,
	        .exec_ticket = in->exec_ticket,
	        .target_pid = in->pid,
	        .target_tid = in->tid,
	        .euid = ids.euid,
	        .egid = ids.egid,
	        .reply_cap = call->info->reply_cap,
	};
	return rustos_proc_authorize_exec_broker(&args);
}

/* Only of whole processes: threads share what the kernel alone knows. */
enum status process_policy_op_fork(struct process_policy_service *,
                                   const struct process_policy_request *in,
                                   struct process_policy_reply *out, struct service_call *call)
{
	struct process_copy copy;
	if (in->pid != call->info->sender_pid)
		return ERR_ACCESS_DENIED;
	if (in->exec_ticket || in->mode || in->uid || in->gid || in->signal || in->target_pid ||
	    in->target_tid || in->group || call->len != sizeof copy)
		return ERR_INVALID_ARGS;
	memcpy(&copy, call->bytes, sizeof copy);
	struct proc_fork_args args = {
	        .abi_version = PROC_BROKER_VERSION,
	        .source_pid = in->pid,
	        .source_tid = in->tid,
	        .clone_flags = copy.clone_flags,
	        .stack_ptr = copy.stack_ptr,
	        .ptid_ptr = copy.ptid_ptr,
	        .ctid_ptr = copy.ctid_ptr,
	        .tls = copy.tls,
	        .reply_cap = call->info->reply_cap,
	};
	memcpy(args.registers, copy.registers, sizeof args.registers);
	return rustos_proc_fork_broker(&args, &out->result);
}

/* Whether the sender's user may, the kernel sees under the lock under which it sends. */
enum status process_policy_op_tgkill(struct process_policy_service *,
                                     const struct process_policy_request *in,
                                     struct process_policy_reply *, struct service_call *call)
{
	if (in->pid != call->info->sender_pid)
		return ERR_ACCESS_DENIED;
	if (in->exec_ticket || in->mode || in->uid || in->gid || in->group || call->len)
		return ERR_INVALID_ARGS;
	const struct proc_signal_queue_args args = {
	        .abi_version = PROC_BROKER_VERSION,
	        .signal = in->signal,
	        .target_pid = in->target_pid,
	        .target_tid = in->target_tid,
	        .sender_pid = in->pid,
	        .sender_tid = in->tid,
	        .reply_cap = call->info->reply_cap,
	};
	return rustos_proc_signal_queue_broker(&args);
}

/* What belongs together the kernel sees under one lock. */
static enum status groups(uint16_t op, const struct process_policy_request *in,
                          struct process_policy_reply *out, const struct service_call *call)
{
	if (in->pid != call->info->sender_pid)
		return ERR_ACCESS_DENIED;
	if (in->exec_ticket || in->mode || in->uid || in->gid || in->signal || in->target_tid ||
	    call->len)
		return ERR_INVALID_ARGS;
	const struct proc_group_args args = {
	        .abi_version = PROC_BROKER_VERSION,
	        .op = op,
	        .caller_pid = in->pid,
	        .caller_tid = in->tid,
	        .target_pid = in->target_pid,
	        .group = in->group,
	        .reply_cap = call->info->reply_cap,
	};
	return rustos_proc_group_broker(&args, &out->result);
}

enum status process_policy_op_set_group(struct process_policy_service *,
                                        const struct process_policy_request *in,
                                        struct process_policy_reply *out, struct service_call *call)
{
	return groups(PROC_GROUP_SET, in, out, call);
}

enum status process_policy_op_group(struct process_policy_service *,
                                    const struct process_policy_request *in,
                                    struct process_policy_reply *out, struct service_call *call)
{
	return in->group ? ERR_INVALID_ARGS : groups(PROC_GROUP_READ, in, out, call);
}

enum status process_policy_op_session(struct process_policy_service *,
                                      const struct process_policy_request *in,
                                      struct process_policy_reply *out, struct service_call *call)
{
	return in->group ? ERR_INVALID_ARGS : groups(PROC_GROUP_READ_SESSION, in, out, call);
}

int main(int, char **, char **)
{
	struct process_policy_service self = {};
	const struct service_definition definition = {
	        .interface = &process_policy_interface,
	        .self = &self,
	};
	service_log("procd", LOG_LEVEL_INFO, "service start");
	enum status status = service_run(&definition);
	service_log("procd", LOG_LEVEL_ERROR, "%s, giving up", status_name(status));
	return 1;
}
