/*
 * One running child process, of an action or of a test, in a process group of its own.
 *
 * It dies with us (PR_SET_PDEATHSIG), ignores no signal, reads nothing, and says everything
 * into one pipe. Actions see a fixed environment: PATH=/usr/bin:/bin, LC_ALL=C, TZ=UTC, and
 * SOURCE_DATE_EPOCH when that is set.
 */
#pragma once

#include "engine/engine.h"
#include <sys/types.h>

struct child {
	pid_t pid; /* 0: none */
	int pidfd; /* readable once it has ended */
	int output; /* its stdout and stderr */
	struct arena arena; /* of said */
	struct text said;
	size_t said_max; /* as of its program */
};

/* Environment for children, NULL-terminated; lives as long as a. */
char **child_environment(struct arena *a);

struct child_program {
	const char *path; /* what is run */
	bool search; /* a path without a slash is looked for on the PATH */
	char *const *argv;
	char *const *environment;
	const char *folder; /* working folder; NULL: the present one */
	size_t said_max; /* what it says beyond is dropped; 0: no limit */
};
/* 0 or an errno value; then child_read and child_wait. */
[[nodiscard]] int child_start(struct child *c, const struct child_program *program);
/* The same with a copy of this process that calls body(data) and exits with its result. */
[[nodiscard]] int child_fork(struct child *c, int (*body)(void *data), void *data);

/* Takes what is there to read, without waiting. */
void child_read(struct child *c);
/* Reads the rest and reaps it, and kills whatever it left in its group. The status of waitpid. */
int child_wait(struct child *c);
/* Reads what it says until it ends by itself, then child_wait. */
int child_finish(struct child *c);
/* The same with a limit: then it is killed with all it started, and *out_over is true. */
int child_finish_within(struct child *c, uint64_t limit_ms, bool *out_over);
void child_kill(const struct child *c, int signal);
/* Frees what child_wait left (said). */
void child_release(struct child *c);
