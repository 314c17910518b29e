/* What is asked of runtimed; --help has it. */
#include "runctl.h"
#include <format/api.h>

enum { LINE_MAX = 512 };

static const char help_text[] =
        "usage: runctl COMMAND\n"
        "  list                         the programs that run, one a line, with their session\n"
        "  watch                        that again at every change\n"
        "  launch [--attach] TARGET     start a program in a session of its own: one of\n"
        "                               desktop-programs.tsv by its id, or a path; --attach: it\n"
        "                               reads and writes where runctl would\n"
        "  attach SESSION               be at the session's console; Ctrl-] leaves it\n"
        "  terminate SESSION            end a session with all its programs\n"
        "  terminate --pid PID          end one program\n"
        "Status: 0; 1 when runtimed said no; 2 when the arguments make no sense.\n";

void say(int descriptor, const char *format, ...)
{
	char bytes[LINE_MAX];
	struct format_buffer text = {.ptr = bytes, .size = sizeof bytes};
	va_list arguments;
	va_start(arguments, format);
	format_append_list(&text, format, arguments);
	va_end(arguments);
	CALL(LINUX_WRITE, descriptor, text.ptr, text.len);
}

int refused(const char *what, enum status status)
{
	say(STANDARD_ERROR, "runctl: %s: %s\n", what, status_name(status));
	return 1;
}

static struct runtime_program programs[RUNTIME_PROGRAMS_MAX];

static void say_programs(size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct runtime_program *p = &programs[i];
		say(STANDARD_OUTPUT, "session=%llu pid=%llu id=%s name=\"%s\" exec=%s\n",
		    (unsigned long long)p->session_handle, (unsigned long long)p->pid,
		    p->desktop_file_id[0] ? (const char *)p->desktop_file_id : "-",
		    (const char *)p->display_name, (const char *)p->exec_path);
	}
}

static int list(void)
{
	size_t count;
	enum status status = runtime_snapshot(programs, COUNT(programs), &count);
	if (status != OK)
		return refused("list", status);
	say_programs(count);
	return 0;
}

/* Until runtimed ends, or a signal. */
static int watch(void)
{
	int32_t watched;
	size_t count;
	enum status status = runtime_watch(&watched);
	while (status == OK) {
		status = runtime_watch_next(watched, programs, COUNT(programs), &count);
		if (status != OK)
			break;
		say(STANDARD_OUTPUT, "programs=%zu\n", count);
		say_programs(count);
	}
	return refused("watch", status);
}

static int launch(const char *target, bool attach)
{
	static const int32_t own[] = {0, 1, 2};
	struct runtime_program program;
	enum status status =
	        runtime_launch_attached(str_from_c(target), attach ? own : NULL, &program);
	if (status != OK)
		return refused(target, status);
	say(STANDARD_OUTPUT, "session=%llu pid=%llu\n", (unsigned long long)program.session_handle,
	    (unsigned long long)program.pid);
	return 0;
}

static int usage(void)
{
	say(STANDARD_ERROR, "usage: runctl list | watch | launch [--attach] ID-OR-PATH | "
	                    "attach SESSION | terminate SESSION | terminate --pid PID\n"
	                    "runctl --help says what they do\n");
	return 2;
}

static int help(void)
{
	CALL(LINUX_WRITE, STANDARD_OUTPUT, help_text, sizeof help_text - 1);
	return 0;
}

static int attach_to(const char *number)
{
	uint64_t session;
	return str_to_u64(str_from_c(number), &session) && session ? attach(session) : usage();
}

static int terminate(uint16_t kind, const char *number)
{
	uint64_t value;
	if (!str_to_u64(str_from_c(number), &value) || !value)
		return usage();
	enum status status = runtime_terminate(kind, value);
	return status == OK ? 0 : refused(number, status);
}

int main(int argc, char **argv, char **)
{
	struct str command = argc > 1 ? str_from_c(argv[1]) : STR("");
	if (argc == 2 && str_equal(command, STR("list")))
		return list();
	if (argc == 2 && str_equal(command, STR("watch")))
		return watch();
	if (argc == 3 && str_equal(command, STR("launch")))
		return launch(argv[2], false);
	if (argc == 4 && str_equal(command, STR("launch")) &&
	    str_equal(str_from_c(argv[2]), STR("--attach")))
		return launch(argv[3], true);
	if (argc == 2 && (str_equal(command, STR("--help")) || str_equal(command, STR("help"))))
		return help();
	if (argc == 3 && str_equal(command, STR("attach")))
		return attach_to(argv[2]);
	if (argc == 3 && str_equal(command, STR("terminate")))
		return terminate(RUNTIME_TARGET_SESSION, argv[2]);
	if (argc == 4 && str_equal(command, STR("terminate")) &&
	    str_equal(str_from_c(argv[2]), STR("--pid")))
		return terminate(RUNTIME_TARGET_PID, argv[3]);
	return usage();
}
