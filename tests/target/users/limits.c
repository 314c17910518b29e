/* Limits have effect, and names are what was set. */
#include "users.h"

enum {
	FILE_SIZE = 1,
	STACK = 3,
	CORE = 4,
	PROCESSES = 6,
	DESCRIPTORS = 7,
	ADDRESSES = 9,
	SIGNAL_KILL = 9,
	SIGNAL_FILE_SIZE = 25,
	MEGABYTE = 1 << 20,
	PROTECTION = 3,
	ANONYMOUS = 0x22,
};

static int64_t set(int resource, uint64_t current, uint64_t maximum)
{
	const struct limit_pair limit = {current, maximum};
	return CALL(LINUX_SETRLIMIT, resource, &limit);
}

static void descriptors_have_an_end(struct steps *s)
{
	int64_t last = 0, next;
	step(s, set(DESCRIPTORS, 10, 20), OK);
	while ((next = CALL(LINUX_DUP, 0)) >= 0)
		last = next;
	step(s, next, ERR_TOO_MANY_HANDLES);
	/* a limit of all handles does not undo that of descriptors */
	step(s, rustos_process_set_limit(PROCESS_LIMIT_HANDLES, 100), OK);
	step(s, CALL(LINUX_DUP, 0), ERR_TOO_MANY_HANDLES);
	step(s, last < 20, true);
	step(s, CALL(LINUX_CLOSE, last), OK);
	become_user(s);
	step(s, set(DESCRIPTORS, 20, 20), OK);
	step(s, CALL(LINUX_DUP, 0), last);
	step(s, CALL(LINUX_DUP, 0), last + 1);
	step(s, set(DESCRIPTORS, 20, 21), ERR_NOT_PERMITTED);
	step(s, set(DESCRIPTORS, 21, 20), ERR_INVALID_ARGS);
}

static void processes_of_a_user_have_an_end(struct steps *s)
{
	become_user(s);
	step(s, set(PROCESSES, 2, 2), OK);
	int64_t first = linux_fork_or_exit();
	if (first == 0)
		for (;;)
			CALL(LINUX_PAUSE);
	step(s, first > 0, true);
	step(s, CALL(LINUX_FORK), ERR_TRY_AGAIN);
	step(s, CALL(LINUX_KILL, first, SIGNAL_KILL), OK);
	step(s, CALL(LINUX_WAIT4, first, 0, 0, 0), first);
	int64_t second = linux_fork_or_exit();
	if (second == 0)
		CALL(LINUX_EXIT_GROUP, 0);
	step(s, CALL(LINUX_WAIT4, second, 0, 0, 0), second);
}

static void ignore_file_size(void)
{
	const uint64_t action[4] = {1};
	CALL(LINUX_RT_SIGACTION, SIGNAL_FILE_SIZE, action, 0, 8);
}

static void files_grow_as_far_as_they_may(struct steps *s)
{
	static const char bytes[200];
	ignore_file_size();
	step(s, set(FILE_SIZE, 100, 150), OK);
	int64_t file = CALL(LINUX_CREAT, HOME "/file", 0600);
	step(s, CALL(LINUX_WRITE, file, bytes, 200), 100);
	step(s, CALL(LINUX_WRITE, file, bytes, 1), ERR_FILE_TOO_BIG);
	step(s, CALL(LINUX_PWRITE64, file, bytes, 8, 96), 4);
	step(s, CALL(LINUX_PWRITE64, file, bytes, 8, 100), ERR_FILE_TOO_BIG);
	step(s, CALL(LINUX_FTRUNCATE, file, 101), ERR_FILE_TOO_BIG);
	step(s, CALL(LINUX_FTRUNCATE, file, 10), OK);
	step(s, CALL(LINUX_FTRUNCATE, file, 100), OK);
	step(s, CALL(LINUX_UNLINK, HOME "/file"), OK);
}

static void spaces_have_an_end(struct steps *s)
{
	step(s, set(ADDRESSES, 64 * MEGABYTE, 64 * MEGABYTE), OK);
	step(s, CALL(LINUX_MMAP, 0, 128 * MEGABYTE, PROTECTION, ANONYMOUS, -1, 0), ERR_NO_MEMORY);
	int64_t place = CALL(LINUX_MMAP, 0, MEGABYTE, PROTECTION, ANONYMOUS, -1, 0);
	step(s, place > 0, true);
	step(s, CALL(LINUX_MREMAP, place, MEGABYTE, 128 * MEGABYTE, 1, 0), ERR_NO_MEMORY);
	int64_t end = CALL(LINUX_BRK, 0);
	step(s, CALL(LINUX_BRK, end + 128 * MEGABYTE), end);
	step(s, CALL(LINUX_BRK, end + MEGABYTE), end + MEGABYTE);
}

static void programs_have_the_stack_they_were_given(struct steps *s)
{
	static const char *const arguments[] = {
	        "sh", "-c", "[ $(ulimit -s) = 256 ] && [ $(ulimit -c) = 0 ]", NULL};
	static const char *const environment[] = {NULL};
	step(s, set(STACK, 256 << 10, 1 << 20), OK);
	step(s, set(CORE, 0, 0), OK);
	step(s, CALL(LINUX_EXECVE, "/apps/debian_busybox/busybox", arguments, environment), OK);
}

static void others_limits_are_only_seen(struct steps *s)
{
	struct limit_pair limit = {};
	int64_t parent = CALL(LINUX_GETPPID);
	step(s, CALL(LINUX_PRLIMIT64, parent, DESCRIPTORS, 0, &limit), OK);
	step(s, limit.current > 0, true);
	step(s, CALL(LINUX_PRLIMIT64, parent, DESCRIPTORS, &limit, 0), ERR_NOT_PERMITTED);
	step(s, CALL(LINUX_PRLIMIT64, 99999, DESCRIPTORS, 0, &limit), ERR_NO_PROCESS);
	become_user(s);
	step(s, CALL(LINUX_PRLIMIT64, parent, DESCRIPTORS, 0, &limit), ERR_NOT_PERMITTED);
	step(s, CALL(LINUX_PRLIMIT64, 0, DESCRIPTORS, 0, &limit), OK);
}

static void the_clock_is_not_everybodys(struct steps *s)
{
	enum { REALTIME = 0 };
	int64_t now[2];
	become_user(s);
	step(s, CALL(LINUX_CLOCK_GETTIME, REALTIME, now), OK);
	step(s, CALL(LINUX_CLOCK_SETTIME, REALTIME, now), ERR_NOT_PERMITTED);
}

static void check_too_large_file_ends_the_program(struct tap *tap)
{
	int32_t status = 0;
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		(void)set(FILE_SIZE, 0, 0);
		int64_t file = CALL(LINUX_CREAT, HOME "/file", 0600);
		CALL(LINUX_WRITE, file, "x", 1);
		CALL(LINUX_EXIT_GROUP, 0);
	}
	CALL(LINUX_WAIT4, pid, &status, 0, 0);
	CALL(LINUX_UNLINK, HOME "/file");
	tap_check_equal(tap, status & 0x7f, SIGNAL_FILE_SIZE, "who does not listen is ended by it");
}

void check_limits(struct tap *tap)
{
	check_child(tap, descriptors_have_an_end, "descriptors have an end");
	check_child(tap, processes_of_a_user_have_an_end, "so have processes of a user");
	check_child(tap, files_grow_as_far_as_they_may, "and files");
	check_too_large_file_ends_the_program(tap);
	check_child(tap, spaces_have_an_end, "and what is mapped");
	check_child(tap, programs_have_the_stack_they_were_given, "programs inherit them");
	check_child(tap, others_limits_are_only_seen, "those of others are only seen");
	check_child(tap, the_clock_is_not_everybodys, "the superuser's alone is the clock");
	tap_check_equal(tap, set(LIMITS_COUNT, 1, 1), ERR_INVALID_ARGS, "there are sixteen");
	tap_check_equal(tap, set(2, 1, 1), ERR_NOT_PERMITTED, "what nobody keeps is not promised");
	tap_check_equal(tap, CALL(LINUX_SETRLIMIT, STACK, 0), ERR_BAD_ADDRESS, "a limit is there");
}

/* ---- names ---- */

static bool names_are(const char *host, const char *domain)
{
	char names[6][65];
	return CALL(LINUX_UNAME, names) == OK &&
	       str_equal(str_from_c(names[1]), str_from_c(host)) &&
	       str_equal(str_from_c(names[5]), str_from_c(domain));
}

void check_names(struct tap *tap)
{
	static const char lengthy[SYSTEM_NAME_MAX + 1];
	tap_check(tap, names_are("rustos", "(none)"), "the machine has a name");
	tap_check_equal(tap, CALL(LINUX_SETHOSTNAME, "guest", 5), OK, "and gets another one");
	tap_check_equal(tap, CALL(LINUX_SETDOMAINNAME, "example.org", 11), OK, "and a domain");
	tap_check(tap, names_are("guest", "example.org"), "which all see");
	tap_check_equal(tap, CALL(LINUX_SETHOSTNAME, lengthy, sizeof lengthy), ERR_INVALID_ARGS,
	                "a name has an end");
	tap_check_equal(tap, CALL(LINUX_SETHOSTNAME, "x", -1), ERR_INVALID_ARGS, "and a start");
	tap_check_equal(tap, CALL(LINUX_SETHOSTNAME, 0, 1), ERR_BAD_ADDRESS, "and is somewhere");
	tap_check_equal(tap, CALL(LINUX_SETHOSTNAME, "rustos", 6), OK, "the old name comes back");
	tap_check_equal(tap, CALL(LINUX_SETDOMAINNAME, "(none)", 6), OK, "and the old domain");
	tap_check(tap, names_are("rustos", "(none)"), "as if nothing had been");
}
