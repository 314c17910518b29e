/* Reading, writing, holes, ends. */
#include "linux_files.h"
#include <string.h>

static void check_writing(struct tap *tap)
{
	char bytes[16] = {};
	int64_t fd = CALL(LINUX_OPEN, "file", CREATE | EXCLUSIVE | READ_WRITE, 0600);
	tap_check(tap, fd >= 0, "a new file opens");
	tap_check_equal(tap, CALL(LINUX_READ, fd, bytes, 4), 0, "and is empty");
	tap_check_equal(tap, CALL(LINUX_WRITE, fd, "hello world", 11), 11, "it is written");
	tap_check_equal(tap, CALL(LINUX_LSEEK, fd, 0, 1), 11, "and its place moves on");
	tap_check_equal(tap, CALL(LINUX_LSEEK, fd, -5, 2), 6, "places count from the end");
	tap_check_equal(tap, CALL(LINUX_READ, fd, bytes, sizeof bytes), 5, "what is left is read");
	tap_check(tap, memcmp(bytes, "world", 5) == 0, "as it was written");
	tap_check_equal(tap, CALL(LINUX_PWRITE64, fd, "W", 1, 6), 1,
	                "a byte is written at a place");
	tap_check(tap, file_holds("file", "hello World"), "which others see");
	tap_check_equal(tap, CALL(LINUX_WRITE, fd, BAD_ADDRESS, 4), ERR_BAD_ADDRESS,
	                "what cannot be read is not written");
	tap_check_equal(tap, CALL(LINUX_READ, fd, 0x200000, 4), 0, "at the end nothing is read");
	tap_check_equal(tap, CALL(LINUX_PREAD64, fd, BAD_ADDRESS, 4, 0), ERR_BAD_ADDRESS,
	                "and not to nowhere");
	tap_check_equal(tap, CALL(LINUX_PREAD64, fd, bytes, 4, -1), ERR_INVALID_ARGS,
	                "there is nothing before the start");
	CALL(LINUX_CLOSE, fd);
	fd = CALL(LINUX_OPEN, "file", READ_ONLY, 0);
	tap_check_equal(tap, CALL(LINUX_WRITE, fd, "x", 1), ERR_BAD_HANDLE,
	                "a file opened for reading is not written");
	CALL(LINUX_CLOSE, fd);
	fd = CALL(LINUX_OPEN, "file", WRITE_ONLY | TRUNCATE, 0);
	tap_check_equal(tap, CALL(LINUX_READ, fd, bytes, 1), ERR_BAD_HANDLE, "nor the other way");
	tap_check_equal(tap, stat_of("file").size, 0, "opening can empty it");
	CALL(LINUX_CLOSE, fd);
}

static void check_appending(struct tap *tap)
{
	struct vector {
		const void *at;
		uint64_t len;
	} parts[2] = {{"3", 1}, {"45", 2}};
	int64_t a = CALL(LINUX_OPEN, "file", WRITE_ONLY | APPEND | TRUNCATE, 0);
	int64_t b = CALL(LINUX_OPEN, "file", WRITE_ONLY | APPEND, 0);
	CALL(LINUX_WRITE, a, "1", 1);
	CALL(LINUX_WRITE, b, "2", 1);
	tap_check_equal(tap, CALL(LINUX_WRITEV, a, parts, 2), 3, "pieces are appended together");
	CALL(LINUX_LSEEK, b, 0, 0);
	CALL(LINUX_WRITE, b, "6", 1);
	tap_check_equal(tap, CALL(LINUX_PWRITE64, b, "7", 1, 0), 1, "at a place too, on Linux");
	tap_check(tap, file_holds("file", "1234567"), "each write goes to the end");
	CALL(LINUX_CLOSE, a);
	CALL(LINUX_CLOSE, b);
}

/* "file" holds "1234567" before and after it. */
static void check_flags_of_a_call(struct tap *tap)
{
	enum { DATA_SYNC = 2, SYNC = 4, DO_NOT_WAIT = 8 };
	char bytes[4] = {};
	struct vector {
		const void *at;
		uint64_t len;
	} put[2] = {{"1", 1}, {"23", 2}}, get = {bytes, 3};
	int64_t fd = CALL(LINUX_OPEN, "file", READ_WRITE, 0);
	tap_check_equal(tap, CALL(LINUX_PWRITEV2, fd, put, 2, 0, 0, DATA_SYNC | SYNC), 3,
	                "pieces are written at a place, and synced");
	tap_check_equal(tap, CALL(LINUX_LSEEK, fd, 0, 1), 0, "the place of the file stays");
	tap_check_equal(tap, CALL(LINUX_PREADV2, fd, &get, 1, 4, 0, 0), 3, "they are read at one");
	tap_check(tap, memcmp(bytes, "567", 3) == 0, "as they are there");
	tap_check_equal(tap, CALL(LINUX_PREADV2, fd, &get, 1, -1, 0, 0), 3,
	                "without a place from where the file is");
	tap_check(tap, memcmp(bytes, "123", 3) == 0, "which was the start");
	tap_check_equal(tap, CALL(LINUX_LSEEK, fd, 0, 1), 3, "and moves on");
	tap_check_equal(tap, CALL(LINUX_PWRITEV2, fd, put, 2, 0, 0, DO_NOT_WAIT), ERR_NOT_SUPPORTED,
	                "no call promises not to wait");
	CALL(LINUX_CLOSE, fd);
}

static void check_sharing(struct tap *tap)
{
	char bytes[4];
	int64_t fd = CALL(LINUX_OPEN, "file", READ_ONLY, 0), copy = CALL(LINUX_DUP, fd);
	int64_t other = CALL(LINUX_OPEN, "file", READ_ONLY, 0);
	CALL(LINUX_READ, fd, bytes, 3);
	tap_check_equal(tap, CALL(LINUX_LSEEK, copy, 0, 1), 3, "copies share their place");
	tap_check_equal(tap, CALL(LINUX_LSEEK, other, 0, 1), 0, "others have their own");
	CALL(LINUX_CLOSE, fd);
	CALL(LINUX_CLOSE, copy);
	CALL(LINUX_UNLINK, "file");
	tap_check_equal(tap, CALL(LINUX_READ, other, bytes, 1), 1,
	                "what has no name any more is read until it is closed");
	struct file_stat stat = {};
	tap_check_equal(tap, CALL(LINUX_FSTAT, other, &stat), OK, "and described");
	tap_check_equal(tap, (int64_t)stat.links, 0, "without a link");
	CALL(LINUX_CLOSE, other);
}

void check_bytes(struct tap *tap)
{
	check_writing(tap);
	check_appending(tap);
	check_flags_of_a_call(tap);
	check_sharing(tap);
}

/* ---- sizes ---- */

static bool all_zero(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

static void check_holes(struct tap *tap)
{
	static char bytes[3 * PAGE];
	int64_t fd = CALL(LINUX_OPEN, "holes", CREATE | READ_WRITE, 0644);
	memset(bytes, 'x', sizeof bytes);
	CALL(LINUX_PWRITE64, fd, "end", 3, 1 << 20);
	tap_check_equal(tap, stat_of("holes").size, (1 << 20) + 3, "a write far out makes a hole");
	tap_check(tap, stat_of("holes").blocks <= 16, "that takes no room");
	tap_check_equal(tap, CALL(LINUX_PREAD64, fd, bytes, sizeof bytes, PAGE), sizeof bytes,
	                "it is read");
	tap_check(tap, all_zero(bytes, sizeof bytes), "as zeros");
	tap_check(tap, stat_of("holes").blocks <= 16, "and stays a hole");
	CALL(LINUX_CLOSE, fd);
	CALL(LINUX_UNLINK, "holes");
}

static void check_seeking(struct tap *tap)
{
	static char bytes[PAGE];
	enum { DATA = 3, HOLE = 4, PUNCH = 3 /* and keep the size */ };
	int64_t fd = CALL(LINUX_OPEN, "holes", CREATE | READ_WRITE, 0644);
	memset(bytes, 'x', sizeof bytes);
	CALL(LINUX_PWRITE64, fd, bytes, PAGE, 2 * PAGE);
	CALL(LINUX_FTRUNCATE, fd, 5 * PAGE);
	tap_check_equal(tap, CALL(LINUX_LSEEK, fd, 100, DATA), 2 * PAGE, "data is found");
	tap_check_equal(tap, CALL(LINUX_LSEEK, fd, 2 * PAGE + 5, DATA), 2 * PAGE + 5,
	                "where it is");
	tap_check_equal(tap, CALL(LINUX_LSEEK, fd, 2 * PAGE + 5, HOLE), 3 * PAGE, "and its end");
	tap_check_equal(tap, CALL(LINUX_LSEEK, fd, 7, HOLE), 7, "or a hole at once");
	tap_check_equal(tap, CALL(LINUX_LSEEK, fd, 0, 1), 7, "which is gone to");
	tap_check_equal(tap, CALL(LINUX_LSEEK, fd, 3 * PAGE, DATA), ERR_NO_DEVICE_ADDRESS,
	                "behind the last data is none");
	tap_check_equal(tap, CALL(LINUX_LSEEK, fd, 5 * PAGE, HOLE), ERR_NO_DEVICE_ADDRESS,
	                "and behind the end no hole");
	CALL(LINUX_PWRITE64, fd, bytes, PAGE, 0);
	CALL(LINUX_PWRITE64, fd, bytes, PAGE, PAGE);
	tap_check_equal(tap, CALL(LINUX_FALLOCATE, fd, PUNCH, 10, 2 * PAGE), OK, "a hole is made");
	tap_check_equal(tap, CALL(LINUX_LSEEK, fd, 0, HOLE), PAGE, "where a page was");
	tap_check_equal(tap, stat_of("holes").blocks, 16, "which is free");
	CALL(LINUX_PREAD64, fd, bytes, PAGE, 0);
	tap_check(tap, bytes[9] == 'x' && all_zero(bytes + 10, PAGE - 10), "from the byte asked");
	CALL(LINUX_PREAD64, fd, bytes, PAGE, 2 * PAGE);
	tap_check(tap, all_zero(bytes, 10) && bytes[10] == 'x', "to the byte asked");
	tap_check_equal(tap, stat_of("holes").size, 5 * PAGE, "in a file as long as before");
	tap_check_equal(tap, CALL(LINUX_FALLOCATE, fd, 2, 0, PAGE), ERR_NOT_SUPPORTED,
	                "no hole makes it shorter");
	CALL(LINUX_CLOSE, fd);
	CALL(LINUX_UNLINK, "holes");
}

/* In memory there is nothing to wait for: only what the flags mean. */
static void check_syncing(struct tap *tap)
{
	enum { SYNC = 04010000, GET_FLAGS = 3, RANGE_ALL = 7 };
	int64_t fd = CALL(LINUX_OPEN, "synced", CREATE | READ_WRITE | SYNC, 0644);
	tap_check_equal(tap, CALL(LINUX_FCNTL, fd, GET_FLAGS, 0) & SYNC, SYNC,
	                "a file remembers that each write is waited for");
	tap_check_equal(tap, CALL(LINUX_WRITE, fd, "text", 4), 4, "and is written");
	tap_check_equal(tap, CALL(LINUX_SYNC_FILE_RANGE, fd, 0, 4, RANGE_ALL), OK,
	                "a range is synced");
	tap_check_equal(tap, CALL(LINUX_SYNC_FILE_RANGE, fd, -1, 4, RANGE_ALL), ERR_INVALID_ARGS,
	                "but none before the start");
	tap_check_equal(tap, CALL(LINUX_SYNC_FILE_RANGE, fd, 0, 0, 8), ERR_INVALID_ARGS,
	                "and in no unknown way");
	CALL(LINUX_CLOSE, fd);
	CALL(LINUX_UNLINK, "synced");
}

static void check_truncation(struct tap *tap)
{
	static char bytes[2 * PAGE];
	int64_t fd = CALL(LINUX_OPEN, "cut", CREATE | READ_WRITE, 0644);
	memset(bytes, 'x', sizeof bytes);
	CALL(LINUX_WRITE, fd, bytes, sizeof bytes);
	tap_check_equal(tap, CALL(LINUX_FTRUNCATE, fd, 100), OK, "a file is cut");
	tap_check_equal(tap, stat_of("cut").size, 100, "to what was asked");
	tap_check_equal(tap, CALL(LINUX_TRUNCATE, "cut", PAGE + 100), OK, "and made longer");
	CALL(LINUX_PREAD64, fd, bytes, PAGE + 100, 0);
	tap_check(tap, bytes[99] == 'x' && all_zero(bytes + 100, PAGE), "with zeros");
	tap_check_equal(tap, CALL(LINUX_FTRUNCATE, fd, -1), ERR_INVALID_ARGS,
	                "nothing is less than empty");
	tap_check_equal(tap, CALL(LINUX_TRUNCATE, ".", 0), ERR_IS_DIRECTORY, "a folder is not cut");
	tap_check_equal(tap, CALL(LINUX_TRUNCATE, "none", 0), ERR_NOT_FOUND,
	                "nor what is not there");
	tap_check_equal(tap, CALL(LINUX_FALLOCATE, fd, 0, 0, 3 * PAGE), OK, "room is made");
	tap_check_equal(tap, stat_of("cut").size, 3 * PAGE, "and the file is longer");
	tap_check_equal(tap, stat_of("cut").blocks, 24, "for every block");
	tap_check_equal(tap, CALL(LINUX_FALLOCATE, fd, 1, 0, 4 * PAGE), OK, "it may stay short");
	tap_check_equal(tap, stat_of("cut").size, 3 * PAGE, "and does");
	tap_check_equal(tap, CALL(LINUX_FALLOCATE, fd, 0, 0, 0), ERR_INVALID_ARGS,
	                "no room is no room");
	CALL(LINUX_CLOSE, fd);
	fd = CALL(LINUX_OPEN, "cut", READ_ONLY, 0);
	tap_check_equal(tap, CALL(LINUX_FTRUNCATE, fd, 0), ERR_INVALID_ARGS,
	                "a file opened for reading is not cut");
	tap_check_equal(tap, CALL(LINUX_FALLOCATE, fd, 0, 0, 1), ERR_BAD_HANDLE, "nor made longer");
	CALL(LINUX_CLOSE, fd);
	CALL(LINUX_UNLINK, "cut");
}

void check_sizes(struct tap *tap)
{
	char byte = 0;
	check_holes(tap);
	check_seeking(tap);
	check_syncing(tap);
	check_truncation(tap);
	int64_t fd = make_file("limit", "");
	tap_check_equal(tap, CALL(LINUX_PWRITE64, fd, &byte, 1, INT64_MAX), ERR_INVALID_ARGS,
	                "a file has an end");
	tap_check_equal(tap, CALL(LINUX_LSEEK, fd, INT64_MAX, 0), INT64_MAX, "that can be gone to");
	tap_check_equal(tap, CALL(LINUX_LSEEK, fd, 1, 1), ERR_INVALID_ARGS, "and not beyond");
	CALL(LINUX_CLOSE, fd);
	CALL(LINUX_UNLINK, "limit");
}
