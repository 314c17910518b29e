/* Starting programs in an order that respects their dependencies. */
#include "rootd.h"
#include <abi/services.h>

enum { ROOTD_CHILD_WEIGHT_MICROS = 1000 };

uint64_t rootd_now_ns(void)
{
	uint64_t ns;
	return rustos_clock_now(&ns) == OK ? ns : 0;
}

/* NULL when no program of ours has this package id: then it is not ours to wait for. */
static const struct program *rootd_find_package(const struct rootd *self, struct str package_id)
{
	for (size_t i = 0; i < self->program_count; i++)
		if (str_equal(self->programs[i].entry.package_id, package_id))
			return &self->programs[i];
	return NULL;
}

/* Not started, or a service that nobody could find yet. */
static bool program_is_awaited(const struct program *program)
{
	return program->state == PROGRAM_WAITING || program->state == PROGRAM_DELAYED ||
	       (program->state == PROGRAM_RUNNING && program->service && !program->registered);
}

static bool program_is_skipped(const struct program *program)
{
	return program->state == PROGRAM_SKIPPED || program->state == PROGRAM_FAILED;
}

/* The first dependency that is so; false when none is. */
static bool rootd_find_dependency(const struct rootd *self, const struct program *program,
                                  bool (*is)(const struct program *), struct str *out_package)
{
	struct str rest = program->entry.deps, package;
	while (registry_list_next(&rest, &package)) {
		const struct program *dependency = rootd_find_package(self, package);
		if (!dependency || !is(dependency))
			continue;
		*out_package = package;
		return true;
	}
	return false;
}

/* These read it: names of files, and drivers. */
static const uint64_t rootd_archive_services =
        1ULL << IPC_SERVICE_VFSD | 1ULL << IPC_SERVICE_DRIVERD;

/* What the program may register, and what it may look up: the services among its dependencies. */
static uint64_t rootd_spawn_flags(const struct rootd *self, const struct program *program)
{
	uint64_t flags = program->service << SPAWN_EXEC_SERVICE_SHIFT;
	if (program->service && rootd_archive_services >> program->service & 1)
		flags |= SPAWN_EXEC_ARCHIVE;
	struct str rest = program->entry.deps, package;
	while (registry_list_next(&rest, &package)) {
		const struct program *dependency = rootd_find_package(self, package);
		if (dependency && dependency->service)
			flags |= 1ULL << (SPAWN_EXEC_USES_SHIFT + dependency->service);
	}
	return flags;
}

static enum status rootd_spawn(const struct rootd *self, const struct program *program,
                               uint64_t *out_pid)
{
	struct program_arguments arguments;
	if (!rootd_read_arguments(self, &program->entry, &arguments))
		return ERR_TOO_BIG;
	return rustos_spawn_exec(
	        arguments.argv[0], arguments.argv, arguments.envp, rootd_spawn_flags(self, program),
	        program->entry.mode == STARTUP_SESSION, ROOTD_CHILD_WEIGHT_MICROS, out_pid);
}

/* Who waited for whom, and how long: the graph of the boot, in its log. */
static void rootd_report_start(const struct program *program)
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

static void rootd_start_program(struct rootd *self, struct program *program)
{
	enum status status = rootd_spawn(self, program, &program->pid);
	if (status != OK) {
		program->state = PROGRAM_SKIPPED;
		rootd_note_status(self, 1);
		print("rootd: cannot start package=%.*s: %s\n", STR_ARG(program->entry.package_id),
		      status_name(status));
		return;
	}
	program->state = PROGRAM_RUNNING;
	program->started_ns = rootd_now_ns();
	rootd_report_start(program);
	program->awaited = (struct str){};
}

/* True when the program's state changed. */
static bool rootd_advance_program(struct rootd *self, struct program *program)
{
	struct str package;
	if (program->state != PROGRAM_WAITING)
		return false;
	if (rootd_find_dependency(self, program, program_is_skipped, &package)) {
		program->state = PROGRAM_SKIPPED;
		print("rootd: dependency %.*s of package=%.*s did not start, not starting it\n",
		      STR_ARG(package), STR_ARG(program->entry.package_id));
		return true;
	}
	if (rootd_find_dependency(self, program, program_is_awaited, &package)) {
		if (!program->awaited.len)
			program->awaits_since_ns = rootd_now_ns();
		program->awaited = package;
		return false;
	}
	rootd_start_program(self, program);
	return true;
}

void rootd_report_cycles(struct rootd *self)
{
	for (size_t i = 0; i < self->program_count; i++) {
		struct program *program = &self->programs[i];
		struct str package;
		if (program->state != PROGRAM_WAITING ||
		    !rootd_find_dependency(self, program, program_is_awaited, &package))
			continue;
		rootd_note_status(self, 1);
		print("rootd: dependency cycle at package=%.*s through %.*s, not starting it\n",
		      STR_ARG(program->entry.package_id), STR_ARG(package));
	}
}

void rootd_start_programs(struct rootd *self)
{
	bool changed = true;
	while (changed) {
		changed = false;
		for (size_t i = 0; i < self->program_count; i++)
			changed |= rootd_advance_program(self, &self->programs[i]);
	}
}
