/*
 * Makes the data volume: an empty ext3 volume in a file full of holes.
 *
 * mke2fs writes beside it, so that a volume that is there is whole.
 */
#include "qemu/data.h"
#include "config/packages.h"
#include "os/files.h"
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct span nowhere;

/* mke2fs leaves the journal out where there is no room for it, and says nothing. */
enum { LEAST_MIB = 32, SMALL_MIB = 128, JOURNAL_MIB = 16, SMALL_JOURNAL_MIB = 4 };

/* Debian keeps it where only the superuser looks. */
static const char *find_program(void)
{
	static const char *const places[] = {"/usr/sbin/mke2fs", "/sbin/mke2fs"};
	for (size_t i = 0; i < COUNT(places); i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	return "mke2fs";
}

/* 0 or an errno value; EIO: it says no. */
static int run(char *const *argv)
{
	posix_spawn_file_actions_t files;
	pid_t pid;
	int status, error = posix_spawn_file_actions_init(&files);
	if (error)
		return error;
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	error = posix_spawnp(&pid, argv[0], &files, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	if (error)
		return error;
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : EIO;
}

/* As docs/data_volume.md says. */
static struct str mke2fs_command(struct arena *a, int64_t mib)
{
	return str_format(a,
	                  "%s -q -F -t ext3 -b 4096 -I 256 -m 0 -O "
	                  "none,has_journal,filetype,sparse_super,large_file -J size=%d -L data",
	                  find_program(), mib < SMALL_MIB ? SMALL_JOURNAL_MIB : JOURNAL_MIB);
}

static int make(struct arena *a, struct str path, int64_t mib)
{
	char *argv[32] = {};
	size_t count = 0;
	struct str rest = mke2fs_command(a, mib);
	while (rest.len) {
		struct str_split cut = str_cut(rest, ' ');
		argv[count++] = arena_c_str(a, cut.head);
		rest = cut.rest;
	}
	argv[count++] = arena_c_str(a, path);
	argv[count++] = arena_c_str(a, str_format(a, "%lldM", (long long)mib));
	return run(argv);
}

bool data_volume_make(struct arena *a, struct str path, int64_t mib, struct diag *d)
{
	if (!path.len || file_exists(arena_c_str(a, path)))
		return true;
	if (mib < LEAST_MIB) {
		diag_error(d, nowhere, str_format(a, "qemu.data_mib must be %d or more", LEAST_MIB),
		           "there is no data volume '%.*s'", STR_ARG(path));
		return false;
	}
	struct str fresh = str_format(a, "%.*s.%ld", STR_ARG(path), (long)getpid());
	struct str folder = path_folder(path);
	int error = folder.len ? folder_create(arena_c_str(a, folder)) : 0;
	if (!error)
		error = make(a, fresh, mib);
	if (!error && rename(arena_c_str(a, fresh), arena_c_str(a, path)) != 0)
		error = errno;
	if (!error)
		return true;
	(void)unlink(arena_c_str(a, fresh));
	diag_error(d, nowhere, packages_hint(a, STR("mke2fs")),
	           "cannot make the data volume '%.*s': %s", STR_ARG(path),
	           error == EIO ? "mke2fs failed" : strerror(error));
	return false;
}
