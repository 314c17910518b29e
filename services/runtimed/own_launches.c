/* What runtimed launches by itself: in an order, and again when it could not be for the moment. */
#include "runtimed.h"
#include <format/api.h>
#include <service/api.h>

enum { LAUNCH_LINE_MAX = 512, LAUNCH_DELAY_NS = 100000000 };

static void launches_say_order(const struct runtime_service *self)
{
	char bytes[LAUNCH_LINE_MAX];
	struct format_buffer text = {.ptr = bytes, .size = sizeof bytes};
	for (size_t i = 0; i < self->launch_count; i++)
		format_append(&text, "%s%.*s", i ? "," : "",
		              STR_ARG(self->launches[i].program.desktop_id));
	service_log(runtime_name, LOG_LEVEL_INFO, "launch order=%.*s", (int)text.len, text.ptr);
}

static bool launches_add(struct runtime_service *self, const struct catalog_program *program)
{
	if (self->launch_count == RUNTIME_LAUNCHES_MAX) {
		service_log(runtime_name, LOG_LEVEL_WARN, "no room for %.*s, not launching it",
		            STR_ARG(program->desktop_id));
		return false;
	}
	self->launches[self->launch_count++] = (struct runtime_own_launch){*program, 1, 0};
	return true;
}

void runtime_read_launches(struct runtime_service *self)
{
	/* what opens windows comes first: somebody waits for it */
	for (unsigned console = 0; console <= 1; console++) {
		struct registry_reader reader = registry_begin(self->catalog.launches);
		struct catalog_program program;
		while (catalog_next_launch(&reader, &program) == OK)
			if (program.console_hosted == console && !launches_add(self, &program))
				break;
	}
	launches_say_order(self);
}

/* Its file or its dependency may be there later, or memory. */
static bool launch_may_come(enum status status)
{
	return status == ERR_TRY_AGAIN || status == ERR_NO_MEMORY || status == ERR_IO ||
	       status == ERR_NO_SPACE || status == ERR_INTERRUPTED;
}

static void launch_try(struct runtime_service *self, struct runtime_own_launch *launch)
{
	const struct launch_order order = {self->own_uid, self->own_gid, {-1, -1, -1}};
	const struct runtime_program *running;
	uint64_t delay_ns = (uint64_t)LAUNCH_DELAY_NS << launch->tries;
	enum status status = runtime_launch_program(self, &launch->program, &order, &running);
	bool again = launch_may_come(status) && ++launch->tries < RUNTIME_LAUNCH_TRIES_MAX;
	launch->due_ns = again ? runtime_now_ns() + delay_ns : 0;
	if (status != OK)
		service_log(runtime_name, LOG_LEVEL_WARN, "not launching %.*s: %s, %s",
		            STR_ARG(launch->program.desktop_id), status_name(status),
		            again ? "trying again" : "giving up");
}

void runtime_launch_due(struct runtime_service *self)
{
	for (size_t i = 0; i < self->launch_count; i++) {
		struct runtime_own_launch *launch = &self->launches[i];
		if (launch->due_ns && launch->due_ns <= runtime_now_ns())
			launch_try(self, launch);
	}
}

uint64_t runtime_next_launch_ns(const struct runtime_service *self)
{
	uint64_t first = UINT64_MAX;
	for (size_t i = 0; i < self->launch_count; i++)
		if (self->launches[i].due_ns && self->launches[i].due_ns < first)
			first = self->launches[i].due_ns;
	return first;
}
