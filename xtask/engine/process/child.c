#include "engine/process/child.h"
#include "os/files.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CHILD_EXIT_NOT_RUN = 127, CHILD_ENVIRONMENT_MAX = 5 };

char **child_environment(struct arena *a)
{
	char **environment = ARENA_ARRAY(a, char *, CHILD_ENVIRONMENT_MAX);
	environment[0] = arena_c_str(a, STR("PATH=/usr/bin:/bin"));
	environment[1] = arena_c_str(a, STR("LC_ALL=C"));
	environment[2] = arena_c_str(a, STR("TZ=UTC"));
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	if (epoch) {
		struct str variable = str_format(a, "SOURCE_DATE_EPOCH=%s", epoch);
		environment[3] = arena_c_str(a, variable);
	}
	return environment;
}

/* In the child; only system calls, because its memory may still be the parent's. */
static void child_become(int output, pid_t parent)
{
	/* What nohup or a shell's & had us ignore is not inherited. */
	static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM};
	sigset_t none;
	sigemptyset(&none);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(CHILD_EXIT_NOT_RUN);
	int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (input < 0 || dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
	    dup2(output, STDERR_FILENO) < 0)
		_exit(CHILD_EXIT_NOT_RUN);
	umask(022);
	for (size_t i = 0; i < COUNT(numbers); i++)
		signal(numbers[i], SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

struct exec_request {
	const struct child_program *program;
	int output;
	pid_t parent;
	volatile int error; /* set by the child, whose memory this is */
};

__attribute__((noinline)) static pid_t child_exec(struct exec_request *request)
{
	pid_t pid = vfork();
	if (pid == 0) {
		const struct child_program *program = request->program;
		child_become(request->output, request->parent);
		if (program->folder && chdir(program->folder) < 0)
			; /* said below */
		else if (!program->search)
			execve(program->path, program->argv, program->environment);
		else
			execvpe(program->path, program->argv, program->environment);
		request->error = errno;
		_exit(CHILD_EXIT_NOT_RUN);
	}
	return pid;
}

/* Takes over the read end; the write end is the child's and closed here. */
static int child_adopt(struct child *c, pid_t pid, const int pipe_ends[2])
{
	int error = pid < 0 ? errno : 0;
	close(pipe_ends[1]);
	if (!error)
		c->pidfd = pidfd_open(pid, 0);
	if (!error && c->pidfd < 0) {
		error = errno;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	if (error) {
		close(pipe_ends[0]);
		return error;
	}
	c->pid = pid;
	c->output = pipe_ends[0];
	fcntl(c->output, F_SETFL, O_NONBLOCK);
	setpgid(pid, pid); /* the child does it too; whoever comes first */
	host_arena_init(&c->arena);
	c->said = (struct text){.arena = &c->arena};
	return 0;
}

int child_start(struct child *c, const struct child_program *program)
{
	int pipe_ends[2];
	if (pipe2(pipe_ends, O_CLOEXEC) < 0)
		return errno;
	struct exec_request request = {program, pipe_ends[1], getpid(), 0};
	c->said_max = program->said_max;
	int error = child_adopt(c, child_exec(&request), pipe_ends);
	if (!error && request.error) {
		child_wait(c);
		child_release(c);
		error = request.error;
	}
	return error;
}

int child_fork(struct child *c, int (*body)(void *data), void *data)
{
	int pipe_ends[2];
	if (pipe2(pipe_ends, O_CLOEXEC) < 0)
		return errno;
	c->said_max = 0;
	pid_t parent = getpid();
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		child_become(pipe_ends[1], parent);
		int result = body(data);
		fflush(NULL);
		_exit(result);
	}
	return child_adopt(c, pid, pipe_ends);
}

void child_read(struct child *c)
{
	char bytes[16 * 1024];
	ssize_t got;
	while (c->output >= 0) {
		got = read(c->output, bytes, sizeof bytes);
		if (got > 0) {
			if (!c->said_max || c->said.len < c->said_max)
				text_add(&c->said, (struct str){bytes, (size_t)got});
			continue;
		}
		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0 || errno != EAGAIN) {
			close(c->output);
			c->output = -1;
		}
		return;
	}
}

int child_wait(struct child *c)
{
	int status = 0;
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	kill(-c->pid, SIGKILL);
	child_read(c);
	if (c->output >= 0)
		close(c->output);
	close(c->pidfd);
	c->output = c->pidfd = -1;
	c->pid = 0;
	return status;
}

static uint64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int child_finish(struct child *c)
{
	bool over;
	return child_finish_within(c, INT_MAX, &over);
}

int child_finish_within(struct child *c, uint64_t limit_ms, bool *out_over)
{
	uint64_t end = now_ms() + limit_ms;
	struct pollfd fds[2] = {{c->output, POLLIN, 0}, {c->pidfd, POLLIN, 0}};
	*out_over = false;
	while (!fds[1].revents) {
		uint64_t now = now_ms();
		*out_over = now >= end;
		if (*out_over) {
			child_kill(c, SIGKILL);
			break;
		}
		if (poll(fds, 2, (int)(end - now)) < 0 && errno != EINTR)
			break;
		child_read(c);
		fds[0].fd = c->output;
	}
	return child_wait(c);
}

void child_kill(const struct child *c, int signal)
{
	if (c->pid > 0)
		kill(-c->pid, signal);
}

void child_release(struct child *c)
{
	arena_release(&c->arena);
	*c = (struct child){.pidfd = -1, .output = -1};
}
