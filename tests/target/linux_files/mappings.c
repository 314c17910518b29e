/* Files in memory. */
#include "linux_files.h"
#include <string.h>

enum { PROT_READ = 1, PROT_WRITE = 2, MAP_SHARED = 1, MAP_PRIVATE = 2 };

static char *map(uint64_t rights, uint64_t kind, int64_t fd, uint64_t offset)
{
	return (char *)CALL(LINUX_MMAP, 0, PAGE, rights, kind, fd, offset);
}

static bool mapped(const char *at)
{
	return (int64_t)at > 0 || (int64_t)at < -4095;
}

static void check_shared(struct tap *tap, int64_t fd)
{
	char bytes[8] = {};
	char *at = map(PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	tap_check(tap, mapped(at), "a file is mapped");
	tap_check(tap, memcmp(at, "mapped", 6) == 0, "and shows its bytes");
	memcpy(at, "MAP", 3);
	CALL(LINUX_PREAD64, fd, bytes, 6, 0);
	tap_check(tap, memcmp(bytes, "MAPped", 6) == 0, "what is stored is read");
	CALL(LINUX_PWRITE64, fd, "PED", 3, 3);
	tap_check(tap, memcmp(at, "MAPPED", 6) == 0, "what is written is seen");
	tap_check_equal(tap, CALL(LINUX_MSYNC, at, PAGE, 4), OK, "nothing waits to be stored");
	/* as ext4 has it, and POSIX; Linux's tmpfs shows it */
	at[100] = 'z';
	CALL(LINUX_FTRUNCATE, fd, 200);
	CALL(LINUX_PREAD64, fd, bytes, 1, 100);
	tap_check_equal(tap, bytes[0], 0, "what was stored behind the end is not in the file");
	CALL(LINUX_FTRUNCATE, fd, 6);
	CALL(LINUX_MUNMAP, at, PAGE);
	tap_check_equal(tap, CALL(LINUX_MSYNC, at, PAGE, 4), ERR_NO_MEMORY,
	                "where nothing is, nothing is stored");
}

static void check_private(struct tap *tap, int64_t fd)
{
	char bytes[8] = {};
	char *at = map(PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	at[0] = 'x';
	CALL(LINUX_PREAD64, fd, bytes, 6, 0);
	tap_check(tap, memcmp(bytes, "MAPPED", 6) == 0, "a private mapping keeps its own");
	tap_check(tap, at[0] == 'x' && at[1] == 'A', "and shows the rest");
	CALL(LINUX_MUNMAP, at, PAGE);
}

static void check_mapping_rights(struct tap *tap)
{
	int64_t fd = CALL(LINUX_OPEN, "map", READ_ONLY, 0);
	tap_check_equal(tap, (int64_t)map(PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0),
	                ERR_ACCESS_DENIED, "who may not write the file may not store to it");
	char *at = map(PROT_READ, MAP_SHARED, fd, 0);
	tap_check(tap, mapped(at), "but see it");
	tap_check_equal(tap, CALL(LINUX_MPROTECT, at, PAGE, PROT_READ | PROT_WRITE),
	                ERR_ACCESS_DENIED, "for ever");
	CALL(LINUX_MUNMAP, at, PAGE);
	tap_check_equal(tap, (int64_t)map(PROT_READ, MAP_SHARED, fd, 1), ERR_INVALID_ARGS,
	                "mappings begin at pages");
	CALL(LINUX_CLOSE, fd);
	fd = CALL(LINUX_OPEN, "map", WRITE_ONLY, 0);
	tap_check_equal(tap, (int64_t)map(PROT_WRITE, MAP_SHARED, fd, 0), ERR_ACCESS_DENIED,
	                "storing needs reading");
	CALL(LINUX_CLOSE, fd);
	fd = CALL(LINUX_OPEN, ".", READ_ONLY, 0);
	tap_check_equal(tap, (int64_t)map(PROT_READ, MAP_PRIVATE, fd, 0), ERR_NO_DEVICE,
	                "a folder has nothing to map");
	CALL(LINUX_CLOSE, fd);
}

/* Storing is writing: the modify time is that of the store, not of mapping or looking. */
static void check_times(struct tap *tap, int64_t fd)
{
	static const struct file_times old[2] = {{5, 0}, {5, 0}};
	CALL(LINUX_UTIMENSAT, AT_CWD, "map", old, 0);
	volatile char *at = map(PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	tap_check(tap, at[0] == 'm' && stat_of("map").modified.seconds == 5,
	          "looking through a mapping changes no time");
	CALL(LINUX_MUNMAP, at, PAGE);
	at = map(PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	at[0] = 'm';
	struct file_stat now = stat_of("map");
	tap_check(tap, now.modified.seconds > 5 && now.changed.seconds > 5,
	          "storing changes the modify time");
	CALL(LINUX_MUNMAP, at, PAGE);
}

void check_mappings(struct tap *tap)
{
	int64_t fd = make_file("map", "mapped");
	check_times(tap, fd);
	check_shared(tap, fd);
	check_private(tap, fd);
	check_mapping_rights(tap);
	char *at = map(PROT_READ, MAP_SHARED, fd, 0);
	CALL(LINUX_CLOSE, fd);
	CALL(LINUX_UNLINK, "map");
	tap_check(tap, memcmp(at, "MAPPED", 6) == 0, "a mapping outlives descriptor and name");
	CALL(LINUX_MUNMAP, at, PAGE);
	at = (char *)CALL(LINUX_MMAP, 0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | 0x20, -1, 0);
	int64_t pid = linux_fork_or_exit();
	if (pid == 0) {
		at[0] = 'c';
		CALL(LINUX_EXIT, 0);
	}
	CALL(LINUX_WAIT4, pid, 0, 0, 0);
	tap_check_equal(tap, at[0], 'c', "shared memory is shared with a child");
	CALL(LINUX_MUNMAP, at, PAGE);
}
