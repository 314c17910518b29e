/*
 * Programs that depend on each other: which may start now, and when what has died starts again.
 *
 * A table knows the programs of startup-programs.tsv that its owner wants, by package. What starts
 * when follows from `deps` and from the policies of registry/services.toml; the owner says how a
 * program is started. Programs that somebody else decides over can be in it too: others wait for
 * them, and their owner tells how they do.
 */
#pragma once

#include <abi/services.h>
#include <abi/syscalls.h>
#include <boot_archive/api.h>
#include <registry/api.h>
#include <stdint.h>

enum program_state {
	PROGRAM_WAITING, /* for its dependencies */
	PROGRAM_RUNNING,
	PROGRAM_DELAYED, /* has ended; starts again when its time has come */
	PROGRAM_EXITED,
	PROGRAM_FAILED, /* was started again too often */
	PROGRAM_SKIPPED, /* not there, could not be started, or depends on such a one */
};

struct program {
	struct startup_program entry;
	enum program_state state;
	bool is_elsewhere; /* somebody else decides over it */
	bool is_last; /* waits for every service in the table */
	bool is_outside; /* not in the archive: on a volume perhaps, once there is one */
	bool registered; /* the service that it is can be found */
	bool is_ordered; /* has its place in the order that was said */
	bool is_vital; /* nothing goes on without it: it is started again far more often */
	bool at_once; /* it is being ended to be started again, which does not count */
	uint64_t pid; /* 0: never started */
	uint64_t service; /* id of the service that it is; 0: none */
	enum ipc_restart restart; /* IPC_RESTART_NEVER: a program that may end */
	unsigned restarts; /* in a row */
	struct str awaited; /* the package that it waited for last; empty: it did not wait */
	uint64_t awaits_since_ns;
	uint64_t started_ns; /* the last time */
	uint64_t due_ns; /* of a delayed one */
};

struct program_ops {
	uint64_t (*now_ns)(void *context);
	enum status (*start)(void *context, const struct program *program, uint64_t *out_pid);
	/* It waits for another one than before, or its state is new; NULL: nobody is told. */
	void (*changed)(void *context, const struct program *program);
};

struct program_table {
	const char *name; /* whose lines these are in the log */
	const struct program_ops *ops;
	void *context;
	struct boot_archive archive; /* where the programs are */
	bool has_loader; /* others may lie elsewhere */
	struct program *list;
	size_t capacity;
	size_t count;
	int status; /* the first that is not 0: of a program that may end, or 1 */
};

/* Keeps the first failure. */
void programs_note_status(struct program_table *table, int status);
/* The service that this package is; 0: none. */
uint64_t programs_service_of(struct str package_id);

/* ---- what there is ---- */

/* By mode, and by service for those of mode init. One that is not in the archive is outside, and
 * last; without a loader it is skipped. NULL: no room, which is said. */
struct program *programs_add(struct program_table *table, const struct startup_program *entry);
/* By its record in desktop-programs.tsv, whatever its mode is; one that nothing starts is started
 * again like a session. NULL: it has none, or there is no room. */
struct program *programs_add_package(struct program_table *table, struct str package_id);
/* Of startup-programs.tsv in the archive, every program that is wanted; a malformed line costs
 * itself. False: there is no such registry, which is said. */
bool programs_read(struct program_table *table,
                   bool (*wants)(void *context, const struct startup_program *entry));
/* The first record of desktop-programs.tsv with this value. */
bool programs_find_record(const struct program_table *table, struct str key, struct str wanted,
                          struct registry_record *out_record);
/* Says in which order its programs start when each is ready at once; those of a cycle are in none.
 * Once. */
void programs_say_order(struct program_table *table);
/* Is the package in core-programs.tsv? */
bool programs_is_core(const struct program_table *table, struct str package_id);
/* Does loaderd come with this machine? Sets has_loader. */
void programs_find_loader(struct program_table *table);
/* NULL: none. */
struct program *programs_find(const struct program_table *table, struct str package_id);
struct program *programs_find_pid(const struct program_table *table, uint64_t pid);

/* ---- what happens ---- */

/*
 * Starts every program whose dependencies are there: a service once it has registered or ended,
 * another program once it was started. Until none is left that can start now.
 */
void programs_start(struct program_table *table);
/* It has ended, or could not be started for want of memory: starts again later, or never:
 * PROGRAM_EXITED, PROGRAM_FAILED. */
void programs_ended(struct program_table *table, struct program *program, int32_t status);
/* What is due waits for its dependencies again. */
void programs_wake(struct program_table *table);
/* Until the next one is due, at least 1; 0: none will be. For when everything was started. */
uint64_t programs_next_ns(const struct program_table *table);
/* Is anything still to come: of programs that may end, of services not yet registered, or of
 * sessions? */
bool programs_go_on(const struct program_table *table);
/* Names the programs that wait for each other. For when nothing runs any more. */
void programs_report_cycles(struct program_table *table);

/* ---- what a program is started with ---- */

/* Strings, each with its NUL, and what a program can be given of them. */
struct program_strings {
	size_t len_max, count_max; /* set before anything is added */
	size_t len, count;
	char bytes[SPAWN_EXEC_ENVS_BYTES_MAX];
};

struct program_arguments {
	struct program_strings arguments; /* argv, the path first */
	struct program_strings environment;
};

void program_arguments_init(struct program_arguments *out);
/* False: more than a program can be given. */
bool program_strings_add(struct program_strings *strings, struct str text);
/* The path, and args and env of its record in desktop-programs.tsv. False: the same. */
bool programs_read_arguments(const struct program_table *table, const struct program *program,
                             struct program_arguments *out);
/* What runtime-env.tsv has for this scope and the environment does not name. False: the same. */
bool programs_add_environment(const struct program_table *table, struct str scope,
                              struct program_strings *environment);
/* weight of its record; 0: it has none. */
uint64_t programs_weight(const struct program_table *table, const struct program *program);
