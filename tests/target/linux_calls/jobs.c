/* Sessions, the foreground, and what is stopped or told when it is not there. */
#include "linux_calls.h"
#include "signals.h"
#include "terminals.h"

enum {
	SIG_HUP = 1,
	SIG_TSTP = 20,
	SIG_TTIN = 21,
	SIG_TTOU = 22,
	SIG_WINCH = 28,
	UNTRACED = 2,
	STOP_OUTPUT = 0400,
	STOPPED = 0x7f,
	READ_WRITE = 2,
};

/* Calls in calls: the macro does not expand within itself. */
[[gnu::noreturn]] static void job_exit(int64_t code)
{
	CALL(LINUX_EXIT_GROUP, code);
	__builtin_unreachable();
}

static void signal_self(int signal)
{
	int64_t self = CALL(LINUX_GETPID);
	CALL(LINUX_KILL, self, signal);
}

static int64_t own_group(void)
{
	return CALL(LINUX_GETPGRP);
}

static int64_t take_terminal(void)
{
	return CALL(LINUX_IOCTL, 0, TAKE, 0);
}

static int64_t wait_stopped(int64_t pid)
{
	int32_t status = 0;
	int64_t got = CALL(LINUX_WAIT4, pid, &status, UNTRACED, 0);
	return got == pid ? status : got;
}

/* A child in a group of its own; the parent too sees to that before it goes on. */
static int64_t fork_job(void)
{
	int64_t pid = linux_fork_or_exit();
	CALL(LINUX_SETPGID, pid, pid);
	return pid;
}

static void set_foreground(int64_t group)
{
	uint32_t word = (uint32_t)group;
	CALL(LINUX_IOCTL, 0, SET_GROUP, &word);
}

static void end_job(int64_t pid)
{
	CALL(LINUX_KILL, pid, SIG_KILL);
	wait_for(pid);
}

static void check_session(struct tap *tap)
{
	uint32_t word = 0;
	tap_check_equal(tap, CALL(LINUX_IOCTL, 0, GET_GROUP, &word), ERR_NOT_TERMINAL,
	                "nobody's terminal has no foreground");
	tap_check_equal(tap, CALL(LINUX_OPEN, "/dev/tty", READ_WRITE), ERR_NO_DEVICE_ADDRESS,
	                "who has no terminal cannot open it");
	int64_t pid = linux_fork_or_exit();
	if (pid == 0)
		job_exit(take_terminal() == ERR_NOT_PERMITTED ? 3 : 1);
	tap_check_equal(tap, wait_for(pid), 3 * EXITED, "only who leads a session takes one");
	tap_check_equal(tap, CALL(LINUX_IOCTL, 0, TAKE, 0), OK, "a leader does");
	CALL(LINUX_IOCTL, 0, GET_SESSION, &word);
	tap_check_equal(tap, word, CALL(LINUX_GETPID), "it belongs to the session");
	CALL(LINUX_IOCTL, 0, GET_GROUP, &word);
	tap_check_equal(tap, word, CALL(LINUX_GETPGRP), "and its leader is in the foreground");
	int64_t fd = CALL(LINUX_OPEN, "/dev/tty", READ_WRITE);
	tap_check(tap, fd > 0, "it is the session's /dev/tty");
	CALL(LINUX_CLOSE, fd);
}

/* What happens to a job in the background that does this to the terminal. */
static int64_t status_in_background(void (*act)(void))
{
	int64_t pid = fork_job();
	if (pid == 0) {
		signal_set(SIG_TTOU, 0);
		act();
		CALL(LINUX_EXIT_GROUP, 9);
	}
	int64_t status = wait_stopped(pid);
	end_job(pid);
	return status;
}

static void act_read(void)
{
	char byte;
	CALL(LINUX_READ, 0, &byte, 1);
}

static void act_read_deaf(void)
{
	char byte;
	signal_set(SIG_TTIN, 1);
	if (CALL(LINUX_READ, 0, &byte, 1) == ERR_IO)
		CALL(LINUX_EXIT_GROUP, 4);
}

static void act_write(void)
{
	CALL(LINUX_WRITE, 1, "\n", 1);
}

static void act_set(void)
{
	struct settings settings;
	CALL(LINUX_IOCTL, 0, GET_SETTINGS, &settings);
	CALL(LINUX_IOCTL, 0, SET_SETTINGS, &settings);
}

static void act_take_foreground(void)
{
	set_foreground(own_group());
}

static void check_background(struct tap *tap)
{
	struct settings settings;
	tap_check_equal(tap, status_in_background(act_read), SIG_TTIN << 8 | STOPPED,
	                "a reader in the background is stopped");
	tap_check_equal(tap, status_in_background(act_read_deaf), 4 * EXITED,
	                "one that ignores that cannot read");
	tap_check_equal(tap, status_in_background(act_write), 9 * EXITED, "writers are free");
	tap_check_equal(tap, status_in_background(act_set), SIG_TTOU << 8 | STOPPED,
	                "who changes the settings is stopped");
	tap_check_equal(tap, status_in_background(act_take_foreground), SIG_TTOU << 8 | STOPPED,
	                "and who takes the foreground");
	CALL(LINUX_IOCTL, 0, GET_SETTINGS, &settings);
	settings.local |= STOP_OUTPUT;
	CALL(LINUX_IOCTL, 0, SET_SETTINGS, &settings);
	tap_check_equal(tap, status_in_background(act_write), SIG_TTOU << 8 | STOPPED,
	                "writers too, when the terminal says so");
	settings.local &= ~(uint32_t)STOP_OUTPUT;
	CALL(LINUX_IOCTL, 0, SET_SETTINGS, &settings);
}

/* As `fg` does it: the read that was stopped goes on. */
static void check_resume(struct tap *tap)
{
	int64_t pid = fork_job();
	if (pid == 0) {
		char line[8];
		int64_t len = CALL(LINUX_READ, 0, line, sizeof line);
		CALL(LINUX_EXIT_GROUP, len == 4 ? 5 : 1);
	}
	tap_check_equal(tap, wait_stopped(pid), SIG_TTIN << 8 | STOPPED, "stopped at its read");
	set_foreground(pid);
	terminal_type("# x\n");
	CALL(LINUX_KILL, -pid, SIG_CONT);
	tap_check_equal(tap, wait_for(pid), 5 * EXITED, "in the foreground it reads its line");
	set_foreground(own_group());
}

static void check_suspension(struct tap *tap)
{
	int64_t pid = fork_job();
	if (pid == 0)
		for (;;)
			CALL(LINUX_PAUSE);
	set_foreground(pid);
	terminal_type("# \x1a");
	CALL(LINUX_WRITE, 1, "\n", 1);
	tap_check_equal(tap, wait_stopped(pid), SIG_TSTP << 8 | STOPPED, "Ctrl-Z stops it");
	set_foreground(own_group());
	uint16_t size[4] = {50, 132}, back[4] = {24, 80};
	signal_handle(SIG_WINCH, 0);
	signal_count();
	CALL(LINUX_IOCTL, 0, SET_SIZE, size);
	tap_check_equal(tap, signal_count(), 1, "a new size is told to the foreground");
	signal_set(SIG_WINCH, 0);
	CALL(LINUX_IOCTL, 0, SET_SIZE, back);
	end_job(pid);
}

/* The child leaves a stopped job behind, which would stay so for ever. */
static void check_orphaned(struct tap *tap)
{
	int32_t told[2], ready[2];
	char byte = 0;
	CALL(LINUX_PIPE, told);
	CALL(LINUX_PIPE, ready);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		int64_t job = fork_job();
		if (job == 0) {
			signal_handle(SIG_HUP, 0);
			signal_count();
			CALL(LINUX_WRITE, ready[1], "r", 1);
			signal_self(SIG_STOP);
			CALL(LINUX_WRITE, told[1], signal_count() == 1 ? "h" : "?", 1);
			/* nobody could continue it: Ctrl-Z's signal does nothing now */
			signal_self(SIG_TSTP);
			CALL(LINUX_WRITE, told[1], "t", 1);
			CALL(LINUX_EXIT_GROUP, 0);
		}
		CALL(LINUX_READ, ready[0], &byte, 1);
		CALL(LINUX_EXIT_GROUP, (wait_stopped(job) & 0xff) == STOPPED ? 0 : 1);
	}
	tap_check_equal(tap, wait_for(pid), 0, "its job is stopped");
	CALL(LINUX_READ, told[0], &byte, 1);
	tap_check_equal(tap, byte, 'h', "a stopped job that is orphaned hangs up and goes on");
	CALL(LINUX_READ, told[0], &byte, 1);
	tap_check_equal(tap, byte, 't', "and is not stopped by the keyboard any more");
	for (int i = 0; i < 2; i++) {
		CALL(LINUX_CLOSE, told[i]);
		CALL(LINUX_CLOSE, ready[i]);
	}
}

void check_jobs_begin(struct tap *tap)
{
	check_session(tap);
	signal_set(SIG_TTOU, 1);
}

void check_jobs(struct tap *tap)
{
	check_background(tap);
	check_resume(tap);
	check_suspension(tap);
	check_orphaned(tap);
	signal_set(SIG_HUP, 1);
	tap_check_equal(tap, CALL(LINUX_IOCTL, 0, LEAVE, 0), OK, "the leader leaves its terminal");
	tap_check_equal(tap, CALL(LINUX_OPEN, "/dev/tty", READ_WRITE), ERR_NO_DEVICE_ADDRESS,
	                "then the session has none");
	signal_set(SIG_HUP, 0);
	signal_set(SIG_TTOU, 0);
}
