#include "engine/schedule/jobserver.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The pipe as a file of its own, so that not waiting is our affair alone. */
static int reopen(int fd, int flags)
{
	char path[32];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return open(path, flags | O_CLOEXEC);
}

static bool is_pipe(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* "... --jobserver-auth=fifo:PATH" or "=R,W" (before make 4.2 "--jobserver-fds=R,W"). */
static bool adopt(struct jobserver *s, const char *makeflags)
{
	const char *found = strstr(makeflags, "--jobserver-auth=");
	if (!found)
		found = strstr(makeflags, "--jobserver-fds=");
	if (!found)
		return false;
	found = strchr(found, '=') + 1;
	if (strncmp(found, "fifo:", 5) == 0) {
		char path[4096];
		size_t len = strcspn(found + 5, " ");
		snprintf(path, sizeof path, "%.*s", (int)len, found + 5);
		s->take = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		s->give = open(path, O_WRONLY | O_CLOEXEC);
	} else {
		int take, give;
		if (sscanf(found, "%d,%d", &take, &give) != 2 || !is_pipe(take) || !is_pipe(give))
			return false; /* make closes them for commands that it does not know as its
			                 own */
		s->take = reopen(take, O_RDONLY | O_NONBLOCK);
		s->give = reopen(give, O_WRONLY);
	}
	return s->take >= 0 && s->give >= 0;
}

static int serve(struct jobserver *s, struct arena *a, size_t jobs)
{
	int *ends = s->served;
	if (pipe(ends) < 0) /* children inherit it */
		return errno;
	for (size_t i = 1; i < jobs; i++)
		if (write(ends[1], "+", 1) != 1)
			return errno;
	s->take = reopen(ends[0], O_RDONLY | O_NONBLOCK);
	s->give = reopen(ends[1], O_WRONLY);
	struct str flags =
	        str_format(a, "MAKEFLAGS= -j%zu --jobserver-auth=%d,%d", jobs, ends[0], ends[1]);
	s->makeflags = arena_c_str(a, flags);
	return s->take >= 0 && s->give >= 0 ? 0 : errno;
}

int jobserver_open(struct jobserver *s, struct arena *a, size_t jobs)
{
	const char *makeflags = getenv("MAKEFLAGS");
	*s = (struct jobserver){.take = -1, .give = -1, .served = {-1, -1}, .capacity = jobs};
	s->tokens = ARENA_ARRAY(a, char, jobs + 1);
	if (makeflags && adopt(s, makeflags)) {
		s->makeflags = arena_c_str(a, str_format(a, "MAKEFLAGS=%s", makeflags));
		return 0;
	}
	return serve(s, a, jobs);
}

bool jobserver_take(struct jobserver *s, size_t running)
{
	if (running == 0)
		return true;
	if (s->held >= running)
		return true;
	if (s->held == s->capacity || read(s->take, &s->tokens[s->held], 1) != 1)
		return false;
	s->held++;
	return true;
}

void jobserver_give(struct jobserver *s, size_t running)
{
	while (s->held && s->held + 1 > running) {
		s->held--;
		(void)!write(s->give, &s->tokens[s->held], 1); /* a pipe that nobody else fills */
	}
}

void jobserver_close(struct jobserver *s)
{
	jobserver_give(s, 0);
	if (s->take >= 0)
		close(s->take);
	if (s->give >= 0)
		close(s->give);
	for (size_t i = 0; i < COUNT(s->served); i++)
		if (s->served[i] >= 0)
			close(s->served[i]);
}
