/*
 * Makes calls while the service that answers them is killed: they end as the registry says, as
 * usual when they are sent to the successor, with EIO when the dead one had taken them.
 *
 * The disk is slow (a fault rule); so who sees that the caller is in a call on files sees it wait
 * there. Other services answer too soon for that: they are killed again and again while call
 * follows call, and once while they are stopped.
 */
#include "in_flight.h"
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	KILLS = 3, /* of a service at work */
	WORK_NS = 3000000, /* before it is killed; each time a bit longer */
	LONGER_NS = 137000,
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

/* What caller and killer tell each other. */
struct meeting {
	unsigned inside, enough;
};

/* Between two looks at what others do. Emulated CPUs run by turns: this ends the caller's. */
static void look_again(void)
{
	__builtin_ia32_pause();
}

static void rest(long seconds, long nanoseconds)
{
	const struct timespec time = {.tv_sec = seconds, .tv_nsec = nanoseconds};
	nanosleep(&time, NULL);
}

/* errno of the call, or of the first of many that did not end as usual; 0: all did. */
static int make_calls(const struct operation *operation, volatile struct meeting *meeting,
                      unsigned round)
{
	int error;
	if (operation->before && operation->before(round) < 0)
		return errno;
	meeting->inside = 1;
	do {
		error = operation->call(round) < 0 ? errno : 0;
		error = error == operation->usual ? 0 : error;
		look_again();
	} while (operation->moment == AT_WORK && !error && !meeting->enough);
	return error;
}

static int end_of(pid_t caller)
{
	int status = -1;
	/* without sleep: a clock of instructions would leap to the next timer */
	while (waitpid(caller, &status, WNOHANG) == 0)
		look_again();
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What the call wants to know is in nobody's memory. A call that died may have left it unmounted.
 */
static int mount_anew(void)
{
	(void)umount("/home");
	return mount("/dev/disk2", "/home", "ext3", 0, NULL) == 0;
}

static void kill_at(const struct operation *operation, pid_t service,
                    volatile struct meeting *meeting, unsigned round)
{
	while (!meeting->inside)
		look_again();
	if (operation->moment != AT_THE_DISK)
		rest(0, WORK_NS + (long)round * LONGER_NS);
	(void)kill(service, SIGKILL);
	while (operation->moment == AT_WORK && service_pid(operation->service) == service)
		look_again();
	meeting->enough = 1;
}

/* errno of the call; -1: nobody could be killed. */
static int kill_under(const struct operation *operation, volatile struct meeting *meeting,
                      unsigned round)
{
	rest(LIFE_S, 0);
	if (operation->moment == AT_THE_DISK && !mount_anew())
		return -1;
	pid_t service = service_pid(operation->service);
	if (service < 0 || (operation->moment == STOPPED && kill(service, SIGSTOP) < 0))
		return -1;
	meeting->inside = meeting->enough = 0;
	pid_t caller = fork();
	if (caller == 0)
		_exit(make_calls(operation, meeting, round));
	kill_at(operation, service, meeting, round);
	return end_of(caller);
}

static int is_as_declared(const struct operation *operation, volatile struct meeting *meeting)
{
	int again = operation->moment == STOPPED || operation->idempotent >> operation->number & 1;
	int wanted = again ? 0 : EIO, got = kill_under(operation, meeting, 0);
	/* who was not yet in, or out again, is answered as usual: once more */
	unsigned rounds = operation->moment == AT_THE_DISK ? ROUNDS : KILLS;
	bool more = got != wanted || operation->moment == AT_WORK;
	for (unsigned round = 1; round < rounds && got == 0 && more; round++)
		got = kill_under(operation, meeting, round);
	printf("%s dies %s%s: %s, %s\n", operation->service,
	       operation->moment == STOPPED ? "before it has taken " : "with ", operation->name,
	       again ? "sent again" : "not sent again", got < 0 ? "not tried" : strerror(got));
	return got == wanted;
}

static unsigned make_all(struct operations operations, volatile struct meeting *meeting)
{
	unsigned failures = 0;
	for (size_t i = 0; i < operations.count; i++)
		failures += !is_as_declared(&operations.list[i], meeting);
	return failures;
}

/* All of the first list and the second. */
static int report(struct operations first, struct operations second,
                  volatile struct meeting *meeting)
{
	unsigned failures = make_all(first, meeting) + make_all(second, meeting);
	printf("%zu operations, %u not as declared\n", first.count + second.count, failures);
	return failures != 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "end") == 0)
		return 0;
	bool is_input = argc > 1 && strcmp(argv[1], "inputd") == 0;
	setvbuf(stdout, NULL, _IONBF, 0);
	struct meeting *meeting = mmap(NULL, sizeof *meeting, PROT_READ | PROT_WRITE,
	                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (meeting == MAP_FAILED ||
	    !(is_input ? operations_prepare_input()
	               : operations_prepare_files() && operations_prepare_others())) {
		perror("in_flight");
		return 1;
	}
	if (is_input)
		return report(operations_on_input(), (struct operations){}, meeting);
	return report(operations_on_files(), operations_on_others(), meeting);
}
