/* Which programs there are: the rows of startup-programs.tsv with mode init, and session. */
#include "rootd.h"
#include <abi/machine.h>

/* The service of this package; 0: none. */
static uint64_t rootd_service_of_package(struct str package_id)
{
	static const char *const names[] = IPC_SERVICE_NAMES;
	for (uint64_t id = 0; id < COUNT(names); id++)
		if (names[id] && str_equal(str_from_c(names[id]), package_id))
			return id;
	return 0;
}

static bool rootd_archive_has(const struct rootd *self, struct str path)
{
	struct boot_archive_entry file;
	return boot_archive_find(self->archive, path, &file) == OK;
}

static enum ipc_restart rootd_restart_of(const struct startup_program *entry, uint64_t service)
{
	static const uint8_t restarts[] = IPC_SERVICE_RESTARTS;
	return entry->mode == STARTUP_INIT ? (enum ipc_restart)restarts[service]
	                                   : IPC_RESTART_SESSION;
}

static bool rootd_wants(const struct rootd *self, const struct startup_program *entry)
{
	if (entry->mode == STARTUP_SESSION)
		return self->has_session;
	return entry->mode == STARTUP_INIT && !str_equal(entry->exec, self->own_path);
}

static void rootd_add_program(struct rootd *self, const struct startup_program *entry)
{
	if (self->program_count == self->program_capacity) {
		print("rootd: no memory for package=%.*s, not starting it\n",
		      STR_ARG(entry->package_id));
		rootd_note_status(self, 1);
		return;
	}
	struct program *program = &self->programs[self->program_count++];
	uint64_t service = rootd_service_of_package(entry->package_id);
	*program = (struct program){
	        .entry = *entry,
	        .state = PROGRAM_WAITING,
	        .service = service,
	        .restart = rootd_restart_of(entry, service),
	};
	if (!rootd_archive_has(self, entry->exec)) {
		program->state = PROGRAM_SKIPPED;
		print("rootd: not in the boot archive package=%.*s exec=%.*s, not starting it\n",
		      STR_ARG(entry->package_id), STR_ARG(entry->exec));
	}
}

void rootd_add_package(struct rootd *self, struct str package_id)
{
	struct startup_program entry = {.package_id = package_id, .mode = STARTUP_DESKTOP};
	struct registry_record record;
	if (rootd_find_record(self, STR("package_id"), package_id, &record) &&
	    registry_value(&record, STR("desktop_id"), &entry.desktop_id) &&
	    registry_value(&record, STR("exec"), &entry.exec) &&
	    registry_value(&record, STR("deps"), &entry.deps))
		rootd_add_program(self, &entry);
	else
		print("rootd: no program of package=%.*s, not starting it\n", STR_ARG(package_id));
}

bool rootd_read_programs(struct rootd *self)
{
	struct boot_archive_entry file;
	struct str path = STR(MACHINE_PATH_STARTUP_PROGRAMS);
	enum status status = boot_archive_find(self->archive, path, &file);
	if (status != OK) {
		print("rootd: cannot read %.*s: %s, giving up\n", STR_ARG(path),
		      status_name(status));
		return false;
	}

	struct registry_reader reader = registry_begin(file.data);
	struct startup_program entry;
	while ((status = startup_program_next(&reader, &entry)) != ERR_NOT_FOUND) {
		if (status == OK && rootd_wants(self, &entry))
			rootd_add_program(self, &entry);
		if (status != OK)
			print("rootd: malformed line %u in %.*s, ignoring it\n", entry.line,
			      STR_ARG(path));
	}
	return true;
}
