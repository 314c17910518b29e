/*
 * pidfd_open for valgrind, which does not know that call: the read end of a pipe whose other end a
 * helper holds until the process has ended. Linked in by `make valgrind` only.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

int __wrap_pidfd_open(pid_t pid, unsigned flags);

/* Until somebody waits for it, a process that has ended is a zombie. */
static int runs(pid_t pid)
{
	char path[64], line[512] = {};
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	int fd = open(path, O_RDONLY);
	ssize_t got = fd < 0 ? 0 : read(fd, line, sizeof line - 1);
	const char *state = strrchr(line, ')');
	if (fd >= 0)
		close(fd);
	return got > 0 && state && state[2] != 'Z';
}

int __wrap_pidfd_open(pid_t pid, unsigned)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	pid_t helper = fork();
	if (helper == 0) {
		const struct timespec pause = {.tv_nsec = 5000000};
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (runs(pid))
			nanosleep(&pause, NULL);
		/* No exit: valgrind would look for leaks of the parent here. */
		kill(getpid(), SIGKILL);
	}
	close(ends[1]);
	if (helper < 0)
		close(ends[0]);
	return helper < 0 ? -1 : ends[0];
}
