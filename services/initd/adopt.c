/* What rootd tells of a program: its end, that its service is there, or that it already ran. */
#include "initd.h"

/* A core service: rootd's, and others wait for it. */
static void take_core(struct initd *self, const struct lease_news *news)
{
	static const enum program_state states[] = {
	        [ROOT_LEASE_EMPTY] = PROGRAM_WAITING,
	        [ROOT_LEASE_RUNNING] = PROGRAM_RUNNING,
	        [ROOT_LEASE_EXITED] = PROGRAM_EXITED,
	        [ROOT_LEASE_RESTART_PENDING] = PROGRAM_DELAYED,
	        [ROOT_LEASE_FAILED] = PROGRAM_FAILED,
	        [ROOT_LEASE_WAITING] = PROGRAM_WAITING,
	        [ROOT_LEASE_SKIPPED] = PROGRAM_SKIPPED,
	};
	const struct root_lease *lease = news->lease;
	if (!lease->service || lease->state >= COUNT(states))
		return;
	struct program *program = programs_find(&self->table, news->package);
	if (!program)
		program = programs_add_package(&self->table, news->package);
	if (!program)
		return;
	program->is_elsewhere = true;
	program->restart = IPC_RESTART_SERVICE;
	program->state = states[lease->state];
	program->pid = lease->pid;
	program->registered = lease->flags & ROOT_LEASE_REGISTERED;
}

static void take_running(struct program *program, const struct root_lease *lease)
{
	if (program->pid != lease->pid)
		print("initd: adopting package=%.*s pid=%lu\n", STR_ARG(program->entry.package_id),
		      lease->pid);
	program->pid = lease->pid;
	program->state = PROGRAM_RUNNING;
	program->started_ns = lease->started_ns;
	program->registered = lease->flags & ROOT_LEASE_REGISTERED;
}

static void take_exited(struct initd *self, struct program *program, const struct root_lease *lease)
{
	bool ran = program->state == PROGRAM_RUNNING && program->pid == lease->pid;
	bool ran_before = program->state == PROGRAM_WAITING && !program->pid && lease->pid;
	if (!ran && !ran_before)
		return;
	program->pid = lease->pid;
	program->started_ns = lease->started_ns;
	program->at_once = lease->flags & ROOT_LEASE_AT_ONCE;
	programs_ended(&self->table, program, lease->last_status);
}

void initd_take(struct initd *self, const struct lease_news *news)
{
	const struct root_lease *lease = news->lease;
	if (lease->flags & ROOT_LEASE_CORE) {
		take_core(self, news);
		return;
	}
	struct program *program = programs_find(&self->table, news->package);
	if (!program)
		return;
	if (lease->flags & ROOT_LEASE_AT_ONCE && lease->state != ROOT_LEASE_RUNNING &&
	    program->state != PROGRAM_RUNNING) {
		/* whatever it was waiting for, or given up after */
		program->state = PROGRAM_WAITING;
		program->restarts = 0;
		return;
	}
	switch (lease->state) {
	case ROOT_LEASE_RUNNING:
		take_running(program, lease);
		return;
	case ROOT_LEASE_EXITED:
	case ROOT_LEASE_RESTART_PENDING:
		take_exited(self, program, lease);
		return;
	case ROOT_LEASE_FAILED:
		/* an earlier initd has given it up */
		if (!program->pid)
			program->state = PROGRAM_FAILED;
		return;
	}
}
