/* Advisory locks, and FIFOs. */
#include "linux_files.h"
#include <string.h>

enum { SHARED = 1, EXCLUSIVE_LOCK = 2, LOCK_NO_WAIT = 4, RELEASE = 8 };
enum { GET_RANGE = 5, SET_RANGE = 6, SET_RANGE_WAIT = 7 };
enum { RANGE_READ = 0, RANGE_WRITE = 1, RANGE_NONE = 2 };

struct range_lock {
	int16_t type, whence;
	int64_t start, length;
	int32_t pid;
};

static void check_whole(struct tap *tap, int64_t a, int64_t b)
{
	tap_check_equal(tap, CALL(LINUX_FLOCK, a, SHARED), OK, "a file is locked");
	tap_check_equal(tap, CALL(LINUX_FLOCK, b, SHARED | LOCK_NO_WAIT), OK, "by several readers");
	tap_check_equal(tap, CALL(LINUX_FLOCK, b, EXCLUSIVE_LOCK | LOCK_NO_WAIT), ERR_TRY_AGAIN,
	                "and not by a writer with them");
	CALL(LINUX_FLOCK, a, RELEASE);
	tap_check_equal(tap, CALL(LINUX_FLOCK, b, EXCLUSIVE_LOCK | LOCK_NO_WAIT), OK, "only alone");
	int64_t copy = CALL(LINUX_DUP, b);
	CALL(LINUX_CLOSE, copy);
	tap_check_equal(tap, CALL(LINUX_FLOCK, a, SHARED | LOCK_NO_WAIT), ERR_TRY_AGAIN,
	                "a copy's end does not matter");
	tap_check_equal(tap, CALL(LINUX_FLOCK, a, 3), ERR_INVALID_ARGS, "there are three sorts");
	CALL(LINUX_FLOCK, b, RELEASE);
}

/* In a child, which has nothing: exits with 0 when the lock was to be had. */
static int64_t try_range(int64_t fd, struct range_lock lock)
{
	int32_t status = 0;
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		int64_t got = CALL(LINUX_FCNTL, fd, SET_RANGE, &lock);
		CALL(LINUX_EXIT, got == OK ? 0 : got == ERR_TRY_AGAIN ? 1 : 2);
	}
	CALL(LINUX_WAIT4, pid, &status, 0, 0);
	return status >> 8;
}

static void check_ranges(struct tap *tap, int64_t fd)
{
	struct range_lock lock = {.type = RANGE_WRITE, .start = 10, .length = 10};
	tap_check_equal(tap, CALL(LINUX_FCNTL, fd, SET_RANGE, &lock), OK, "a range is locked");
	tap_check_equal(tap, try_range(fd, (struct range_lock){RANGE_READ, 0, 15, 1, 0}), 1,
	                "against other processes");
	tap_check_equal(tap, try_range(fd, (struct range_lock){RANGE_READ, 0, 20, 1, 0}), 0,
	                "and nothing but the range");
	struct range_lock hole = {.type = RANGE_NONE, .start = 13, .length = 2};
	CALL(LINUX_FCNTL, fd, SET_RANGE, &hole);
	tap_check_equal(tap, try_range(fd, (struct range_lock){RANGE_WRITE, 0, 13, 2, 0}), 0,
	                "a hole in it is free");
	tap_check_equal(tap, try_range(fd, (struct range_lock){RANGE_WRITE, 0, 15, 2, 0}), 1,
	                "what lies behind is not");
	struct range_lock bad = {.type = 9};
	tap_check_equal(tap, CALL(LINUX_FCNTL, fd, SET_RANGE, &bad), ERR_INVALID_ARGS,
	                "there are three sorts of these too");
	bad = (struct range_lock){.type = RANGE_READ, .start = -1, .length = 1};
	tap_check_equal(tap, CALL(LINUX_FCNTL, fd, SET_RANGE, &bad), ERR_INVALID_ARGS,
	                "nothing lies before the start");
	int64_t other = CALL(LINUX_OPEN, "lock", READ_ONLY, 0);
	CALL(LINUX_CLOSE, other);
	tap_check_equal(tap, try_range(fd, (struct range_lock){RANGE_WRITE, 0, 0, 0, 0}), 0,
	                "any close of the file gives all of them back");
}

static void check_waiting(struct tap *tap, int64_t fd)
{
	int32_t ends[2], status = 0;
	char byte;
	struct range_lock lock = {.type = RANGE_WRITE};
	CALL(LINUX_PIPE, ends);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		CALL(LINUX_FCNTL, fd, SET_RANGE, &lock);
		CALL(LINUX_WRITE, ends[1], "x", 1);
		/* its end gives the lock back */
		CALL(LINUX_EXIT, 0);
	}
	CALL(LINUX_READ, ends[0], &byte, 1);
	tap_check_equal(tap, CALL(LINUX_FCNTL, fd, SET_RANGE_WAIT, &lock), OK,
	                "who waits gets it when the other one ends");
	CALL(LINUX_WAIT4, pid, &status, 0, 0);
	lock.type = RANGE_NONE;
	CALL(LINUX_FCNTL, fd, SET_RANGE, &lock);
	CALL(LINUX_CLOSE, ends[0]);
	CALL(LINUX_CLOSE, ends[1]);
}

void check_locks(struct tap *tap)
{
	int64_t a = make_file("lock", "some bytes"), b = CALL(LINUX_OPEN, "lock", READ_WRITE, 0);
	check_whole(tap, a, b);
	CALL(LINUX_CLOSE, b);
	check_ranges(tap, a);
	check_waiting(tap, a);
	CALL(LINUX_CLOSE, a);
	CALL(LINUX_UNLINK, "lock");
}

enum { MEETINGS = 40 };

/* A writer that is gone before the reader looks again. */
static int meet_often(const char *path)
{
	char byte;
	int met = 0;
	for (int i = 0; i < MEETINGS; i++) {
		int64_t pid = linux_fork_or_exit();
		if (pid == 0) {
			int64_t writer = CALL(LINUX_OPEN, path, WRITE_ONLY, 0);
			CALL(LINUX_WRITE, writer, "x", 1);
			CALL(LINUX_EXIT, 0);
		}
		int64_t reader = CALL(LINUX_OPEN, path, READ_ONLY, 0);
		met += CALL(LINUX_READ, reader, &byte, 1) == 1;
		CALL(LINUX_CLOSE, reader);
		CALL(LINUX_WAIT4, pid, NULL, 0, 0);
	}
	return met;
}

void check_fifos(struct tap *tap)
{
	char bytes[8] = {};
	int32_t status = 0;
	tap_check_equal(tap, CALL(LINUX_MKNOD, "fifo", TYPE_FIFO | 0644, 0), OK, "a FIFO is made");
	tap_check_equal(tap, stat_of("fifo").mode, TYPE_FIFO | 0644, "and is one");
	tap_check_equal(tap, CALL(LINUX_OPEN, "fifo", WRITE_ONLY | NO_WAIT, 0),
	                ERR_NO_DEVICE_ADDRESS, "nobody reads it");
	int64_t reader = CALL(LINUX_OPEN, "fifo", READ_ONLY | NO_WAIT, 0);
	tap_check(tap, reader >= 0, "who reads need not wait");
	tap_check_equal(tap, CALL(LINUX_READ, reader, bytes, 8), 0,
	                "without a writer it has ended");
	int64_t writer = CALL(LINUX_OPEN, "fifo", WRITE_ONLY | NO_WAIT, 0);
	tap_check(tap, writer >= 0, "now it can be written");
	tap_check_equal(tap, CALL(LINUX_READ, reader, bytes, 8), ERR_TRY_AGAIN, "now it has not");
	CALL(LINUX_WRITE, writer, "fifo", 4);
	tap_check_equal(tap, CALL(LINUX_READ, reader, bytes, 8), 4, "what is written is read");
	tap_check_equal(tap, stat_of("fifo").size, 0, "and is in no file");
	CALL(LINUX_CLOSE, writer);
	CALL(LINUX_CLOSE, reader);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		int64_t fd = CALL(LINUX_OPEN, "fifo", WRITE_ONLY, 0);
		CALL(LINUX_WRITE, fd, "child", 5);
		CALL(LINUX_EXIT, 0);
	}
	reader = CALL(LINUX_OPEN, "fifo", READ_ONLY, 0);
	tap_check(tap, reader >= 0, "both ends wait for each other");
	tap_check_equal(tap, CALL(LINUX_READ, reader, bytes, 8), 5, "and meet");
	CALL(LINUX_WAIT4, pid, &status, 0, 0);
	CALL(LINUX_CLOSE, reader);
	tap_check_equal(tap, meet_often("fifo"), MEETINGS, "however shortly one of them stays");
	CALL(LINUX_UNLINK, "fifo");
}
