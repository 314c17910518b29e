/*
 * Exec's call to loaderd. A ticket stands for a thread while its call lives: brokers of loaderd
 * find the thread's view and leave the result there, and afterwards find nothing.
 */
#include "ps/loader.h"
#include "core/api.h"
#include "ps/process.h"
#include <abi/loader.h>
#include <base/cleanup.h>

struct exec_ticket {
	struct list link;
	uint64_t number; /* never the same twice */
	uint64_t pid, tid;
	struct process_view view;
	struct program_built *built; /* owned; NULL: not yet */
};

struct exec_tickets {
	struct spinlock lock;
	/* guarded by lock */
	uint64_t last;
	struct list list; /* struct exec_ticket, and what may change of each */
};

static struct exec_tickets exec_tickets = {.lock = SPINLOCK_INIT(LOCK_PROCESS)};

/* The lock is held. NULL: no such thread waits. */
static struct exec_ticket *exec_ticket_find(const struct exec_target *target)
{
	if (!exec_tickets.list.next)
		return NULL;
	list_for_each(link, &exec_tickets.list) {
		struct exec_ticket *ticket = container_of(link, struct exec_ticket, link);
		if (ticket->number == target->ticket)
			return ticket->pid == target->pid ? ticket : NULL;
	}
	return NULL;
}

enum status exec_target_view(const struct exec_target *target, struct process_view *out_view)
{
	spinlock_acquire(&exec_tickets.lock);
	const struct exec_ticket *ticket = exec_ticket_find(target);
	if (ticket)
		*out_view = process_view_copy(&ticket->view);
	spinlock_release(&exec_tickets.lock);
	return ticket ? OK : ERR_NO_PROCESS;
}

enum status exec_target_give(const struct exec_target *target, struct program_built *built)
{
	struct program_built *old = NULL;
	spinlock_acquire(&exec_tickets.lock);
	struct exec_ticket *ticket = exec_ticket_find(target);
	bool is_meant = ticket && ticket->tid == target->tid;
	if (is_meant) {
		/* of a loaderd that died before it could answer */
		old = ticket->built;
		ticket->built = built;
	}
	spinlock_release(&exec_tickets.lock);
	program_built_destroy(old);
	return is_meant ? OK : ERR_NO_PROCESS;
}

static void exec_ticket_begin(struct exec_ticket *ticket)
{
	*ticket = (struct exec_ticket){
	        .pid = process_id(process_current()),
	        .tid = task_id(task_current()),
	        .view = process_view(),
	};
	spinlock_acquire(&exec_tickets.lock);
	if (!exec_tickets.list.next)
		list_init(&exec_tickets.list);
	ticket->number = ++exec_tickets.last;
	list_push_back(&exec_tickets.list, &ticket->link);
	spinlock_release(&exec_tickets.lock);
}

static void exec_ticket_end(struct exec_ticket *ticket)
{
	spinlock_acquire(&exec_tickets.lock);
	list_remove(&ticket->link);
	spinlock_release(&exec_tickets.lock);
	process_view_release(&ticket->view);
}

struct loader_message {
	struct ipc_message_header header;
	struct loader_request request;
};

static enum status loader_call(const struct exec_ticket *ticket, struct str path)
{
	const struct loader_message message = {
	        .header = {.version = IPC_ABI_VERSION,
	                   .op = LOADER_EXEC_TARGET,
	                   .payload_len = (uint32_t)(sizeof message.request + path.len)},
	        .request = {.target_pid = ticket->pid,
	                    .target_tid = ticket->tid,
	                    .exec_ticket = ticket->number,
	                    .path_len = (uint32_t)path.len},
	};
	struct loader_reply reply = {};
	const struct ipc_service_request request = {
	        .service_id = IPC_SERVICE_LOADERD,
	        .pieces = {{&message, sizeof message}, {path.ptr, path.len}},
	        .reply = &reply,
	        .reply_capacity = sizeof reply,
	        .is_idempotent = LOADER_IDEMPOTENT >> LOADER_EXEC_TARGET & 1,
	        .patience = IPC_UNTIL_END,
	};
	uint64_t len;
	enum status status = ipc_service_call(process_ipc(process_current()), &request, &len);
	/* what only ipc knows is no answer for a program */
	if (status == ERR_NOT_CONNECTED || status == ERR_DEADLOCK || status == ERR_MESSAGE_TOO_BIG)
		return ERR_IO;
	TRY(status);
	enum { LOADER_STATUS_MIN = -4095 };
	bool is_status = len >= sizeof reply.status && reply.status <= 0 &&
	                 reply.status >= LOADER_STATUS_MIN;
	return is_status ? (enum status)reply.status : ERR_IO;
}

enum status loader_build(struct str path, struct program_built **out_built)
{
	struct exec_ticket ticket;
	exec_ticket_begin(&ticket);
	enum status status = loader_call(&ticket, path);
	exec_ticket_end(&ticket);
	if (status == OK && !ticket.built)
		status = ERR_IO;
	if (status == OK)
		*out_built = TAKE(ticket.built);
	program_built_destroy(ticket.built);
	return status;
}
