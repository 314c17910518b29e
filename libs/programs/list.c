/* Which programs there are: rows of startup-programs.tsv. */
#include <abi/machine.h>
#include <programs/api.h>
#include <rt/api.h>

void programs_note_status(struct program_table *table, int status)
{
	if (table->status == 0)
		table->status = status;
}

uint64_t programs_service_of(struct str package_id)
{
	static const char *const names[] = IPC_SERVICE_NAMES;
	for (uint64_t id = 0; id < COUNT(names); id++)
		if (names[id] && str_equal(str_from_c(names[id]), package_id))
			return id;
	return 0;
}

static bool archive_has(const struct program_table *table, struct str path)
{
	struct boot_archive_entry file;
	return boot_archive_find(table->archive, path, &file) == OK;
}

/* What is no service, and not of mode init, is in front of a person. */
static enum ipc_restart restart_of(const struct startup_program *entry, uint64_t service)
{
	static const uint8_t restarts[] = IPC_SERVICE_RESTARTS;
	return entry->mode == STARTUP_INIT ? (enum ipc_restart)restarts[service]
	                                   : IPC_RESTART_SESSION;
}

struct program *programs_add(struct program_table *table, const struct startup_program *entry)
{
	if (table->count == table->capacity) {
		print("%s: no memory for package=%.*s, not starting it\n", table->name,
		      STR_ARG(entry->package_id));
		programs_note_status(table, 1);
		return NULL;
	}
	struct program *program = &table->list[table->count++];
	uint64_t service = programs_service_of(entry->package_id);
	*program = (struct program){
	        .entry = *entry,
	        .state = PROGRAM_WAITING,
	        .service = service,
	        .restart = restart_of(entry, service),
	};
	program->is_outside = !archive_has(table, entry->exec);
	program->is_last = program->is_outside;
	if (program->is_outside && !table->has_loader) {
		program->state = PROGRAM_SKIPPED;
		print("%s: not in the boot archive package=%.*s exec=%.*s, not starting it\n",
		      table->name, STR_ARG(entry->package_id), STR_ARG(entry->exec));
	}
	return program;
}

bool programs_read(struct program_table *table,
                   bool (*wants)(void *context, const struct startup_program *entry))
{
	struct boot_archive_entry file;
	struct str path = STR(MACHINE_PATH_STARTUP_PROGRAMS);
	enum status status = boot_archive_find(table->archive, path, &file);
	if (status != OK) {
		print("%s: cannot read %.*s: %s, giving up\n", table->name, STR_ARG(path),
		      status_name(status));
		return false;
	}

	struct registry_reader reader = registry_begin(file.data);
	struct startup_program entry;
	while ((status = startup_program_next(&reader, &entry)) != ERR_NOT_FOUND) {
		if (status == OK && wants(table->context, &entry))
			(void)programs_add(table, &entry); /* has said why not */
		if (status != OK)
			print("%s: malformed line %u in %.*s, ignoring it\n", table->name,
			      entry.line, STR_ARG(path));
	}
	return true;
}

static bool find_in_registry(const struct program_table *table, struct str path,
                             const struct str pair[2], struct registry_record *out_record)
{
	struct boot_archive_entry file;
	if (boot_archive_find(table->archive, path, &file) != OK)
		return false;
	struct registry_reader reader = registry_begin(file.data);
	enum status status;
	while ((status = registry_next(&reader, out_record)) != ERR_NOT_FOUND) {
		struct str value;
		if (status == OK && registry_value(out_record, pair[0], &value) &&
		    str_equal(value, pair[1]))
			return true;
	}
	return false;
}

bool programs_find_record(const struct program_table *table, struct str key, struct str wanted,
                          struct registry_record *out_record)
{
	const struct str pair[2] = {key, wanted};
	return find_in_registry(table, STR(MACHINE_PATH_DESKTOP_PROGRAMS), pair, out_record);
}

bool programs_is_core(const struct program_table *table, struct str package_id)
{
	const struct str pair[2] = {STR("package_id"), package_id};
	struct registry_record record;
	return find_in_registry(table, STR(MACHINE_PATH_CORE_PROGRAMS), pair, &record);
}

void programs_find_loader(struct program_table *table)
{
	static const char *const names[] = IPC_SERVICE_NAMES;
	table->has_loader = programs_is_core(table, str_from_c(names[IPC_SERVICE_LOADERD]));
}

struct program *programs_add_package(struct program_table *table, struct str package_id)
{
	static const struct {
		struct str word;
		enum startup_mode mode;
	} modes[] = {
	        {STR_INIT("init"), STARTUP_INIT},
	        {STR_INIT("session"), STARTUP_SESSION},
	};
	struct startup_program entry = {.mode = STARTUP_DESKTOP};
	struct registry_record record;
	struct str mode;
	if (!programs_find_record(table, STR("package_id"), package_id, &record) ||
	    !registry_value(&record, STR("package_id"), &entry.package_id) ||
	    !registry_value(&record, STR("desktop_id"), &entry.desktop_id) ||
	    !registry_value(&record, STR("startup"), &mode) ||
	    !registry_value(&record, STR("exec"), &entry.exec) ||
	    !registry_value(&record, STR("deps"), &entry.deps))
		return NULL;
	for (size_t i = 0; i < COUNT(modes); i++)
		if (str_equal(mode, modes[i].word))
			entry.mode = modes[i].mode;
	return programs_add(table, &entry);
}

struct program *programs_find(const struct program_table *table, struct str package_id)
{
	for (size_t i = 0; i < table->count; i++)
		if (str_equal(table->list[i].entry.package_id, package_id))
			return &table->list[i];
	return NULL;
}

struct program *programs_find_pid(const struct program_table *table, uint64_t pid)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->list[i].pid == pid)
			return &table->list[i];
	return NULL;
}
