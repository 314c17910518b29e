/*
 * rootd: the first process. Starts what the registry in the boot archive lists, in
 * dependency order, starts again what may not be missing, and reports how each program ended.
 */
#pragma once

#include <abi/services.h>
#include <boot_archive/api.h>
#include <registry/api.h>
#include <rt/api.h>

enum program_state {
	PROGRAM_WAITING, /* for its dependencies */
	PROGRAM_RUNNING,
	PROGRAM_DELAYED, /* has ended; starts again when its time has come */
	PROGRAM_EXITED,
	PROGRAM_FAILED, /* was started again too often */
	PROGRAM_SKIPPED, /* not in the archive, could not be started, or depends on such a one */
};

struct program {
	struct startup_program entry;
	enum program_state state;
	uint64_t pid; /* 0: never started */
	uint64_t service; /* id of the service that it is; 0: none */
	bool registered; /* the service is there */
	enum ipc_restart restart; /* IPC_RESTART_NEVER: a program that may end */
	unsigned restarts; /* in a row */
	struct str awaited; /* the package that it waited for last; empty: it did not wait */
	uint64_t awaits_since_ns; /* of rustos_clock_now */
	uint64_t started_ns; /* the last time */
	uint64_t due_ns; /* of a delayed one */
};

struct rootd {
	struct str own_path;
	struct boot_archive archive;
	struct program *programs; /* in the bootstrap heap */
	size_t program_capacity;
	size_t program_count;
	bool has_session; /* somebody may be at the console */
	int status; /* first status that is not 0 */
};

struct program_arguments {
	const char *argv[SPAWN_EXEC_ARGS_MAX + 1]; /* end with NULL */
	const char *envp[SPAWN_EXEC_ENVS_MAX + 1];
	char bytes[SPAWN_EXEC_ARGS_BYTES_MAX + SPAWN_EXEC_ENVS_BYTES_MAX];
	size_t used;
};

/* The first record of desktop-programs.tsv with this value. */
bool rootd_find_record(const struct rootd *self, struct str key, struct str wanted,
                       struct registry_record *out_record);
/* argv[0] is the path; the rest stands in the registry. False: more than a program can be given. */
bool rootd_read_arguments(const struct rootd *self, const struct startup_program *entry,
                          struct program_arguments *out);

/* Reads the registry; bad lines are logged and skipped. False when there is no registry. */
bool rootd_read_programs(struct rootd *self);
/* One more, which nothing starts by itself; it is started again like a session. */
void rootd_add_package(struct rootd *self, struct str package_id);
uint64_t rootd_now_ns(void);
/*
 * Starts every program whose dependencies are there: a service once it has registered or ended,
 * another program once it was started. Until none is left that can start now.
 */
void rootd_start_programs(struct rootd *self);
/* Names the programs that wait for each other. For when nothing runs any more. */
void rootd_report_cycles(struct rootd *self);
/*
 * Starts what becomes possible, until all that may end has ended; then ends what never would. With
 * a session that is never. False when events can't be learned.
 */
bool rootd_wait_for_programs(struct rootd *self);

/* ---- restart.c ---- */

/* It has ended: when does it start again? Never: PROGRAM_EXITED, or PROGRAM_FAILED. */
void program_ended(struct program *program, uint64_t now_ns);
/* What is due waits for its dependencies again. Returns the time until the next one; 0: none. */
uint64_t rootd_wake_programs(struct rootd *self, uint64_t now_ns);

/* ---- shutdown.c ---- */

/* Ends every other process, programs before services. Their ends are not heard of. */
void rootd_end_programs(void);
/* One that asks for the end of the machine brings it about; others mean nothing. */
void rootd_handle_signal(int32_t signal);

/* Says what the audit record holds. A broken chain is a failure. */
void rootd_report_audit(struct rootd *self);

/* Keeps the first failure. */
void rootd_note_status(struct rootd *self, int status);
