/* Telling who orders programs what has changed. */
#include "rootd.h"
#include <rt/root_service.h>

/* NULL: nothing has. */
static struct program *next_changed(const struct root_service *self)
{
	for (size_t i = 0; i < self->table.count; i++)
		if (self->leases[i].changed)
			return &self->table.list[i];
	return NULL;
}

/* The operation's own answer, when there is one now. */
static enum status next_tell(struct root_service *self, struct service_call *call)
{
	struct program *program = next_changed(self);
	if (!program)
		return ERR_TIMED_OUT;
	TRY(rootd_reply_lease(self, program, call));
	rootd_lease(self, program)->changed = false;
	return OK;
}

static uint64_t next_due_ns(uint64_t timeout_ns)
{
	uint64_t due_ns;
	return __builtin_add_overflow(rootd_now_ns(), timeout_ns, &due_ns) ? UINT64_MAX : due_ns;
}

enum status root_op_next(struct root_service *self, const struct root_request *in,
                         struct root_reply *, struct service_call *call)
{
	if (!rootd_is_orderer(self, call->info->sender_pid))
		return ERR_ACCESS_DENIED;
	/* it has come to where it waits */
	rootd_reload_done(self, rootd_orderer(self));
	if (in->flags & ~(uint32_t)ROOT_ALL)
		return ERR_INVALID_ARGS;
	for (size_t i = 0; in->flags & ROOT_ALL && i < self->table.count; i++)
		self->leases[i].changed = true;
	enum status status = next_tell(self, call);
	if (status != ERR_TIMED_OUT || !in->timeout_ns)
		return status;
	self->next = (struct next_request){
	        .waits = true,
	        .reply_cap = call->info->reply_cap,
	        .due_ns = next_due_ns(in->timeout_ns),
	};
	call->later = true;
	return OK;
}

void rootd_answer_next(struct root_service *self)
{
	struct {
		struct root_reply reply;
		uint8_t bytes[sizeof(struct root_lease) + 2 * ROOT_PACKAGE_MAX];
	} answer = {};
	struct service_call call = {
	        .reply_bytes = answer.bytes,
	        .reply_capacity = sizeof answer.bytes,
	};
	if (!self->next.waits)
		return;
	enum status status = next_tell(self, &call);
	if (status == ERR_TIMED_OUT && rootd_now_ns() < self->next.due_ns)
		return;
	answer.reply.status = (int32_t)status;
	answer.reply.len = status == OK ? (uint32_t)call.reply_len : 0;
	self->next.waits = false;
	/* who has died meanwhile is told everything when it is there again */
	(void)!rustos_ipc_reply(self->next.reply_cap, &answer,
	                        sizeof answer.reply + answer.reply.len);
}
