/* spawn_exec and spawn_image: strings out of user memory, then ps. */
#include "compat/spawn.h"
#include "core/api.h"
#include <config/kernel.h>
#include <kernel/syscall_prototypes.h>

struct spawn_request {
	char path[SPAWN_EXEC_PATH_MAX];
	struct spawn_strings arguments;
	struct spawn_strings environment;
};

_Static_assert(SPAWN_EXEC_ARGS_MAX <= SPAWN_EXEC_ENVS_MAX &&
               SPAWN_EXEC_ARGS_BYTES_MAX <= SPAWN_EXEC_ENVS_BYTES_MAX);
static enum status spawn_copy_string(struct spawn_strings *strings, struct spawn_limits limits,
                                     uintptr_t address)
{
	if (strings->count == limits.count || strings->used == limits.bytes)
		return ERR_TOO_BIG;
	char *to = strings->bytes + strings->used;
	size_t len;
	enum status status = user_copy_string(to, limits.bytes - strings->used, address, &len);
	if (status != OK)
		return status == ERR_NAME_TOO_LONG ? ERR_TOO_BIG : status;
	strings->texts[strings->count++] = (struct str){to, len};
	strings->used += len + 1;
	return OK;
}

enum status spawn_copy_vector(struct spawn_strings *strings, struct spawn_limits limits,
                              uintptr_t vector)
{
	if (vector == 0)
		return OK;
	for (;; vector += sizeof(uint64_t)) {
		uint64_t address;
		TRY(user_copy_in(&address, (struct user_in){vector, sizeof address}));
		if (address == 0)
			return OK;
		TRY(spawn_copy_string(strings, limits, address));
	}
}

const struct spawn_limits spawn_argument_limits = {SPAWN_EXEC_ARGS_MAX, SPAWN_EXEC_ARGS_BYTES_MAX};
const struct spawn_limits spawn_environment_limits = {SPAWN_EXEC_ENVS_MAX,
                                                      SPAWN_EXEC_ENVS_BYTES_MAX};

static enum status spawn_copy(struct spawn_request *copy, uintptr_t path, uintptr_t argv,
                              uintptr_t envp, struct process_request *request)
{
	size_t path_len;
	TRY(user_copy_string(copy->path, sizeof copy->path, path, &path_len));
	TRY(spawn_copy_vector(&copy->arguments, spawn_argument_limits, argv));
	TRY(spawn_copy_vector(&copy->environment, spawn_environment_limits, envp));
	request->path = (struct str){copy->path, path_len};
	request->arguments = copy->arguments.texts;
	request->argument_count = copy->arguments.count;
	request->environment = copy->environment.texts;
	request->environment_count = copy->environment.count;
	return OK;
}

enum status spawn_take_flags(uint64_t flags, struct process_request *request)
{
	enum { SPAWN_SERVICE_MASK = 0xff };
	uint64_t service = flags >> SPAWN_EXEC_SERVICE_SHIFT & SPAWN_SERVICE_MASK;
	uint64_t plain = flags & ((1ULL << SPAWN_EXEC_SERVICE_SHIFT) - 1);
	if ((plain & ~(uint64_t)(SPAWN_EXEC_ADMIN | SPAWN_EXEC_ARCHIVE | SPAWN_EXEC_CORE)) ||
	    service > IPC_SERVICE_ID_MAX)
		return ERR_INVALID_ARGS;
	request->flags = (uint32_t)plain;
	request->may_register = service ? 1ULL << service : 0;
	request->may_look_up = flags >> SPAWN_EXEC_USES_SHIFT;
	return OK;
}

/* What both calls are asked for. */
struct spawn_call {
	uintptr_t path, argv, envp;
	uint64_t flags, console_session, weight_micros;
	struct str image; /* empty: from the boot archive */
};

static enum status spawn_start(const struct spawn_call *call, struct spawn_request *copy,
                               uint64_t *out_pid)
{
	struct process_request request = {.weight_micros = call->weight_micros,
	                                  .image = call->image};
	TRY(spawn_take_flags(call->flags, &request));
	if (call->console_session > UINT32_MAX)
		return ERR_INVALID_ARGS;
	request.console_session = (uint32_t)call->console_session;
	request.map_archive = request.flags & SPAWN_EXEC_ARCHIVE;
	enum status status = spawn_copy(copy, call->path, call->argv, call->envp, &request);
	if (status == OK)
		status = process_spawn(&request, out_pid);
	if (status != OK)
		LOG_WARN(LOG_PROCESS, "spawn failed path=%s status=%s, the caller is told",
		         copy->path, status_name(status));
	return status;
}

static enum status spawn_run(const struct spawn_call *call, uint64_t *out_pid)
{
	struct spawn_request *copy = HEAP_NEW(struct spawn_request);
	if (!copy)
		return ERR_NO_MEMORY;
	enum status status = spawn_start(call, copy, out_pid);
	heap_free(copy, sizeof *copy);
	return status;
}

enum status sys_spawn_exec(uintptr_t path, uintptr_t argv, uintptr_t envp, uint64_t flags,
                           uint64_t console_session, uint64_t weight_micros, uint64_t *out_pid)
{
	const struct spawn_call call = {
	        .path = path,
	        .argv = argv,
	        .envp = envp,
	        .flags = flags,
	        .console_session = console_session,
	        .weight_micros = weight_micros,
	};
	return spawn_run(&call, out_pid);
}

enum status sys_spawn_ticket(uint64_t holder, uint64_t flags, uint64_t console_session,
                             uint64_t weight_micros, uint64_t replaced, uint64_t *out_ticket)
{
	struct process_request request = {.ticket_holder = holder, .weight_micros = weight_micros};
	TRY(spawn_take_flags(flags, &request));
	if (!holder || console_session > UINT32_MAX)
		return ERR_INVALID_ARGS;
	request.console_session = (uint32_t)console_session;
	return spawn_ticket_create(&request, replaced, out_ticket);
}

_Static_assert((size_t)SPAWN_IMAGE_BYTES_MAX <= HEAP_ALLOC_MAX);
static enum status spawn_bytes(const struct spawn_image_args *args, struct str image,
                               uint64_t *out_pid)
{
	const struct spawn_call call = {
	        .path = args->path_ptr,
	        .argv = args->argv_ptr,
	        .envp = args->envp_ptr,
	        .flags = args->flags,
	        .console_session = args->console_session,
	        .weight_micros = args->weight_micros,
	        .image = image,
	};
	*out_pid = 0;
	return args->flags & SPAWN_EXEC_CHECK ? program_check_image(image)
	                                      : spawn_run(&call, out_pid);
}

enum status sys_spawn_image(struct user_in address, uint64_t *out_pid)
{
	struct spawn_image_args args;
	/* what is not signed does not run where signatures count */
	if (!CONFIG_DEBUG_ASSERTIONS)
		return ERR_NOT_SUPPORTED;
	TRY(user_copy_in(&args, address));
	if (!args.image_len || args.image_len > SPAWN_IMAGE_BYTES_MAX)
		return ERR_INVALID_ARGS;
	char *bytes = heap_alloc(args.image_len);
	if (!bytes)
		return ERR_NO_MEMORY;
	enum status status = user_copy_in(bytes, (struct user_in){args.image_ptr, args.image_len});
	if (status == OK)
		status = spawn_bytes(&args, (struct str){bytes, args.image_len}, out_pid);
	heap_free(bytes, args.image_len);
	return status;
}
