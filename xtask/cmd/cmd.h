/*
 * Commands: one file each, one row each in xtask/main.c.
 *
 * A command gets its parsed options and runs in the project's root. It returns
 * an exit code: 0 done, 1 a build, boot or test failed, 2 manifests,
 * configuration or usage are wrong.
 */
#pragma once

#include "diag/diag.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_BUG = 70 };

struct option {
	const char *name; /* "--profile" */
	const char *value; /* what it takes: "NAME"; NULL: a flag */
	const char *help; /* one line */
};

struct given_option {
	const char *name;
	struct str value;
};

struct invocation {
	struct arena *arena;
	struct diag *diag;
	const struct command *command;
	const struct command *const *commands; /* all there are */
	size_t command_count;
	struct given_option *given;
	size_t given_count;
	struct strs words; /* what is no option */
	struct strs rest; /* behind `--` */
	bool json;
	bool quiet;
	bool has_rest;
	bool closed; /* the closing line was printed */
	struct str start_folder; /* absolute: where the command was called */
};

/* Where the overview names a command: with its summary, or in a line of names. */
enum command_group { GROUP_EVERYDAY, GROUP_MORE, GROUP_IMAGE, GROUP_BUILD };

struct command {
	const char *name;
	const char *summary; /* one line for the list of commands */
	const char *usage; /* what follows the name: "[OPTIONS] ID" */
	const char *details; /* some lines for --help; NULL: none */
	const char *example; /* one or more lines, each a command */
	const struct option *const *options; /* tables, NULL at the end; may be NULL */
	size_t words_min, words_max;
	const char *option_hint; /* for who gives an option that it does not have; NULL: none */
	bool takes_rest; /* arguments behind `--` */
	bool anywhere; /* runs outside of a project too */
	enum command_group group;
	int (*run)(struct invocation *in);
};

/* Options of every command: --help, --json, --quiet, --root. */
extern const struct option options_common[];
/* Options that choose what is built: --config, --preset, --profile, --set. */
extern const struct option options_system[];

/* The last value given, or an empty string; all of them; whether it was given at all. */
struct str option_value(const struct invocation *in, const char *name);
struct strs option_values(const struct invocation *in, const char *name);
bool option_given(const struct invocation *in, const char *name);
/* A path as it was meant where the command was called; empty when the option was not given. */
struct str option_path(const struct invocation *in, const char *name);
struct str called_path(const struct invocation *in, struct str path);
/* A decimal number within limits; reports otherwise. 0 when it was not given. */
bool option_number(const struct invocation *in, const char *name, int64_t minimum, int64_t maximum,
                   int64_t *out_number);

/* Fills `in` from argv behind the command's name; reports every wrong word. */
bool arguments_parse(struct invocation *in, int count, char **arguments);
/* Prints what was reported so far, once, so that a command's closing line comes last. */
void report_print(struct invocation *in);
/*
 * The closing line of a command that ended with errors and said nothing else. The status that the
 * tool ends with: another one when not all that was printed came through.
 */
int report_close(struct invocation *in, int status);
void command_help(const struct command *command);

extern const struct command command_act, command_build, command_build_kernel, command_build_user,
        command_cache, command_check, command_clean, command_config, command_debug, command_deps,
        command_doctor, command_documents, command_exec, command_export, command_gen, command_graph,
        command_image, command_list, command_lock, command_new, command_push, command_qemu,
        command_reload, command_sign, command_size, command_stage, command_test, command_trace,
        command_verify, command_watch, command_why, command_write;
