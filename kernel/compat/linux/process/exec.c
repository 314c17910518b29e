/* execve: strings out of user memory, then ps. */
#include "compat/linux/file/path.h"
#include "core/api.h"
#include <kernel/syscall_prototypes.h>

struct linux_strings {
	struct str texts[PROGRAM_STRINGS_MAX];
	size_t count;
};

struct linux_exec {
	struct linux_strings arguments, environment;
	char bytes[2 * PROGRAM_STRING_BYTES_MAX];
	size_t used;
};

static enum status linux_copy_strings(struct linux_exec *exec, struct linux_strings *strings,
                                      uintptr_t vector)
{
	for (; vector; vector += sizeof(uint64_t)) {
		uint64_t address;
		size_t len;
		TRY(user_copy_in(&address, (struct user_in){vector, sizeof address}));
		if (!address)
			break;
		if (strings->count == PROGRAM_STRINGS_MAX || exec->used == sizeof exec->bytes)
			return ERR_TOO_BIG;
		char *to = exec->bytes + exec->used;
		enum status status =
		        user_copy_string(to, sizeof exec->bytes - exec->used, address, &len);
		if (status != OK)
			return status == ERR_NAME_TOO_LONG ? ERR_TOO_BIG : status;
		strings->texts[strings->count++] = (struct str){to, len};
		exec->used += len + 1;
	}
	return OK;
}

static enum status linux_exec_run(struct linux_exec *exec, struct str path,
                                  struct trap_frame *out_frame)
{
	const struct process_request request = {
	        .path = path,
	        .arguments = exec->arguments.texts,
	        .argument_count = exec->arguments.count,
	        .environment = exec->environment.texts,
	        .environment_count = exec->environment.count,
	};
	return process_exec(&request, out_frame);
}

int64_t linux_execve(uintptr_t path, uintptr_t arguments, uintptr_t environment)
{
	LINUX_PATH name = {};
	struct trap_frame frame;
	TRY(linux_path_get(&name, LINUX_AT_DIRECTORY, path, 0));
	struct linux_exec *exec = heap_alloc(sizeof *exec);
	if (!exec)
		return ERR_NO_MEMORY;
	enum status status = linux_copy_strings(exec, &exec->arguments, arguments);
	if (status == OK)
		status = linux_copy_strings(exec, &exec->environment, environment);
	if (status == OK)
		status = linux_exec_run(exec, name.text, &frame);
	heap_free(exec, sizeof *exec);
	if (status == OK)
		*linux_frame() = frame;
	return status;
}
