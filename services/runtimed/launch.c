/* Programs in sessions of their own: from a name to a process, and to its end. */
#include "runtimed.h"
#include <linux_calls/api.h>
#include <service/api.h>
#include <string.h>

enum {
	SIGNAL_CHILD = 17,
	SIGNAL_KILL = 9,
	SIGNAL_MASK_SET = 2,
	WAIT_NO_HANG = 1,
	OPEN_CLOSE_ON_EXEC = 02000000,
	EXIT_NOT_STARTED = 127,
};

/* A package without a program of its own is there; one with a program when that runs. */
static bool launch_is_met(const struct runtime_service *self, struct str package)
{
	struct catalog_program needed;
	return catalog_find(self->catalog.programs, STR("package_id"), package, &needed) != OK ||
	       runtime_is_running(needed.exec);
}

static enum status launch_check(const struct runtime_service *self,
                                const struct catalog_program *program)
{
	struct str rest = program->deps, package;
	while (registry_list_next(&rest, &package)) {
		if (launch_is_met(self, package))
			continue;
		service_log(runtime_name, LOG_LEVEL_INFO, "%.*s needs %.*s, which does not run",
		            STR_ARG(program->desktop_id), STR_ARG(package));
		return ERR_TRY_AGAIN;
	}
	return OK;
}

/* In the child; says over `failed` why it could not. */
[[gnu::noreturn]] static void launch_become(const struct program_arguments *arguments,
                                            int32_t failed)
{
	const uint64_t none = 0;
	CALL(LINUX_RT_SIGPROCMASK, SIGNAL_MASK_SET, &none, 0, sizeof none);
	CALL(LINUX_SETSID);
	int64_t empty = CALL(LINUX_OPEN, "/dev/null", 0);
	CALL(LINUX_DUP2, empty, 0);
	CALL(LINUX_CLOSE, empty);
	int32_t status =
	        (int32_t)CALL(LINUX_EXECVE, arguments->path, arguments->argv, arguments->envp);
	CALL(LINUX_WRITE, failed, &status, sizeof status);
	for (;;)
		CALL(LINUX_EXIT_GROUP, EXIT_NOT_STARTED);
}

/* Returns once the program runs, or could not be started. */
static enum status launch_start(const struct program_arguments *arguments, int64_t *out_pid)
{
	int32_t said[2], status = OK;
	int64_t made = CALL(LINUX_PIPE2, said, OPEN_CLOSE_ON_EXEC);
	if (made < 0)
		return (enum status)made;
	*out_pid = CALL(LINUX_FORK);
	if (*out_pid == 0)
		launch_become(arguments, said[1]);
	CALL(LINUX_CLOSE, said[1]);
	if (*out_pid < 0)
		status = (int32_t)*out_pid;
	else if (CALL(LINUX_READ, said[0], &status, sizeof status) == sizeof status)
		CALL(LINUX_WAIT4, *out_pid, 0, 0, 0);
	CALL(LINUX_CLOSE, said[0]);
	return (enum status)status;
}

static void launch_text(uint8_t *out, size_t size, struct str text)
{
	size_t len = text.len < size - 1 ? text.len : size - 1;
	memcpy(out, text.ptr, len);
}

static size_t launch_free_place(const struct runtime_service *self)
{
	size_t place = 0;
	while (place < RUNTIME_PROGRAMS_MAX && self->programs[place].pid)
		place++;
	return place;
}

static enum status launch_program(struct runtime_service *self,
                                  const struct catalog_program *program, uint32_t uid,
                                  const struct runtime_program **out_program)
{
	static struct program_arguments arguments;
	size_t place = launch_free_place(self);
	int64_t pid;
	if (place == RUNTIME_PROGRAMS_MAX)
		return ERR_NO_SPACE;
	TRY(launch_check(self, program));
	TRY(arguments_fill(&self->catalog, program, &arguments));
	TRY(launch_start(&arguments, &pid));
	struct runtime_program *running = &self->programs[place];
	*running = (struct runtime_program){.pid = (uint64_t)pid,
	                                    .program_id = program->id,
	                                    .session_handle = ++self->last_session};
	launch_text(running->desktop_file_id, sizeof running->desktop_file_id, program->desktop_id);
	launch_text(running->display_name, sizeof running->display_name, program->display_name);
	launch_text(running->exec_path, sizeof running->exec_path, program->exec);
	self->owners[place] = uid;
	__atomic_fetch_add(&self->count, 1, __ATOMIC_RELAXED);
	service_log(runtime_name, LOG_LEVEL_INFO, "launched session=%llu pid=%llu exec=%.*s",
	            (unsigned long long)running->session_handle, (unsigned long long)running->pid,
	            STR_ARG(program->exec));
	*out_program = running;
	return OK;
}

enum status runtime_launch(struct runtime_service *self, struct str target, uint32_t uid,
                           const struct runtime_program **out_program)
{
	struct catalog_program program;
	if (uid != self->own_uid)
		return ERR_NOT_PERMITTED;
	if (catalog_find(self->catalog.programs, STR("desktop_id"), target, &program) != OK)
		program = (struct catalog_program){.display_name = target, .exec = target};
	return launch_program(self, &program, uid, out_program);
}

enum status runtime_terminate(struct runtime_service *self, uint16_t kind, uint64_t value,
                              uint32_t uid)
{
	for (size_t i = 0; i < RUNTIME_PROGRAMS_MAX; i++) {
		const struct runtime_program *each = &self->programs[i];
		uint64_t key = kind == RUNTIME_TARGET_PID ? each->pid : each->session_handle;
		if (!each->pid || key != value)
			continue;
		if (uid != self->own_uid && uid != self->owners[i])
			return ERR_NOT_PERMITTED;
		return (enum status)CALL(LINUX_TGKILL, each->pid, each->pid, SIGNAL_KILL);
	}
	return ERR_NO_PROCESS;
}

static void launch_ended(struct runtime_service *self, uint64_t pid, int32_t status)
{
	for (size_t i = 0; i < RUNTIME_PROGRAMS_MAX; i++) {
		struct runtime_program *each = &self->programs[i];
		if (each->pid != pid)
			continue;
		service_log(runtime_name, LOG_LEVEL_INFO, "ended session=%llu pid=%llu status=%d",
		            (unsigned long long)each->session_handle, (unsigned long long)pid,
		            status);
		each->pid = 0;
		__atomic_fetch_sub(&self->count, 1, __ATOMIC_RELAXED);
	}
}

void runtime_reap(struct runtime_service *self)
{
	int32_t status;
	int64_t pid;
	while ((pid = CALL(LINUX_WAIT4, -1, &status, WAIT_NO_HANG, 0)) > 0)
		launch_ended(self, (uint64_t)pid, status);
}

void runtime_launch_all(struct runtime_service *self)
{
	struct registry_reader reader = registry_begin(self->catalog.launches);
	struct catalog_program program;
	const struct runtime_program *running;
	while (catalog_next_launch(&reader, &program) == OK) {
		enum status status = launch_program(self, &program, self->own_uid, &running);
		if (status != OK)
			service_log(runtime_name, LOG_LEVEL_WARN, "not launching %.*s: %s",
			            STR_ARG(program.desktop_id), status_name(status));
	}
}
