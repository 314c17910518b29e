/* select, pselect6, close_range, and calls that a file without attributes answers. */
#include "linux_calls.h"

enum { NS_PER_MS = 1000000, CLOSE_ON_EXEC = 4, GET_FLAGS = 1, OPEN_READ = 0, AT_CWD = -100 };

/* The first 128 descriptors of a struct fd_set; the tests have no more. */
struct set {
	uint64_t bits[16];
};

static struct set set_of(int32_t descriptor)
{
	struct set set = {};
	set.bits[descriptor / 64] = (uint64_t)1 << descriptor % 64;
	return set;
}

static void check_select(struct tap *tap)
{
	int32_t pair[2];
	int64_t soon[2] = {0, 2000};
	CALL(LINUX_PIPE, pair);
	struct set in = set_of(pair[0]), out = set_of(pair[1]);
	tap_check_equal(tap, CALL(LINUX_SELECT, pair[1] + 1, &in, &out, 0, soon), 1,
	                "select counts what is ready");
	tap_check(tap, !in.bits[0] && out.bits[0] == set_of(pair[1]).bits[0],
	          "and leaves only that in the sets");
	in = set_of(pair[0]);
	tap_check_equal(tap, CALL(LINUX_SELECT, pair[0] + 1, &in, 0, 0, soon), 0,
	                "select ends with its time");
	tap_check(tap, soon[0] == 0 && soon[1] == 0, "of which nothing is left");
	int64_t later[2] = {100, 0};
	CALL(LINUX_WRITE, pair[1], "x", 1);
	in = set_of(pair[0]);
	out = set_of(pair[1]);
	tap_check_equal(tap, CALL(LINUX_SELECT, pair[1] + 1, &in, &out, 0, later), 2,
	                "each set counts");
	tap_check(tap, later[0] <= 100 && later[0] > 0, "the time that is left is told");
	in = set_of(pair[0]);
	tap_check_equal(tap, CALL(LINUX_SELECT, pair[0], &in, 0, 0, soon), 0,
	                "what is beyond the count is not looked at");
	CALL(LINUX_CLOSE, pair[1]);
	in = set_of(pair[0]);
	tap_check_equal(tap, CALL(LINUX_SELECT, pair[0] + 1, &in, 0, 0, 0), 1,
	                "the end of the writer is something to read");
	in = set_of(pair[1]);
	tap_check_equal(tap, CALL(LINUX_SELECT, pair[1] + 1, &in, 0, 0, 0), ERR_BAD_HANDLE,
	                "a closed descriptor is named as an error");
	CALL(LINUX_CLOSE, pair[0]);
}

static void check_select_refusals(struct tap *tap)
{
	int64_t wrong[2] = {0, -1}, none[2] = {};
	struct set in = {};
	tap_check_equal(tap, CALL(LINUX_SELECT, -1, 0, 0, 0, none), ERR_INVALID_ARGS,
	                "a count below 0 is refused");
	tap_check_equal(tap, CALL(LINUX_SELECT, 0, 0, 0, 0, wrong), ERR_INVALID_ARGS,
	                "a time below 0, too");
	tap_check_equal(tap, CALL(LINUX_SELECT, 5, BAD_ADDRESS, 0, 0, none), ERR_BAD_ADDRESS,
	                "and a set that is not there");
	tap_check_equal(tap, CALL(LINUX_SELECT, 5, &in, 0, 0, none), 0, "empty sets are fine");
}

static void check_select_masks(struct tap *tap)
{
	int64_t time[2] = {0, NS_PER_MS};
	uint64_t mask = 0, masked[2] = {(uintptr_t)&mask, sizeof mask};
	tap_check_equal(tap, CALL(LINUX_PSELECT6, 0, 0, 0, 0, time, masked), 0,
	                "pselect6 waits with another mask");
	tap_check(tap, time[0] == 0 && time[1] == 0, "and tells what is left of its time");
	masked[1] = 4;
	tap_check_equal(tap, CALL(LINUX_PSELECT6, 0, 0, 0, 0, time, masked), ERR_INVALID_ARGS,
	                "a mask has its size");
	tap_check_equal(tap, CALL(LINUX_PSELECT6, 0, 0, 0, 0, time, BAD_ADDRESS), ERR_BAD_ADDRESS,
	                "and is there");
}

static void check_close_range(struct tap *tap)
{
	int64_t first = CALL(LINUX_FCNTL, 1, 0, 40), second = CALL(LINUX_FCNTL, 1, 0, 45);
	tap_check_equal(tap, CALL(LINUX_CLOSE_RANGE, 40, 45, CLOSE_ON_EXEC), OK,
	                "a range of descriptors may be marked");
	tap_check_equal(tap, CALL(LINUX_FCNTL, second, GET_FLAGS, 0), 1, "all of it");
	tap_check_equal(tap, CALL(LINUX_CLOSE_RANGE, 40, 44, 0), OK, "and closed");
	tap_check_equal(tap, CALL(LINUX_FCNTL, first, GET_FLAGS, 0), ERR_BAD_HANDLE,
	                "up to its end");
	tap_check_equal(tap, CALL(LINUX_FCNTL, second, GET_FLAGS, 0), 1, "and not beyond");
	tap_check_equal(tap, CALL(LINUX_CLOSE_RANGE, 41, ~0u, 0), OK, "which may be no end");
	tap_check_equal(tap, CALL(LINUX_CLOSE_RANGE, 45, 41, 0), ERR_INVALID_ARGS,
	                "a range has its first one first");
	tap_check_equal(tap, CALL(LINUX_CLOSE_RANGE, 41, 45, 1), ERR_INVALID_ARGS,
	                "and no unknown flags");
}

static void check_attributes(struct tap *tap)
{
	int32_t pair[2];
	char value[4];
	uint32_t cpu = 99, node = 99;
	int64_t file = CALL(LINUX_OPENAT, AT_CWD, "/proc/self/status", OPEN_READ, 0);
	CALL(LINUX_PIPE, pair);
	tap_check_equal(tap, CALL(LINUX_GETXATTR, "/nowhere", "user.a", value, sizeof value),
	                ERR_NOT_FOUND, "a file that is not there has no attributes either");
	tap_check_equal(tap, CALL(LINUX_FGETXATTR, file, "user.a", value, sizeof value),
	                ERR_NOT_SUPPORTED, "nor has one of a volume without them");
	tap_check_equal(tap, CALL(LINUX_FSETXATTR, file, "user.a", value, sizeof value, 0),
	                ERR_NOT_SUPPORTED, "and it gets none");
	tap_check_equal(tap, CALL(LINUX_FLISTXATTR, file, value, sizeof value), 0,
	                "its list of attributes is empty");
	tap_check_equal(tap, CALL(LINUX_FREMOVEXATTR, 99, "user.a"), ERR_BAD_HANDLE,
	                "a wrong descriptor is refused");
	tap_check_equal(tap, CALL(LINUX_FADVISE64, pair[0], 0, 0, 0), ERR_NOT_SEEKABLE,
	                "a pipe takes no advice");
	tap_check_equal(tap, CALL(LINUX_GETCPU, &cpu, &node, 0), OK,
	                "a program may ask for its CPU");
	tap_check(tap, cpu < 64 && node == 0, "and its node");
	CALL(LINUX_CLOSE, file);
	CALL(LINUX_CLOSE, pair[0]);
	CALL(LINUX_CLOSE, pair[1]);
}

void check_selecting(struct tap *tap)
{
	check_select(tap);
	check_select_refusals(tap);
	check_select_masks(tap);
	check_close_range(tap);
	check_attributes(tap);
}
