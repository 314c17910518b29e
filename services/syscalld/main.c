/* syscalld: reads a slot, decides, writes it back. It keeps nothing itself. */
#include "ids.h"
#include "limits.h"
#include "memory.h"
#include <base/cleanup.h>
#include <rt/api.h>
#include <rt/policy_service.h>
#include <string.h>

struct policy_service {
	struct credentials_slot credentials; /* of the request that runs, as the next two */
	struct limits_slot limits;
	struct names_slot names;
};

static enum status slot_move(const struct service_call *call, uint16_t op, uint16_t kind,
                             void *state, size_t size)
{
	bool is_machine = kind == SLOT_NAMES;
	const struct proc_slot_args args = {
	        .abi_version = SLOT_VERSION,
	        .kind = kind,
	        .op = op,
	        .pid = is_machine ? 0 : call->info->sender_pid,
	        .reply_cap = is_machine ? 0 : call->info->reply_cap,
	        .state_ptr = (uintptr_t)state,
	        .state_len = size,
	};
	return rustos_proc_slot_broker(&args);
}

/* The caller's own call, with as many bytes behind it. */
static enum status policy_check(const struct policy_request *in, const struct service_call *call,
                                size_t len)
{
	if (in->pid != call->info->sender_pid)
		return ERR_ACCESS_DENIED;
	return call->len == len ? OK : ERR_INVALID_ARGS;
}

static enum status credentials_read(struct policy_service *self, const struct policy_request *in,
                                    const struct service_call *call, size_t len)
{
	TRY(policy_check(in, call, len));
	return slot_move(call, SLOT_READ, SLOT_CREDENTIALS, &self->credentials,
	                 sizeof self->credentials);
}

static enum status credentials_write(struct policy_service *self, const struct service_call *call)
{
	return slot_move(call, SLOT_WRITE, SLOT_CREDENTIALS, &self->credentials,
	                 sizeof self->credentials);
}

static bool is_privileged(const struct policy_service *self)
{
	return self->credentials.euid == 0;
}

/* ---- ids ---- */

enum status policy_op_setuid(struct policy_service *self, const struct policy_request *in,
                             struct policy_reply *, struct service_call *call)
{
	TRY(credentials_read(self, in, call, 0));
	struct ids ids = ids_of_user(&self->credentials);
	TRY(ids_set(&ids, (uint32_t)in->args[0], is_privileged(self)));
	ids_put_user(&self->credentials, &ids);
	return credentials_write(self, call);
}

enum status policy_op_setgid(struct policy_service *self, const struct policy_request *in,
                             struct policy_reply *, struct service_call *call)
{
	TRY(credentials_read(self, in, call, 0));
	struct ids ids = ids_of_group(&self->credentials);
	TRY(ids_set(&ids, (uint32_t)in->args[0], is_privileged(self)));
	ids_put_group(&self->credentials, &ids);
	return credentials_write(self, call);
}

enum status policy_op_setreuid(struct policy_service *self, const struct policy_request *in,
                               struct policy_reply *, struct service_call *call)
{
	TRY(credentials_read(self, in, call, 0));
	struct ids ids = ids_of_user(&self->credentials);
	TRY(ids_set_two(&ids, (uint32_t)in->args[0], (uint32_t)in->args[1], is_privileged(self)));
	ids_put_user(&self->credentials, &ids);
	return credentials_write(self, call);
}

enum status policy_op_setregid(struct policy_service *self, const struct policy_request *in,
                               struct policy_reply *, struct service_call *call)
{
	TRY(credentials_read(self, in, call, 0));
	struct ids ids = ids_of_group(&self->credentials);
	TRY(ids_set_two(&ids, (uint32_t)in->args[0], (uint32_t)in->args[1], is_privileged(self)));
	ids_put_group(&self->credentials, &ids);
	return credentials_write(self, call);
}

enum status policy_op_setresuid(struct policy_service *self, const struct policy_request *in,
                                struct policy_reply *, struct service_call *call)
{
	const uint32_t wanted[3] = {(uint32_t)in->args[0], (uint32_t)in->args[1],
	                            (uint32_t)in->args[2]};
	TRY(credentials_read(self, in, call, 0));
	struct ids ids = ids_of_user(&self->credentials);
	TRY(ids_set_three(&ids, wanted, is_privileged(self)));
	ids_put_user(&self->credentials, &ids);
	return credentials_write(self, call);
}

enum status policy_op_setresgid(struct policy_service *self, const struct policy_request *in,
                                struct policy_reply *, struct service_call *call)
{
	const uint32_t wanted[3] = {(uint32_t)in->args[0], (uint32_t)in->args[1],
	                            (uint32_t)in->args[2]};
	TRY(credentials_read(self, in, call, 0));
	struct ids ids = ids_of_group(&self->credentials);
	TRY(ids_set_three(&ids, wanted, is_privileged(self)));
	ids_put_group(&self->credentials, &ids);
	return credentials_write(self, call);
}

enum status policy_op_setfsuid(struct policy_service *self, const struct policy_request *in,
                               struct policy_reply *out, struct service_call *call)
{
	TRY(credentials_read(self, in, call, 0));
	struct ids ids = ids_of_user(&self->credentials);
	out->value = ids_set_file(&ids, (uint32_t)in->args[0], is_privileged(self));
	ids_put_user(&self->credentials, &ids);
	return credentials_write(self, call);
}

enum status policy_op_setfsgid(struct policy_service *self, const struct policy_request *in,
                               struct policy_reply *out, struct service_call *call)
{
	TRY(credentials_read(self, in, call, 0));
	struct ids ids = ids_of_group(&self->credentials);
	out->value = ids_set_file(&ids, (uint32_t)in->args[0], is_privileged(self));
	ids_put_group(&self->credentials, &ids);
	return credentials_write(self, call);
}

enum status policy_op_setgroups(struct policy_service *self, const struct policy_request *in,
                                struct policy_reply *, struct service_call *call)
{
	if (in->args[0] > CREDENTIALS_GROUPS_MAX)
		return ERR_INVALID_ARGS;
	size_t len = (size_t)in->args[0] * sizeof(uint32_t);
	TRY(credentials_read(self, in, call, len));
	if (!is_privileged(self))
		return ERR_NOT_PERMITTED;
	memset(self->credentials.groups, 0, sizeof self->credentials.groups);
	memcpy(self->credentials.groups, call->bytes, len);
	self->credentials.group_count = (uint32_t)in->args[0];
	return credentials_write(self, call);
}

/* ---- limits ---- */

enum status policy_op_prlimit64(struct policy_service *self, const struct policy_request *in,
                                struct policy_reply *, struct service_call *call)
{
	struct limit_pair wanted;
	TRY(credentials_read(self, in, call, sizeof wanted));
	memcpy(&wanted, call->bytes, sizeof wanted);
	TRY(slot_move(call, SLOT_READ, SLOT_LIMITS, &self->limits, sizeof self->limits));
	TRY(limits_set(&self->limits, in->args[0], &wanted, is_privileged(self)));
	return slot_move(call, SLOT_WRITE, SLOT_LIMITS, &self->limits, sizeof self->limits);
}

/* ---- names ---- */

static enum status name_set(struct policy_service *self, const struct policy_request *in,
                            const struct service_call *call, uint8_t *name)
{
	if (call->len > SYSTEM_NAME_MAX)
		return ERR_INVALID_ARGS;
	TRY(credentials_read(self, in, call, call->len));
	if (!is_privileged(self))
		return ERR_NOT_PERMITTED;
	TRY(slot_move(call, SLOT_READ, SLOT_NAMES, &self->names, sizeof self->names));
	memset(name, 0, SYSTEM_NAME_MAX + 1);
	memcpy(name, call->bytes, call->len);
	return slot_move(call, SLOT_WRITE, SLOT_NAMES, &self->names, sizeof self->names);
}

enum status policy_op_sethostname(struct policy_service *self, const struct policy_request *in,
                                  struct policy_reply *, struct service_call *call)
{
	return name_set(self, in, call, self->names.host);
}

enum status policy_op_setdomainname(struct policy_service *self, const struct policy_request *in,
                                    struct policy_reply *, struct service_call *call)
{
	return name_set(self, in, call, self->names.domain);
}

/* ---- memory of programs with native calls ---- */

static enum status memory_broker(const struct service_call *call, struct mm_broker_args *args,
                                 uint64_t *out_start)
{
	args->abi_version = MM_BROKER_VERSION;
	args->target_pid = call->info->sender_pid;
	args->reply_cap = call->info->reply_cap;
	return rustos_mm_broker(args, out_start);
}

static enum status memory_rules_read(struct policy_service *self, const struct service_call *call,
                                     struct memory_rules *out)
{
	enum { LIMIT_ADDRESSES = 9 };
	uint64_t unused;
	struct mm_broker_args question = {.op = MM_QUERY_LAYOUT,
	                                  .out_ptr = (uintptr_t)&out->layout,
	                                  .out_len = sizeof out->layout};
	TRY(slot_move(call, SLOT_READ, SLOT_LIMITS, &self->limits, sizeof self->limits));
	out->addresses_max = self->limits.limits[LIMIT_ADDRESSES].current;
	return memory_broker(call, &question, &unused);
}

enum status policy_op_mmap(struct policy_service *self, const struct policy_request *in,
                           struct policy_reply *out, struct service_call *call)
{
	struct memory_rules rules;
	struct memory_plan plan;
	TRY(policy_check(in, call, 0));
	TRY(memory_rules_read(self, call, &rules));
	TRY(memory_plan_map(&rules, in->args, &plan));
	enum status status = memory_broker(call, &plan.args, &out->value);
	if (status == ERR_EXISTS && plan.is_hint) {
		plan.args.address = 0;
		status = memory_broker(call, &plan.args, &out->value);
	}
	return status;
}

enum status policy_op_mprotect(struct policy_service *, const struct policy_request *in,
                               struct policy_reply *, struct service_call *call)
{
	struct memory_plan plan;
	uint64_t unused;
	TRY(policy_check(in, call, 0));
	TRY(memory_plan_protect(in->args, &plan));
	if (!plan.args.size)
		return OK;
	enum status status = memory_broker(call, &plan.args, &unused);
	/* Linux's word for a hole */
	return status == ERR_BAD_ADDRESS ? ERR_NO_MEMORY : status;
}

enum status policy_op_munmap(struct policy_service *, const struct policy_request *in,
                             struct policy_reply *, struct service_call *call)
{
	struct memory_plan plan;
	uint64_t unused;
	TRY(policy_check(in, call, 0));
	TRY(memory_plan_unmap(in->args, &plan));
	return memory_broker(call, &plan.args, &unused);
}

int main(int, char **, char **)
{
	struct policy_service self = {};
	const struct service_definition definition = {
	        .interface = &policy_interface,
	        .self = &self,
	};
	service_log("syscalld", LOG_LEVEL_INFO, "service start");
	enum status status = service_run(&definition);
	service_log("syscalld", LOG_LEVEL_ERROR, "%s, giving up", status_name(status));
	return 1;
}
