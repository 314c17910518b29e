/* How sessions end: with their leader, and with all that was started in them. */
#include "runtimed.h"
#include <linux_calls/api.h>
#include <service/api.h>

enum { SIGNAL_KILL = 9, WAIT_NO_HANG = 1 };

size_t session_leader(const struct runtime_service *self, uint64_t session)
{
	size_t place = 0;
	while (place < RUNTIME_PROGRAMS_MAX &&
	       !(self->kept->programs[place].pid && self->kept->members[place].leads &&
	         self->kept->programs[place].session_handle == session))
		place++;
	return place;
}

static enum status session_kill(const struct runtime_program *program)
{
	return (enum status)CALL(LINUX_TGKILL, program->pid, program->pid, SIGNAL_KILL);
}

/* Those that run in it; they are taken note of when they have ended. */
static enum status session_kill_all(const struct runtime_service *self, uint64_t session)
{
	enum status status = ERR_NO_PROCESS;
	for (size_t i = 0; i < RUNTIME_PROGRAMS_MAX; i++) {
		const struct runtime_program *each = &self->kept->programs[i];
		if (!each->pid || each->session_handle != session)
			continue;
		enum status killed = session_kill(each);
		status = killed == OK ? OK : status;
	}
	return status;
}

static bool session_has(const struct runtime_program *program, uint16_t kind, uint64_t value)
{
	uint64_t key = kind == RUNTIME_TARGET_PID ? program->pid : program->session_handle;
	return program->pid && key == value;
}

enum status runtime_terminate(struct runtime_service *self, uint16_t kind, uint64_t value,
                              uint32_t uid)
{
	for (size_t i = 0; i < RUNTIME_PROGRAMS_MAX; i++) {
		const struct runtime_program *each = &self->kept->programs[i];
		if (!session_has(each, kind, value))
			continue;
		if (uid != self->own_uid && uid != self->kept->members[i].uid)
			return ERR_NOT_PERMITTED;
		return kind == RUNTIME_TARGET_PID ? session_kill(each)
		                                  : session_kill_all(self, value);
	}
	return ERR_NO_PROCESS;
}

/* Who looked at its console has the rest of it, and is told that no more comes. */
static void session_end(struct runtime_service *self, uint64_t session, uint8_t console)
{
	runtime_forget_planned(self, session);
	(void)!session_kill_all(self, session);
	console_close(console);
	for (size_t i = 0; i < RUNTIME_CLIENTS_MAX; i++)
		if (self->clients[i].socket >= 0 && self->clients[i].console_of == session)
			runtime_client_end(&self->clients[i]);
}

static void session_program_ended(struct runtime_service *self, size_t place)
{
	const struct runtime_member member = self->kept->members[place];
	uint64_t session = self->kept->programs[place].session_handle;
	runtime_leave(self, place);
	if (member.leads)
		session_end(self, session, member.console);
}

static void session_take_end(struct runtime_service *self, uint64_t pid, int32_t status)
{
	for (size_t i = 0; i < RUNTIME_PROGRAMS_MAX; i++) {
		const struct runtime_program *each = &self->kept->programs[i];
		if (each->pid != pid)
			continue;
		service_log(runtime_name, LOG_LEVEL_INFO, "ended session=%llu pid=%llu status=%d",
		            (unsigned long long)each->session_handle, (unsigned long long)pid,
		            status);
		session_program_ended(self, i);
	}
}

void runtime_reap(struct runtime_service *self)
{
	int32_t status;
	int64_t pid;
	while ((pid = CALL(LINUX_WAIT4, -1, &status, WAIT_NO_HANG, 0)) > 0)
		session_take_end(self, (uint64_t)pid, status);
}

void runtime_adopt(struct runtime_service *self)
{
	bool ended[RUNTIME_PROGRAMS_MAX] = {};
	for (size_t i = 0; i < RUNTIME_PROGRAMS_MAX; i++) {
		const struct runtime_program *each = &self->kept->programs[i];
		if (!each->pid)
			continue;
		enum status status = rustos_process_adopt(each->pid);
		service_log(runtime_name, LOG_LEVEL_INFO, "%s session=%llu pid=%llu exec=%s",
		            status == OK ? "adopted" : "ended meanwhile",
		            (unsigned long long)each->session_handle, (unsigned long long)each->pid,
		            (const char *)each->exec_path);
		__atomic_fetch_add(&self->count, 1, __ATOMIC_RELAXED);
		ended[i] = status != OK;
	}
	for (size_t i = 0; i < RUNTIME_PROGRAMS_MAX; i++)
		if (ended[i])
			session_program_ended(self, i);
}
