#include "ipc/call.h"

static const struct object_memory ipc_handle_memory = {heap_alloc, heap_free};

void ipc_process_init(struct ipc_process *process, const struct ipc_grant *grant)
{
	*process = (struct ipc_process){
	        .pid = grant->pid,
	        .space = grant->space,
	        .capabilities = grant->capabilities,
	        .may_register = grant->may_register,
	        .may_look_up = grant->may_look_up,
	        .limits = {.handles = IPC_PROCESS_HANDLES_MAX,
	                   .calls_in_flight = IPC_PROCESS_CALLS_MAX,
	                   .plain_calls = IPC_PROCESS_CALLS_MAX},
	        .rate = {.lock = SPINLOCK_INIT(LOCK_HANDLES)},
	};
	handle_table_init(&process->handles, &ipc_handle_memory, IPC_PROCESS_HANDLES_MAX);
}

void ipc_process_exit(struct ipc_process *process)
{
	services_process_exit(process);
	replies_exit(process);
	handle_table_release(&process->handles);
}
