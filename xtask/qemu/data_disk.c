#include "qemu/data_disk.h"
#include "config/packages.h"
#include "os/files.h"
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where Debian has it, whatever the PATH of a person without rights says. */
static const char mke2fs[] = "/usr/sbin/mke2fs";

/* Why each of them: docs/data_volume.md. */
static int format(const char *path)
{
	const char *const argv[] = {mke2fs,
	                            "-q",
	                            "-F",
	                            "-t",
	                            "ext3",
	                            "-b",
	                            "4096",
	                            "-I",
	                            "256",
	                            "-m",
	                            "0",
	                            "-O",
	                            "none,has_journal,filetype,sparse_super,large_file",
	                            "-J",
	                            "size=16",
	                            "-L",
	                            "data",
	                            path,
	                            NULL};
	pid_t child;
	int status;
	int error =
	        posix_spawn(&child, mke2fs, NULL, NULL, (char *const *)(uintptr_t)argv, environ);
	if (error)
		return error;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : EIO;
}

static int make(struct arena *a, struct str path, int64_t mib)
{
	struct str fresh = str_format(a, "%.*s.new", STR_ARG(path));
	const char *file = arena_c_str(a, fresh);
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	int error = ftruncate(fd, (off_t)(mib << 20)) == 0 ? 0 : errno;
	close(fd);
	if (!error)
		error = format(file);
	if (!error && rename(file, arena_c_str(a, path)) != 0)
		error = errno;
	if (error)
		(void)unlink(file); /* what was made so far; the error says why */
	return error;
}

bool data_disk_prepare(struct arena *a, struct str path, int64_t mib, struct diag *d)
{
	if (access(arena_c_str(a, path), F_OK) == 0)
		return true;
	int error = access(mke2fs, X_OK) == 0 ? 0 : ENOENT;
	if (!error && path_folder(path).len)
		error = folder_create(arena_c_str(a, path_folder(path)));
	if (!error)
		error = make(a, path, mib);
	if (!error)
		return true;
	diag_error(d, (struct span){}, packages_hint(a, STR("mke2fs")),
	           "cannot make the data volume '%.*s': %s", STR_ARG(path), strerror(error));
	return false;
}
