/* Programs in sessions of their own: from a name to a process, and to its end. */
#include "runtimed.h"
#include <linux_calls/api.h>
#include <service/api.h>
#include <string.h>

enum { SIGNAL_KILL = 9, WAIT_NO_HANG = 1 };

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

/* A place in the table, of which one user cannot take all. */
static enum status launch_find_place(const struct runtime_service *self, uint32_t uid,
                                     size_t *out_place)
{
	size_t own = 0;
	for (size_t i = 0; i < RUNTIME_PROGRAMS_MAX; i++)
		own += self->kept->programs[i].pid && self->kept->owners[i] == uid;
	*out_place = runtime_free_place(self);
	bool has = *out_place < RUNTIME_PROGRAMS_MAX &&
	           (uid == self->own_uid || own < RUNTIME_USER_PROGRAMS_MAX);
	return has ? OK : ERR_NO_SPACE;
}

static void launch_text(uint8_t *out, size_t size, struct str text)
{
	size_t len = text.len < size - 1 ? text.len : size - 1;
	memcpy(out, text.ptr, len);
}

/* Its share of the CPU is its record's; without it it would have runtimed's. */
static void launch_weigh(const struct catalog_program *program, uint64_t pid)
{
	enum status status = rustos_process_set_weight(pid, program->weight_micros);
	if (status != OK && status != ERR_NO_CHILD)
		service_log(runtime_name, LOG_LEVEL_WARN, "pid=%llu keeps my own weight: %s",
		            (unsigned long long)pid, status_name(status));
}

/* Whose program it will be; NULL: the one that runtimed itself is. */
static const struct runtime_user *launch_user(const struct runtime_service *self,
                                              const struct launch_order *order)
{
	static char passwd[RUNTIME_USER_FILE_BYTES], group[RUNTIME_USER_FILE_BYTES];
	static struct runtime_user user;
	if (order->uid == self->own_uid)
		return NULL;
	const struct user_files files = {
	        .passwd = runtime_read_lines("/etc/passwd", passwd, sizeof passwd),
	        .group = runtime_read_lines("/etc/group", group, sizeof group),
	};
	if (user_find(&files, order->uid, order->gid, &user) != OK)
		service_log(runtime_name, LOG_LEVEL_INFO, "uid=%u has no name", order->uid);
	return &user;
}

enum status runtime_launch_program(struct runtime_service *self,
                                   const struct catalog_program *program,
                                   const struct launch_order *order,
                                   const struct runtime_program **out_program)
{
	static struct program_arguments arguments;
	size_t place;
	int64_t pid;
	TRY(launch_find_place(self, order->uid, &place));
	TRY(launch_check(self, program));
	const struct runtime_user *user = launch_user(self, order);
	TRY(arguments_fill(&self->catalog, program, user, &arguments));
	TRY(runtime_start(&arguments, order, user, &pid));
	launch_weigh(program, (uint64_t)pid);
	struct runtime_program running = {.pid = (uint64_t)pid,
	                                  .program_id = program->id,
	                                  .session_handle = ++self->kept->last_session};
	launch_text(running.desktop_file_id, sizeof running.desktop_file_id, program->desktop_id);
	launch_text(running.display_name, sizeof running.display_name, program->display_name);
	launch_text(running.exec_path, sizeof running.exec_path, program->exec);
	runtime_enter(self, place, &running, order->uid);
	service_log(runtime_name, LOG_LEVEL_INFO,
	            "launched session=%llu pid=%llu uid=%u weight=%llu exec=%.*s",
	            (unsigned long long)running.session_handle, (unsigned long long)pid, order->uid,
	            (unsigned long long)program->weight_micros, STR_ARG(program->exec));
	*out_program = &self->kept->programs[place];
	return OK;
}

enum status runtime_launch(struct runtime_service *self, struct str target,
                           const struct launch_order *order,
                           const struct runtime_program **out_program)
{
	struct catalog_program program;
	/* nobody known */
	if (order->uid == UINT32_MAX)
		return ERR_NOT_PERMITTED;
	if (catalog_find(self->catalog.programs, STR("desktop_id"), target, &program) != OK)
		program = (struct catalog_program){.display_name = target, .exec = target};
	return runtime_launch_program(self, &program, order, out_program);
}

enum status runtime_terminate(struct runtime_service *self, uint16_t kind, uint64_t value,
                              uint32_t uid)
{
	for (size_t i = 0; i < RUNTIME_PROGRAMS_MAX; i++) {
		const struct runtime_program *each = &self->kept->programs[i];
		uint64_t key = kind == RUNTIME_TARGET_PID ? each->pid : each->session_handle;
		if (!each->pid || key != value)
			continue;
		if (uid != self->own_uid && uid != self->kept->owners[i])
			return ERR_NOT_PERMITTED;
		return (enum status)CALL(LINUX_TGKILL, each->pid, each->pid, SIGNAL_KILL);
	}
	return ERR_NO_PROCESS;
}

static void launch_ended(struct runtime_service *self, uint64_t pid, int32_t status)
{
	for (size_t i = 0; i < RUNTIME_PROGRAMS_MAX; i++) {
		const struct runtime_program *each = &self->kept->programs[i];
		if (each->pid != pid)
			continue;
		service_log(runtime_name, LOG_LEVEL_INFO, "ended session=%llu pid=%llu status=%d",
		            (unsigned long long)each->session_handle, (unsigned long long)pid,
		            status);
		runtime_leave(self, i);
	}
}

void runtime_reap(struct runtime_service *self)
{
	int32_t status;
	int64_t pid;
	while ((pid = CALL(LINUX_WAIT4, -1, &status, WAIT_NO_HANG, 0)) > 0)
		launch_ended(self, (uint64_t)pid, status);
}
