/* When what has died is started again, by the policies of registry/services.toml. */
#include "rootd.h"

enum { ROOTD_NS_PER_MS = 1000000 };

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

void program_ended(struct program *program, uint64_t now_ns)
{
	const struct restart_policy *policy = &restart_policies[program->restart];
	program->registered = false;
	if (program->restart == IPC_RESTART_NEVER) {
		program->state = PROGRAM_EXITED;
		return;
	}
	if (now_ns - program->started_ns >= (uint64_t)policy->steady_ms * ROOTD_NS_PER_MS)
		program->restarts = 0;
	if (policy->budget && program->restarts == policy->budget) {
		program->state = PROGRAM_FAILED;
		print("rootd: package=%.*s ended %u times in a row, not starting it again\n",
		      STR_ARG(program->entry.package_id), program->restarts + 1);
		return;
	}
	unsigned delay_ms = restart_delay_ms(policy, program->restarts++);
	program->state = PROGRAM_DELAYED;
	program->due_ns = now_ns + (uint64_t)delay_ms * ROOTD_NS_PER_MS;
	print("rootd: starting package=%.*s again in %u ms\n", STR_ARG(program->entry.package_id),
	      delay_ms);
}

uint64_t rootd_wake_programs(struct rootd *self, uint64_t now_ns)
{
	uint64_t next_ns = 0;
	for (size_t i = 0; i < self->program_count; i++) {
		struct program *program = &self->programs[i];
		if (program->state != PROGRAM_DELAYED)
			continue;
		if (program->due_ns <= now_ns)
			program->state = PROGRAM_WAITING;
		else if (!next_ns || program->due_ns - now_ns < next_ns)
			next_ns = program->due_ns - now_ns;
	}
	return next_ns;
}
