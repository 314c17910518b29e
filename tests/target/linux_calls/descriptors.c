/* read, write, dup, fcntl: what a descriptor is. */
#include "linux_calls.h"
#include <string.h>

enum { GET_FD = 1, SET_FD = 2, GET_FLAGS = 3, SET_FLAGS = 4, DUP_FROM = 0, NONBLOCK = 04000 };

static void check_write(struct tap *tap)
{
	struct {
		const void *base;
		uint64_t len;
	} parts[] = {{"# two ", 6}, {"parts\n", 6}};
	tap_check_equal(tap, CALL(LINUX_WRITE, 1, "# a line\n", 9), 9, "write to the console");
	tap_check_equal(tap, CALL(LINUX_WRITEV, 1, parts, 2), 12, "writev joins the parts");
	tap_check_equal(tap, CALL(LINUX_WRITEV, 1, parts, 1025), ERR_INVALID_ARGS,
	                "writev refuses too many parts");
	tap_check_equal(tap, CALL(LINUX_WRITEV, 1, BAD_ADDRESS, 1), ERR_BAD_ADDRESS,
	                "and parts that are not there");
	tap_check_equal(tap, CALL(LINUX_WRITE, 1, BAD_ADDRESS, 1), ERR_BAD_ADDRESS,
	                "write refuses a bad address");
	tap_check_equal(tap, CALL(LINUX_WRITE, 1, KERNEL_ADDRESS, 1), ERR_BAD_ADDRESS,
	                "and the kernel's memory");
	tap_check_equal(tap, CALL(LINUX_WRITE, 1, "", 0), 0, "nothing can be written");
	tap_check_equal(tap, CALL(LINUX_WRITE, 77, "x", 1), ERR_BAD_HANDLE,
	                "a descriptor that is none is refused");
	tap_check_equal(tap, CALL(LINUX_WRITE, -1, "x", 1), ERR_BAD_HANDLE, "a negative one, too");
}

static void check_copies(struct tap *tap)
{
	int64_t copy = CALL(LINUX_DUP, 1);
	tap_check_equal(tap, copy, 3, "dup takes the lowest free number");
	tap_check_equal(tap, CALL(LINUX_DUP2, 1, 9), 9, "dup2 takes the number that is asked for");
	tap_check_equal(tap, CALL(LINUX_DUP2, 9, 9), 9, "dup2 of the same is the same");
	tap_check_equal(tap, CALL(LINUX_DUP3, 9, 9, 0), ERR_INVALID_ARGS, "for dup3 it is wrong");
	tap_check_equal(tap, CALL(LINUX_DUP2, 50, 9), ERR_BAD_HANDLE, "dup2 of nothing is refused");
	tap_check_equal(tap, CALL(LINUX_FCNTL, 9, GET_FD), 0, "and left what was there alone");
	tap_check_equal(tap, CALL(LINUX_DUP2, 1, 100000), ERR_BAD_HANDLE,
	                "a number beyond the limit is refused");
	tap_check_equal(tap, CALL(LINUX_FCNTL, 1, DUP_FROM, 20), 20,
	                "fcntl copies to a number not below");
	tap_check_equal(tap, CALL(LINUX_DUP3, 1, 21, 02000000), 21, "dup3 takes a flag");
	tap_check_equal(tap, CALL(LINUX_FCNTL, 21, GET_FD), 1, "which the copy has");
	CALL(LINUX_FCNTL, 21, SET_FD, 0);
	tap_check_equal(tap, CALL(LINUX_FCNTL, 21, GET_FD), 0, "until it is taken away");
	for (int i = 3; i < 22; i++)
		CALL(LINUX_CLOSE, i);
	tap_check_equal(tap, CALL(LINUX_CLOSE, 9), ERR_BAD_HANDLE, "closing twice is refused");
}

/* A limit is one of numbers: however many are open, a lower one may be meant anew. */
static void check_lowered_limit(struct tap *tap)
{
	enum { OF_DESCRIPTORS = 7, LIMIT = 8, OPEN = 20 };
	const uint64_t lowered[] = {LIMIT, LIMIT};
	int64_t pid = linux_fork_or_exit();
	if (pid != 0) {
		tap_check_equal(tap, wait_for(pid), 0, "a lowered limit leaves dup2 its numbers");
		return;
	}
	for (int i = 0; i < OPEN; i++)
		CALL(LINUX_DUP, 1);
	bool good = CALL(LINUX_SETRLIMIT, OF_DESCRIPTORS, lowered) == OK;
	good &= CALL(LINUX_DUP2, OPEN, 1) == 1 && CALL(LINUX_FCNTL, 1, GET_FD) == 0;
	good &= CALL(LINUX_DUP2, 1, LIMIT) == ERR_BAD_HANDLE;
	good &= CALL(LINUX_FCNTL, LIMIT, GET_FD) == 0;
	good &= CALL(LINUX_CLOSE, 5) == OK && CALL(LINUX_DUP2, 1, 5) == 5;
	CALL(LINUX_EXIT_GROUP, !good);
}

static void check_flags(struct tap *tap)
{
	int32_t pair[2];
	CALL(LINUX_PIPE, pair);
	int64_t copy = CALL(LINUX_DUP, pair[0]);
	CALL(LINUX_FCNTL, pair[0], SET_FLAGS, NONBLOCK);
	tap_check(tap, CALL(LINUX_FCNTL, copy, GET_FLAGS) & NONBLOCK,
	          "status flags are those of all copies");
	CALL(LINUX_CLOSE, copy);
	CALL(LINUX_CLOSE, pair[0]);
	CALL(LINUX_CLOSE, pair[1]);
}

/* ioctl's way to say the same, of any descriptor. */
static void check_controls(struct tap *tap)
{
	enum { NON_BLOCKING = 0x5421, CLOSING = 0x5451, NOT_CLOSING = 0x5450, SIGNALLING = 0x5452 };
	const int32_t on = 1, off = 0;
	int32_t pair[2];
	char byte;
	CALL(LINUX_PIPE, pair);
	tap_check_equal(tap, CALL(LINUX_IOCTL, pair[0], NON_BLOCKING, &on), 0,
	                "ioctl makes a descriptor one that does not wait");
	tap_check_equal(tap, CALL(LINUX_READ, pair[0], &byte, 1), ERR_TRY_AGAIN, "it does not");
	tap_check(tap, CALL(LINUX_FCNTL, pair[0], GET_FLAGS) & NONBLOCK, "as its flags say");
	CALL(LINUX_IOCTL, pair[0], NON_BLOCKING, &off);
	tap_check(tap, !(CALL(LINUX_FCNTL, pair[0], GET_FLAGS) & NONBLOCK), "and one that waits");
	tap_check_equal(tap, CALL(LINUX_IOCTL, pair[0], NON_BLOCKING, BAD_ADDRESS), ERR_BAD_ADDRESS,
	                "which is not read from a bad address");
	CALL(LINUX_IOCTL, pair[0], CLOSING);
	tap_check_equal(tap, CALL(LINUX_FCNTL, pair[0], GET_FD), 1, "one that exec closes");
	CALL(LINUX_IOCTL, pair[0], NOT_CLOSING);
	tap_check_equal(tap, CALL(LINUX_FCNTL, pair[0], GET_FD), 0, "and one that it keeps");
	tap_check_equal(tap, CALL(LINUX_IOCTL, pair[0], SIGNALLING, &off), 0,
	                "there are no signals of it");
	tap_check_equal(tap, CALL(LINUX_IOCTL, pair[0], SIGNALLING, &on), ERR_NOT_TERMINAL,
	                "nor can there be");
	CALL(LINUX_CLOSE, pair[0]);
	CALL(LINUX_CLOSE, pair[1]);
}

static void check_places(struct tap *tap)
{
	uint8_t stat[144];
	tap_check_equal(tap, CALL(LINUX_LSEEK, 1, 0, 1), ERR_NOT_SEEKABLE,
	                "the console has no place to go to");
	tap_check_equal(tap, CALL(LINUX_PREAD64, 1, stat, 1, 0), ERR_NOT_SEEKABLE,
	                "nor to read from");
	tap_check_equal(tap, CALL(LINUX_FSTAT, 1, stat), OK, "fstat answers");
	uint32_t mode;
	memcpy(&mode, stat + 24, sizeof mode);
	tap_check_equal(tap, mode & 0170000, 0020000, "the console is a character device");
	tap_check_equal(tap, CALL(LINUX_FSTAT, 1, BAD_ADDRESS), ERR_BAD_ADDRESS,
	                "fstat refuses a bad address");
}

void check_descriptors(struct tap *tap)
{
	check_write(tap);
	check_copies(tap);
	check_lowered_limit(tap);
	check_flags(tap);
	check_controls(tap);
	check_places(tap);
}
