/* Pipes and event counters. */
#include "linux_calls.h"
#include <string.h>

enum { PIPE_SIZE = 65536, NONBLOCK = 04000, SIG_PIPE = 13 };

static void check_data(struct tap *tap)
{
	int32_t pair[2];
	char bytes[8] = {};
	tap_check_equal(tap, CALL(LINUX_PIPE2, pair, NONBLOCK), OK, "a pipe is made");
	tap_check_equal(tap, CALL(LINUX_READ, pair[0], bytes, 8), ERR_TRY_AGAIN,
	                "an empty pipe has nothing yet");
	tap_check_equal(tap, CALL(LINUX_WRITE, pair[1], "abcdef", 6), 6, "it takes bytes");
	tap_check_equal(tap, CALL(LINUX_READ, pair[0], bytes, 4), 4, "and gives as many as wanted");
	tap_check_equal(tap, CALL(LINUX_READ, pair[0], bytes + 4, 4), 2, "or as there are");
	tap_check(tap, memcmp(bytes, "abcdef", 6) == 0, "in order");
	tap_check_equal(tap, CALL(LINUX_READ, pair[1], bytes, 1), ERR_BAD_HANDLE,
	                "the writing end does not read");
	tap_check_equal(tap, CALL(LINUX_WRITE, pair[0], bytes, 1), ERR_BAD_HANDLE,
	                "the reading end does not write");
	tap_check_equal(tap, CALL(LINUX_WRITE, pair[1], BAD_ADDRESS, 1), ERR_BAD_ADDRESS,
	                "bytes that are not there are refused");
	CALL(LINUX_CLOSE, pair[1]);
	tap_check_equal(tap, CALL(LINUX_READ, pair[0], bytes, 8), 0, "without a writer it ends");
	CALL(LINUX_CLOSE, pair[0]);
}

static void check_capacity(struct tap *tap)
{
	int32_t pair[2];
	char *bytes = pages(2 * PIPE_SIZE);
	for (size_t i = 0; i < 2 * PIPE_SIZE; i++)
		bytes[i] = (char)(i * 7 / 5);
	CALL(LINUX_PIPE2, pair, NONBLOCK);
	tap_check_equal(tap, CALL(LINUX_WRITE, pair[1], bytes, 2 * PIPE_SIZE), PIPE_SIZE,
	                "a pipe takes 64 KiB");
	tap_check_equal(tap, CALL(LINUX_WRITE, pair[1], bytes, 1), ERR_TRY_AGAIN, "and no more");
	char *back = bytes + PIPE_SIZE;
	tap_check_equal(tap, CALL(LINUX_READ, pair[0], back, 100), 100, "some are taken");
	tap_check_equal(tap, CALL(LINUX_WRITE, pair[1], bytes, 4096), ERR_TRY_AGAIN,
	                "a write of a page is not split");
	tap_check_equal(tap, CALL(LINUX_READ, pair[0], back + 100, PIPE_SIZE - 100),
	                PIPE_SIZE - 100, "the rest is taken");
	tap_check(tap, memcmp(bytes, back, PIPE_SIZE) == 0, "all of it is right");
	CALL(LINUX_CLOSE, pair[0]);
	CALL(LINUX_CLOSE, pair[1]);
	CALL(LINUX_MUNMAP, bytes, 2 * PIPE_SIZE);
}

static void check_broken(struct tap *tap)
{
	int32_t pair[2];
	CALL(LINUX_PIPE, pair);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		CALL(LINUX_CLOSE, pair[0]);
		CALL(LINUX_WRITE, pair[1], "x", 1);
		CALL(LINUX_EXIT_GROUP, 1);
	}
	CALL(LINUX_CLOSE, pair[0]);
	/* the child may still hold its copy of the reading end: then it writes, and exits with 1 */
	int64_t status = wait_for(pid);
	tap_check(tap, status == SIG_PIPE || status == EXITED,
	          "a pipe without a reader ends its writer");
	CALL(LINUX_CLOSE, pair[1]);
}

static void check_blocking(struct tap *tap)
{
	enum { TOTAL = 3 * PIPE_SIZE };
	int32_t pair[2];
	char *bytes = pages(PIPE_SIZE);
	CALL(LINUX_PIPE, pair);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		CALL(LINUX_CLOSE, pair[0]);
		for (int i = 0; i < 3; i++)
			if (CALL(LINUX_WRITE, pair[1], bytes, PIPE_SIZE) != PIPE_SIZE)
				CALL(LINUX_EXIT_GROUP, 1);
		CALL(LINUX_EXIT_GROUP, 0);
	}
	CALL(LINUX_CLOSE, pair[1]);
	int64_t total = 0, got;
	while ((got = CALL(LINUX_READ, pair[0], bytes, 10000)) > 0)
		total += got;
	tap_check_equal(tap, total, TOTAL, "a reader gets everything of a writer that waits");
	tap_check_equal(tap, wait_for(pid), 0, "who wrote each piece whole");
	CALL(LINUX_CLOSE, pair[0]);
	CALL(LINUX_MUNMAP, bytes, PIPE_SIZE);
}

static void check_counter(struct tap *tap)
{
	uint64_t value = 5, big = UINT64_MAX - 1;
	int64_t fd = CALL(LINUX_EVENTFD2, 3, NONBLOCK);
	tap_check_equal(tap, CALL(LINUX_WRITE, fd, &value, 8), 8, "an event counter adds");
	tap_check_equal(tap, CALL(LINUX_READ, fd, &value, 8), 8, "and is read");
	tap_check(tap, value == 8, "as a sum");
	tap_check_equal(tap, CALL(LINUX_READ, fd, &value, 8), ERR_TRY_AGAIN, "once");
	tap_check_equal(tap, CALL(LINUX_READ, fd, &value, 7), ERR_INVALID_ARGS,
	                "eight bytes at least");
	CALL(LINUX_WRITE, fd, &big, 8);
	value = 1;
	tap_check_equal(tap, CALL(LINUX_WRITE, fd, &value, 8), ERR_TRY_AGAIN,
	                "it does not run over");
	CALL(LINUX_CLOSE, fd);
	fd = CALL(LINUX_EVENTFD2, 2, 1);
	CALL(LINUX_READ, fd, &value, 8);
	tap_check(tap, value == 1, "as a semaphore it counts down by one");
	CALL(LINUX_CLOSE, fd);
	tap_check_equal(tap, CALL(LINUX_EVENTFD2, 0, 4), ERR_INVALID_ARGS, "flags are checked");
	tap_check_equal(tap, CALL(LINUX_PIPE2, &value, 4), ERR_INVALID_ARGS, "those of pipes, too");
	tap_check_equal(tap, CALL(LINUX_PIPE, BAD_ADDRESS), ERR_BAD_ADDRESS,
	                "a pipe that cannot be told is not made");
	tap_check_equal(tap, CALL(LINUX_DUP, 1), 3, "and leaves no descriptor");
	CALL(LINUX_CLOSE, 3);
}

void check_pipes(struct tap *tap)
{
	check_data(tap);
	check_capacity(tap);
	check_broken(tap);
	check_blocking(tap);
	check_counter(tap);
}
