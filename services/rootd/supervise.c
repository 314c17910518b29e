/* Hearing of exits, of services that are there, and of requests. */
#include "rootd.h"
#include <rt/root_service.h>

static void rootd_handle_exit(struct root_service *self, const struct lifecycle_record *record)
{
	struct program *program = programs_find_pid(&self->table, record->pid);
	if (!program || program->state != PROGRAM_RUNNING)
		return;
	print("rootd: exit package=%.*s pid=%lu status=%d%s\n", STR_ARG(program->entry.package_id),
	      record->pid, record->exit_status,
	      program->service && !program->registered ? ", without ever registering its service"
	                                               : "");
	rootd_lease(self, program)->last_status = record->exit_status;
	rootd_reload_ended(self, program, record->exit_status);
	if (self->finished) {
		program->state = PROGRAM_EXITED;
		return;
	}
	if (!program->is_elsewhere) {
		programs_ended(&self->table, program, record->exit_status);
		return;
	}
	program->registered = false;
	program->state = PROGRAM_EXITED;
	if (program->restart == IPC_RESTART_NEVER && !program->at_once)
		programs_note_status(&self->table, record->exit_status);
	rootd_mark(self, program);
}

static void rootd_handle_service(struct root_service *self, const struct lifecycle_record *record)
{
	struct program *program = programs_find_pid(&self->table, record->pid);
	if (!program || program->service != (uint64_t)record->exit_status)
		return;
	program->registered = true;
	rootd_mark(self, program);
	print("rootd: service registered package=%.*s id=%lu\n", STR_ARG(program->entry.package_id),
	      program->service);
	rootd_reload_done(self, program);
}

enum status rootd_hear(struct root_service *self)
{
	struct lifecycle_record records[LIFECYCLE_DRAIN_MAX];
	uint64_t count;
	do {
		TRY(rustos_lifecycle_drain_broker(records, COUNT(records), 0, 0, &count));
		for (uint64_t i = 0; i < count; i++) {
			if (records[i].event == LIFECYCLE_EVENT_START)
				rootd_started(self, records[i].parent_pid, records[i].pid);
			if (records[i].event == LIFECYCLE_EVENT_EXIT)
				rootd_handle_exit(self, &records[i]);
			if (records[i].event == LIFECYCLE_EVENT_SERVICE)
				rootd_handle_service(self, &records[i]);
			if (records[i].event == LIFECYCLE_EVENT_SIGNAL)
				rootd_handle_signal(self, records[i].exit_status);
		}
	} while (count == COUNT(records));
	return OK;
}

/* Is anything still to come? Who orders programs says so; without it what runs tells. */
static bool rootd_goes_on(const struct root_service *self)
{
	const struct program *orderer = rootd_orderer(self);
	bool ordered =
	        orderer && orderer->state != PROGRAM_FAILED && orderer->state != PROGRAM_SKIPPED;
	return !self->finished && (ordered || programs_go_on(&self->table));
}

/* When rootd must look again though nothing happens; 0: never. */
static uint64_t rootd_deadline_ns(const struct root_service *self)
{
	uint64_t wake_ns = programs_next_ns(&self->table);
	uint64_t deadline_ns = wake_ns ? rootd_now_ns() + wake_ns : UINT64_MAX;
	if (self->next.waits && self->next.due_ns < deadline_ns)
		deadline_ns = self->next.due_ns;
	if (self->reload.program && self->reload.due_ns < deadline_ns)
		deadline_ns = self->reload.due_ns;
	return deadline_ns == UINT64_MAX ? 0 : deadline_ns;
}

/* Whatever happens to a process ends a wait. ERR_CANCELLED: nothing is to come any more. */
static enum status rootd_wait(void *context, uint64_t *out_deadline_ns)
{
	struct root_service *self = context;
	TRY(rootd_hear(self));
	/* what could not be read now is there the next time, and at the latest when it is said */
	(void)!rootd_read_audit(self);
	programs_wake(&self->table);
	programs_start(&self->table);
	rootd_answer_next(self);
	rootd_reload_expire(self);
	*out_deadline_ns = rootd_deadline_ns(self);
	return rootd_goes_on(self) ? OK : ERR_CANCELLED;
}

static enum status rootd_receive(void *context, void *buffer, uint64_t capacity,
                                 uint64_t deadline_ns, struct service_received *received)
{
	const struct root_service *self = context;
	return rustos_ipc_receive(self->endpoint, buffer, capacity, &received->info,
	                          IPC_RECEIVE_CANCELS | IPC_RECEIVE_REFUSES_HANDLES, deadline_ns,
	                          &received->len);
}

static enum status rootd_reply(void *, uint64_t reply_cap, const void *reply, uint64_t len)
{
	return rustos_ipc_reply(reply_cap, reply, len);
}

enum status rootd_serve(struct root_service *self)
{
	const struct service_transport transport = {self, rootd_receive, rootd_reply, NULL, NULL};
	const struct service_definition definition = {
	        .interface = &root_interface,
	        .self = self,
	        .events = {.wait = rootd_wait},
	};
	uint64_t memory;
	TRY(rustos_memory_map(0, SERVICE_MEMORY_BYTES, MEMORY_READ | MEMORY_WRITE, MEMORY_WIRED,
	                      &memory));
	enum status status = service_serve(&definition, &transport, (uint8_t *)(uintptr_t)memory);
	return status == ERR_CANCELLED ? OK : status;
}
