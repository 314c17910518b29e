/* Launches that nobody waits for: in an order, and again when one could not be for the moment. */
#include "runtimed.h"
#include <format/api.h>
#include <service/api.h>

enum { LAUNCH_LINE_MAX = 512, LAUNCH_DELAY_NS = 100000000 };

static void planned_say_order(const struct runtime_service *self)
{
	char bytes[LAUNCH_LINE_MAX];
	struct format_buffer text = {.ptr = bytes, .size = sizeof bytes};
	for (size_t i = 0; i < RUNTIME_LAUNCHES_MAX && self->launches[i].due_ns; i++)
		format_append(&text, "%s%.*s", i ? "," : "",
		              STR_ARG(self->launches[i].program.desktop_id));
	service_log(runtime_name, LOG_LEVEL_INFO, "launch order=%.*s", (int)text.len, text.ptr);
}

static void planned_add(struct runtime_service *self, const struct catalog_program *program,
                        const struct launch_order *order)
{
	for (size_t i = 0; i < RUNTIME_LAUNCHES_MAX; i++) {
		if (self->launches[i].due_ns)
			continue;
		self->launches[i] = (struct runtime_planned){*program, *order, 1, 0};
		return;
	}
	service_log(runtime_name, LOG_LEVEL_WARN, "no room for %.*s, not launching it",
	            STR_ARG(program->desktop_id));
}

static void planned_read_companions(struct runtime_service *self, unsigned rank)
{
	struct registry_reader reader = registry_begin(self->catalog.programs);
	struct catalog_program program;
	while (catalog_next_companion(&reader, &program) == OK) {
		if (catalog_rank(&program) != rank)
			continue;
		if (self->companion_count == RUNTIME_COMPANIONS_MAX) {
			service_log(runtime_name, LOG_LEVEL_WARN,
			            "no room for %.*s, no session will have it",
			            STR_ARG(program.desktop_id));
			continue;
		}
		self->companions[self->companion_count++] = program;
	}
}

void runtime_read_launches(struct runtime_service *self)
{
	const struct launch_order order = {
	        .uid = self->own_uid, .gid = self->own_gid, .streams = {-1, -1, -1}};
	/* what opens windows comes first: somebody waits for it */
	for (unsigned rank = 0; rank < CATALOG_RANKS; rank++) {
		struct registry_reader reader = registry_begin(self->catalog.launches);
		struct catalog_program program;
		while (catalog_next_launch(&reader, &program) == OK)
			if (catalog_rank(&program) == rank)
				planned_add(self, &program, &order);
		planned_read_companions(self, rank);
	}
	planned_say_order(self);
}

void runtime_plan_companions(struct runtime_service *self, const struct launch_order *order,
                             const struct runtime_program *leader)
{
	const struct launch_order companion = {
	        .uid = order->uid,
	        .gid = order->gid,
	        .session = leader->session_handle,
	        .streams = {-1, -1, -1},
	};
	for (size_t i = 0; i < self->companion_count; i++) {
		const struct catalog_program *each = &self->companions[i];
		bool wanted = each->policy == POLICY_ALL_SESSIONS || order->asked;
		/* who was launched as the leader is there already */
		if (wanted && each->id != leader->program_id)
			planned_add(self, each, &companion);
	}
}

void runtime_forget_planned(struct runtime_service *self, uint64_t session)
{
	for (size_t i = 0; i < RUNTIME_LAUNCHES_MAX; i++)
		if (self->launches[i].order.session == session)
			self->launches[i].due_ns = 0;
}

/* Its file or its dependency may be there later, or memory. */
static bool planned_may_come(enum status status)
{
	return status == ERR_TRY_AGAIN || status == ERR_NO_MEMORY || status == ERR_IO ||
	       status == ERR_NO_SPACE || status == ERR_INTERRUPTED;
}

static void planned_try(struct runtime_service *self, struct runtime_planned *launch)
{
	const struct runtime_planned now = *launch; /* the launch may plan others */
	const struct runtime_program *running;
	enum status status = runtime_launch_program(self, &now.program, &now.order, &running);
	bool again = planned_may_come(status) && ++launch->tries < RUNTIME_LAUNCH_TRIES_MAX;
	uint64_t delay_ns = (uint64_t)LAUNCH_DELAY_NS << now.tries;
	launch->due_ns = again ? runtime_now_ns() + delay_ns : 0;
	if (status != OK)
		service_log(runtime_name, LOG_LEVEL_WARN, "not launching %.*s: %s, %s",
		            STR_ARG(now.program.desktop_id), status_name(status),
		            again ? "trying again" : "giving up");
}

void runtime_launch_due(struct runtime_service *self)
{
	for (size_t i = 0; i < RUNTIME_LAUNCHES_MAX; i++) {
		struct runtime_planned *launch = &self->launches[i];
		if (launch->due_ns && launch->due_ns <= runtime_now_ns())
			planned_try(self, launch);
	}
}

uint64_t runtime_next_launch_ns(const struct runtime_service *self)
{
	uint64_t first = UINT64_MAX;
	for (size_t i = 0; i < RUNTIME_LAUNCHES_MAX; i++)
		if (self->launches[i].due_ns && self->launches[i].due_ns < first)
			first = self->launches[i].due_ns;
	return first;
}
