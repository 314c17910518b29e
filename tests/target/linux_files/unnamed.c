/* Files that never had a name: O_TMPFILE. */
#include "linux_files.h"
#include <string.h>

enum { UNNAMED = 020000000 | DIRECTORY, FOLLOW = 0x400, BY_DESCRIPTOR = 0x1000 };

static const char *descriptor_path(int64_t fd)
{
	static char path[] = "/proc/self/fd/0";
	path[sizeof path - 2] = (char)('0' + fd);
	return path;
}

static void check_refusals(struct tap *tap)
{
	static const struct step steps[] = {
	        {"only who writes gets one",
	         LINUX_OPEN,
	         {TEXT("."), UNNAMED | READ_ONLY, 0600},
	         ERR_INVALID_ARGS},
	        {"O_DIRECTORY belongs to it",
	         LINUX_OPEN,
	         {TEXT("."), 020000000 | READ_WRITE, 0600},
	         ERR_INVALID_ARGS},
	        {"O_CREAT does not",
	         LINUX_OPEN,
	         {TEXT("."), UNNAMED | CREATE | READ_WRITE, 0600},
	         ERR_INVALID_ARGS},
	        {"it wants a folder",
	         LINUX_OPEN,
	         {TEXT("/dev/null"), UNNAMED | READ_WRITE, 0600},
	         ERR_NOT_DIRECTORY},
	        {"one that is there",
	         LINUX_OPEN,
	         {TEXT("nowhere"), UNNAMED | READ_WRITE, 0600},
	         ERR_NOT_FOUND},
	};
	run_steps(tap, steps, sizeof steps / sizeof steps[0]);
}

void check_unnamed(struct tap *tap)
{
	char bytes[8] = {};
	check_refusals(tap);
	int64_t fd = CALL(LINUX_OPEN, ".", UNNAMED | READ_WRITE, 0640);
	struct file_stat facts = {};
	CALL(LINUX_WRITE, fd, "hidden", 6);
	CALL(LINUX_FSTAT, fd, &facts);
	tap_check(tap, fd >= 0 && facts.links == 0 && facts.size == 6,
	          "a file without a name is written");
	tap_check_equal(tap, facts.mode, TYPE_FILE | 0640, "it has its rights");
	CALL(LINUX_PREAD64, fd, bytes, 6, 0);
	tap_check(tap, memcmp(bytes, "hidden", 6) == 0, "and is read");
	tap_check_equal(tap,
	                CALL(LINUX_LINKAT, AT_CWD, descriptor_path(fd), AT_CWD, "shown", FOLLOW),
	                OK, "it gets a name");
	tap_check(tap, file_holds("shown", "hidden"), "under which it is found");
	tap_check_equal(tap, CALL(LINUX_LINKAT, fd, "", AT_CWD, "again", BY_DESCRIPTOR), OK,
	                "and another");
	CALL(LINUX_UNLINK, "shown");
	CALL(LINUX_UNLINK, "again");
	tap_check_equal(tap,
	                CALL(LINUX_LINKAT, AT_CWD, descriptor_path(fd), AT_CWD, "shown", FOLLOW),
	                ERR_NOT_FOUND, "after its last one it gets no more");
	CALL(LINUX_CLOSE, fd);
	fd = CALL(LINUX_OPEN, ".", UNNAMED | EXCLUSIVE | READ_WRITE, 0600);
	tap_check_equal(tap,
	                CALL(LINUX_LINKAT, AT_CWD, descriptor_path(fd), AT_CWD, "shown", FOLLOW),
	                ERR_NOT_FOUND, "with O_EXCL it never gets one");
	CALL(LINUX_CLOSE, fd);
}
