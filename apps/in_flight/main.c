/*
 * Makes calls that vfsd has to read a disk for, while the service that answers them is killed: they
 * end as the registry says, as usual when they are sent to the successor, with EIO else.
 *
 * The disk is slow (a fault rule); so who sees that the caller is in its call sees it wait there.
 */
#include "in_flight.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	LIFE_S = 30, /* so long, and its death counts as the first again */
	LINE_BYTES = 256,
};

/* -1: it does not run. */
static pid_t service_pid(const char *name)
{
	char line[LINE_BYTES], state[LINE_BYTES], package[LINE_BYTES];
	pid_t pid = -1;
	FILE *file = fopen("/proc/rustos/services", "r");
	while (file && fgets(line, sizeof line, file)) {
		int number;
		if (sscanf(line, "%*d %d %s %*d %*d %s", &number, state, package) == 3 &&
		    strcmp(package, name) == 0 && strcmp(state, "running") == 0)
			pid = number;
	}
	if (file)
		(void)fclose(file);
	return pid;
}

/* errno of the call; -1: nobody could be killed. */
static int kill_under(const struct operation *operation, volatile unsigned *inside, unsigned round)
{
	int status = -1;
	const struct timespec life = {.tv_sec = LIFE_S};
	nanosleep(&life, NULL);
	/* what the call wants to know is in nobody's memory */
	if (umount("/home") < 0 || mount("/dev/disk2", "/home", "ext3", 0, NULL) < 0)
		return -1;
	pid_t pid = service_pid(operation->service);
	if (pid < 0)
		return -1;
	*inside = 0;
	pid_t caller = fork();
	if (caller == 0) {
		errno = 0;
		*inside = 1;
		long result = operation->call(round);
		int error = result < 0 ? errno : 0;
		_exit(error);
	}
	while (!*inside)
		;
	(void)kill(pid, SIGKILL);
	/* without sleep: a clock of instructions would leap to the next timer */
	while (waitpid(caller, &status, WNOHANG) == 0)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int is_as_declared(const struct operation *operation, volatile unsigned *inside)
{
	int again = operation->idempotent >> operation->number & 1;
	int wanted = again ? 0 : EIO, got = kill_under(operation, inside, 0);
	/* who was preempted on its way in is answered by the successor: once more */
	for (unsigned round = 1; round < ROUNDS && got == 0 && got != wanted; round++)
		got = kill_under(operation, inside, round);
	printf("%s dies with %s: %s, %s\n", operation->service, operation->name,
	       again ? "sent again" : "not sent again", got < 0 ? "not tried" : strerror(got));
	return got == wanted;
}

int main(int argc, char **argv)
{
	unsigned failures = 0;
	if (argc > 1 && strcmp(argv[1], "end") == 0)
		return 0;
	setvbuf(stdout, NULL, _IONBF, 0);
	unsigned *inside = mmap(NULL, sizeof *inside, PROT_READ | PROT_WRITE,
	                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (inside == MAP_FAILED || !operations_prepare()) {
		perror("in_flight");
		return 1;
	}
	for (size_t i = 0; i < operation_count; i++)
		failures += !is_as_declared(&operations[i], inside);
	printf("%zu operations, %u not as declared\n", operation_count, failures);
	return failures != 0;
}
