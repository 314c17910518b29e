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
	bool ready = !operation->before || operation->before(round) >= 0;
	error = ready ? 0 : errno;
	meeting->inside = 1; /* in any case: that is waited for */
	if (!ready)
		return error;
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

/* A call that died may have left it unmounted. */
int mount_anew(void)
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

/* What becomes of it, and the errno that says so. */
static const char *declared(const struct operation *operation, int *out_errno)
{
	bool again = operation->moment == STOPPED || operation->idempotent >> operation->number & 1;
	if (operation->ends) {
		*out_errno = operation->ends;
		return "its connection ends";
	}
	*out_errno = again ? 0 : EIO;
	return again ? "sent again" : "not sent again";
}

static int is_as_declared(const struct operation *operation, volatile struct meeting *meeting)
{
	int wanted, got = kill_under(operation, meeting, 0);
	const char *outcome = declared(operation, &wanted);
	/* who was not yet in, or out again, is answered as usual: once more */
	unsigned rounds = operation->moment == AT_THE_DISK ? ROUNDS : KILLS;
	bool more = got != wanted || operation->moment == AT_WORK;
	for (unsigned round = 1; round < rounds && got == 0 && more; round++)
		got = kill_under(operation, meeting, round);
	printf("%s dies %s%s: %s, %s\n", operation->service,
	       operation->moment == STOPPED ? "before it has taken " : "with ", operation->name,
	       outcome, got < 0 ? "not tried" : strerror(got));
	return got == wanted;
}

static unsigned make_all(struct operations operations, volatile struct meeting *meeting)
{
	unsigned failures = 0;
	for (size_t i = 0; i < operations.count; i++)
		failures += !is_as_declared(&operations.list[i], meeting);
	return failures;
}

/* What is tried, by the name of the argument. Sessions use the files of the first. */
static const struct subject {
	const char *name;
	int (*prepare)(void); /* 0: it cannot be made; NULL: nothing */
	struct operations (*operations)(void);
} subjects[] = {
        {"files", operations_prepare_files, operations_on_files},
        {"others", operations_prepare_others, operations_on_others},
        {"asked", operations_prepare_asked, operations_asked},
        {"sessions", NULL, operations_on_sessions},
        {"inputd", operations_prepare_input, operations_on_input},
};

static int try_subject(const struct subject *subject)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	struct meeting *meeting = mmap(NULL, sizeof *meeting, PROT_READ | PROT_WRITE,
	                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (meeting == MAP_FAILED || (subject->prepare && !subject->prepare())) {
		perror("in_flight");
		return 1;
	}
	struct operations operations = subject->operations();
	unsigned failures = make_all(operations, meeting);
	printf("%zu operations, %u not as declared\n", operations.count, failures);
	return failures != 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "end") == 0)
		return 0;
	for (size_t i = 0; argc > 1 && i < sizeof subjects / sizeof subjects[0]; i++)
		if (strcmp(argv[1], subjects[i].name) == 0)
			return try_subject(&subjects[i]);
	(void)fprintf(stderr, "usage: in_flight files|others|asked|sessions|inputd\n");
	return 2;
}
