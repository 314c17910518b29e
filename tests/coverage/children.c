/*
 * Line counts of child processes, linked into the programs of `make coverage` only (ld --wrap).
 *
 * What gcc itself puts around fork and exec does not fit here: it writes files before every exec,
 * from a child of vfork into its parent's memory, and from a confined program through a supervisor
 * that does not expect it. So a forked child begins with counts of its own and adds them where it
 * ends by _exit or execv; a child of vfork leaves everything to its parent.
 */
#include <gcov.h>
#include <sys/types.h>
#include <unistd.h>

pid_t __real_fork(void);
pid_t __wrap_fork(void);
[[gnu::noreturn]] void __real__exit(int status);
[[gnu::noreturn]] void __wrap__exit(int status);
int __real_execv(const char *path, char *const argv[]);
int __wrap_execv(const char *path, char *const argv[]);
int __real_execvp(const char *name, char *const argv[]);
int __wrap_execvp(const char *name, char *const argv[]);

static pid_t owner; /* the process whose counts are in this memory */

[[gnu::constructor]] static void owner_is_first(void)
{
	owner = getpid();
}

static void counts_write(void)
{
	if (owner != getpid())
		return;
	__gcov_dump();
	__gcov_reset();
}

pid_t __wrap_fork(void)
{
	pid_t pid = __real_fork();
	if (pid == 0) {
		__gcov_reset();
		owner = getpid();
	}
	return pid;
}

void __wrap__exit(int status)
{
	counts_write();
	__real__exit(status);
}

int __wrap_execv(const char *path, char *const argv[])
{
	counts_write();
	return __real_execv(path, argv);
}

int __wrap_execvp(const char *name, char *const argv[])
{
	counts_write();
	return __real_execvp(name, argv);
}
