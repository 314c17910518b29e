/* execve: strings out of user memory, then ps. */
#include "compat/linux/file/path.h"
#include "core/api.h"
#include "vm/api.h"
#include <kernel/syscall_prototypes.h>
#include <string.h>

enum { EXEC_BYTES_FIRST = 4096 };

/* Arguments and environment behind each other, each with its NUL. */
struct linux_exec {
	struct memory_account *account; /* a reference: who pays for them meanwhile */
	char *bytes; /* owned */
	size_t size, used;
	struct str *texts; /* owned; made once all bytes are there */
	size_t argument_count, count; /* count: with the environment's */
};

static void *linux_exec_alloc(struct linux_exec *exec, size_t size)
{
	if (memory_charge(exec->account, size) != OK)
		return NULL;
	void *memory = heap_alloc(size);
	if (!memory)
		memory_uncharge(exec->account, size);
	return memory;
}

static void linux_exec_free(struct linux_exec *exec, void *memory, size_t size)
{
	if (memory)
		memory_uncharge(exec->account, size);
	heap_free(memory, size);
}

static void linux_exec_release(struct linux_exec *exec)
{
	linux_exec_free(exec, exec->bytes, exec->size);
	linux_exec_free(exec, exec->texts, exec->count * sizeof exec->texts[0]);
	memory_account_unref(exec->account);
}

static enum status linux_exec_grow(struct linux_exec *exec)
{
	size_t size = exec->size ? 2 * exec->size : EXEC_BYTES_FIRST;
	if (size > PROGRAM_STRINGS_BYTES_MAX)
		return ERR_TOO_BIG;
	char *bytes = linux_exec_alloc(exec, size);
	if (!bytes)
		return ERR_NO_MEMORY;
	if (exec->used)
		memcpy(bytes, exec->bytes, exec->used);
	linux_exec_free(exec, exec->bytes, exec->size);
	exec->bytes = bytes;
	exec->size = size;
	return OK;
}

static enum status linux_exec_copy_string(struct linux_exec *exec, uintptr_t address)
{
	for (;;) {
		size_t room = exec->size - exec->used, len;
		bool whole = room >= PROGRAM_STRING_MAX;
		enum status status = user_copy_string(
		        exec->bytes + exec->used, whole ? PROGRAM_STRING_MAX : room, address, &len);
		if (status == OK) {
			exec->used += len + 1;
			exec->count++;
			return OK;
		}
		if (status != ERR_NAME_TOO_LONG)
			return status;
		if (whole)
			return ERR_TOO_BIG;
		TRY(linux_exec_grow(exec));
	}
}

static enum status linux_exec_copy_strings(struct linux_exec *exec, uintptr_t vector)
{
	for (; vector; vector += sizeof(uint64_t)) {
		uint64_t address;
		TRY(user_copy_in(&address, (struct user_in){vector, sizeof address}));
		if (!address)
			break;
		/* each takes a pointer, too */
		if (exec->used + exec->count * sizeof(uint64_t) >= PROGRAM_STRINGS_BYTES_MAX)
			return ERR_TOO_BIG;
		TRY(linux_exec_copy_string(exec, address));
	}
	return OK;
}

/* Where each of them lies: they move no more. */
static enum status linux_exec_list(struct linux_exec *exec)
{
	const char *at = exec->bytes;
	if (!exec->count)
		return OK;
	exec->texts = linux_exec_alloc(exec, exec->count * sizeof exec->texts[0]);
	if (!exec->texts)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < exec->count; i++) {
		exec->texts[i] = str_from_c(at);
		at += exec->texts[i].len + 1;
	}
	return OK;
}

static enum status linux_exec_copy(struct linux_exec *exec, uintptr_t arguments,
                                   uintptr_t environment)
{
	TRY(linux_exec_grow(exec));
	TRY(linux_exec_copy_strings(exec, arguments));
	exec->argument_count = exec->count;
	TRY(linux_exec_copy_strings(exec, environment));
	return linux_exec_list(exec);
}

/* Its frame is large, and not to be added to its caller's. */
[[gnu::noinline]] static int64_t linux_exec_run(const struct linux_exec *exec, struct str path)
{
	struct trap_frame frame;
	const struct process_request request = {
	        .path = path,
	        .arguments = exec->texts,
	        .argument_count = exec->argument_count,
	        .environment = exec->texts + exec->argument_count,
	        .environment_count = exec->count - exec->argument_count,
	};
	TRY(process_exec(&request, &frame));
	*linux_frame() = frame;
	return OK;
}

int64_t linux_execve(uintptr_t path, uintptr_t arguments, uintptr_t environment)
{
	LINUX_PATH name = {};
	AUTO(linux_exec_release)
	struct linux_exec exec = {
	        .account = memory_account_ref(vm_space_account(process_space(process_current())))};
	TRY(linux_path_get(&name, LINUX_AT_DIRECTORY, path, 0));
	TRY(linux_exec_copy(&exec, arguments, environment));
	return linux_exec_run(&exec, name.text);
}
