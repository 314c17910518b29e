/* The state of runtimed, and what its parts know of each other. */
#pragma once

#include <abi/runtime.h>
#include <abi/status.h>
#include <base/api.h>
#include <registry/api.h>

enum {
	RUNTIME_CLIENTS_MAX = 16,
	RUNTIME_WATCHERS_MAX = 8, /* of them */
	RUNTIME_USER_PROGRAMS_MAX = 16, /* of one user but the one that it runs as */
	RUNTIME_LAUNCHES_MAX = 32, /* that it makes by itself */
	RUNTIME_LAUNCH_TRIES_MAX = 6,
	RUNTIME_GROUPS_MAX = 32, /* of one process */
	RUNTIME_USER_FILE_BYTES =
	        16384, /* of each that says who users are; what follows is not seen */
	RUNTIME_STREAMS = 3, /* standard input, output and error output */
};

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
	uint64_t weight_micros; /* 0: the scheduler's default */
	bool console_hosted;
};

/* Whose program it is, and what it reads and writes. */
struct launch_order {
	uint32_t uid, gid;
	int32_t streams[RUNTIME_STREAMS]; /* below 0: runtimed's own, and nothing to read */
};

/* What outlives runtimed: a memory object that the kernel keeps. */
struct runtime_kept {
	uint64_t magic;
	uint64_t last_session;
	struct runtime_program programs[RUNTIME_PROGRAMS_MAX]; /* pid 0: this place is free */
	uint32_t owners[RUNTIME_PROGRAMS_MAX]; /* uid that launched it */
};

/* A launch that it makes by itself, and when. */
struct runtime_own_launch {
	struct catalog_program program;
	uint64_t due_ns; /* of clock_now; 0: done, or given up */
	unsigned tries;
};

/* A request that is on its way. */
struct runtime_client {
	int32_t socket; /* below 0: this place is free */
	bool watches; /* has asked, and is told of every change */
	struct launch_order order; /* its user, and the files that came along */
	size_t len; /* bytes that have come */
	unsigned tries; /* that gave nothing */
	uint64_t deadline_ns;
	struct runtime_request request;
};

struct runtime_service {
	struct catalog catalog;
	struct runtime_kept *kept;
	uint32_t count; /* programs; atomic, read by the other thread */
	bool changed; /* since those who watch were told */
	uint32_t own_uid, own_gid;
	int32_t listener;
	struct runtime_client clients[RUNTIME_CLIENTS_MAX];
	struct runtime_own_launch launches[RUNTIME_LAUNCHES_MAX];
	size_t launch_count;
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
/* The next one to launch by itself, as the registry has them. ERR_NOT_FOUND: no more. */
enum status catalog_next_launch(struct registry_reader *reader, struct catalog_program *out);
/* Takes the next item of a list with bars; false when there is none left. */
bool catalog_item_next(struct str *rest, struct str *out_item);
/* The next NAME=VALUE of scope runtime. False: no more. */
bool catalog_variable_next(struct registry_reader *reader, struct str *out_key,
                           struct str *out_value);

/* ---- users.c ---- */

struct user_files {
	struct str passwd, group;
};

/* Texts point into the files. */
struct runtime_user {
	struct str name, home, shell;
	uint32_t groups[RUNTIME_GROUPS_MAX]; /* its own, and where it is a member */
	size_t group_count;
};

/* ERR_NOT_FOUND: nobody has this number, and out has no more than the group gid. */
enum status user_find(const struct user_files *files, uint32_t uid, uint32_t gid,
                      struct runtime_user *out);

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

/* The record's own variables come first, then those of a user with a name; those of scope runtime
 * fill in what is not named. ERR_TOO_BIG. */
enum status arguments_fill(const struct catalog *catalog, const struct catalog_program *program,
                           const struct runtime_user *user, struct program_arguments *out);

/* ---- kept.c ---- */

/* What an earlier runtimed left, or room for what this one will leave. Warns when that dies with
 * it.
 */
void runtime_keep(struct runtime_service *self);
/* The programs of an earlier one, that still run, become children of this one. */
void runtime_adopt(struct runtime_service *self);
/* A free place; RUNTIME_PROGRAMS_MAX: there is none. */
size_t runtime_free_place(const struct runtime_service *self);
/* Enters a program, or takes one out. */
void runtime_enter(struct runtime_service *self, size_t place,
                   const struct runtime_program *program, uint32_t owner);
void runtime_leave(struct runtime_service *self, size_t place);

/* ---- start.c ---- */

/* Returns once the program runs, or could not be started: what execve or a call before it said.
 * user: whom it becomes, with the order's numbers; NULL: runtimed's own. */
enum status runtime_start(const struct program_arguments *arguments,
                          const struct launch_order *order, const struct runtime_user *user,
                          int64_t *out_pid);

/* ---- launch.c ---- */

/* ERR_TRY_AGAIN: what it depends on does not run; what execve says; ERR_NO_SPACE. */
enum status runtime_launch_program(struct runtime_service *self,
                                   const struct catalog_program *program,
                                   const struct launch_order *order,
                                   const struct runtime_program **out_program);
/* target: a desktop id or a path. */
enum status runtime_launch(struct runtime_service *self, struct str target,
                           const struct launch_order *order,
                           const struct runtime_program **out_program);
/* ERR_NO_PROCESS: nothing was there; ERR_NOT_PERMITTED. */
enum status runtime_terminate(struct runtime_service *self, uint16_t kind, uint64_t value,
                              uint32_t uid);
/* Takes note of every program that has ended. */
void runtime_reap(struct runtime_service *self);

/* ---- own_launches.c ---- */

/* Reads what it launches by itself, in its order: windows before programs of the console. */
void runtime_read_launches(struct runtime_service *self);
/* Launches what is due. */
void runtime_launch_due(struct runtime_service *self);
/* When the next one is; UINT64_MAX: none. */
uint64_t runtime_next_launch_ns(const struct runtime_service *self);

/* ---- answers.c ---- */

/* Sends what its request asks for; false: it is done with. */
bool runtime_answer(struct runtime_service *self, struct runtime_client *client);
/* Tells who watches; who does not read is dropped. */
void runtime_tell_watchers(struct runtime_service *self);

/* ---- sockets.c ---- */

uint64_t runtime_now_ns(void);
/* The socket's name is there. */
enum status runtime_listen(struct runtime_service *self);
/* Sleeps for what comes first: a client, a part of a request, a child's end, a deadline. */
void runtime_wait(struct runtime_service *self);
void runtime_client_end(struct runtime_client *client);

/* ---- files.c ---- */

/* The whole file, in memory of its own; empty when there is none. */
struct str runtime_read_file(const char *path);
/* Whole lines of a file, as many as there is room for. */
struct str runtime_read_lines(const char *path, char *bytes, size_t capacity);
/* Whether a process runs this program, a path without slash before it. */
bool runtime_is_running(struct str exec);
