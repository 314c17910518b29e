/* What belongs to a session beside its leader, and its console. */
#include "runtime_control.h"
#include <string.h>

enum {
	GET_SETTINGS = 0x5401,
	HEARD_MAX = 1024,
	NS_PER_MS = 1000000,
};

/* Waits until an entry runs in a session. Its pid. */
static uint64_t wait_for(int32_t watch, uint64_t session, struct str desktop_id)
{
	size_t count;
	while (comes(watch) &&
	       runtime_watch_next(watch, programs, RUNTIME_PROGRAMS_MAX, &count) == OK)
		for (size_t i = 0; i < count; i++)
			if (programs[i].session_handle == session &&
			    str_equal(str_from_c((const char *)programs[i].desktop_file_id),
			              desktop_id))
				return programs[i].pid;
	return 0;
}

static uint64_t find_in(uint64_t session, struct str desktop_id)
{
	int32_t watch;
	if (runtime_watch(&watch) != OK)
		return 0;
	uint64_t pid = wait_for(watch, session, desktop_id);
	CALL(LINUX_CLOSE, watch);
	return pid;
}

/* Pseudo-terminals are the whole system's, and another test takes all of them for a moment. */
static enum status launch_with_console(struct str id, struct runtime_program *out_leader)
{
	uint64_t begun = 0, now = 0;
	TRY(rustos_clock_now(&begun));
	for (;;) {
		enum status status = runtime_launch(id, out_leader);
		TRY(rustos_clock_now(&now));
		if (status != ERR_NO_SPACE || now - begun > (uint64_t)PATIENCE_MS * NS_PER_MS)
			return status;
		CALL(LINUX_SCHED_YIELD);
	}
}

void check_sessions(struct tap *tap)
{
	struct runtime_program leader = {};
	enum status status = runtime_launch(STR("runtime_control-2.desktop"), &leader);
	tap_check_equal(tap, status, OK, "a session is asked for");
	if (status != OK)
		return;
	uint64_t session = leader.session_handle;
	uint64_t first = find_in(session, STR("runtime_control-4.desktop"));
	uint64_t second = find_in(session, STR("runtime_control-5.desktop"));
	tap_check(tap, first && second, "it has what new and what all sessions have");
	tap_check_equal(tap, runtime_terminate(RUNTIME_TARGET_PID, first), OK,
	                "one of them may be ended");
	wait_until_gone(first);
	tap_check(tap, find(leader.pid) && find(second), "without the others");
	tap_check_equal(tap, runtime_terminate(RUNTIME_TARGET_PID, leader.pid), OK,
	                "with the first one of the session");
	wait_until_gone(second);
	tap_check(tap, !find(leader.pid), "all of them end");

	status = launch_with_console(STR("runtime_control-4.desktop"), &leader);
	tap_check_equal(tap, status, OK, "what new sessions have is asked for by itself");
	if (status != OK)
		return;
	session = leader.session_handle;
	/* another one of the leader's kind would have come before */
	first = find_in(session, STR("runtime_control-5.desktop"));
	size_t count = 0, same = 0;
	if (runtime_snapshot(programs, RUNTIME_PROGRAMS_MAX, &count) != OK)
		rustos_process_exit(2);
	for (size_t i = 0; i < count; i++)
		same += programs[i].session_handle == session &&
		        programs[i].program_id == leader.program_id;
	tap_check(tap, first && same == 1, "it comes once where it was asked for");
	tap_check_equal(tap, runtime_terminate(RUNTIME_TARGET_SESSION, session), OK,
	                "a session is ended as a whole");
	wait_until_gone(first);
	wait_until_gone(leader.pid);
}

/* Reads what a console shows until it has shown this; false: it ended before. */
static bool hear(int32_t terminal, struct str text)
{
	static char heard[HEARD_MAX];
	/* byte by byte: what follows is for who hears next */
	for (size_t len = 0; len < sizeof heard;) {
		if (!comes(terminal) || CALL(LINUX_READ, terminal, heard + len, 1) != 1)
			return false;
		if (str_ends_with((struct str){heard, ++len}, text))
			return true;
	}
	return false;
}

static void check_console_refused(struct tap *tap, const struct runtime_program *leader)
{
	struct runtime_console console;
	struct runtime_program other = {}, none = {};
	tap_check_equal(tap, runtime_console(leader->session_handle, &console, &other), ERR_BUSY,
	                "by one at a time");
	tap_check_equal(tap, runtime_console(leader->session_handle + 1, &console, &other),
	                ERR_NO_PROCESS, "a session that is not there has none");
	enum status status = runtime_launch(STR("runtime_control-2.desktop"), &none);
	tap_check_equal(tap, status, OK, "what needs no console");
	tap_check_equal(tap, runtime_console(none.session_handle, &console, &other),
	                ERR_NOT_TERMINAL, "has none");
	status = runtime_terminate(RUNTIME_TARGET_SESSION, none.session_handle);
	tap_check_equal(tap, status, OK, "and ends");
	wait_until_gone(none.pid);
}

void check_console(struct tap *tap)
{
	struct runtime_program leader = {}, same = {};
	struct runtime_console console = {-1, -1};
	enum status status = launch_with_console(STR("runtime_control-6.desktop"), &leader);
	tap_check_equal(tap, status, OK, "a program of the console is launched");
	if (status != OK)
		return;
	status = runtime_console(leader.session_handle, &console, &same);
	tap_check(tap, status == OK && same.pid == leader.pid, "its console can be had");
	tap_check(tap, hear(console.terminal, STR("beside")),
	          "what is beside it speaks there, too");
	check_console_refused(tap, &leader);
	/* somebody else, later: until runtimed has heard that the first one has gone */
	CALL(LINUX_CLOSE, console.lease);
	CALL(LINUX_CLOSE, console.terminal);
	do
		status = runtime_console(leader.session_handle, &console, &same);
	while (status == ERR_BUSY);
	tap_check_equal(tap, status, OK, "it can be had again");
	CALL(LINUX_WRITE, console.terminal, "typed\n", 6);
	tap_check(tap, hear(console.terminal, STR("heard typed")),
	          "what is typed comes to the program");
	tap_check(tap, comes(console.lease), "the end of the session is the end of that");
	CALL(LINUX_CLOSE, console.lease);
	CALL(LINUX_CLOSE, console.terminal);
	tap_check(tap, !find(leader.pid), "and nothing of it is left");
}

void say_over_console(const char *text)
{
	uint32_t settings[16];
	if (CALL(LINUX_IOCTL, 1, GET_SETTINGS, settings) == OK)
		CALL(LINUX_WRITE, 1, text, strlen(text));
}

int talk_over_console(void)
{
	char typed[64];
	int64_t len = CALL(LINUX_READ, 0, typed, sizeof typed);
	CALL(LINUX_WRITE, 1, "heard ", 6);
	CALL(LINUX_WRITE, 1, typed, len > 0 ? len : 0);
	return 0;
}
