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
	if (!program || program->state != PROGRAM_RUNNING)
		return;
	program->state = PROGRAM_EXITED;
	self->running--;
	rootd_note_status(self, record->exit_status);
	print("rootd: exit package=%.*s pid=%lu status=%d\n", STR_ARG(program->entry.package_id),
	      record->pid, record->exit_status);
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
}

bool rootd_wait_for_programs(struct rootd *self)
{
	struct lifecycle_record records[LIFECYCLE_DRAIN_MAX];
	while (self->running) {
		uint64_t count;
		enum status status = rustos_lifecycle_drain_broker(records, COUNT(records),
		                                                   LIFECYCLE_DRAIN_WAIT, &count);
		if (status != OK) {
			print("rootd: cannot learn of exits: %s, giving up\n", status_name(status));
			return false;
		}
		for (uint64_t i = 0; i < count; i++)
			rootd_handle_event(self, &records[i]);
		rootd_start_programs(self);
	}
	rootd_report_cycles(self);
	return true;
}
