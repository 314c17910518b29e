/* A session on a terminal: signals that are typed, the window, and the end of the other side. */
#include "terminals.h"

enum {
	SIG_HUP = 1,
	SIG_INT = 2,
	SIG_WINCH = 28,
	BLOCK = 0,
	SIGNAL_SET_BYTES = 8,
};

/* Calls in calls: the macro does not expand within itself. */
static int64_t begin_session(void)
{
	return CALL(LINUX_SETSID);
}

[[gnu::noreturn]] static void leave(int64_t code)
{
	CALL(LINUX_EXIT_GROUP, code);
	__builtin_unreachable();
}

/*
 * A child that leads a session on the terminal, and says so. It holds nothing of the other side,
 * and waits for a signal for ever.
 */
static int64_t start_session(struct pair *pair)
{
	char byte;
	int32_t said[2];
	CALL(LINUX_PIPE, said);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		begin_session();
		CALL(LINUX_CLOSE, pair->other);
		int64_t terminal = name_open(pair->number, READ_WRITE);
		int64_t own = CALL(LINUX_OPEN, "/dev/tty", READ_WRITE);
		byte = terminal >= 0 && own >= 0 ? '+' : '-';
		CALL(LINUX_WRITE, said[1], &byte, 1);
		for (;;)
			CALL(LINUX_PAUSE);
	}
	CALL(LINUX_READ, said[0], &byte, 1);
	CALL(LINUX_CLOSE, said[0]);
	CALL(LINUX_CLOSE, said[1]);
	return byte == '+' ? pid : -1;
}

static void check_typed_signal(struct tap *tap)
{
	struct pair pair = pair_make(NOT_TAKING);
	uint32_t group = 0, session = 0;
	int64_t pid = start_session(&pair);
	tap_check(tap, pid > 0, "the leader of a session gets it by opening it");
	CALL(LINUX_IOCTL, pair.other, GET_GROUP, &group);
	CALL(LINUX_IOCTL, pair.other, GET_SESSION, &session);
	tap_check(tap, group == pid && session == pid, "the other side sees who is on it");
	type(pair.other, "\x03");
	tap_check_equal(tap, wait_for(pid), SIG_INT, "Ctrl-C reaches them");
	tap_check_equal(tap, CALL(LINUX_IOCTL, pair.other, GET_SESSION, &session), ERR_NOT_TERMINAL,
	                "with the leader the session is over");
	pair_close(&pair);
}

static void check_hangup(struct tap *tap)
{
	struct pair pair = pair_make(NOT_TAKING);
	int64_t pid = start_session(&pair);
	CALL(LINUX_CLOSE, pair.other);
	tap_check_equal(tap, wait_for(pid), SIG_HUP, "the end of the other side ends a session");
	CALL(LINUX_CLOSE, pair.terminal);
}

static void check_window(struct tap *tap)
{
	struct pair pair = pair_make(NOT_TAKING);
	uint16_t size[4] = {50, 132, 0, 0}, seen[4] = {};
	uint64_t window = 1ull << (SIG_WINCH - 1);
	char byte = 0;
	int32_t said[2];
	CALL(LINUX_PIPE, said);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		begin_session();
		CALL(LINUX_RT_SIGPROCMASK, BLOCK, &window, 0, SIGNAL_SET_BYTES);
		int32_t terminal = (int32_t)name_open(pair.number, READ_WRITE);
		CALL(LINUX_WRITE, said[1], &byte, 1);
		int64_t got = CALL(LINUX_RT_SIGTIMEDWAIT, &window, 0, 0, SIGNAL_SET_BYTES);
		CALL(LINUX_IOCTL, terminal, GET_SIZE, seen);
		leave(!(got == SIG_WINCH && seen[0] == 50 && seen[1] == 132));
	}
	CALL(LINUX_READ, said[0], &byte, 1);
	tap_check_equal(tap, CALL(LINUX_IOCTL, pair.other, SET_SIZE, size), OK,
	                "the other side sets the size");
	tap_check_equal(tap, wait_for(pid), 0, "of which those on it hear");
	CALL(LINUX_CLOSE, said[0]);
	CALL(LINUX_CLOSE, said[1]);
	pair_close(&pair);
}

/* A user's program without a session on the terminal, but with a descriptor of it. */
static void check_typing(struct tap *tap)
{
	enum { TYPE_BYTE = 0x5412, USER = 1000 };
	struct pair pair = pair_make(NOT_TAKING);
	tap_check_equal(tap, CALL(LINUX_IOCTL, pair.terminal, TYPE_BYTE, "i"), OK,
	                "root types for others");
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		begin_session();
		CALL(LINUX_SETUID, USER);
		leave(CALL(LINUX_IOCTL, pair.terminal, TYPE_BYTE, "i") != ERR_NOT_PERMITTED);
	}
	tap_check_equal(tap, wait_for(pid), 0, "a user does not, but on his own terminal");
	pair_close(&pair);
}

void check_sessions(struct tap *tap)
{
	check_typed_signal(tap);
	check_hangup(tap);
	check_window(tap);
	check_typing(tap);
}
