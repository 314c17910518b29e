/* Starting a program: what it may do follows from its manifest, whoever asks for it. */
#include "rootd.h"

struct spawn_vectors {
	const char *argv[SPAWN_EXEC_ARGS_MAX + 1]; /* end with NULL */
	const char *envp[SPAWN_EXEC_ENVS_MAX + 1];
};

/* A list of strings, each with its NUL. False: too many, or the last one has none. */
static bool spawn_fill(const char **list, size_t capacity, struct str strings)
{
	size_t count = 0;
	if (strings.len && strings.ptr[strings.len - 1])
		return false;
	while (strings.len) {
		struct str text = str_cut(strings, '\0').head;
		if (count + 1 == capacity)
			return false;
		list[count++] = text.ptr;
		strings = str_slice(strings, text.len + 1, strings.len);
	}
	list[count] = NULL;
	return true;
}

/* What the program may register, and what it may look up: the services among its dependencies. */
static uint64_t spawn_flags(const struct program *program, const struct lease *lease)
{
	uint64_t flags = program->service << SPAWN_EXEC_SERVICE_SHIFT;
	bool orders = lease->is_core && !program->service;
	if (orders || IPC_SERVICES_WITH_ARCHIVE >> program->service & 1)
		flags |= SPAWN_EXEC_ARCHIVE;
	/* is kept when memory is out, as services are; has loaderd start what rootd allows */
	if (orders)
		flags |= SPAWN_EXEC_CORE | 1ULL << (SPAWN_EXEC_USES_SHIFT + IPC_SERVICE_LOADERD);
	struct str rest = program->entry.deps, package;
	while (registry_list_next(&rest, &package)) {
		uint64_t service = programs_service_of(package);
		if (service)
			flags |= 1ULL << (SPAWN_EXEC_USES_SHIFT + service);
	}
	return flags;
}

/* Who waited for whom, and how long: the graph of the boot, in its log. */
static void spawn_report(const struct program *program)
{
	enum { ROOTD_NS_PER_US = 1000 };
	uint64_t waited_us = (program->started_ns - program->awaits_since_ns) / ROOTD_NS_PER_US;
	if (program->awaited.len)
		print("rootd: start package=%.*s pid=%lu waited_us=%lu for=%.*s\n",
		      STR_ARG(program->entry.package_id), program->pid, waited_us,
		      STR_ARG(program->awaited));
	else
		print("rootd: start package=%.*s pid=%lu\n", STR_ARG(program->entry.package_id),
		      program->pid);
}

/* It runs, from the time that it was asked for. */
static void spawn_note(struct root_service *self, struct program *program, uint64_t pid)
{
	program->pid = pid;
	program->registered = false;
	rootd_lease(self, program)->starts++;
	rootd_mark(self, program);
	spawn_report(program);
}

enum status rootd_authorize(struct root_service *self, struct program *program,
                            uint64_t weight_micros, uint64_t *out_ticket)
{
	struct lease *lease = rootd_lease(self, program);
	*out_ticket = 0;
	if (lease->image.len)
		return OK;
	program->started_ns = rootd_now_ns();
	TRY(rustos_spawn_ticket(rootd_orderer(self)->pid, spawn_flags(program, lease),
	                        program->entry.mode == STARTUP_SESSION, weight_micros,
	                        lease->ticket, &lease->ticket));
	*out_ticket = lease->ticket;
	return OK;
}

/* NULL: it was replaced meanwhile. */
static struct program *spawn_find_ticket(const struct root_service *self, uint64_t ticket)
{
	for (size_t i = 0; i < self->table.count; i++)
		if (self->leases[i].ticket == ticket)
			return &self->table.list[i];
	return NULL;
}

void rootd_started(struct root_service *self, uint64_t ticket, uint64_t pid)
{
	struct program *program = spawn_find_ticket(self, ticket);
	if (!program)
		return;
	rootd_lease(self, program)->ticket = 0;
	program->state = PROGRAM_RUNNING;
	spawn_note(self, program, pid);
	/* of a service more is awaited than that it runs */
	if (!program->service)
		rootd_reload_done(self, program);
}

enum status rootd_spawn(struct root_service *self, struct program *program,
                        const struct spawn_order *order, uint64_t *out_pid)
{
	struct spawn_vectors vectors;
	struct lease *lease = rootd_lease(self, program);
	uint64_t pid;
	if (!spawn_fill(vectors.argv, COUNT(vectors.argv), order->arguments) ||
	    !spawn_fill(vectors.envp, COUNT(vectors.envp), order->environment) || !vectors.argv[0])
		return ERR_INVALID_ARGS;
	const struct spawn_image_args args = {
	        .path_ptr = (uintptr_t)vectors.argv[0],
	        .argv_ptr = (uintptr_t)vectors.argv,
	        .envp_ptr = (uintptr_t)vectors.envp,
	        .flags = spawn_flags(program, lease),
	        .console_session = program->entry.mode == STARTUP_SESSION,
	        .weight_micros = order->weight_micros,
	};
	program->started_ns = rootd_now_ns();
	if (rootd_spawn_pushed(self, program, &args, &pid) != OK)
		TRY(rustos_spawn_exec(vectors.argv[0], vectors.argv, vectors.envp, args.flags,
		                      args.console_session, args.weight_micros, &pid));
	spawn_note(self, program, pid);
	*out_pid = pid;
	return OK;
}
