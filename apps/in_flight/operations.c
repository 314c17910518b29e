#include "in_flight.h"
#include <abi/loader.h>
#include <abi/vfs.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLDER "/home/root/in_flight"
#define SELF "/apps/in_flight/in_flight"
#define BLOCK_BYTES 4096

enum { PATHS = 4, PATH_BYTES = 64 };

/* A few are in use at once. */
static const char *path_of(const char *what, unsigned round)
{
	static char paths[PATHS][PATH_BYTES];
	static unsigned next;
	char *path = paths[next++ % PATHS];
	(void)snprintf(path, PATH_BYTES, FOLDER "/%u/%s", round, what);
	return path;
}

static struct sockaddr_un address_of(const char *what, unsigned round)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path_of(what, round));
	return address;
}

/* A program that is run by this one, and ends at once. */
static int script_make(const char *path)
{
	static const char script[] = "#!" SELF " end\n";
	int file = open(path, O_CREAT | O_WRONLY, 0755);
	return file >= 0 && write(file, script, sizeof script - 1) > 0 && close(file) == 0;
}

static int listener_make(unsigned round)
{
	struct sockaddr_un address = address_of("listener", round);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	return fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
}

static int round_prepare(unsigned round)
{
	return mkdir(path_of("", round), 0755) == 0 && script_make(path_of("file", round)) &&
	       symlink("file", path_of("symbolic", round)) == 0 &&
	       link(path_of("file", round), path_of("unlink", round)) == 0 &&
	       link(path_of("file", round), path_of("rename", round)) == 0 && listener_make(round);
}

int operations_prepare_files(void)
{
	int good = mkdir(FOLDER, 0755) == 0;
	for (unsigned round = 0; good && round < ROUNDS; round++)
		good = round_prepare(round);
	sync();
	return good;
}

static long call_open(unsigned round)
{
	return open(path_of("file", round), O_RDONLY);
}

static long call_stat(unsigned round)
{
	struct stat status;
	return stat(path_of("file", round), &status);
}

static long call_access(unsigned round)
{
	return access(path_of("file", round), R_OK);
}

static long call_readlink(unsigned round)
{
	char target[PATH_BYTES];
	return readlink(path_of("symbolic", round), target, sizeof target);
}

static long call_chdir(unsigned round)
{
	return chdir(path_of("", round));
}

static long call_getdents(unsigned round)
{
	char entries[BLOCK_BYTES];
	int folder = open(path_of("", round), O_RDONLY | O_DIRECTORY);
	return syscall(SYS_getdents64, folder, entries, sizeof entries);
}

static long call_read(unsigned round)
{
	char bytes[BLOCK_BYTES];
	int file = open(path_of("file", round), O_RDONLY);
	return read(file, bytes, sizeof bytes);
}

static long call_chmod(unsigned round)
{
	return chmod(path_of("file", round), 0700);
}

static long call_connect(unsigned round)
{
	struct sockaddr_un address = address_of("listener", round);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	return connect(fd, (struct sockaddr *)&address, sizeof address);
}

static long call_create(unsigned round)
{
	return open(path_of("create", round), O_CREAT | O_WRONLY, 0644);
}

static long call_mkdir(unsigned round)
{
	return mkdir(path_of("mkdir", round), 0755);
}

static long call_unlink(unsigned round)
{
	return unlink(path_of("unlink", round));
}

static long call_symlink(unsigned round)
{
	return symlink("file", path_of("symlink", round));
}

static long call_bind(unsigned round)
{
	struct sockaddr_un address = address_of("bind", round);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	return bind(fd, (struct sockaddr *)&address, sizeof address);
}

static long call_link(unsigned round)
{
	return link(path_of("file", round), path_of("link", round));
}

static long call_rename(unsigned round)
{
	return rename(path_of("rename", round), path_of("renamed", round));
}

/* In a copy: where it succeeds there is no way back. */
static long call_exec(unsigned round)
{
	int status = -1;
	pid_t pid = vfork();
	if (pid == 0) {
		execl(path_of("file", round), "in_flight", "end", NULL);
		_exit(errno);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	errno = WEXITSTATUS(status);
	return errno ? -1 : 0;
}

static long unmount(unsigned)
{
	return umount("/home");
}

static long call_mount(unsigned)
{
	return mount("/dev/disk2", "/home", "ext3", 0, NULL);
}

#define VFSD(name, number, call)                                                                   \
	{                                                                                          \
		"vfsd", name, VFS_IDEMPOTENT, number, call, AT_THE_DISK, 0, NULL, 0                \
	}

static const struct operation operations[] = {
        VFSD("open", VFS_OPENAT, call_open),
        VFSD("stat", VFS_STATX, call_stat),
        VFSD("access", VFS_ACCESS, call_access),
        VFSD("readlink", VFS_READLINKAT, call_readlink),
        VFSD("chdir", VFS_CHDIR, call_chdir),
        VFSD("getdents", VFS_GETDENTS64, call_getdents),
        VFSD("read", VFS_PAGE_IN, call_read),
        VFSD("chmod", VFS_SET, call_chmod),
        VFSD("connect", VFS_OPENAT, call_connect),
        VFSD("create", VFS_CREATE, call_create),
        VFSD("mkdir", VFS_MKDIR, call_mkdir),
        VFSD("unlink", VFS_UNLINKAT, call_unlink),
        VFSD("symlink", VFS_MAKE_NODE, call_symlink),
        VFSD("bind", VFS_MAKE_NODE, call_bind),
        VFSD("link", VFS_LINK, call_link),
        VFSD("rename", VFS_RENAME, call_rename),
        {"vfsd", "mount", VFS_IDEMPOTENT, VFS_MOUNT, call_mount, AT_THE_DISK, 0, unmount, 0},
        {"loaderd", "execve", LOADER_IDEMPOTENT, LOADER_EXEC_TARGET, call_exec, AT_THE_DISK, 0,
         NULL, 0},
};

struct operations operations_on_files(void)
{
	return (struct operations){operations, sizeof operations / sizeof operations[0]};
}
