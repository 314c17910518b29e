/* What is typed at one side against what is read at the other; flow control. */
#include "terminals.h"

static void check_text(struct tap *tap)
{
	struct pair pair = pair_make(NOT_TAKING);
	tap_check(tap, !(ready(pair.terminal) & IN), "nothing is typed yet");
	type(pair.other, "a line\r");
	tap_check(tap, gives(pair.terminal, "a line\n"), "what is typed is read");
	tap_check(tap, gives(pair.other, "a line\r\n"), "and echoed");
	type(pair.terminal, "one\ntwo\n");
	uint32_t count = 0;
	CALL(LINUX_IOCTL, pair.other, READABLE, &count);
	tap_check_equal(tap, count, 10, "what is shown can be counted");
	tap_check(tap, gives(pair.other, "one\r\ntwo\r\n"), "with whole line ends");
	type(pair.other, "x\x16\x03y\r");
	tap_check(tap, gives(pair.terminal, "x\x03y\n"), "a literal character is no signal");
	tap_check(tap, gives(pair.other, "x^\b^Cy\r\n"), "and shows as it is");
	type(pair.other, "\x04");
	tap_check(tap, gives(pair.terminal, ""), "Ctrl-D is the end");
	pair_close(&pair);
}

static void check_flow(struct tap *tap)
{
	struct pair pair = pair_make(NOT_TAKING | NONBLOCK);
	type(pair.other, "\x13");
	tap_check_equal(tap, type(pair.terminal, "held"), ERR_TRY_AGAIN, "Ctrl-S holds the output");
	tap_check(tap, !(ready(pair.terminal) & OUT), "as poll says");
	type(pair.other, "\x11");
	tap_check_equal(tap, type(pair.terminal, "goes"), 4, "Ctrl-Q lets it go on");
	tap_check(tap, gives(pair.other, "goes"), "and neither is shown");
	tap_check_equal(tap, CALL(LINUX_IOCTL, pair.terminal, FLOW, 0), OK, "tcflow holds it");
	tap_check_equal(tap, type(pair.terminal, "held"), ERR_TRY_AGAIN, "in the same way");
	CALL(LINUX_IOCTL, pair.terminal, FLOW, 1);
	tap_check_equal(tap, type(pair.terminal, "goes"), 4, "and lets it go");
	tap_check_equal(tap, CALL(LINUX_IOCTL, pair.terminal, FLOW, 9), ERR_INVALID_ARGS,
	                "nothing else");
	pair_close(&pair);
}

/* A writer that was held finds its bytes shown, in order, whenever it runs. */
static void check_held_writer(struct tap *tap)
{
	struct pair pair = pair_make(NOT_TAKING);
	type(pair.other, "\x13");
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		bool whole = type(pair.terminal, "first") == 5;
		CALL(LINUX_EXIT_GROUP, !whole);
	}
	type(pair.other, "\x11");
	tap_check_equal(tap, wait_for(pid), 0, "a writer waits, and goes on");
	tap_check(tap, gives(pair.other, "first"), "with all of its bytes");
	pair_close(&pair);
}

void check_lines(struct tap *tap)
{
	check_text(tap);
	check_flow(tap);
	check_held_writer(tap);
}
