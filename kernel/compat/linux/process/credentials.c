/*
 * Linux calls on users, limits and names. What there is the kernel reads from the caller's slot;
 * who may change it decides syscalld (registry/interfaces/policy.toml), without which nothing
 * changes.
 */
#include "compat/linux/abi.h"
#include "core/api.h"
#include "ps/api.h"
#include <abi/policy.h>
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

struct policy_message {
	struct ipc_message_header header;
	struct policy_request request;
};

struct policy_call {
	uint16_t op;
	uint64_t args[3];
	const void *bytes; /* behind the request */
	size_t len;
};

static int64_t policy_ask(const struct policy_call *call)
{
	struct process *self = process_current();
	const struct policy_message message = {
	        .header = {.version = IPC_ABI_VERSION,
	                   .op = call->op,
	                   .payload_len = (uint32_t)(sizeof message.request + call->len)},
	        .request = {.pid = process_id(self),
	                    .tid = task_id(task_current()),
	                    .args = {call->args[0], call->args[1], call->args[2]}},
	};
	struct policy_reply reply = {};
	const struct ipc_service_request request = {
	        .service_id = IPC_SERVICE_LINUX_SYSCALLD,
	        .pieces = {{&message, sizeof message}, {call->bytes, call->len}},
	        .reply = &reply,
	        .reply_capacity = sizeof reply,
	        .is_idempotent = POLICY_IDEMPOTENT >> call->op & 1,
	        .patience = IPC_UNTIL_END,
	};
	uint64_t len;
	enum status status = ipc_service_call(process_ipc(self), &request, &len);
	/* what only ipc knows is no answer for a program */
	if (status == ERR_NOT_CONNECTED || status == ERR_DEADLOCK || status == ERR_MESSAGE_TOO_BIG)
		return ERR_IO;
	TRY(status);
	enum { POLICY_STATUS_MIN = -4095 };
	if (len < sizeof reply.status || reply.status > 0 || reply.status < POLICY_STATUS_MIN)
		return ERR_IO;
	return reply.status == OK ? (int64_t)reply.value : reply.status;
}

static int64_t policy_ask_ids(uint16_t op, uint32_t first, uint32_t second, uint32_t third)
{
	const struct policy_call call = {.op = op, .args = {first, second, third}};
	return policy_ask(&call);
}

/* ---- ids ---- */

int64_t linux_getuid(void)
{
	return process_credentials()->uid;
}

int64_t linux_geteuid(void)
{
	return process_credentials()->euid;
}

int64_t linux_getgid(void)
{
	return process_credentials()->gid;
}

int64_t linux_getegid(void)
{
	return process_credentials()->egid;
}

static int64_t linux_put_ids(const uintptr_t addresses[3], const uint32_t ids[3])
{
	for (size_t i = 0; i < 3; i++)
		TRY(user_copy_out((struct user_out){addresses[i], sizeof ids[i]}, &ids[i]));
	return OK;
}

int64_t linux_getresuid(uintptr_t out_uid, uintptr_t out_euid, uintptr_t out_suid)
{
	const struct credentials_slot *slot = process_credentials();
	return linux_put_ids((const uintptr_t[]){out_uid, out_euid, out_suid},
	                     (const uint32_t[]){slot->uid, slot->euid, slot->suid});
}

int64_t linux_getresgid(uintptr_t out_gid, uintptr_t out_egid, uintptr_t out_sgid)
{
	const struct credentials_slot *slot = process_credentials();
	return linux_put_ids((const uintptr_t[]){out_gid, out_egid, out_sgid},
	                     (const uint32_t[]){slot->gid, slot->egid, slot->sgid});
}

int64_t linux_setuid(uint32_t uid)
{
	return policy_ask_ids(POLICY_SETUID, uid, 0, 0);
}

int64_t linux_setgid(uint32_t gid)
{
	return policy_ask_ids(POLICY_SETGID, gid, 0, 0);
}

int64_t linux_setreuid(uint32_t uid, uint32_t euid)
{
	return policy_ask_ids(POLICY_SETREUID, uid, euid, 0);
}

int64_t linux_setregid(uint32_t gid, uint32_t egid)
{
	return policy_ask_ids(POLICY_SETREGID, gid, egid, 0);
}

int64_t linux_setresuid(uint32_t uid, uint32_t euid, uint32_t suid)
{
	return policy_ask_ids(POLICY_SETRESUID, uid, euid, suid);
}

int64_t linux_setresgid(uint32_t gid, uint32_t egid, uint32_t sgid)
{
	return policy_ask_ids(POLICY_SETRESGID, gid, egid, sgid);
}

int64_t linux_setfsuid(uint32_t uid)
{
	return policy_ask_ids(POLICY_SETFSUID, uid, 0, 0);
}

int64_t linux_setfsgid(uint32_t gid)
{
	return policy_ask_ids(POLICY_SETFSGID, gid, 0, 0);
}

int64_t linux_getgroups(int32_t count, uintptr_t out_groups)
{
	struct credentials_slot slot = *process_credentials();
	if (count < 0 || (count && (uint32_t)count < slot.group_count))
		return ERR_INVALID_ARGS;
	if (count)
		TRY(user_copy_out(
		        (struct user_out){out_groups, slot.group_count * sizeof(uint32_t)},
		        slot.groups));
	return slot.group_count;
}

int64_t linux_setgroups(uint32_t count, uintptr_t groups)
{
	uint32_t ids[CREDENTIALS_GROUPS_MAX];
	if (count > CREDENTIALS_GROUPS_MAX)
		return ERR_INVALID_ARGS;
	const struct policy_call call = {
	        .op = POLICY_SETGROUPS,
	        .args = {count},
	        .bytes = ids,
	        .len = count * sizeof ids[0],
	};
	if (call.len)
		TRY(user_copy_in(ids, (struct user_in){groups, call.len}));
	return policy_ask(&call);
}

/* ---- limits ---- */

static enum status linux_set_limit(uint32_t resource, uintptr_t address)
{
	struct limit_pair limit;
	TRY(user_copy_in(&limit, (struct user_in){address, sizeof limit}));
	const struct policy_call call = {
	        .op = POLICY_PRLIMIT64, .args = {resource}, .bytes = &limit, .len = sizeof limit};
	int64_t answer = policy_ask(&call);
	return answer < 0 ? (enum status)answer : OK;
}

/* Those of another process may be seen, by its user. */
static enum status linux_find_limits(int32_t pid, struct limits_slot *out)
{
	const struct credentials_slot *self = process_credentials();
	struct credentials_slot other;
	if (pid == 0 || (uint64_t)pid == process_id(process_current()))
		return slot_read(process_id(process_current()), SLOT_LIMITS, out);
	if (pid < 0)
		return ERR_NO_PROCESS;
	TRY(slot_read((uint64_t)pid, SLOT_CREDENTIALS, &other));
	bool is_own = self->uid == other.uid && self->uid == other.euid && self->uid == other.suid;
	return is_own || process_is_privileged() ? slot_read((uint64_t)pid, SLOT_LIMITS, out)
	                                         : ERR_NOT_PERMITTED;
}

int64_t linux_prlimit64(int32_t pid, uint32_t resource, uintptr_t new_limit, uintptr_t old_limit)
{
	struct limits_slot slot;
	if (resource >= LIMITS_COUNT)
		return ERR_INVALID_ARGS;
	TRY(linux_find_limits(pid, &slot));
	if (new_limit) {
		/* syscalld changes only who asks */
		if (pid != 0 && (uint64_t)pid != process_id(process_current()))
			return ERR_NOT_PERMITTED;
		TRY(linux_set_limit(resource, new_limit));
	}
	const struct limit_pair *old = &slot.limits[resource];
	return old_limit ? user_copy_out((struct user_out){old_limit, sizeof *old}, old) : OK;
}

/* ---- names ---- */

static int64_t linux_set_name(uint16_t op, uintptr_t name, int32_t length)
{
	char text[SYSTEM_NAME_MAX];
	if (length < 0 || length > SYSTEM_NAME_MAX)
		return ERR_INVALID_ARGS;
	const struct policy_call call = {.op = op, .bytes = text, .len = (size_t)length};
	if (call.len)
		TRY(user_copy_in(text, (struct user_in){name, call.len}));
	return policy_ask(&call);
}

int64_t linux_sethostname(uintptr_t name, int32_t length)
{
	return linux_set_name(POLICY_SETHOSTNAME, name, length);
}

int64_t linux_setdomainname(uintptr_t name, int32_t length)
{
	return linux_set_name(POLICY_SETDOMAINNAME, name, length);
}
