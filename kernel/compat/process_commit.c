/* Brokers of loaderd that put an image which was built to use. */
#include "compat/spawn.h"
#include "core/api.h"
#include "io/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>
#include <string.h>

struct commit_path {
	uintptr_t address;
	uint64_t len;
};

static enum status commit_copy_path(struct program_built *built, struct commit_path path)
{
	TRY(user_copy_in(built->bytes, (struct user_in){path.address, path.len}));
	built->path = (struct str){built->bytes, path.len};
	return memchr(built->bytes, 0, path.len) ? ERR_INVALID_ARGS : OK;
}

enum status exec_target_check(struct exec_target *target, uint64_t reply_cap)
{
	struct ipc_message_info info;
	if (ipc_sender(process_ipc(process_current()), reply_cap, &info) != OK ||
	    info.sender_pid != target->pid)
		return ERR_NO_PROCESS;
	target->thread = info.sender_tid;
	return OK;
}

/* Arguments that scripts put in front: a vector that ends with NULL. */
static enum status commit_copy_leading(struct program_built *built, uintptr_t vector)
{
	size_t used = built->path.len, len;
	for (;; vector += sizeof(uint64_t)) {
		uint64_t address;
		TRY(user_copy_in(&address, (struct user_in){vector, sizeof address}));
		if (!address)
			return OK;
		if (built->leading_count == PROGRAM_LEADING_MAX || used == built->bytes_size)
			return ERR_TOO_BIG;
		char *to = built->bytes + used;
		enum status status = user_copy_string(to, built->bytes_size - used, address, &len);
		if (status != OK)
			return status == ERR_NAME_TOO_LONG ? ERR_TOO_BIG : status;
		built->leading[built->leading_count++] = (struct str){to, len};
		used += len + 1;
	}
}

static enum status commit_take_image(struct program_built *built, uint64_t handle)
{
	struct prepare *prepare;
	TRY(prepare_get(handle, &prepare));
	enum status status = prepare_take(prepare, built);
	prepare_unref(prepare);
	return status;
}

/* With its handle, which means nothing any more. */
static void commit_close(uint64_t handle)
{
	(void)!handle_table_close(&process_ipc(process_current())->handles, handle);
}

static enum status commit_give(const struct proc_exec_target_args *args,
                               struct program_built *built)
{
	struct exec_target target = {args->exec_ticket, args->target_pid, args->target_tid, 0};
	const struct commit_path path = {args->exec_path_ptr, args->exec_path_len};
	TRY(exec_target_check(&target, args->reply_cap));
	TRY(commit_copy_path(built, path));
	if (args->argv_ptr)
		TRY(commit_copy_leading(built, args->argv_ptr));
	TRY(commit_take_image(built, args->prepare_handle));
	return exec_target_give(&target, built);
}

enum status sys_proc_exec_target_broker(struct user_in address)
{
	struct proc_exec_target_args args;
	TRY(user_copy_in(&args, address));
	if (args.abi_version != PROC_BROKER_VERSION || args.reserved0 || args.flags ||
	    args.envp_ptr || args.console_session || args.weight_micros || !args.exec_path_len)
		return ERR_INVALID_ARGS;
	if (args.exec_path_len > VFS_PATH_MAX)
		return ERR_NAME_TOO_LONG;
	struct program_built *built = program_built_create(
	        args.exec_path_len + (args.argv_ptr ? PROGRAM_LEADING_BYTES_MAX : 0));
	if (!built)
		return ERR_NO_MEMORY;
	enum status status = commit_give(&args, built);
	if (status != OK) {
		program_built_destroy(built);
		return status;
	}
	commit_close(args.prepare_handle);
	return OK;
}

/* ---- processes ---- */

struct commit_request {
	struct spawn_strings arguments;
	struct spawn_strings environment;
};

/* What the program may do: as its ticket says, or as its parent asks. */
static enum status commit_read_rights(const struct proc_commit_args *args,
                                      struct process_request *request)
{
	request->ticket = args->spawn_ticket;
	if (request->ticket)
		return args->flags || args->console_session || args->weight_micros
		               ? ERR_INVALID_ARGS
		               : spawn_ticket_read(request);
	TRY(spawn_take_flags(args->flags, request));
	if (request->flags & (SPAWN_EXEC_ARCHIVE | SPAWN_EXEC_CORE) ||
	    args->console_session > UINT32_MAX)
		return ERR_INVALID_ARGS;
	request->console_session = (uint32_t)args->console_session;
	request->weight_micros = args->weight_micros;
	return OK;
}

static enum status commit_read(const struct proc_commit_args *args, struct program_built *built,
                               struct commit_request *copy, struct process_request *request)
{
	TRY(commit_read_rights(args, request));
	TRY(commit_copy_path(built,
	                     (struct commit_path){args->exec_path_ptr, args->exec_path_len}));
	/* as /proc shows it */
	if (built->path.ptr[0] != '/')
		return ERR_INVALID_ARGS;
	request->path = str_slice(built->path, 1, built->path.len);
	TRY(spawn_copy_vector(&copy->arguments, spawn_argument_limits, args->argv_ptr));
	TRY(spawn_copy_vector(&copy->environment, spawn_environment_limits, args->envp_ptr));
	request->arguments = copy->arguments.texts;
	request->argument_count = copy->arguments.count;
	request->environment = copy->environment.texts;
	request->environment_count = copy->environment.count;
	return OK;
}

/* Takes built when it succeeds. */
static enum status commit_spawn(const struct proc_commit_args *args, struct program_built *built,
                                struct commit_request *copy, uint64_t *out_pid)
{
	struct process_request request = {};
	struct ipc_message_info info;
	TRY(ipc_sender(process_ipc(process_current()), args->reply_cap, &info));
	request.ticket_holder = info.sender_pid;
	TRY(commit_read(args, built, copy, &request));
	TRY(commit_take_image(built, args->prepare_handle));
	return process_spawn_built(built, &request, info.sender_pid, out_pid);
}

enum status sys_proc_commit_broker(struct user_in address, uint64_t *out_pid)
{
	struct proc_commit_args args;
	TRY(user_copy_in(&args, address));
	if (!args.exec_path_len)
		return ERR_INVALID_ARGS;
	if (args.exec_path_len >= SPAWN_EXEC_PATH_MAX)
		return ERR_NAME_TOO_LONG;
	struct program_built *built = program_built_create(args.exec_path_len);
	struct commit_request *copy = HEAP_NEW(struct commit_request);
	enum status status = ERR_NO_MEMORY;
	if (built && copy)
		status = commit_spawn(&args, built, copy, out_pid);
	if (status != OK)
		program_built_destroy(built);
	else
		commit_close(args.prepare_handle);
	heap_free(copy, sizeof *copy);
	return status;
}
