/* What a file is: type, rights, owners, times; and copies within the kernel. */
#include "linux_files.h"
#include <string.h>

static void check_rights(struct tap *tap)
{
	struct file_stat stat;
	CALL(LINUX_UMASK, 027);
	CALL(LINUX_CLOSE, make_file("file", "text"));
	stat = stat_of("file");
	tap_check_equal(tap, stat.mode, TYPE_FILE | 0640, "the umask takes rights away");
	tap_check_equal(tap, (int64_t)stat.links, 1, "a file has one name at first");
	tap_check(tap, stat.inode != 0 && stat.size == 4, "a number, and a size");
	CALL(LINUX_UMASK, 022);
	tap_check_equal(tap, CALL(LINUX_CHMOD, "file", 04755), OK, "rights are changed");
	tap_check_equal(tap, stat_of("file").mode, TYPE_FILE | 04755, "all of them");
	int64_t fd = CALL(LINUX_OPEN, "file", READ_ONLY, 0);
	tap_check_equal(tap, CALL(LINUX_FCHMOD, fd, 0600), OK, "by a descriptor too");
	tap_check_equal(tap, CALL(LINUX_FCHOWN, fd, 1000, 100), OK, "owners as well");
	stat = stat_of("file");
	tap_check(tap, stat.uid == 1000 && stat.gid == 100, "both of them");
	tap_check_equal(tap, CALL(LINUX_CHOWN, "file", -1, 200), OK, "or one");
	stat = stat_of("file");
	tap_check(tap, stat.uid == 1000 && stat.gid == 200, "and the other stays");
	struct file_stat other;
	CALL(LINUX_FSTAT, fd, &other);
	tap_check(tap, stat.inode == other.inode && stat.device == other.device,
	          "path and descriptor agree about which file it is");
	CALL(LINUX_LINK, "file", "second");
	tap_check_equal(tap, (int64_t)stat_of("second").links, 2, "names are counted");
	tap_check_equal(tap, (int64_t)stat_of("second").inode, (int64_t)stat.inode,
	                "and are one file");
	CALL(LINUX_UNLINK, "second");
	CALL(LINUX_CLOSE, fd);
	tap_check_equal(tap, CALL(LINUX_ACCESS, "file", 7), ERR_ACCESS_DENIED,
	                "nobody may execute it");
	tap_check_equal(tap, CALL(LINUX_ACCESS, "file", 8), ERR_INVALID_ARGS,
	                "rights are three bits");
}

static void check_times(struct tap *tap)
{
	const struct file_times set[2] = {{1000000000, 123456789}, {1100000000, 987654321}};
	const struct file_times keep[2] = {{0, 0x3ffffffe}, {5, 0}};
	const struct file_times wrong[2] = {{0, 1000000000}, {0, 0}};
	tap_check_equal(tap, CALL(LINUX_UTIMENSAT, AT_CWD, "file", set, 0), OK, "times are set");
	struct file_stat stat = stat_of("file");
	tap_check(tap,
	          stat.accessed.seconds == 1000000000 && stat.accessed.nanoseconds == 123456789,
	          "when it was read");
	tap_check(tap,
	          stat.modified.seconds == 1100000000 && stat.modified.nanoseconds == 987654321,
	          "and written");
	tap_check(tap, stat.changed.seconds > 1100000000, "not when that was done");
	tap_check_equal(tap, CALL(LINUX_UTIMENSAT, AT_CWD, "file", keep, 0), OK, "or one of them");
	stat = stat_of("file");
	tap_check(tap, stat.accessed.seconds == 1000000000 && stat.modified.seconds == 5, "alone");
	tap_check_equal(tap, CALL(LINUX_UTIMENSAT, AT_CWD, "file", wrong, 0), ERR_INVALID_ARGS,
	                "a second has no more parts");
	tap_check_equal(tap, CALL(LINUX_UTIMENSAT, AT_CWD, "file", 0, 0), OK, "now is a time too");
	tap_check(tap, stat_of("file").modified.seconds > 1100000000, "which is now");
	CALL(LINUX_UTIMENSAT, AT_CWD, "file", set, 0);
	int64_t fd = CALL(LINUX_OPEN, "file", WRITE_ONLY, 0);
	CALL(LINUX_WRITE, fd, "new", 3);
	tap_check(tap, stat_of("file").modified.seconds > 1100000000, "a write is noted");
	CALL(LINUX_CLOSE, fd);
	CALL(LINUX_UNLINK, "file");
}

static void check_statx(struct tap *tap)
{
	uint32_t words[64] = {};
	CALL(LINUX_SYMLINK, "somewhere", "link");
	tap_check_equal(tap, CALL(LINUX_STATX, AT_CWD, "link", 0x100, 0x7ff, words), OK,
	                "statx looks at a link");
	uint16_t mode;
	memcpy(&mode, (const char *)words + 28, sizeof mode);
	tap_check_equal(tap, mode, TYPE_LINK | 0777, "itself");
	uint64_t size;
	memcpy(&size, (const char *)words + 40, sizeof size);
	tap_check_equal(tap, (int64_t)size, 9, "as long as its target");
	tap_check_equal(tap, CALL(LINUX_STATX, AT_CWD, "link", 0, 0x7ff, words), ERR_NOT_FOUND,
	                "or at what it names");
	tap_check_equal(tap, CALL(LINUX_STATX, AT_CWD, "link", 1, 0x7ff, words), ERR_INVALID_ARGS,
	                "and knows its flags");
	char target[8] = "........";
	tap_check_equal(tap, CALL(LINUX_READLINK, "link", target, 4), 4, "a target may be cut");
	tap_check(tap, memcmp(target, "some....", 8) == 0, "without a NUL");
	CALL(LINUX_UNLINK, "link");
	uint64_t statfs[15] = {};
	tap_check_equal(tap, CALL(LINUX_STATFS, ".", statfs), OK, "a volume describes itself");
	tap_check_equal(tap, (int64_t)statfs[0], 0x01021994, "as a tmpfs");
	tap_check(tap, statfs[2] > 0 && statfs[3] <= statfs[2], "with room that is bounded");
	struct file_stat stat = stat_of("/dev/null");
	tap_check_equal(tap, stat.mode & TYPE, TYPE_CHARACTERS, "a device is one");
	tap_check_equal(tap, (int64_t)stat.special, 0x103, "with its number");
}

void check_facts(struct tap *tap)
{
	check_rights(tap);
	check_times(tap);
	check_statx(tap);
}

void check_copies(struct tap *tap)
{
	static char large[5 * PAGE];
	int64_t from = make_file("from", "0123456789"), to = make_file("to", "");
	int64_t place = 2, other = 0;
	tap_check_equal(tap, CALL(LINUX_SENDFILE, to, from, &place, 5), 5, "bytes are sent on");
	tap_check_equal(tap, place, 7, "and the place given moves");
	tap_check(tap, file_holds("to", "23456"), "they are there");
	tap_check_equal(tap, CALL(LINUX_SENDFILE, to, from, 0, 100), 10, "to the end, no further");
	tap_check_equal(tap, CALL(LINUX_LSEEK, from, 0, 1), 10,
	                "the file's own place moves as well");
	other = 3;
	place = 0;
	tap_check_equal(tap, CALL(LINUX_COPY_FILE_RANGE, from, &place, to, &other, 4, 0), 4,
	                "a range is copied");
	tap_check(tap, file_holds("to", "234012323456789"), "to its place");
	tap_check_equal(tap, CALL(LINUX_COPY_FILE_RANGE, from, &place, to, &other, 4, 1),
	                ERR_INVALID_ARGS, "there are no flags");
	int64_t memory = CALL(LINUX_MEMFD_CREATE, "memory", 1);
	tap_check(tap, memory >= 0, "memory can be a file");
	memset(large, 'm', sizeof large);
	tap_check_equal(tap, CALL(LINUX_WRITE, memory, large, sizeof large), sizeof large,
	                "written");
	CALL(LINUX_LSEEK, memory, 0, 0);
	tap_check_equal(tap, CALL(LINUX_SENDFILE, from, memory, 0, sizeof large), sizeof large,
	                "and sent on");
	tap_check_equal(tap, stat_of("from").size, sizeof large + 10, "whole");
	CALL(LINUX_CLOSE, memory);
	CALL(LINUX_CLOSE, from);
	CALL(LINUX_CLOSE, to);
	CALL(LINUX_UNLINK, "from");
	CALL(LINUX_UNLINK, "to");
}
