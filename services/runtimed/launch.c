/* From a name to a process in a session. */
#include "runtimed.h"
#include <rt/api.h>
#include <service/api.h>
#include <string.h>

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
		own += self->kept->programs[i].pid && self->kept->members[i].uid == uid;
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

/* The console that its streams are on; number 0: on none. */
static enum status launch_console(const struct runtime_service *self,
                                  const struct catalog_program *program,
                                  const struct launch_order *order, struct runtime_console *out)
{
	bool given = false;
	for (size_t i = 0; i < RUNTIME_STREAMS; i++)
		given |= order->streams[i] >= 0;
	*out = (struct runtime_console){};
	if (!program->console_hosted || given)
		return OK;
	return order->session ? console_of_session(self, order->session, out)
	                      : console_open(self, out);
}

static enum status launch_start(const struct runtime_service *self,
                                const struct catalog_program *program,
                                const struct launch_order *order,
                                const struct runtime_console *console, int64_t *out_pid)
{
	static struct program_arguments arguments;
	const struct runtime_start start = {
	        .arguments = &arguments,
	        .order = order,
	        .user = launch_user(self, order),
	        .terminal = console->number ? console->path : NULL,
	        .leads = !order->session,
	};
	TRY(arguments_fill(&self->catalog, program, start.user, &arguments));
	return runtime_start(&start, out_pid);
}

/* Everybody is told of it. */
static const struct runtime_program *launch_enter(struct runtime_service *self, size_t place,
                                                  const struct catalog_program *program,
                                                  const struct runtime_member *member,
                                                  struct runtime_program *running)
{
	running->program_id = program->id;
	if (member->leads)
		running->session_handle = ++self->kept->last_session;
	launch_text(running->desktop_file_id, sizeof running->desktop_file_id, program->desktop_id);
	launch_text(running->display_name, sizeof running->display_name, program->display_name);
	launch_text(running->exec_path, sizeof running->exec_path, program->exec);
	runtime_enter(self, place, running, member);
	service_log(runtime_name, LOG_LEVEL_INFO,
	            "launched session=%llu pid=%llu uid=%u weight=%llu exec=%.*s",
	            (unsigned long long)running->session_handle, (unsigned long long)running->pid,
	            member->uid, (unsigned long long)program->weight_micros,
	            STR_ARG(program->exec));
	return &self->kept->programs[place];
}

enum status runtime_launch_program(struct runtime_service *self,
                                   const struct catalog_program *program,
                                   const struct launch_order *order,
                                   const struct runtime_program **out_program)
{
	struct runtime_console console;
	size_t place;
	int64_t pid;
	TRY(launch_find_place(self, order->uid, &place));
	TRY(launch_check(self, program));
	TRY(launch_console(self, program, order, &console));
	bool leads = !order->session;
	enum status status = launch_start(self, program, order, &console, &pid);
	if (status != OK) {
		if (leads)
			console_close(console.number);
		return status;
	}
	launch_weigh(program, (uint64_t)pid);
	const struct runtime_member member = {
	        .uid = order->uid,
	        .leads = leads,
	        .console = leads ? console.number : 0,
	};
	struct runtime_program running = {.pid = (uint64_t)pid, .session_handle = order->session};
	*out_program = launch_enter(self, place, program, &member, &running);
	if (leads)
		runtime_plan_companions(self, order, *out_program);
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
