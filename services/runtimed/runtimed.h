/* The state of runtimed, and what its parts know of each other. */
#pragma once

#include <abi/runtime.h>
#include <abi/status.h>
#include <base/api.h>
#include <registry/api.h>

enum { RUNTIME_CLIENTS_MAX = 8 };

/* The registries, as text; in memory for ever. */
struct catalog {
	struct str programs; /* desktop-programs.tsv */
	struct str launches; /* runtime-launch-programs.tsv */
	struct str environment; /* runtime-env.tsv */
};

/* What a launch needs; texts point into the registry, or the request. */
struct catalog_program {
	uint32_t id; /* its line; 0: it was named by its path */
	struct str desktop_id, display_name, exec, deps, args, env;
};

/* A request that is on its way. */
struct runtime_client {
	int32_t socket; /* below 0: this place is free */
	uint32_t uid;
	size_t len; /* bytes that have come */
	unsigned tries; /* that gave nothing */
	uint64_t deadline_ns;
	struct runtime_request request;
};

struct runtime_service {
	struct catalog catalog;
	struct runtime_program programs[RUNTIME_PROGRAMS_MAX]; /* pid 0: this place is free */
	uint32_t owners[RUNTIME_PROGRAMS_MAX]; /* uid that launched it */
	uint64_t last_session;
	uint32_t count; /* programs; atomic, read by the other thread */
	uint32_t own_uid;
	int32_t listener;
	struct runtime_client clients[RUNTIME_CLIENTS_MAX];
};

extern const char runtime_name[];

/* ---- request.c ---- */

/* ERR_PROTOCOL: another version; ERR_INVALID_ARGS. */
enum status runtime_request_check(const struct runtime_request *request);
struct str runtime_request_text(const struct runtime_request *request);

/* ---- catalog.c ---- */

/* ERR_NOT_FOUND; a line that lacks a field is none. */
enum status catalog_find(struct str registry, struct str key, struct str wanted,
                         struct catalog_program *out);
/* The next one to launch by itself. ERR_NOT_FOUND: no more. */
enum status catalog_next_launch(struct registry_reader *reader, struct catalog_program *out);
/* Takes the next item of a list with bars; false when there is none left. */
bool catalog_item_next(struct str *rest, struct str *out_item);
/* The next NAME=VALUE of scope runtime. False: no more. */
bool catalog_variable_next(struct registry_reader *reader, struct str *out_key,
                           struct str *out_value);

/* ---- arguments.c ---- */

enum { ARGUMENTS_MAX = 32, VARIABLES_MAX = 64, ARGUMENTS_BYTES = 8192 };

struct program_arguments {
	const char *path;
	const char *argv[ARGUMENTS_MAX + 1]; /* end with NULL */
	const char *envp[VARIABLES_MAX + 1];
	size_t variables;
	char bytes[ARGUMENTS_BYTES];
	size_t used;
};

/* The record's own variables come first; those of scope runtime fill in what it does not name.
 * ERR_TOO_BIG. */
enum status arguments_fill(const struct catalog *catalog, const struct catalog_program *program,
                           struct program_arguments *out);

/* ---- launch.c ---- */

/* ERR_TRY_AGAIN: what it depends on does not run; what execve says; ERR_NO_SPACE. */
enum status runtime_launch(struct runtime_service *self, struct str target, uint32_t uid,
                           const struct runtime_program **out_program);
/* ERR_NO_PROCESS: nothing was there; ERR_NOT_PERMITTED. */
enum status runtime_terminate(struct runtime_service *self, uint16_t kind, uint64_t value,
                              uint32_t uid);
/* Takes note of every program that has ended. */
void runtime_reap(struct runtime_service *self);
void runtime_launch_all(struct runtime_service *self);

/* ---- sockets.c ---- */

/* The socket's name is there. */
enum status runtime_listen(struct runtime_service *self);
/* Sleeps for what comes first: a client, a part of a request, a child's end, a deadline. */
void runtime_wait(struct runtime_service *self);

/* ---- files.c ---- */

/* The whole file, in memory of its own; empty when there is none. */
struct str runtime_read_file(const char *path);
/* Whether a process runs this program, a path without slash before it. */
bool runtime_is_running(struct str exec);
