/* The console as a terminal; bytes are typed by ioctl, as if at the keyboard. */
#include "terminals.h"
#include "linux_calls.h"
#include "signals.h"
#include <string.h>

enum {
	IN = 1,
	CANONICAL_AND_ECHO = 012,
};

void terminal_type(const char *bytes)
{
	for (; *bytes; bytes++)
		CALL(LINUX_IOCTL, 0, TYPE, bytes);
}

static bool read_is(const char *expected)
{
	char bytes[64] = {};
	int64_t len = CALL(LINUX_READ, 0, bytes, sizeof bytes - 1);
	return len >= 0 && str_equal((struct str){bytes, (size_t)len}, str_from_c(expected));
}

static void check_lines(struct tap *tap)
{
	struct {
		int32_t fd;
		int16_t events, happened;
	} entry = {0, IN, 0};
	CALL(LINUX_IOCTL, 0, FLUSH, 0);
	terminal_type("# abx\x7f");
	int64_t half = CALL(LINUX_POLL, &entry, 1, 0);
	terminal_type("c\n");
	/* only now does the echo end its line: nothing of TAP may follow on it */
	tap_check_equal(tap, half, 0, "half a line is not read");
	tap_check_equal(tap, CALL(LINUX_POLL, &entry, 1, 0), 1, "a whole one is");
	uint32_t count = 0;
	CALL(LINUX_IOCTL, 0, READABLE, &count);
	tap_check_equal(tap, count, 6, "its bytes can be counted");
	tap_check(tap, read_is("# abc\n"), "as it was edited");
	terminal_type("\x04");
	tap_check(tap, read_is(""), "Ctrl-D is the end");
}

static void check_settings(struct tap *tap)
{
	struct settings old = {}, raw;
	uint16_t size[4] = {};
	tap_check_equal(tap, CALL(LINUX_IOCTL, 0, GET_SETTINGS, &old), OK, "it is a terminal");
	raw = old;
	raw.local &= ~(uint32_t)CANONICAL_AND_ECHO;
	tap_check_equal(tap, CALL(LINUX_IOCTL, 0, SET_SETTINGS, &raw), OK, "it can be made raw");
	terminal_type("x");
	tap_check(tap, read_is("x"), "then every byte is read at once");
	CALL(LINUX_IOCTL, 0, SET_SETTINGS, &old);
	CALL(LINUX_IOCTL, 0, GET_SIZE, size);
	tap_check(tap, size[0] == 24 && size[1] == 80, "it has a size");
	tap_check_equal(tap, CALL(LINUX_IOCTL, 0, GET_SETTINGS, BAD_ADDRESS), ERR_BAD_ADDRESS,
	                "settings need a place");
	tap_check_equal(tap, CALL(LINUX_IOCTL, 0, 0x5499, 0), ERR_NOT_TERMINAL,
	                "an unknown request is refused");
	int32_t pair[2];
	CALL(LINUX_PIPE, pair);
	tap_check_equal(tap, CALL(LINUX_IOCTL, pair[0], GET_SETTINGS, &old), ERR_NOT_TERMINAL,
	                "a pipe is no terminal");
	CALL(LINUX_CLOSE, pair[0]);
	CALL(LINUX_CLOSE, pair[1]);
}

static void check_interrupt(struct tap *tap)
{
	uint32_t group = 0, nobody = 99999;
	tap_check_equal(tap, CALL(LINUX_IOCTL, 0, SET_GROUP, &nobody), ERR_NO_PROCESS,
	                "nobody is not in the foreground");
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		CALL(LINUX_SETPGID, 0, 0);
		for (;;)
			CALL(LINUX_PAUSE);
	}
	CALL(LINUX_SETPGID, pid, pid);
	group = (uint32_t)pid;
	tap_check_equal(tap, CALL(LINUX_IOCTL, 0, SET_GROUP, &group), OK,
	                "a group comes to the foreground");
	/* nor does this echo */
	terminal_type("# \x03");
	CALL(LINUX_WRITE, 1, "\n", 1);
	tap_check_equal(tap, wait_for(pid), SIG_INT, "Ctrl-C ends it");
	group = (uint32_t)CALL(LINUX_GETPGRP);
	tap_check_equal(tap, CALL(LINUX_IOCTL, 0, SET_GROUP, &group), OK,
	                "who shuns SIGTTOU comes back from the background");
	terminal_type("# line after that\n");
	char line[64];
	CALL(LINUX_READ, 0, line, sizeof line);
}

void check_terminal(struct tap *tap)
{
	check_jobs_begin(tap);
	check_lines(tap);
	check_settings(tap);
	check_interrupt(tap);
	check_jobs(tap);
}
