/*
 * Exec's call to loaderd. A ticket stands for a thread while its call lives: brokers of loaderd
 * find the thread's view and leave the result there, and afterwards find nothing.
 */
#include "ps/program/loader.h"
#include "core/api.h"
#include "ps/process.h"
#include <abi/loader.h>
#include <abi/process_policy.h>
#include <base/cleanup.h>

struct exec_ticket {
	struct list link;
	uint64_t number; /* never the same twice */
	uint64_t pid, tid;
	uint64_t thread; /* as calls name it */
	struct process_view view;
	struct program_built *built; /* owned; NULL: not yet */
	struct file_place set_id_place; /* of the last file opened that has a set-id bit */
	struct file_owner set_id;
	bool has_ids; /* procd has said */
	struct exec_ids ids;
};

enum { LOADER_SET_ID = 06000 };

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
			return ticket->thread == target->thread ? ticket : NULL;
	}
	return NULL;
}

/* ticket may be NULL. */
static bool exec_ticket_is_meant(const struct exec_ticket *ticket, const struct exec_target *target)
{
	return ticket && ticket->pid == target->pid && ticket->tid == target->tid;
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

void exec_target_note(const struct exec_target *target, const struct file *file,
                      const struct file_owner *owner)
{
	if (!(owner->mode & LOADER_SET_ID))
		return;
	struct file_place place = file_place(file);
	spinlock_acquire(&exec_tickets.lock);
	struct exec_ticket *ticket = exec_ticket_find(target);
	if (ticket) {
		ticket->set_id_place = place;
		ticket->set_id = *owner;
	}
	spinlock_release(&exec_tickets.lock);
}

enum status exec_target_authorize(const struct exec_target *target, const struct exec_ids *ids)
{
	spinlock_acquire(&exec_tickets.lock);
	struct exec_ticket *ticket = exec_ticket_find(target);
	bool is_meant = exec_ticket_is_meant(ticket, target);
	if (is_meant) {
		ticket->has_ids = ids != NULL;
		ticket->ids = ids ? *ids : (struct exec_ids){};
	}
	spinlock_release(&exec_tickets.lock);
	return is_meant ? OK : ERR_NO_PROCESS;
}

enum status exec_target_give(const struct exec_target *target, struct program_built *built)
{
	struct program_built *old = NULL;
	spinlock_acquire(&exec_tickets.lock);
	struct exec_ticket *ticket = exec_ticket_find(target);
	bool is_meant = exec_ticket_is_meant(ticket, target);
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
	        .thread = thread_current()->id,
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

/* What only ipc knows is no answer for a program. */
static enum status loader_status(enum status status)
{
	bool is_ours = status == ERR_NOT_CONNECTED || status == ERR_DEADLOCK ||
	               status == ERR_MESSAGE_TOO_BIG;
	return is_ours ? ERR_IO : status;
}

/* What a service says is not believed before it was looked at. */
static enum status loader_answer(int32_t status)
{
	enum { LOADER_STATUS_MIN = -4095 };
	return status <= 0 && status >= LOADER_STATUS_MIN ? (enum status)status : ERR_IO;
}

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
	TRY(loader_status(ipc_service_call(process_ipc(process_current()), &request, &len)));
	return len >= sizeof reply.status ? loader_answer(reply.status) : ERR_IO;
}

struct policy_message_of_exec {
	struct ipc_message_header header;
	struct process_policy_request request;
};

static enum status loader_call_procd(const struct exec_ticket *ticket)
{
	const struct policy_message_of_exec message = {
	        .header = {.version = IPC_ABI_VERSION,
	                   .op = PROCESS_POLICY_EXECVE,
	                   .payload_len = sizeof message.request},
	        .request = {.pid = ticket->pid,
	                    .tid = ticket->tid,
	                    .exec_ticket = ticket->number,
	                    .mode = ticket->set_id.mode,
	                    .uid = ticket->set_id.uid,
	                    .gid = ticket->set_id.gid},
	};
	struct process_policy_reply reply = {};
	const struct ipc_service_request request = {
	        .service_id = IPC_SERVICE_PROCD,
	        .pieces = {{&message, sizeof message}},
	        .reply = &reply,
	        .reply_capacity = sizeof reply,
	        .is_idempotent = PROCESS_POLICY_IDEMPOTENT >> PROCESS_POLICY_EXECVE & 1,
	        .patience = IPC_UNTIL_END,
	};
	uint64_t len;
	TRY(loader_status(ipc_service_call(process_ipc(process_current()), &request, &len)));
	return len >= sizeof reply.status ? loader_answer(reply.status) : ERR_IO;
}

/* A program with set-id bits begins as whom procd says, and without procd not at all. */
static enum status loader_authorize(struct exec_ticket *ticket)
{
	struct file_place at = file_place(ticket->built->program), noted = ticket->set_id_place;
	bool is_program = at.inode == noted.inode && at.volume == noted.volume &&
	                  at.generation == noted.generation;
	if (!(ticket->set_id.mode & LOADER_SET_ID) || !is_program)
		return OK;
	TRY(loader_call_procd(ticket));
	ticket->built->has_ids = ticket->has_ids;
	ticket->built->euid = ticket->ids.euid;
	ticket->built->egid = ticket->ids.egid;
	return OK;
}

enum status loader_build(struct str path, struct program_built **out_built)
{
	struct exec_ticket ticket;
	exec_ticket_begin(&ticket);
	enum status status = loader_call(&ticket, path);
	/* without a program nobody could say what runs */
	if (status == OK && (!ticket.built || !ticket.built->program))
		status = ERR_IO;
	if (status == OK)
		status = loader_authorize(&ticket);
	exec_ticket_end(&ticket);
	if (status == OK)
		*out_built = TAKE(ticket.built);
	program_built_destroy(ticket.built);
	return status;
}
