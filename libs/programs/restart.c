/* When what has died is started again, by the policies of registry/services.toml. */
#include <programs/api.h>
#include <rt/api.h>

enum { PROGRAMS_NS_PER_MS = 1000000 };

struct restart_policy {
	unsigned budget; /* restarts in a row; 0: without end */
	unsigned first_ms, longest_ms; /* delays */
	unsigned steady_ms; /* a life this long begins the row anew */
};

static const struct restart_policy restart_policies[] = IPC_RESTART_POLICIES;

static unsigned restart_delay_ms(const struct restart_policy *policy, unsigned restarts)
{
	unsigned delay = policy->first_ms;
	while (restarts-- && delay < policy->longest_ms)
		delay *= 2;
	return delay < policy->longest_ms ? delay : policy->longest_ms;
}

/* In a row: where so many starts come to nothing, as without any memory, the next would, too. */
enum { PROGRAMS_VITAL_RESTARTS = 100 };

static void program_delay(const struct program_table *table, struct program *program,
                          uint64_t now_ns)
{
	const struct restart_policy *policy = &restart_policies[program->restart];
	if (now_ns - program->started_ns >= (uint64_t)policy->steady_ms * PROGRAMS_NS_PER_MS)
		program->restarts = 0;
	bool spent = policy->budget && program->restarts >= policy->budget;
	if (spent && (!program->is_vital || program->restarts >= PROGRAMS_VITAL_RESTARTS)) {
		program->state = PROGRAM_FAILED;
		print("%s: package=%.*s ended %u times in a row, not starting it again\n",
		      table->name, STR_ARG(program->entry.package_id), program->restarts + 1);
		return;
	}
	if (spent)
		print("%s: package=%.*s ended %u times in a row, but nothing goes on without it\n",
		      table->name, STR_ARG(program->entry.package_id), program->restarts + 1);
	unsigned delay_ms =
	        spent ? policy->longest_ms : restart_delay_ms(policy, program->restarts);
	program->restarts++;
	program->state = PROGRAM_DELAYED;
	program->due_ns = now_ns + (uint64_t)delay_ms * PROGRAMS_NS_PER_MS;
	print("%s: starting package=%.*s again in %u ms\n", table->name,
	      STR_ARG(program->entry.package_id), delay_ms);
}

void programs_ended(struct program_table *table, struct program *program, int32_t status)
{
	bool at_once = program->at_once;
	program->registered = program->at_once = false;
	if (at_once) {
		program->state = PROGRAM_WAITING;
	} else if (program->restart == IPC_RESTART_NEVER) {
		program->state = PROGRAM_EXITED;
		programs_note_status(table, status);
	} else {
		program_delay(table, program, table->ops->now_ns(table->context));
	}
	if (program->state == PROGRAM_FAILED)
		programs_note_status(table, 1);
	if (table->ops->changed)
		table->ops->changed(table->context, program);
}

void programs_wake(struct program_table *table)
{
	uint64_t now_ns = table->ops->now_ns(table->context);
	for (size_t i = 0; i < table->count; i++) {
		struct program *program = &table->list[i];
		if (program->state == PROGRAM_DELAYED && !program->is_elsewhere &&
		    program->due_ns <= now_ns)
			program->state = PROGRAM_WAITING;
	}
}

uint64_t programs_next_ns(const struct program_table *table)
{
	uint64_t next_ns = 0, now_ns = table->ops->now_ns(table->context);
	for (size_t i = 0; i < table->count; i++) {
		const struct program *program = &table->list[i];
		if (program->state != PROGRAM_DELAYED || program->is_elsewhere)
			continue;
		uint64_t left_ns = program->due_ns > now_ns ? program->due_ns - now_ns : 1;
		if (!next_ns || left_ns < next_ns)
			next_ns = left_ns;
	}
	return next_ns;
}

/* Something is still to come of it, so the machine goes on. */
static bool program_counts(const struct program *program)
{
	bool lives = program->state == PROGRAM_RUNNING || program->state == PROGRAM_DELAYED;
	return lives && program->restart != IPC_RESTART_SERVICE;
}

/* A service that is not there yet, and may still come. */
static bool program_may_register(const struct program *program)
{
	return program->service && !program->registered &&
	       (program->state == PROGRAM_RUNNING || program->state == PROGRAM_DELAYED);
}

static bool table_has(const struct program_table *table, bool (*is)(const struct program *))
{
	for (size_t i = 0; i < table->count; i++)
		if (is(&table->list[i]))
			return true;
	return false;
}

bool programs_go_on(const struct program_table *table)
{
	return table_has(table, program_counts) || table_has(table, program_may_register);
}
