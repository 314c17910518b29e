/* Sessions over the socket of runtimed. With an argument: a program that is launched. */
#include "runtime_control.h"

enum {
	POLL_IN = 1,
	/* as runtimed has it */
	USER_PROGRAMS_MAX = 16,
	USER_REQUESTS_MAX = 4,
	SESSION_PROGRAMS = 3, /* with the two that are in each */
	SESSIONS_MAX = USER_PROGRAMS_MAX / SESSION_PROGRAMS + 1, /* the last one lacks some */
};

struct runtime_program programs[RUNTIME_PROGRAMS_MAX];

bool comes(int32_t fd)
{
	const struct {
		int32_t fd;
		int16_t events, happened;
	} wanted = {fd, POLL_IN, 0};
	return CALL(LINUX_POLL, &wanted, 1, PATIENCE_MS) == 1;
}

const struct runtime_program *find(uint64_t pid)
{
	size_t count;
	if (runtime_snapshot(programs, RUNTIME_PROGRAMS_MAX, &count) != OK)
		rustos_process_exit(2);
	for (size_t i = 0; i < count; i++)
		if (programs[i].pid == pid)
			return &programs[i];
	return NULL;
}

void wait_until_gone(uint64_t pid)
{
	while (find(pid))
		CALL(LINUX_SCHED_YIELD);
}

/* Of another process: what starts with NAME= in its environment cannot be asked for. */
static bool runs_here(const struct runtime_program *program)
{
	return CALL(LINUX_GETSID, program->pid) == (int64_t)program->pid;
}

static void check_launch(struct tap *tap)
{
	struct runtime_program launched = {}, second = {};
	enum status status = runtime_launch(STR("runtime_control-2.desktop"), &launched);
	tap_check_equal(tap, status, OK, "a desktop id is launched");
	tap_check(tap, launched.pid && runs_here(&launched), "in a session of its own");
	const struct runtime_program *listed = find(launched.pid);
	tap_check(tap, listed && listed->session_handle == launched.session_handle,
	          "and is listed by its session");
	tap_check(tap,
	          listed && str_equal(str_from_c((const char *)listed->display_name), STR("Waits")),
	          "with its name");
	status = runtime_launch(STR("runtime_control-2.desktop"), &second);
	tap_check(tap, status == OK && second.session_handle > launched.session_handle,
	          "once more is another session");
	tap_check_equal(tap, runtime_terminate(RUNTIME_TARGET_PID, launched.pid), OK,
	                "it ends by its pid");
	wait_until_gone(launched.pid);
	tap_check_equal(tap, runtime_terminate(RUNTIME_TARGET_PID, launched.pid), ERR_NO_PROCESS,
	                "and only once");
	tap_check_equal(tap, runtime_terminate(RUNTIME_TARGET_SESSION, second.session_handle), OK,
	                "the other ends by its session");
	wait_until_gone(second.pid);
	tap_check(tap, !find(second.pid), "and is not listed any more");
	tap_check_equal(tap, runtime_terminate(RUNTIME_TARGET_PID, 1), ERR_NO_PROCESS,
	                "what it did not launch it does not end");
}

static void check_targets(struct tap *tap)
{
	struct runtime_program launched = {};
	tap_check_equal(tap, runtime_launch(STR("runtime_needy.desktop"), &launched), ERR_TRY_AGAIN,
	                "what depends on a program that does not run has to wait");
	tap_check_equal(tap,
	                runtime_launch(STR("/apps/runtime_needy/runtime_needy.elf"), &launched), OK,
	                "a path is a target too");
	tap_check_equal(tap, launched.program_id, 0, "that no registry has");
	wait_until_gone(launched.pid);
	tap_check_equal(tap, runtime_launch(STR("/no/such/program"), &launched), ERR_NOT_FOUND,
	                "one that is not there is told");
	tap_check_equal(tap, runtime_launch(STR("/system"), &launched), ERR_ACCESS_DENIED,
	                "as is one that is no program");
	tap_check_equal(tap, runtime_notify_ready(), OK, "a display server may say it is there");
}

static void check_refused(struct tap *tap)
{
	static const struct {
		struct runtime_request request;
		enum status status;
		const char *name;
	} cases[] = {
	        {{.version = 2, .op = 1}, ERR_PROTOCOL, "another version is refused"},
	        {{.version = 1, .op = 9}, ERR_INVALID_ARGS, "so is an unknown operation"},
	        {{.version = 1, .op = 5, .text_len = 1, .text = "x"},
	         ERR_INVALID_ARGS,
	         "a watch of one program"},
	        {{.version = 1, .op = 1, .target_value = 1}, ERR_INVALID_ARGS, "a value of no use"},
	        {{.version = 1, .op = 2, .target_kind = 1, .text_len = 1, .text = "x"},
	         ERR_INVALID_ARGS,
	         "a kind of target that is wrong"},
	        {{.version = 1, .op = 2, .target_kind = 2, .text_len = 3, .text = "a\\b"},
	         ERR_INVALID_ARGS,
	         "a text with a backslash"},
	        {{.version = 1, .op = 3, .target_kind = 2}, ERR_INVALID_ARGS, "a pid of 0"},
	        {{.version = 1, .op = 32, .target_kind = 1}, ERR_INVALID_ARGS, "a console of 0"},
	        {{.version = 1, .op = 32, .target_kind = 2, .target_value = 1},
	         ERR_INVALID_ARGS,
	         "a console of a pid"},
	        {{.version = 1, .op = 2, .target_kind = 2, .text_len = 129, .text = "x"},
	         ERR_INVALID_ARGS,
	         "a text that is longer than there is room"},
	        {{.version = 1, .op = 1, .reserved0 = 1}, ERR_INVALID_ARGS, "a reserved field"},
	        {{.version = 1, .op = 1, .reserved1 = 1}, ERR_INVALID_ARGS, "and the other one"},
	};
	size_t count;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		tap_check_equal(tap, runtime_ask(&cases[i].request, NULL, 0, &count),
		                cases[i].status, cases[i].name);
}

bool watch_until(int32_t watch, uint64_t pid, bool runs)
{
	size_t count;
	while (comes(watch) &&
	       runtime_watch_next(watch, programs, RUNTIME_PROGRAMS_MAX, &count) == OK) {
		bool found = false;
		for (size_t i = 0; i < count; i++)
			found |= programs[i].pid == pid;
		if (found == runs)
			return true;
	}
	return false;
}

static void check_watch(struct tap *tap)
{
	struct runtime_program launched = {};
	int32_t watch;
	size_t count;
	tap_check_equal(tap, runtime_watch(&watch), OK, "one may watch");
	tap_check_equal(tap, runtime_watch_next(watch, programs, RUNTIME_PROGRAMS_MAX, &count), OK,
	                "and hears at once what runs");
	tap_check_equal(tap, runtime_launch(STR("runtime_control-2.desktop"), &launched), OK,
	                "what is launched then");
	tap_check(tap, watch_until(watch, launched.pid, true), "is told");
	tap_check_equal(tap, runtime_terminate(RUNTIME_TARGET_PID, launched.pid), OK,
	                "and when it ends");
	tap_check(tap, watch_until(watch, launched.pid, false), "that too");
	CALL(LINUX_CLOSE, watch);
}

/* Three pipes of which the far ends are the program's. */
static void check_streams(struct tap *tap)
{
	struct runtime_program launched = {};
	int32_t to[2], from[2];
	char text[8] = {};
	CALL(LINUX_PIPE2, to, 0);
	CALL(LINUX_PIPE2, from, 0);
	const int32_t streams[] = {to[0], from[1], from[1]};
	tap_check_equal(
	        tap, runtime_launch_attached(STR("runtime_control-3.desktop"), streams, &launched),
	        OK, "a program may be given files");
	CALL(LINUX_CLOSE, to[0]);
	CALL(LINUX_CLOSE, from[1]);
	CALL(LINUX_WRITE, to[1], "hello", 5);
	CALL(LINUX_CLOSE, to[1]);
	tap_check_equal(tap, CALL(LINUX_READ, from[0], text, sizeof text), 5,
	                "it reads and writes them");
	tap_check(tap, str_equal((struct str){text, 5}, STR("hello")), "as its own");
	tap_check_equal(tap, CALL(LINUX_READ, from[0], text, sizeof text), 0,
	                "which nobody else keeps open");
	CALL(LINUX_CLOSE, from[0]);
	wait_until_gone(launched.pid);
}

/* 0, or 7 when it is somebody else's. */
static int64_t end_session(uint64_t session)
{
	enum status ended = runtime_terminate(RUNTIME_TARGET_SESSION, session);
	/* it ended by itself, or with another program of it */
	return ended == OK || ended == ERR_NO_PROCESS ? 0 : 7;
}

static int64_t end_all(void)
{
	size_t count;
	int64_t ended = 0;
	if (runtime_snapshot(programs, RUNTIME_PROGRAMS_MAX, &count) != OK)
		return 7;
	for (size_t i = 0; i < count && ended == 0; i++)
		ended = end_session(programs[i].session_handle);
	return ended;
}

/* In a process of its own: 0 when a user's program is the user's, and only that one ends it. */
static int64_t launch_as_user(void)
{
	struct runtime_program launched = {}, others = {};
	if (runtime_launch(STR("runtime_control-2.desktop"), &others) != OK ||
	    CALL(LINUX_SETRESGID, GROUP, GROUP, GROUP) != OK ||
	    CALL(LINUX_SETRESUID, USER, USER, USER) != OK)
		return 1;
	if (runtime_launch(STR("runtime_control-2.desktop"), &launched) != OK)
		return 2;
	/* it may be sent signals by its own user only */
	if (CALL(LINUX_KILL, launched.pid, 0) != OK ||
	    CALL(LINUX_KILL, others.pid, 0) != ERR_NOT_PERMITTED)
		return 3;
	if (runtime_terminate(RUNTIME_TARGET_PID, others.pid) != ERR_NOT_PERMITTED)
		return 4;
	struct runtime_console console;
	if (runtime_console(others.session_handle, &console, &launched) != ERR_NOT_PERMITTED)
		return 5;
	struct runtime_program more = {};
	uint64_t sessions[SESSIONS_MAX] = {launched.session_handle};
	size_t count = 1;
	while (runtime_launch(STR("runtime_control-2.desktop"), &more) == OK) {
		if (count < SESSIONS_MAX)
			sessions[count] = more.session_handle;
		count++;
	}
	if (count != SESSIONS_MAX)
		return 6;
	int64_t ended = 0;
	for (size_t i = 0; i < count && ended == 0; i++)
		ended = end_session(sessions[i]);
	return ended;
}

/* Until no program runs any more. The same. */
static int64_t end_everything(void)
{
	int64_t ended = 0;
	size_t count = 1;
	while (ended == 0 && count) {
		ended = end_all();
		if (runtime_snapshot(programs, RUNTIME_PROGRAMS_MAX, &count) != OK)
			rustos_process_exit(2);
	}
	return ended;
}

static void check_users(struct tap *tap)
{
	int32_t status = -1;
	int64_t pid = linux_fork_or_exit();
	if (pid == 0)
		CALL(LINUX_EXIT_GROUP, launch_as_user());
	CALL(LINUX_WAIT4, pid, &status, 0, 0);
	tap_check_equal(tap, status, 0, "a user launches programs as that user, and not too many");
	tap_check_equal(tap, end_everything(), 0, "the superuser ends the rest");
}

static int64_t connect_silently(void)
{
	struct {
		uint16_t family;
		char path[sizeof "/run/runtimed.sock"];
	} address = {FAMILY_LOCAL, "/run/runtimed.sock"};
	int64_t socket = CALL(LINUX_SOCKET, FAMILY_LOCAL, STREAM, 0);
	CALL(LINUX_CONNECT, socket, &address, sizeof address);
	return socket;
}

/* In a process of its own: 0 when one who opens many connections has the last one closed. */
static int64_t open_many(void)
{
	char byte;
	int64_t socket = -1;
	if (CALL(LINUX_SETRESUID, USER, USER, USER) != OK)
		return 1;
	for (size_t i = 0; i <= USER_REQUESTS_MAX; i++)
		socket = connect_silently();
	return CALL(LINUX_READ, socket, &byte, 1) == 0 ? 0 : 2;
}

/* Half a request keeps nobody waiting. */
static void check_half(struct tap *tap)
{
	int32_t status = -1;
	int64_t socket = connect_silently();
	CALL(LINUX_WRITE, socket, &socket, 2);
	tap_check(tap, !find(1), "a client that is slow does not hold up others");
	CALL(LINUX_CLOSE, socket);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0)
		CALL(LINUX_EXIT_GROUP, open_many());
	CALL(LINUX_WAIT4, pid, &status, 0, 0);
	tap_check_equal(tap, status, 0, "and no user takes all connections");
}

/* Standard input to standard output. */
static int copy_streams(void)
{
	char bytes[64];
	int64_t len;
	while ((len = CALL(LINUX_READ, 0, bytes, sizeof bytes)) > 0)
		CALL(LINUX_WRITE, 1, bytes, len);
	return len == 0 ? 0 : 1;
}

int main(int argc, char **argv, char **)
{
	struct tap tap = {};
	size_t count = 1;
	if (argc > 1 && str_equal(str_from_c(argv[1]), STR("console")))
		return talk_over_console();
	if (argc > 1 && str_equal(str_from_c(argv[1]), STR("beside")))
		say_over_console("beside\n");
	if (argc > 1 && str_equal(str_from_c(argv[1]), STR("copy")))
		return copy_streams();
	while (argc > 1)
		CALL(LINUX_PAUSE);
	/* what runtimed launches by itself is to be over: all that runs is counted here */
	while (count)
		if (runtime_snapshot(programs, RUNTIME_PROGRAMS_MAX, &count) != OK)
			rustos_process_exit(2);
	check_launch(&tap);
	check_sessions(&tap);
	check_console(&tap);
	check_targets(&tap);
	check_watch(&tap);
	check_streams(&tap);
	check_users(&tap);
	check_refused(&tap);
	check_half(&tap);
	return tap_finish(&tap);
}
