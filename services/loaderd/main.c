/*
 * loaderd: programs for threads in exec, and programs that are started anew. Reading a program may
 * take a disk's time: requests are answered by several threads, which have nothing in common.
 */
#include "build.h"
#include "spawn.h"
#include <abi/services.h>
#include <abi/vfs.h>
#include <base/cleanup.h>
#include <rt/api.h>
#include <rt/loader_service.h>
#include <string.h>

enum { LOADER_THREADS = 16 };

struct loader_service {
	struct build build;
	char path[VFS_PATH_MAX + 1]; /* of the request, NUL-terminated */
	struct spawn_vectors vectors;
};

static enum status take_path(struct loader_service *self, const struct loader_request *in,
                             const struct service_call *call)
{
	if (in->path_len > VFS_PATH_MAX)
		return ERR_NAME_TOO_LONG;
	uint64_t whole = (uint64_t)in->path_len + in->argv_bytes_len + in->env_bytes_len;
	if (whole != call->len || memchr(call->bytes, 0, in->path_len))
		return ERR_INVALID_ARGS;
	memcpy(self->path, call->bytes, in->path_len);
	self->path[in->path_len] = '\0';
	return OK;
}

/* ---- exec ---- */

static enum status hand_over(struct build *build)
{
	const struct proc_exec_target_args args = {
	        .abi_version = PROC_BROKER_VERSION,
	        .prepare_handle = build->image,
	        .exec_ticket = build->target.ticket,
	        .target_pid = build->target.pid,
	        .target_tid = build->target.tid,
	        .exec_path_ptr = (uintptr_t)build->path,
	        .exec_path_len = strlen(build->path),
	        .argv_ptr = build->leading_count ? (uintptr_t)build->leading : 0,
	        .reply_cap = build->target.reply_cap,
	};
	TRY(rustos_proc_exec_target_broker(&args));
	build->image = 0; /* the kernel has closed it */
	return OK;
}

enum status loader_op_exec_target(struct loader_service *self, const struct loader_request *in,
                                  struct loader_reply *, struct service_call *call)
{
	const struct build_target target = {call->info->reply_cap, in->exec_ticket, in->target_pid,
	                                    in->target_tid};
	/* the kernel asks in the target's own name: nobody acts on another process through us */
	if (call->info->sender_pid != in->target_pid)
		return ERR_ACCESS_DENIED;
	if (!in->exec_ticket || in->flags || in->console_session || in->weight_micros ||
	    in->may_register || in->may_look_up || in->argv_count || in->env_count ||
	    in->argv_bytes_len || in->env_bytes_len)
		return ERR_INVALID_ARGS;
	TRY(take_path(self, in, call));
	enum status status = build_program(&self->build, &target, self->path);
	if (status == OK)
		status = hand_over(&self->build);
	build_end(&self->build);
	return status;
}

/* ---- programs that are started ---- */

static enum status commit(struct loader_service *self, const struct loader_request *in,
                          uint64_t *out_pid)
{
	struct build *build = &self->build;
	const struct proc_commit_args args = {
	        .prepare_handle = build->image,
	        .exec_path_ptr = (uintptr_t)build->path,
	        .exec_path_len = strlen(build->path),
	        .argv_ptr = (uintptr_t)self->vectors.argv,
	        .envp_ptr = (uintptr_t)self->vectors.envp,
	        .flags = in->flags | in->may_register << SPAWN_EXEC_SERVICE_SHIFT |
	                 in->may_look_up << SPAWN_EXEC_USES_SHIFT,
	        .console_session = in->console_session,
	        .weight_micros = in->weight_micros,
	        .reply_cap = build->target.reply_cap,
	        .spawn_ticket = in->exec_ticket,
	};
	TRY(rustos_proc_commit_broker(&args, out_pid));
	build->image = 0;
	return OK;
}

static enum status spawn(struct loader_service *self, const struct loader_request *in,
                         const struct build_target *target, uint64_t *out_pid)
{
	struct build *build = &self->build;
	TRY(build_program(build, target, self->path));
	if (!spawn_vectors_put_leading(&self->vectors, build->leading, build->leading_count))
		return ERR_TOO_BIG;
	return commit(self, in, out_pid);
}

enum status loader_op_spawn_exec(struct loader_service *self, const struct loader_request *in,
                                 struct loader_reply *out, struct service_call *call)
{
	const struct build_target target = {.reply_cap = call->info->reply_cap};
	bool is_known = !(in->flags & ~(uint32_t)SPAWN_EXEC_ADMIN) &&
	                in->may_register <= IPC_SERVICE_ID_MAX &&
	                !(in->may_look_up >> (IPC_SERVICE_ID_MAX + 1));
	/* by a ticket the kernel knows what the program may do */
	bool has_wishes = in->flags || in->console_session || in->weight_micros ||
	                  in->may_register || in->may_look_up;
	if (!is_known || in->target_pid || in->target_tid || (in->exec_ticket && has_wishes))
		return ERR_INVALID_ARGS;
	TRY(take_path(self, in, call));
	if (self->path[0] != '/')
		return ERR_INVALID_ARGS;
	const char *strings = (const char *)call->bytes + in->path_len;
	const struct spawn_strings argv = {strings, in->argv_bytes_len, in->argv_count};
	const struct spawn_strings envp = {strings + in->argv_bytes_len, in->env_bytes_len,
	                                   in->env_count};
	TRY(spawn_vectors_take(&self->vectors, argv, envp));
	enum status status = spawn(self, in, &target, &out->pid);
	build_end(&self->build);
	return status;
}

int main(int, char **, char **)
{
	static struct loader_service self; /* too large for the stack */
	const struct service_definition definition = {
	        .interface = &loader_interface,
	        .self = &self,
	        .threads = LOADER_THREADS,
	        .self_size = sizeof self,
	};
	service_log("loaderd", LOG_LEVEL_INFO, "service start");
	enum status status = service_run(&definition);
	service_log("loaderd", LOG_LEVEL_ERROR, "%s, giving up", status_name(status));
	return 1;
}
