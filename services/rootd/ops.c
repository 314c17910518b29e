/* What anybody may ask, and what who orders programs asks for. */
#include "rootd.h"
#include <rt/root_service.h>

enum status root_op_status(struct root_service *self, const struct root_request *in,
                           struct root_reply *out, struct service_call *)
{
	if (in->flags || in->reserved0[0] || in->reserved0[1])
		return ERR_INVALID_ARGS;
	out->value = self->table.count;
	for (size_t i = 0; i < self->table.count; i++) {
		enum program_state state = self->table.list[i].state;
		out->running += state == PROGRAM_RUNNING;
		out->waiting += state == PROGRAM_WAITING || state == PROGRAM_DELAYED;
		out->failed += state == PROGRAM_FAILED || state == PROGRAM_SKIPPED;
	}
	return OK;
}

enum status root_op_lease_list(struct root_service *self, const struct root_request *in,
                               struct root_reply *, struct service_call *call)
{
	if (in->flags || in->reserved0[0] || in->reserved0[1])
		return ERR_INVALID_ARGS;
	if (in->index >= self->table.count)
		return ERR_OUT_OF_RANGE;
	return rootd_reply_lease(self, &self->table.list[in->index], call);
}

/* The bytes behind a request, cut as its lengths say. */
struct request_parts {
	struct str package, awaited, arguments, environment;
};

static bool request_cut(const struct root_request *in, const struct service_call *call,
                        struct request_parts *out)
{
	struct str rest = {(const char *)call->bytes, call->len};
	const struct {
		size_t len;
		struct str *to;
	} parts[] = {
	        {in->package_len, &out->package},
	        {in->awaited_len, &out->awaited},
	        {in->arguments_len, &out->arguments},
	        {in->environment_len, &out->environment},
	};
	for (size_t i = 0; i < COUNT(parts); i++) {
		if (parts[i].len > rest.len)
			return false;
		*parts[i].to = str_slice(rest, 0, parts[i].len);
		rest = str_slice(rest, parts[i].len, rest.len);
	}
	return rest.len == 0 && out->package.len && in->package_len <= ROOT_PACKAGE_MAX;
}

/* A request of who orders programs, about one program that rootd does not order itself. */
static enum status request_take(struct root_service *self, const struct root_request *in,
                                const struct service_call *call, struct request_parts *out_parts,
                                struct program **out_program)
{
	if (!rootd_is_orderer(self, call->info->sender_pid))
		return ERR_ACCESS_DENIED;
	if (!request_cut(in, call, out_parts))
		return ERR_INVALID_ARGS;
	struct program *program = rootd_find_or_add(self, out_parts->package);
	if (!program)
		return ERR_NOT_FOUND;
	if (!program->is_elsewhere)
		return ERR_ACCESS_DENIED;
	/* its own bytes: those of the request are gone with it */
	const struct program *awaited = programs_find(&self->table, out_parts->awaited);
	program->awaited = awaited ? awaited->entry.package_id : (struct str){};
	*out_program = program;
	return OK;
}

enum status root_op_start(struct root_service *self, const struct root_request *in,
                          struct root_reply *out, struct service_call *call)
{
	struct request_parts parts;
	struct program *program;
	TRY(request_take(self, in, call, &parts, &program));
	if (program->state == PROGRAM_RUNNING)
		return ERR_BUSY;
	const struct spawn_order order = {parts.arguments, parts.environment, in->weight_micros};
	program->awaits_since_ns = rootd_now_ns() - in->waited_ns;
	program->at_once = false;
	TRY(rootd_spawn(self, program, &order, &out->value));
	program->state = PROGRAM_RUNNING;
	/* of a service more is awaited than that it runs */
	if (!program->service)
		rootd_reload_done(self, program);
	return OK;
}

enum status root_op_authorize(struct root_service *self, const struct root_request *in,
                              struct root_reply *out, struct service_call *call)
{
	struct request_parts parts;
	struct program *program;
	TRY(request_take(self, in, call, &parts, &program));
	/* the ticket that it had may have been used a moment ago */
	TRY(rootd_hear(self));
	if (program->state == PROGRAM_RUNNING) {
		out->value = program->pid;
		return ERR_BUSY;
	}
	program->awaits_since_ns = rootd_now_ns() - in->waited_ns;
	program->at_once = false;
	return rootd_authorize(self, program, in->weight_micros, &out->value);
}

enum status root_op_note(struct root_service *self, const struct root_request *in,
                         struct root_reply *, struct service_call *call)
{
	static const enum program_state states[] = {
	        [ROOT_LEASE_EXITED] = PROGRAM_EXITED,
	        [ROOT_LEASE_RESTART_PENDING] = PROGRAM_DELAYED,
	        [ROOT_LEASE_FAILED] = PROGRAM_FAILED,
	        [ROOT_LEASE_WAITING] = PROGRAM_WAITING,
	        [ROOT_LEASE_SKIPPED] = PROGRAM_SKIPPED,
	};
	struct request_parts parts;
	struct program *program;
	if (in->state < ROOT_LEASE_EXITED || in->state >= (int32_t)COUNT(states))
		return ERR_INVALID_ARGS;
	TRY(request_take(self, in, call, &parts, &program));
	if (program->state == PROGRAM_RUNNING)
		return ERR_BUSY;
	program->state = states[in->state];
	return OK;
}

enum status root_op_finish(struct root_service *self, const struct root_request *in,
                           struct root_reply *, struct service_call *call)
{
	if (!rootd_is_orderer(self, call->info->sender_pid))
		return ERR_ACCESS_DENIED;
	programs_note_status(&self->table, in->state);
	self->finished = true;
	return OK;
}
