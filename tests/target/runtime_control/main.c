/* Sessions over the socket of runtimed. With an argument: the program that is launched. */
#include <linux_calls/api.h>
#include <runtime_control/api.h>
#include <tap/api.h>

enum { FAMILY_LOCAL = 1, STREAM = 1, NONBLOCK = 04000 };

static struct runtime_program programs[RUNTIME_PROGRAMS_MAX];

/* The entry of a pid in a snapshot; NULL: it does not run. */
static const struct runtime_program *find(uint64_t pid)
{
	size_t count;
	if (runtime_snapshot(programs, RUNTIME_PROGRAMS_MAX, &count) != OK)
		rustos_process_exit(2);
	for (size_t i = 0; i < count; i++)
		if (programs[i].pid == pid)
			return &programs[i];
	return NULL;
}

static void wait_until_gone(uint64_t pid)
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
	        {{.version = 1, .op = 1, .target_value = 1}, ERR_INVALID_ARGS, "a value of no use"},
	        {{.version = 1, .op = 2, .target_kind = 1, .text_len = 1, .text = "x"},
	         ERR_INVALID_ARGS,
	         "a kind of target that is wrong"},
	        {{.version = 1, .op = 2, .target_kind = 2, .text_len = 3, .text = "a\\b"},
	         ERR_INVALID_ARGS,
	         "a text with a backslash"},
	        {{.version = 1, .op = 3, .target_kind = 2}, ERR_INVALID_ARGS, "a pid of 0"},
	};
	size_t count;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		tap_check_equal(tap, runtime_ask(&cases[i].request, NULL, 0, &count),
		                cases[i].status, cases[i].name);
}

/* Half a request keeps nobody waiting. */
static void check_half(struct tap *tap)
{
	struct {
		uint16_t family;
		char path[sizeof "/run/runtimed.sock"];
	} address = {FAMILY_LOCAL, "/run/runtimed.sock"};
	int64_t socket = CALL(LINUX_SOCKET, FAMILY_LOCAL, STREAM, 0);
	CALL(LINUX_CONNECT, socket, &address, sizeof address);
	CALL(LINUX_WRITE, socket, &address, 2);
	tap_check(tap, !find(1), "a client that is slow does not hold up others");
	CALL(LINUX_CLOSE, socket);
}

int main(int argc, char **, char **)
{
	struct tap tap = {};
	while (argc > 1)
		CALL(LINUX_PAUSE);
	check_launch(&tap);
	check_targets(&tap);
	check_refused(&tap);
	check_half(&tap);
	return tap_finish(&tap);
}
