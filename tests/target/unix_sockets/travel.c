/* Descriptors and credentials that come along with a message. */
#include "unix_sockets.h"
#include <string.h>

enum { SOCKET = 1, RIGHTS = 1, CREDENTIALS = 2, PASS_CREDENTIALS = 16, CLOSE_ON_EXEC = 0x40000000 };

struct control {
	uint64_t len;
	int32_t level, kind;
	int32_t values[4];
};

struct part {
	void *base;
	uint64_t len;
};

struct message {
	void *name;
	uint64_t name_len;
	struct part *parts;
	uint64_t part_count;
	struct control *control;
	uint64_t control_len;
	uint64_t flags;
};

static int64_t send_descriptors(int32_t to, const int32_t *values, uint32_t count)
{
	char byte = 'd';
	struct control control = {.len = 16 + 4 * count, .level = SOCKET, .kind = RIGHTS};
	struct part part = {&byte, 1};
	struct message message = {.parts = &part,
	                          .part_count = 1,
	                          .control = &control,
	                          .control_len = sizeof control};
	memcpy(control.values, values, count * sizeof *values);
	return CALL(LINUX_SENDMSG, to, &message, NO_SIGNAL);
}

static int64_t receive(int32_t from, struct control *control, uint64_t *flags)
{
	char bytes[4];
	struct part part = {bytes, sizeof bytes};
	struct message message = {.parts = &part,
	                          .part_count = 1,
	                          .control = control,
	                          .control_len = sizeof *control};
	int64_t len = CALL(LINUX_RECVMSG, from, &message, CLOSE_ON_EXEC);
	*flags = message.flags & 0xffffffff;
	return len;
}

static void check_descriptors(struct tap *tap)
{
	int32_t pair[2], pipe[2];
	uint64_t flags;
	char byte = 0;
	struct control control = {};
	pair_make(pair, STREAM);
	CALL(LINUX_PIPE, pipe);
	tap_check_equal(tap, send_descriptors(pair[0], pipe, 2), 1, "two descriptors travel");
	pair_close(pipe);
	tap_check_equal(tap, receive(pair[1], &control, &flags), 1, "they arrive with the byte");
	tap_check(tap, control.len == 24 && control.kind == RIGHTS && !flags, "as two new ones");
	CALL(LINUX_WRITE, control.values[1], "p", 1);
	CALL(LINUX_READ, control.values[0], &byte, 1);
	tap_check_equal(tap, byte, 'p', "of the same pipe");
	tap_check_equal(tap, CALL(LINUX_FCNTL, control.values[0], 1, 0), 1,
	                "closed on exec as asked");
	pair_close(control.values);
	int32_t bad[] = {999};
	tap_check_equal(tap, send_descriptors(pair[0], bad, 1), ERR_BAD_HANDLE,
	                "what is not open does not travel");
	pair_close(pair);
}

/* A socket's own end in its own queue, thousands of times: nothing may be left of it. */
static void check_in_flight(struct tap *tap)
{
	enum { ROUNDS = 3000 };
	int32_t pair[2];
	int64_t sent = 0;
	for (int i = 0; i < ROUNDS; i++) {
		pair_make(pair, STREAM);
		sent += send_descriptors(pair[0], pair, 2);
		pair_close(pair);
	}
	tap_check_equal(tap, sent, ROUNDS, "sockets that hold each other go with their last user");
}

/* Each in the queue of the next: the depth of what goes at once must not matter. */
static void check_chain(struct tap *tap)
{
	enum { LINKS = 500 };
	int32_t pair[2], next[2];
	int64_t sent = 0;
	pair_make(pair, STREAM);
	for (int i = 0; i < LINKS; i++) {
		pair_make(next, STREAM);
		sent += send_descriptors(next[0], pair, 2);
		pair_close(pair);
		memcpy(pair, next, sizeof pair);
	}
	pair_close(pair);
	tap_check_equal(tap, sent, LINKS, "a chain of sockets goes with its head");
}

static void check_credentials(struct tap *tap)
{
	int32_t pair[2], on = 1;
	uint64_t flags;
	struct control control = {};
	pair_make(pair, STREAM);
	CALL(LINUX_SETSOCKOPT, pair[1], SOCKET, PASS_CREDENTIALS, &on, sizeof on);
	CALL(LINUX_WRITE, pair[0], "c", 1);
	tap_check_equal(tap, receive(pair[1], &control, &flags), 1, "a message comes");
	tap_check(tap, control.kind == CREDENTIALS && control.len == 28, "with its sender");
	tap_check_equal(tap, control.values[0], CALL(LINUX_GETPID), "who is right");
	pair_close(pair);
}

/* What nobody has received counts for who sent it, though he has closed it. */
static int32_t send_too_many(void)
{
	enum { DESCRIPTORS = 7, ALLOWED = 40, HALF = ALLOWED / 2, TRIES = 100 };
	const uint64_t limit[2] = {ALLOWED, ALLOWED};
	int32_t pair[2], sent = 0;
	int64_t status = 1;
	uint64_t flags;
	struct control control = {};
	pair_make(pair, DATAGRAM);
	if (CALL(LINUX_SETRLIMIT, DESCRIPTORS, limit) != OK)
		return 1;
	while (sent < TRIES && status == 1) {
		int32_t file = (int32_t)CALL(LINUX_EVENTFD2, 0, 0);
		status = send_descriptors(pair[0], &file, 1);
		CALL(LINUX_CLOSE, file);
		sent += status == 1;
	}
	if (status != ERR_TOO_MANY_IN_FLIGHT || sent != ALLOWED)
		return 2;
	for (int i = 0; i < HALF; i++) {
		if (receive(pair[1], &control, &flags) != 1)
			return 3;
		CALL(LINUX_CLOSE, control.values[0]);
	}
	for (int i = 0; i < HALF; i++)
		if (send_descriptors(pair[0], pair, 1) != 1)
			return 4;
	return send_descriptors(pair[0], pair, 1) == ERR_TOO_MANY_IN_FLIGHT ? 0 : 5;
}

static void check_too_many(struct tap *tap)
{
	int32_t status = -1;
	int64_t pid = linux_fork_or_exit();
	if (pid == 0)
		rustos_process_exit(send_too_many());
	CALL(LINUX_WAIT4, pid, &status, 0, 0);
	tap_check_equal(tap, status, 0, "no more are on their way than a process may have open");
}

void check_travel(struct tap *tap)
{
	check_too_many(tap);
	check_descriptors(tap);
	check_credentials(tap);
	check_chain(tap);
	check_in_flight(tap);
}
