/* The state of runtimed, and what its parts know of each other. */
#pragma once

#include <abi/runtime.h>
#include <abi/status.h>
#include <base/api.h>
#include <registry/api.h>

enum {
	RUNTIME_CLIENTS_MAX = 56,
	RUNTIME_WATCHERS_MAX = 8, /* of them */
	RUNTIME_CONSOLES_MAX = 32, /* at once, each with one who looks at it at most */
	/* of one user but the one that it runs as */
	RUNTIME_USER_PROGRAMS_MAX = 16,
	RUNTIME_USER_WATCHERS_MAX = 4,
	RUNTIME_USER_REQUESTS_MAX = 4, /* that have not come whole */
	RUNTIME_LAUNCHES_MAX = 32, /* that wait */
	RUNTIME_COMPANIONS_MAX = 16,
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

/* In which sessions an entry is started, beside what they were opened for. */
enum catalog_policy {
	POLICY_NONE,
	POLICY_NEW_SESSION, /* those that somebody asks for */
	POLICY_ALL_SESSIONS, /* also those that runtimed opens by itself */
};

/* What a launch needs; texts point into the registry, or the request. */
struct catalog_program {
	uint32_t id; /* its line; 0: it was named by its path */
	struct str desktop_id, display_name, exec, deps, args, env;
	uint64_t weight_micros; /* 0: the scheduler's default */
	bool console_hosted, no_display;
	enum catalog_policy policy;
};

/* Whose program it is, where it belongs, and what it reads and writes. */
struct launch_order {
	uint32_t uid, gid;
	uint64_t session; /* 0: it opens one */
	bool asked; /* somebody did */
	int32_t streams[RUNTIME_STREAMS]; /* below 0: its console, or nothing to read */
};

/* What is known of a program beside what everybody is told. */
struct runtime_member {
	uint32_t uid; /* that launched it */
	bool leads; /* its session ends with it */
	uint8_t console; /* of what it leads: 1 to RUNTIME_CONSOLES_MAX; 0: none */
};

/* What outlives runtimed: a memory object that the kernel keeps. */
struct runtime_kept {
	uint64_t magic;
	uint64_t last_session;
	struct runtime_program programs[RUNTIME_PROGRAMS_MAX]; /* pid 0: this place is free */
	struct runtime_member members[RUNTIME_PROGRAMS_MAX]; /* of the same places */
};

/* A launch that nobody waits for, and when. */
struct runtime_planned {
	struct catalog_program program;
	struct launch_order order;
	uint64_t due_ns; /* of clock_now; 0: done, or given up: this place is free */
	unsigned tries;
};

/* A request that is on its way. */
struct runtime_client {
	int32_t socket; /* below 0: this place is free */
	bool watches; /* has asked, and is told of every change */
	uint64_t console_of; /* the session whose console it has; 0: none */
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
	int32_t waits; /* an epoll set: the listener, and every client */
	bool listens; /* who comes is let in */
	uint64_t accept_again_ns; /* nobody is before that; 0: it did not fail */
	struct runtime_client clients[RUNTIME_CLIENTS_MAX];
	struct runtime_planned launches[RUNTIME_LAUNCHES_MAX];
	struct catalog_program companions[RUNTIME_COMPANIONS_MAX]; /* of sessions, in their order */
	size_t companion_count;
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
/* The next one with a policy. ERR_NOT_FOUND: no more. */
enum status catalog_next_companion(struct registry_reader *reader, struct catalog_program *out);
enum { CATALOG_RANKS = 3 };
/* Who is launched first: 0 windows, 1 programs of the console, 2 what shows nothing. */
unsigned catalog_rank(const struct catalog_program *program);
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
/* A free place; RUNTIME_PROGRAMS_MAX: there is none. */
size_t runtime_free_place(const struct runtime_service *self);
/* Enters a program, or takes one out. */
void runtime_enter(struct runtime_service *self, size_t place,
                   const struct runtime_program *program, const struct runtime_member *member);
void runtime_leave(struct runtime_service *self, size_t place);

/* ---- console.c ---- */

/* A terminal of a session; the kernel keeps its other side, by this number. */
struct runtime_console {
	uint8_t number; /* 1 to RUNTIME_CONSOLES_MAX; 0: none */
	char path[sizeof "/dev/pts/" + 10];
};

/* A new one, of which nobody knows yet. ERR_NO_SPACE. */
enum status console_open(const struct runtime_service *self, struct runtime_console *out);
/* That of a session; number 0: it has none. */
enum status console_of_session(const struct runtime_service *self, uint64_t session,
                               struct runtime_console *out);
/* A descriptor of the other side, to be closed. */
enum status console_other_side(uint8_t number, int32_t *out_descriptor);
void console_close(uint8_t number);

/* ---- start.c ---- */

struct runtime_start {
	const struct program_arguments *arguments;
	const struct launch_order *order;
	const struct runtime_user *user; /* whom it becomes, with the order's numbers; NULL:
	                                    runtimed's own */
	const char *terminal; /* for streams that the order has not; NULL: none */
	bool leads; /* the terminal is its session's */
};

/* Returns once the program runs, or could not be started: what execve or a call before it said. */
enum status runtime_start(const struct runtime_start *start, int64_t *out_pid);

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

/* ---- sessions.c ---- */

/* The place of who leads the session, or RUNTIME_PROGRAMS_MAX. */
size_t session_leader(const struct runtime_service *self, uint64_t session);
/* All of a session, or one program. ERR_NO_PROCESS: nothing was there; ERR_NOT_PERMITTED. */
enum status runtime_terminate(struct runtime_service *self, uint16_t kind, uint64_t value,
                              uint32_t uid);
/* The programs of an earlier one, that still run, become children of this one. */
void runtime_adopt(struct runtime_service *self);
/* Takes note of every program that has ended; a session ends with its leader. */
void runtime_reap(struct runtime_service *self);

/* ---- planned.c ---- */

/* Reads what it launches by itself, in its order, and what sessions have beside their leader. */
void runtime_read_launches(struct runtime_service *self);
/* What a session that was just opened has beside its leader. */
void runtime_plan_companions(struct runtime_service *self, const struct launch_order *order,
                             const struct runtime_program *leader);
void runtime_forget_planned(struct runtime_service *self, uint64_t session);
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
/* Has nothing more to say, and stays until it goes. */
bool runtime_client_stays(const struct runtime_client *client);
void runtime_client_end(struct runtime_client *client);

/* ---- files.c ---- */

/* The whole file, in memory of its own; empty when there is none. */
struct str runtime_read_file(const char *path);
/* Whole lines of a file, as many as there is room for. */
struct str runtime_read_lines(const char *path, char *bytes, size_t capacity);
/* Whether a process runs this program, a path without slash before it. */
bool runtime_is_running(struct str exec);
