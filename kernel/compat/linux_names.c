/*
 * Linux calls that take a path.
 *
 * Names are vfsd's: what answers here is behind struct name_ops, and the working directory is
 * the root until vfsd keeps one.
 */
#include "compat/linux_abi.h"
#include "core/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>
#include <string.h>

/* Linux include/uapi/linux/fcntl.h, asm-generic/fcntl.h */
enum linux_open_flag {
	LINUX_O_CREATE = 0100,
	LINUX_O_EXCLUSIVE = 0200,
	LINUX_O_TRUNCATE = 01000,
	LINUX_AT_EMPTY_PATH = 0x1000,
	LINUX_AT_NO_FOLLOW = 0x100,
	LINUX_ACCESS_WRITE = 2,
};

struct linux_path {
	char bytes[NAME_PATH_MAX];
	struct str text;
};

/* Drops "." and "//"; ".." goes one up, but not out of the root. Result without leading '/'. */
static struct str linux_path_tidy(char *bytes, size_t len)
{
	size_t used = 0;
	struct str rest = {bytes, len};
	while (rest.len) {
		struct str_split split = str_cut(rest, '/');
		struct str part = split.head;
		rest = split.rest;
		if (part.len == 0 || str_equal(part, STR(".")))
			continue;
		if (str_equal(part, STR(".."))) {
			while (used && bytes[--used] != '/')
				;
			continue;
		}
		if (used)
			bytes[used++] = '/';
		memmove(bytes + used, part.ptr, part.len);
		used += part.len;
	}
	return (struct str){bytes, used};
}

static enum status linux_path_get(struct linux_path *path, uintptr_t address)
{
	size_t len;
	TRY(user_copy_string(path->bytes, sizeof path->bytes, address, &len));
	if (len == 0)
		return ERR_NOT_FOUND;
	path->text = linux_path_tidy(path->bytes, len);
	return OK;
}

static const struct name_ops *linux_names(void)
{
	return process_setup()->names;
}

int64_t linux_openat(int32_t, uintptr_t path, uint32_t flags, uint32_t)
{
	struct linux_path name;
	struct file *file;
	TRY(linux_path_get(&name, path));
	enum status status = linux_names()->open(name.text, flags, &file);
	if (status == ERR_NOT_FOUND && (flags & LINUX_O_CREATE))
		return ERR_READ_ONLY;
	TRY(status);
	if ((flags & LINUX_O_CREATE) && (flags & LINUX_O_EXCLUSIVE)) {
		file_unref(file);
		return ERR_EXISTS;
	}
	return linux_install(file, flags);
}

int64_t linux_open(uintptr_t path, uint32_t flags, uint32_t mode)
{
	return linux_openat(0, path, flags, mode);
}

static int64_t linux_stat_path(uintptr_t path, uintptr_t out_stat)
{
	struct linux_path name;
	struct file_facts facts = {};
	TRY(linux_path_get(&name, path));
	TRY(linux_names()->describe(name.text, &facts));
	return linux_put_stat(&facts, out_stat);
}

int64_t linux_stat(uintptr_t path, uintptr_t out_stat)
{
	return linux_stat_path(path, out_stat);
}

int64_t linux_lstat(uintptr_t path, uintptr_t out_stat)
{
	return linux_stat_path(path, out_stat);
}

int64_t linux_newfstatat(int32_t descriptor, uintptr_t path, uintptr_t out_stat, uint32_t flags)
{
	char first = 0;
	if (flags & ~(uint32_t)(LINUX_AT_EMPTY_PATH | LINUX_AT_NO_FOLLOW))
		return ERR_INVALID_ARGS;
	if ((flags & LINUX_AT_EMPTY_PATH) && path)
		TRY(user_copy_in(&first, (struct user_in){path, 1}));
	if ((flags & LINUX_AT_EMPTY_PATH) && !first)
		return linux_fstat(descriptor, out_stat);
	return linux_stat_path(path, out_stat);
}

int64_t linux_faccessat(int32_t, uintptr_t path, uint32_t mode)
{
	enum { ACCESS_MODES = 7, MODE_DEVICE = 020000, MODE_KIND = 0170000 };
	struct linux_path name;
	struct file_facts facts = {};
	if (mode & ~(uint32_t)ACCESS_MODES)
		return ERR_INVALID_ARGS;
	TRY(linux_path_get(&name, path));
	TRY(linux_names()->describe(name.text, &facts));
	bool is_device = (facts.mode & MODE_KIND) == MODE_DEVICE;
	return (mode & LINUX_ACCESS_WRITE) && !is_device ? ERR_READ_ONLY : OK;
}

int64_t linux_faccessat2(int32_t directory, uintptr_t path, uint32_t mode, uint32_t)
{
	return linux_faccessat(directory, path, mode);
}

int64_t linux_access(uintptr_t path, uint32_t mode)
{
	return linux_faccessat(0, path, mode);
}

int64_t linux_readlinkat(int32_t, uintptr_t path, uintptr_t buffer, uint64_t capacity)
{
	struct linux_path name;
	struct file_facts facts = {};
	char target[NAME_PATH_MAX];
	if (capacity == 0)
		return ERR_INVALID_ARGS;
	TRY(linux_path_get(&name, path));
	if (!str_equal(name.text, STR("proc/self/exe"))) {
		TRY(linux_names()->describe(name.text, &facts));
		return ERR_INVALID_ARGS; /* there are no other links */
	}
	size_t len = process_path(target + 1, sizeof target - 1) + 1;
	target[0] = '/';
	len = len < capacity ? len : capacity;
	TRY(user_copy_out((struct user_out){buffer, len}, target));
	return (int64_t)len;
}

int64_t linux_readlink(uintptr_t path, uintptr_t buffer, uint64_t capacity)
{
	return linux_readlinkat(0, path, buffer, capacity);
}

int64_t linux_getcwd(uintptr_t buffer, uint64_t capacity)
{
	static const char root[] = "/";
	if (capacity < sizeof root)
		return ERR_OUT_OF_RANGE;
	TRY(user_copy_out((struct user_out){buffer, sizeof root}, root));
	return sizeof root;
}

int64_t linux_chdir(uintptr_t path)
{
	struct linux_path name;
	struct file_facts facts = {};
	enum { MODE_KIND = 0170000, MODE_DIRECTORY = 040000 };
	TRY(linux_path_get(&name, path));
	TRY(linux_names()->describe(name.text, &facts));
	if ((facts.mode & MODE_KIND) != MODE_DIRECTORY)
		return ERR_NOT_DIRECTORY;
	/* nowhere but in the root so far */
	return name.text.len ? ERR_NOT_SUPPORTED : OK;
}

/* ---- execve ---- */

struct linux_strings {
	struct str texts[PROGRAM_STRINGS_MAX];
	size_t count;
};

struct linux_exec {
	struct linux_path path;
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

static enum status linux_exec_read(struct linux_exec *exec, uintptr_t path, uintptr_t arguments,
                                   uintptr_t environment)
{
	TRY(linux_path_get(&exec->path, path));
	if (str_equal(exec->path.text, STR("proc/self/exe")))
		exec->path.text.len = process_path(exec->path.bytes, sizeof exec->path.bytes);
	TRY(linux_copy_strings(exec, &exec->arguments, arguments));
	return linux_copy_strings(exec, &exec->environment, environment);
}

int64_t linux_execve(uintptr_t path, uintptr_t arguments, uintptr_t environment)
{
	struct linux_exec *exec = HEAP_NEW(struct linux_exec);
	struct trap_frame frame;
	if (!exec)
		return ERR_NO_MEMORY;
	enum status status = linux_exec_read(exec, path, arguments, environment);
	if (status == OK) {
		const struct process_request request = {
		        .path = exec->path.text,
		        .arguments = exec->arguments.texts,
		        .argument_count = exec->arguments.count,
		        .environment = exec->environment.texts,
		        .environment_count = exec->environment.count,
		        .is_lazy = true,
		};
		status = process_exec(&request, &frame);
	}
	heap_free(exec, sizeof *exec);
	if (status == OK)
		*linux_frame() = frame;
	return status;
}
