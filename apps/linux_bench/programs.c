/* Processes and programs: this one, and a shell. */
#include "linux_bench.h"
#include <sys/wait.h>
#include <unistd.h>

enum { SAMPLES_FORK = 101, SAMPLES_SHELL = 3 };

#define BUSYBOX "/apps/busybox/busybox"

struct program {
	const char *path;
	char *const *arguments;
};

static void end_wait(pid_t pid)
{
	int status = 1;
	must(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0, "a child");
}

static void fork_exit_wait(void *)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	end_wait(pid);
}

static void fork_exec_wait(void *context)
{
	static char path[] = "PATH=/bin:/usr/bin";
	static char *environment[] = {path, NULL};
	const struct program *program = context;
	pid_t pid = fork();
	if (pid == 0) {
		execve(program->path, program->arguments, environment);
		_exit(1);
	}
	end_wait(pid);
}

#define LOOP(times, body) "i=0; while [ $i -lt " times " ]; do " body "; i=$((i+1)); done"

void bench_programs(void)
{
	struct program self = {LINUX_BENCH_PATH,
	                       (char *[]){(char[]){"linux_bench"}, (char[]){"end"}, NULL}};
	struct program start = {BUSYBOX,
	                        (char *[]){(char[]){"sh"}, (char[]){"-c"}, (char[]){":"}, NULL}};
	struct program built_in = {BUSYBOX, (char *[]){(char[]){"sh"}, (char[]){"-c"},
	                                               (char[]){LOOP("1000", "true")}, NULL}};
	struct program run = {BUSYBOX, (char *[]){(char[]){"sh"}, (char[]){"-c"},
	                                          (char[]){LOOP("1000", BUSYBOX " true")}, NULL}};
	row_measure("fork_exit_wait", SAMPLES_FORK, fork_exit_wait, NULL);
	row_measure("fork_exec_exit_wait", SAMPLES_FORK, fork_exec_wait, &self);
	row_measure("shell_starts_and_ends", SAMPLES_FORK, fork_exec_wait, &start);
	row_measure("shell_1000_true_built_in", SAMPLES_SHELL, fork_exec_wait, &built_in);
	row_measure("shell_1000_true_programs", 1, fork_exec_wait, &run);
}
