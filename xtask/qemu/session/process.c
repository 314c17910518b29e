#include "qemu/session/process.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILD_FD_FIRST_FREE = 10, EXIT_NOT_RUN = 126 };

struct pipes {
	int ours[CHANNEL_COUNT];
	int theirs[CHANNEL_COUNT];
};

static void close_all(int *fds)
{
	for (int i = 0; i < CHANNEL_COUNT; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

static int open_pipes(struct pipes *pipes)
{
	for (int i = 0; i < CHANNEL_COUNT; i++)
		pipes->ours[i] = pipes->theirs[i] = -1;
	for (int i = 0; i < CHANNEL_COUNT; i++) {
		int pair[2];
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
			int error = errno;
			close_all(pipes->ours);
			close_all(pipes->theirs);
			return error;
		}
		pipes->ours[i] = pair[0];
		pipes->theirs[i] = pair[1];
		fcntl(pair[0], F_SETFL, O_NONBLOCK);
	}
	return 0;
}

[[gnu::noreturn]] static void child_fail(const char *what)
{
	dprintf(STDERR_FILENO, "%s: %s\n", what, strerror(errno));
	_exit(EXIT_NOT_RUN);
}

/* Moves a descriptor out of the way, then to its number, without close-on-exec. */
static void child_place_fds(const int *theirs, struct process_loans loans)
{
	static const int numbers[CHANNEL_COUNT] = {CHILD_FD_SERIAL, CHILD_FD_DEBUGCON,
	                                           CHILD_FD_MONITOR, CHILD_FD_EXIT_VALUE,
	                                           STDERR_FILENO};
	int moved[CHANNEL_COUNT];
	int *lent[] = {&loans.agent, &loans.memory};
	for (size_t i = 0; i < COUNT(lent); i++)
		if (*lent[i] >= 0 &&
		    (*lent[i] = fcntl(*lent[i], F_DUPFD_CLOEXEC, CHILD_FD_FIRST_FREE)) < 0)
			child_fail("descriptors");
	for (int i = 0; i < CHANNEL_COUNT; i++) {
		moved[i] = fcntl(theirs[i], F_DUPFD_CLOEXEC, CHILD_FD_FIRST_FREE);
		if (moved[i] < 0)
			child_fail("descriptors");
	}
	for (int i = 0; i < CHANNEL_COUNT; i++)
		if (dup2(moved[i], numbers[i]) < 0)
			child_fail("descriptors");
	if ((loans.agent >= 0 && dup2(loans.agent, CHILD_FD_AGENT) < 0) ||
	    (loans.memory >= 0 && dup2(loans.memory, CHILD_FD_MEMORY) < 0))
		child_fail("descriptors");
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		child_fail("/dev/null");
}

[[gnu::noreturn]] static void child_run(char **argv, const int *theirs, struct process_loans loans,
                                        pid_t parent)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_NOT_RUN);
	child_place_fds(theirs, loans);
	setenv("TMPDIR", "/tmp", 1); /* where QEMU keeps what a snapshot throws away */
	execv(argv[0], argv);
	child_fail(argv[0]);
}

int process_start(struct arena *a, const struct strs *argv, struct process_loans loans,
                  struct qemu_process *out_process)
{
	char **words = ARENA_ARRAY(a, char *, argv->count + 1);
	for (size_t i = 0; i < argv->count; i++)
		words[i] = arena_c_str(a, argv->items[i]);

	struct pipes pipes;
	int error = open_pipes(&pipes);
	if (error)
		return error;
	pid_t parent = getpid();
	pid_t pid = fork();
	if (pid == 0)
		child_run(words, pipes.theirs, loans, parent);
	error = pid < 0 ? errno : 0;
	close_all(pipes.theirs);
	if (error) {
		close_all(pipes.ours);
		return error;
	}
	setpgid(pid, pid); /* the child does the same; whoever is first */
	out_process->pid = pid;
	memcpy(out_process->fds, pipes.ours, sizeof pipes.ours);
	return 0;
}

void process_kill(const struct qemu_process *process, int number)
{
	if (process->pid > 0)
		kill(-process->pid, number);
}

void process_release(struct qemu_process *process)
{
	if (process->pid > 0) {
		process_kill(process, SIGKILL);
		while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
		process->pid = 0;
	}
	close_all(process->fds);
}
