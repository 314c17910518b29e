/* Starting programs in an order that respects their dependencies. */
#include <programs/api.h>
#include <rt/api.h>

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

/* The first dependency in the table that is so; false when none is. */
static bool find_dependency(const struct program_table *table, const struct program *program,
                            bool (*is)(const struct program *), struct str *out_package)
{
	struct str rest = program->entry.deps, package;
	while (registry_list_next(&rest, &package)) {
		const struct program *dependency = programs_find(table, package);
		if (!dependency || !is(dependency))
			continue;
		*out_package = package;
		return true;
	}
	return false;
}

/* What the program waits for now. */
static bool find_awaited(const struct program_table *table, const struct program *program,
                         struct str *out_package)
{
	for (size_t i = 0; program->is_last && i < table->count; i++) {
		const struct program *each = &table->list[i];
		/* those outside need the others, and nobody waits for himself */
		bool is_needed = each->service && !(program->is_outside && each->is_outside);
		if (!is_needed || !program_is_awaited(each))
			continue;
		*out_package = each->entry.package_id;
		return true;
	}
	return find_dependency(table, program, program_is_awaited, out_package);
}

static void tell(const struct program_table *table, const struct program *program)
{
	if (table->ops->changed)
		table->ops->changed(table->context, program);
}

static void program_start(struct program_table *table, struct program *program)
{
	program->started_ns = table->ops->now_ns(table->context);
	enum status status = table->ops->start(table->context, program, &program->pid);
	if (status == OK) {
		program->state = PROGRAM_RUNNING;
		program->awaited = (struct str){};
		return;
	}
	print("%s: cannot start package=%.*s: %s\n", table->name,
	      STR_ARG(program->entry.package_id), status_name(status));
	/* memory may come back, and loaderd: what may not be missing is tried again like one that
	 * died */
	if ((status == ERR_NO_MEMORY || status == ERR_IO) &&
	    program->restart != IPC_RESTART_NEVER) {
		programs_ended(table, program, 1);
		return;
	}
	program->state = PROGRAM_SKIPPED;
	programs_note_status(table, 1);
	tell(table, program);
}

static void program_await(struct program_table *table, struct program *program, struct str package)
{
	if (str_equal(program->awaited, package))
		return;
	if (!program->awaited.len)
		program->awaits_since_ns = table->ops->now_ns(table->context);
	program->awaited = package;
	print("%s: package=%.*s waits for %.*s\n", table->name, STR_ARG(program->entry.package_id),
	      STR_ARG(package));
	tell(table, program);
}

/* True when the program's state changed. */
static bool program_advance(struct program_table *table, struct program *program)
{
	struct str package;
	if (program->state != PROGRAM_WAITING || program->is_elsewhere)
		return false;
	if (find_dependency(table, program, program_is_skipped, &package)) {
		program->state = PROGRAM_SKIPPED;
		program->awaited = package;
		print("%s: dependency %.*s of package=%.*s did not start, not starting it\n",
		      table->name, STR_ARG(package), STR_ARG(program->entry.package_id));
		tell(table, program);
		return true;
	}
	if (find_awaited(table, program, &package)) {
		program_await(table, program, package);
		return false;
	}
	program_start(table, program);
	return true;
}

void programs_start(struct program_table *table)
{
	bool changed = true;
	while (changed) {
		changed = false;
		for (size_t i = 0; i < table->count; i++)
			changed |= program_advance(table, &table->list[i]);
	}
}

void programs_report_cycles(struct program_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		struct program *program = &table->list[i];
		struct str package;
		if (program->state != PROGRAM_WAITING || program->is_elsewhere ||
		    !find_awaited(table, program, &package))
			continue;
		programs_note_status(table, 1);
		print("%s: dependency cycle at package=%.*s through %.*s, not starting it\n",
		      table->name, STR_ARG(program->entry.package_id), STR_ARG(package));
	}
}
