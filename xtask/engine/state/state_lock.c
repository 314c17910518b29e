#include "engine/state/state_lock.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { POLL_MS = 10 };

static const char running_mark[] = "running";
static const char finished_mark[] = "finished";

/* "<pid> <mark>\n" */
static pid_t lock_read(int fd, bool *out_clean)
{
	char line[64];
	ssize_t got = pread(fd, line, sizeof line - 1, 0);
	line[got > 0 ? got : 0] = '\0';
	char *mark;
	long pid = strtol(line, &mark, 10);
	*out_clean = strstr(mark, finished_mark) != NULL;
	return (pid_t)pid;
}

static int lock_write(int fd, const char *mark)
{
	char line[64];
	int len = snprintf(line, sizeof line, "%d %s\n", (int)getpid(), mark);
	if (ftruncate(fd, 0) < 0 || pwrite(fd, line, (size_t)len, 0) != len)
		return errno ? errno : EIO;
	return 0;
}

/* The folder may have been removed and made anew while we waited. */
static bool lock_is_at(int fd, const char *path)
{
	struct stat held, there;
	return fstat(fd, &held) == 0 && stat(path, &there) == 0 && held.st_ino == there.st_ino &&
	       held.st_dev == there.st_dev;
}

/* Without O_CLOEXEC: what a killed run started still holds the lock, as it may still write. */
static int lock_take(struct state_lock *l, const char *path, int operation, pid_t *out_holder)
{
	*l = (struct state_lock){.path = path, .fd = -1};
	for (;;) {
		int fd = open(path, O_RDWR | O_CREAT, 0644);
		if (fd < 0)
			return errno;
		int error = flock(fd, operation) < 0 ? errno : 0;
		pid_t holder = lock_read(fd, &l->clean);
		if (!error && lock_is_at(fd, path)) {
			l->fd = fd; /* from now on a waiting run can say for whom */
			return lock_write(fd, l->clean ? finished_mark : running_mark);
		}
		close(fd);
		if (error == EWOULDBLOCK)
			*out_holder = holder;
		if (error && error != EINTR)
			return error;
	}
}

int state_lock_try(struct state_lock *l, const char *path, pid_t *out_holder)
{
	return lock_take(l, path, LOCK_EX | LOCK_NB, out_holder);
}

static bool is_gone(pid_t holder)
{
	return holder > 0 && kill(holder, 0) < 0 && errno == ESRCH;
}

int state_lock_wait(struct state_lock *l, const char *path, unsigned orphans_ms)
{
	static const struct timespec pause = {.tv_nsec = POLL_MS * 1000 * 1000};
	unsigned waited_ms = 0;
	for (;;) {
		pid_t holder = 0;
		int error = lock_take(l, path, LOCK_EX | LOCK_NB, &holder);
		if (error != EWOULDBLOCK)
			return error;
		nanosleep(&pause, NULL);
		waited_ms = is_gone(holder) ? waited_ms + POLL_MS : 0;
		if (waited_ms >= orphans_ms && waited_ms && unlink(path) < 0 && errno != ENOENT)
			return errno;
	}
}

int state_lock_begin(struct state_lock *l)
{
	return lock_write(l->fd, running_mark);
}

void state_lock_release(struct state_lock *l, bool finished)
{
	if (l->fd < 0)
		return;
	if (finished)
		(void)!lock_write(
		        l->fd, finished_mark); /* unwritten, the next run only sweeps once more */
	(void)flock(l->fd, LOCK_UN); /* a daemon that an action left behind may hold it open */
	close(l->fd);
	l->fd = -1;
}
