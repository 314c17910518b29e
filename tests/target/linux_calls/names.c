/* Files by name, and programs from them. */
#include "linux_calls.h"
#include "signals.h"
#include <string.h>

enum { READ_ONLY = 0, WRITE_ONLY = 1, READ_WRITE = 2, CREATE = 0100, CLOSE_ON_EXEC = 02000000 };

#define AT_CWD -100
#define BUSYBOX "/apps/debian_busybox/busybox"

/* One that programs may read, of the boot archive. */
#define LIST "/system/registry/system/startup-programs.tsv"

static void check_open(struct tap *tap)
{
	char bytes[16] = {}, again[4];
	int64_t fd = CALL(LINUX_OPENAT, AT_CWD, LIST, READ_ONLY, 0);
	tap_check(tap, fd >= 0, "a file of the boot archive opens");
	tap_check_equal(tap, CALL(LINUX_READ, fd, bytes, 16), 16, "and is read");
	tap_check(tap, bytes[0] != 0, "as it is");
	tap_check_equal(tap, CALL(LINUX_LSEEK, fd, 1, 0), 1, "its place can be set");
	CALL(LINUX_READ, fd, again, 3);
	tap_check(tap, memcmp(again, bytes + 1, 3) == 0, "and is read from");
	int64_t size = CALL(LINUX_LSEEK, fd, 0, 2);
	tap_check(tap, size > 100, "its end is known");
	tap_check_equal(tap, CALL(LINUX_READ, fd, bytes, 1), 0, "where nothing is read");
	tap_check_equal(tap, CALL(LINUX_PREAD64, fd, bytes, 4, size - 2), 2, "or what is left");
	tap_check_equal(tap, CALL(LINUX_LSEEK, fd, -1, 0), ERR_INVALID_ARGS,
	                "there is nothing before the start");
	tap_check_equal(tap, CALL(LINUX_WRITE, fd, bytes, 1), ERR_BAD_HANDLE, "it is not written");
	CALL(LINUX_CLOSE, fd);
}

static void check_refusals(struct tap *tap)
{
	static const struct {
		const char *name;
		const char *path;
		uint64_t flags;
		int64_t answer;
	} bad[] = {
	        {"what is not there is not found", "/no/such", READ_ONLY, ERR_NOT_FOUND},
	        {"the archive is not written", BUSYBOX, READ_WRITE, ERR_READ_ONLY},
	        {"nothing is created nowhere", "/none/new", CREATE | WRITE_ONLY, ERR_NOT_FOUND},
	        {"a directory is not written", "/apps", READ_WRITE, ERR_IS_DIRECTORY},
	        {"no name is not found", "", READ_ONLY, ERR_NOT_FOUND},
	};
	char path[400];
	for (size_t i = 0; i < COUNT(bad); i++)
		tap_check_equal(tap, CALL(LINUX_OPEN, bad[i].path, bad[i].flags, 0), bad[i].answer,
		                bad[i].name);
	memset(path, 'a', sizeof path - 1);
	path[sizeof path - 1] = 0;
	tap_check_equal(tap, CALL(LINUX_OPEN, path, 0, 0), ERR_NAME_TOO_LONG,
	                "a name that is too long is refused");
	tap_check_equal(tap, CALL(LINUX_OPEN, BAD_ADDRESS, 0, 0), ERR_BAD_ADDRESS,
	                "and one that is not there");
}

static void check_paths(struct tap *tap)
{
	uint8_t stat[144];
	char text[64] = {};
	tap_check_equal(tap, CALL(LINUX_STAT, "/apps/./../apps//debian_busybox/busybox", stat), OK,
	                "dots and slashes are tidied");
	tap_check_equal(tap, CALL(LINUX_STAT, "/../../apps", stat), OK,
	                "nothing is above the root");
	tap_check_equal(tap, CALL(LINUX_ACCESS, BUSYBOX, 1), OK, "a program may be run");
	tap_check_equal(tap, CALL(LINUX_ACCESS, BUSYBOX, 2), ERR_READ_ONLY, "but not written");
	tap_check_equal(tap, CALL(LINUX_GETCWD, text, sizeof text), 2, "we are in the root");
	tap_check_equal(tap, CALL(LINUX_GETCWD, text, 1), ERR_OUT_OF_RANGE,
	                "which needs two bytes");
	int64_t len = CALL(LINUX_READLINK, "/proc/self/exe", text, sizeof text);
	tap_check(tap, len == 33 && memcmp(text, "/apps/linux_calls/linux_calls.elf", 33) == 0,
	          "a program finds itself");
	tap_check_equal(tap, CALL(LINUX_READLINK, BUSYBOX, text, sizeof text), ERR_INVALID_ARGS,
	                "a file is no link");
}

static void check_devices(struct tap *tap)
{
	char bytes[4] = {1, 2, 3, 4};
	int64_t null = CALL(LINUX_OPEN, "/dev/null", READ_WRITE, 0);
	tap_check_equal(tap, CALL(LINUX_WRITE, null, bytes, 4), 4, "/dev/null takes everything");
	tap_check_equal(tap, CALL(LINUX_READ, null, bytes, 4), 0, "and gives nothing");
	int64_t zero = CALL(LINUX_OPEN, "/dev/zero", READ_ONLY, 0);
	tap_check_equal(tap, CALL(LINUX_READ, zero, bytes, 4), 4, "/dev/zero gives");
	tap_check(tap, !bytes[0] && !bytes[3], "zeros");
	CALL(LINUX_CLOSE, null);
	CALL(LINUX_CLOSE, zero);
}

/* What the program prints into a pipe; its wait status comes out. */
static int64_t run(const char *const *argv, char *out, size_t capacity, int64_t *out_status)
{
	int32_t pair[2];
	const char *envp[] = {"WORD=blue", NULL};
	CALL(LINUX_PIPE2, pair, CLOSE_ON_EXEC);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		CALL(LINUX_DUP2, pair[1], 1);
		int64_t status = CALL(LINUX_EXECVE, BUSYBOX, argv, envp);
		CALL(LINUX_EXIT_GROUP, -status);
	}
	CALL(LINUX_CLOSE, pair[1]);
	int64_t total = 0, got;
	while ((got = CALL(LINUX_READ, pair[0], out + total, capacity - (size_t)total)) > 0)
		total += got;
	CALL(LINUX_CLOSE, pair[0]);
	*out_status = wait_for(pid);
	return total;
}

static void check_shell(struct tap *tap, const char *script, const char *expected, const char *name)
{
	const char *argv[] = {"sh", "-c", script, NULL};
	char out[256] = {};
	int64_t status;
	int64_t len = run(argv, out, sizeof out - 1, &status);
	struct str wanted = str_from_c(expected);
	tap_check(tap, str_equal((struct str){out, (size_t)len}, wanted), name);
	if (len != (int64_t)wanted.len)
		print("# got '%s' status %ld\n", out, status);
}

/* A shell that needs 16 MiB and more; its wait status. */
static int64_t run_large(uint64_t limit)
{
	const char *argv[] = {"sh", "-c",
	                      "x=0123456789abcdef; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 "
	                      "17 18 19 20; do x=$x$x; done",
	                      NULL};
	const char *envp[] = {NULL};
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		int64_t status = rustos_process_set_limit(PROCESS_LIMIT_MEMORY, limit);
		if (status == OK)
			status = CALL(LINUX_EXECVE, BUSYBOX, argv, envp);
		CALL(LINUX_EXIT_GROUP, -status);
	}
	return wait_for(pid);
}

static void check_limit_of_program(struct tap *tap)
{
	enum { ROOM = 8 << 20, SIGNAL_BUS = 7 }; /* for the arguments and a small shell */
	struct memory_use use = {};
	(void)!rustos_memory_usage(&use);
	tap_check_equal(tap, run_large(use.limit_bytes), 0, "a program takes what it needs");
	tap_check_equal(tap, run_large(use.bytes + ROOM), SIGNAL_BUS,
	                "up to the limit of the process that it runs in");
	tap_check_equal(tap, run_large(use.bytes / 2), -ERR_NO_MEMORY * EXITED,
	                "which there must be room for");
}

static void check_exec(struct tap *tap)
{
	const char *echo[] = {"echo", "one", "two", NULL},
	           *exit_code[] = {"sh", "-c", "exit 5", NULL};
	char out[64] = {};
	int64_t status = 0, len = run(echo, out, sizeof out, &status);
	tap_check(tap, len == 8 && memcmp(out, "one two\n", 8) == 0, "busybox echo echoes");
	run(exit_code, out, sizeof out, &status);
	tap_check_equal(tap, status, 5 * EXITED, "a shell's exit code arrives");
	check_limit_of_program(tap);
	tap_check_equal(tap, CALL(LINUX_EXECVE, "/no/such", echo, 0), ERR_NOT_FOUND,
	                "what is not there is not run");
	tap_check_equal(tap, CALL(LINUX_EXECVE, BUSYBOX, BAD_ADDRESS, 0), ERR_BAD_ADDRESS,
	                "nor with arguments that are not there");
	tap_check_equal(tap,
	                CALL(LINUX_EXECVE, "/system/registry/system/startup-programs.tsv", echo, 0),
	                ERR_ACCESS_DENIED, "nor what is no program");
	check_shell(tap, "echo $WORD", "blue\n", "the environment arrives");
	check_shell(tap, "x=$(echo a; echo b); echo $x", "a b\n", "a shell reads its own output");
	check_shell(tap,
	            "for i in 1 2 3; do echo $i; done | while read n; do echo $((n * n)); done",
	            "1\n4\n9\n", "a pipeline of loops");
	check_shell(tap, "(exit 3); echo $?; false || echo no", "3\nno\n", "subshells and lists");
	check_shell(tap, "trap 'echo heard' USR1; kill -USR1 $$; echo after", "heard\nafter\n",
	            "a trap is a handler");
	check_shell(tap, "sleep() { :; }; sleep 1 & wait; echo done 2>/dev/null", "done\n",
	            "background and wait");
	check_shell(tap, BUSYBOX " printf '%s\\n' c a b | " BUSYBOX " sort | " BUSYBOX " head -n 2",
	            "a\nb\n", "a pipeline of three programs");
	check_shell(tap, BUSYBOX " head -c 3 < " LIST " | " BUSYBOX " wc -c", "3\n",
	            "redirection from a file");
}

void check_names(struct tap *tap)
{
	check_open(tap);
	check_refusals(tap);
	check_paths(tap);
	check_devices(tap);
	check_exec(tap);
}
