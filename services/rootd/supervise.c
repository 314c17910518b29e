/* Hearing of exits and of services that are there. */
#include "rootd.h"

static struct program *rootd_find_pid(const struct rootd *self, uint64_t pid)
{
	for (size_t i = 0; i < self->program_count; i++)
		if (self->programs[i].pid == pid)
			return &self->programs[i];
	return NULL;
}

static void rootd_handle_exit(struct rootd *self, const struct lifecycle_record *record)
{
	struct program *program = rootd_find_pid(self, record->pid);
	if (!program)
		return;
	if (program->state != PROGRAM_RUNNING)
		return;
	print("rootd: exit package=%.*s pid=%lu status=%d%s\n", STR_ARG(program->entry.package_id),
	      record->pid, record->exit_status,
	      program->service && !program->registered ? ", without ever registering its service"
	                                               : "");
	if (program->restart == IPC_RESTART_NEVER)
		rootd_note_status(self, record->exit_status);
	program_ended(program, rootd_now_ns());
	if (program->state == PROGRAM_FAILED)
		rootd_note_status(self, 1);
}

static void rootd_handle_service(struct rootd *self, const struct lifecycle_record *record)
{
	struct program *program = rootd_find_pid(self, record->pid);
	if (!program || program->service != (uint64_t)record->exit_status)
		return;
	program->registered = true;
	print("rootd: service registered package=%.*s id=%lu\n", STR_ARG(program->entry.package_id),
	      program->service);
}

static void rootd_handle_event(struct rootd *self, const struct lifecycle_record *record)
{
	if (record->event == LIFECYCLE_EVENT_EXIT)
		rootd_handle_exit(self, record);
	if (record->event == LIFECYCLE_EVENT_SERVICE)
		rootd_handle_service(self, record);
	if (record->event == LIFECYCLE_EVENT_SIGNAL)
		rootd_handle_signal(record->exit_status);
}

/* timeout_ns 0: none. ERR_NO_CHILD: nobody is left to hear of. */
static enum status rootd_hear(struct rootd *self, uint64_t timeout_ns)
{
	struct lifecycle_record records[LIFECYCLE_DRAIN_MAX];
	uint64_t count;
	TRY(rustos_lifecycle_drain_broker(records, COUNT(records), LIFECYCLE_DRAIN_WAIT, timeout_ns,
	                                  &count));
	for (uint64_t i = 0; i < count; i++)
		rootd_handle_event(self, &records[i]);
	return OK;
}

/* Something is still to come of it, so the machine goes on. */
static bool program_counts(const struct program *program)
{
	bool lives = program->state == PROGRAM_RUNNING || program->state == PROGRAM_DELAYED;
	return lives && program->restart != IPC_RESTART_SERVICE;
}

/* A service that is not there yet, and may still come. */
static bool program_may_register(const struct program *program)
{
	return program->service && !program->registered &&
	       (program->state == PROGRAM_RUNNING || program->state == PROGRAM_DELAYED);
}

static bool rootd_has(const struct rootd *self, bool (*is)(const struct program *))
{
	for (size_t i = 0; i < self->program_count; i++)
		if (is(&self->programs[i]))
			return true;
	return false;
}

static bool program_waits(const struct program *program)
{
	return program->state == PROGRAM_WAITING;
}

static bool rootd_goes_on(const struct rootd *self)
{
	return rootd_has(self, program_counts) ||
	       (rootd_has(self, program_waits) && rootd_has(self, program_may_register));
}

/* Services without clients would wait for ever, and so would what a session has left behind. */
static void rootd_end_the_rest(const struct rootd *self)
{
	for (size_t i = 0; i < self->program_count; i++) {
		const struct program *program = &self->programs[i];
		if (program->state == PROGRAM_RUNNING)
			print("rootd: ending package=%.*s pid=%lu\n",
			      STR_ARG(program->entry.package_id), program->pid);
	}
	rootd_end_programs();
}

bool rootd_wait_for_programs(struct rootd *self)
{
	enum status status = OK;
	while (status == OK && rootd_goes_on(self)) {
		status = rootd_hear(self, rootd_wake_programs(self, rootd_now_ns()));
		(void)rootd_wake_programs(self, rootd_now_ns());
		rootd_start_programs(self);
	}
	if (status != OK) {
		print("rootd: cannot learn of exits: %s, giving up\n", status_name(status));
		return false;
	}
	rootd_report_cycles(self);
	rootd_end_the_rest(self);
	return true;
}
